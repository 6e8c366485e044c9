"""Inputs of a problem: their grammar, further ones of the same grammar, and smaller ones."""
