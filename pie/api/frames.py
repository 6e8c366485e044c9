"""Tables for other libraries, which are loaded when somebody asks."""

from __future__ import annotations

from types import ModuleType

from sim.errors import MissingTool


def pandas() -> ModuleType:
    """Return pandas; MissingTool with the line that installs it."""
    return _library("pandas", "notebooks")


def pyarrow() -> ModuleType:
    """Return pyarrow; MissingTool with the line that installs it."""
    return _library("pyarrow", "data")


def _library(name: str, extra: str) -> ModuleType:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        raise MissingTool(
            f"{name} is not installed", f"install it with: pip install 'pie-perf-toolkit[{extra}]'"
        ) from error
