"""The command line: `pie COMMAND`. Results go to standard output, everything else to standard error."""

from pie.cli.app import main

__all__ = ["main"]
