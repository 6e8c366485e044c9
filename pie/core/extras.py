"""Packages that only some commands need: imported when needed, or the line that installs them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sim.errors import MissingTool


def require(package: str, extra: str) -> Any:
    """Import an optional package; MissingTool with the command that installs its extra."""
    try:
        return import_module(package)
    except ImportError as error:
        raise MissingTool(
            f"the package {package} is not installed", f"pip install 'pie-perf-toolkit[{extra}]'"
        ) from error


def require_parsers() -> None:
    """See to it that programs can be parsed; MissingTool when the grammars are not there."""
    for package in ("tree_sitter", "tree_sitter_cpp", "tree_sitter_python"):
        require(package, "models")
