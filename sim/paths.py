"""Where things are kept between runs, and where the user's settings are."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import sim
from sim.errors import InputError, MissingTool


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


def configuration() -> dict[str, Any]:
    """Return the user's settings: the TOML file `PIE_CONFIG`, else `~/.config/pie/config.toml`.

    No file is no settings; InputError for one that cannot be read.
    """
    named = os.environ.get("PIE_CONFIG")
    base = os.environ.get("XDG_CONFIG_HOME")
    if not named and not base and not os.environ.get("HOME"):
        return {}
    folder = Path(base) if base else Path(os.environ.get("HOME", "/")) / ".config"
    path = Path(named) if named else folder / "pie" / "config.toml"
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if not named:
            return {}
        problem = "is not there"
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        problem = f"cannot be read ({error})"
    raise InputError(f"the configuration file {path} {problem}", "mend it or remove it")


def gem5_configurations() -> Path:
    """Return the folder of gem5's configurations, beside this package."""
    folder = Path(sim.__file__).parent.parent / "gem5_configs"
    if not (folder / "run.py").is_file():
        raise MissingTool(f"gem5's configurations are not at {folder}", "install the toolkit again")
    return folder
