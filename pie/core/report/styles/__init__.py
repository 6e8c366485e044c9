"""A run in the form of the papers' own tables: one module a paper, one reader for all of them."""
