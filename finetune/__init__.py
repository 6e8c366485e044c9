"""Tokenises, trains and launches; usable alone, on a node without a simulator."""
