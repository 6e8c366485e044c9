"""The flows: a module or folder for each thing that a user can ask for, request to result."""
