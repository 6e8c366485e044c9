"""`pie refine`: asks and measures in turns."""
