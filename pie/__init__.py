"""Is this program really faster, and by how much: data sets, runs, metrics and reports."""

__version__ = "0.1.0"
