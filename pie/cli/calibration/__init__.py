"""`pie calibrate`: its options and what it prints."""
