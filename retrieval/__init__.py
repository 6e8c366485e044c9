"""Embeds programs, indexes them and finds neighbours; usable alone."""
