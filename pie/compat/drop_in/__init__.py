"""A folder for PYTHONPATH: the names under which a script written for PIE asks for it."""
