"""Tasks: measured, checked."""
