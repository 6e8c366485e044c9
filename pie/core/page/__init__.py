"""One self-contained page of a run: its numbers, its parts (`assets`), and the file of them."""
