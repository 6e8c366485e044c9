"""Loaders: rows of published benchmarks made into tasks."""
