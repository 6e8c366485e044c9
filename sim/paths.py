"""Where things are kept between runs."""

from __future__ import annotations

import os
from pathlib import Path

from sim.errors import InputError


def cache_directory() -> Path:
    """Return the cache folder: `PIE_CACHE`, else `$XDG_CACHE_HOME/pie`, else `~/.cache/pie`."""
    named = os.environ.get("PIE_CACHE")
    if named:
        return Path(named).resolve()
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "pie"
    try:
        return Path.home() / ".cache" / "pie"
    except RuntimeError as error:
        raise InputError(
            "no home folder is known to keep a cache in", "set PIE_CACHE to a folder"
        ) from error
