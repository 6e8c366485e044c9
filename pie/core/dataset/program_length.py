"""How long a program is: in characters, in tokens of its language, or of a model's tokeniser."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from pie.core.problem import InputError
from sim.errors import MissingTool


def program_length(unit: str) -> Callable[[str, str], int]:
    """Return the measure of (code, language) by name: `characters`, `leaves`, or a tokeniser.

    A tokeniser is a `tokenizer.json` or a folder that holds one (PIE A.5 counts with GPT-2's), else
    a model's name, which is looked up in the local cache or downloaded. `leaves` are the leaves of
    the parse tree of C++ or Python, comments left out. InputError when there is no such tokeniser.
    """
    if unit == "characters":
        return lambda code, _language: len(code)
    if unit == "leaves":
        return _leaves
    try:
        tokeniser = import_module("tokenizers").Tokenizer
    except ImportError as error:
        raise MissingTool(
            "counting a model's tokens needs tokenizers, which is not installed",
            "run: pip install tokenizers, or use --length characters",
        ) from error
    path = Path(unit)
    path = path / "tokenizer.json" if path.is_dir() else path
    try:
        found = path.exists()
        made = tokeniser.from_file(str(path)) if found else tokeniser.from_pretrained(unit)
    except Exception as error:  # the library raises plain Exception
        first = (str(error).splitlines() or ["?"])[0][:200]
        raise InputError(
            f"there is no tokeniser {unit} ({first})",
            "give a tokenizer.json, or characters or leaves",
        ) from error
    made.no_truncation()
    made.no_padding()
    return lambda code, _language: len(made.encode(code, add_special_tokens=False).ids)


def _leaves(code: str, language: str) -> int:
    from pie.core.dataset.near_duplicates import grammar_of
    from retrieval.syntax import leaves

    try:
        return sum(1 for _leaf in leaves(code, grammar_of(language)))
    except ImportError as error:
        raise MissingTool(
            "counting the tokens of programs needs tree-sitter, which is not installed",
            "run: pip install 'pie-perf-toolkit[data]'",
        ) from error
