"""Tasks: a prompt, reference solutions, public and private tests, and answers to them."""
