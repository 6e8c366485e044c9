"""`pie selfplay`: new pairs out of programs that a model proposes and another makes faster."""
