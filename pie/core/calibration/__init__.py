"""How the cost of our machines is held against a reference machine's, and fitted to it."""
