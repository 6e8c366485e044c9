"""`pie generate`: its options, and how it shows where it is."""
