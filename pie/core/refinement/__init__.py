"""Refinement in several turns: strategies as data, one loop for all of them."""
