"""The steps of building a data set, each from its files to its file."""
