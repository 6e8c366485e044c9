"""Self-play: programs that a model proposes, and which of them are new."""
