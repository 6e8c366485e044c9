"""Reads the rows of a data set, whatever kind of file it is published as."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pie.core.dataset import table
from pie.core.problem import InputError, RowProblem
from pie.core.rows import parse_object
from pie.core.tasks.loaders.generated import coffe_rows
from sim.errors import MissingTool

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+(?::[\w.-]+)?(?:@[\w.-]+)?")
_LONGEST_CELL = 1 << 30


def rows_of(given: str, split: str) -> Iterator[tuple[str, Mapping[str, Any] | str]]:
    """Yield (place, row) of a file, a folder of COFFE, or a name on Hugging Face.

    In place of a row that cannot be read stands the sentence that says why. A name is
    `OWNER/NAME`, with `:CONFIG` and `@SPLIT` behind it where needed. InputError when there are no
    rows at all; MissingTool when a package lacks.
    """
    path = Path(given)
    if path.is_dir():
        yield from coffe_rows(path)
    elif path.exists() or not _HUB_NAME.fullmatch(given):
        yield from _file_rows(path)
    else:
        yield from _hub_rows(given, split)


def _file_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any] | str]]:
    name = path.name.lower()
    try:
        if name.endswith(".csv"):
            yield from _csv_rows(path)
        elif name.endswith(".json"):
            yield from _json_rows(path)
        elif name.endswith(".gz"):
            yield from _zipped_rows(path)
        elif name.endswith((".jsonl", ".parquet")):
            for record in table.read(path):
                yield record.place, record.problem or record.fields
        else:
            raise InputError(
                f"the kind of {path} is not known",
                "give a .jsonl, .jsonl.gz, .json, .csv or .parquet file, or a name on Hugging Face",
            )
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist", "check the path") from error
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read ({error})", "is it whole?") from error


def _csv_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any] | str]]:
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=1):
            yield f"row {number}", row


def _json_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any] | str]]:
    try:
        made = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON ({error})", "is it whole?") from error
    rows = list(made.values()) if isinstance(made, dict) else made
    if not isinstance(rows, list):
        raise InputError(f"{path} holds no rows", "give a list of objects")
    for number, row in enumerate(rows, start=1):
        yield f"row {number}", row if isinstance(row, dict) else "the row is not a JSON object"


def _zipped_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any] | str]]:
    with gzip.open(path, "rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                try:
                    yield f"line {number}", parse_object(line)
                except RowProblem as problem:
                    yield f"line {number}", str(problem)


def _hub_rows(given: str, split: str) -> Iterator[tuple[str, Mapping[str, Any] | str]]:
    name, _at, wanted = given.partition("@")
    name, _colon, config = name.partition(":")
    try:
        import datasets
    except ImportError as error:
        raise MissingTool(
            "the package datasets is not installed", "pip install datasets, or give a local file"
        ) from error
    try:
        rows = datasets.load_dataset(name, config or None, split=wanted or split)
    except Exception as error:  # of many kinds: network, names, splits, files
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"{given} cannot be loaded from Hugging Face ({first[:200]})",
            "check the name (OWNER/NAME:CONFIG@SPLIT) and the network, or give a local file",
        ) from error
    for number, row in enumerate(rows, start=1):
        yield f"row {number}", row
