"""The flows: one module for each thing that a user can ask for, from request to result."""
