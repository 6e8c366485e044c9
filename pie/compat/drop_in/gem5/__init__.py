"""Stands where PIE's package `gem5` stands."""
