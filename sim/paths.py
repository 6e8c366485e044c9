"""Where things are kept between runs."""

from __future__ import annotations

import os
from pathlib import Path


def cache_directory() -> Path:
    """Return the cache folder: `PIE_CACHE`, else `$XDG_CACHE_HOME/pie`, else `~/.cache/pie`."""
    named = os.environ.get("PIE_CACHE")
    if named:
        return Path(named).resolve()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "pie"
