"""The command line: `pie COMMAND`. Results on stdout, everything else on stderr."""

from pie.cli.app import main

__all__ = ["main"]
