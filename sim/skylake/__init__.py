"""The embedded machine's Valgrind tool: C sources, and `build`, which makes a tool of them."""
