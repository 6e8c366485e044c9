"""Where test cases come from: CodeNet's own, PIE's folders, and the `code_contests` format."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pie.core.dataset.codenet import own_tests
from pie.core.dataset.regular_file import NotRegular, TooLarge, read_regular
from pie.core.dataset.submission import safe_name
from pie.core.problem import RowProblem

KINDS = ("public_tests", "private_tests", "generated_tests")
"""The groups of `code_contests`; each `{"input": [...], "output": [...]}`."""
LONGEST_TEST = 16 << 20
"""Bytes of an input or an expected output; larger ones are no test for a simulator."""

_CODENET_NAME = re.compile(r"(p[0-9]{5})(?:[^0-9]|$)")


@dataclass(frozen=True, slots=True)
class SourceTest:
    """A test as a source gives it."""

    source: str
    """Such as `codenet` or `code_contests.generated_tests`."""
    index: int
    """Its place in that source."""
    input: bytes
    output: bytes | None
    problem: str = ""
    """Why it cannot be read; then there are no texts."""


def codenet_tests(folder: Path, problem_id: str) -> Iterator[SourceTest]:
    """Yield CodeNet's own test of a problem: `input.txt` and `output.txt`, or numbered ones."""
    yield from _files(own_tests(folder), problem_id, "codenet")


def folder_tests(folder: Path, problem_id: str) -> Iterator[SourceTest]:
    """Yield the tests of a problem in PIE's layout, `<problem_id>/input.K.txt`."""
    yield from _files(folder, problem_id, folder.name)


def _files(folder: Path, problem_id: str, source: str) -> Iterator[SourceTest]:
    numbered = {
        int(found.group(1) or 0): path
        for path in (folder / problem_id).glob("input*.txt")
        if (found := re.fullmatch(r"input(?:[._]([0-9]+))?\.txt", path.name))
    }
    for index, path in sorted(numbered.items()):
        answer = path.with_name(path.name.replace("input", "output", 1))
        try:
            given = read_regular(folder, path, LONGEST_TEST)
            output = read_regular(folder, answer, LONGEST_TEST) if os.path.lexists(answer) else None
        except NotRegular:
            yield SourceTest(source, index, b"", None, "not_a_plain_file")
        except TooLarge:
            yield SourceTest(source, index, b"", None, "too_large")
        else:
            yield SourceTest(source, index, given, output)


def problem_of(row: Mapping[str, Any]) -> str:
    """Return the problem of a `code_contests` row; RowProblem when it names none.

    A field `problem_id` decides. Else `name`: AlphaCode took AIZU's and AtCoder's problems from
    CodeNet and begins their names with its id (`p02549 AtCoder Beginner Contest 179 - ...`).
    """
    given = row.get("problem_id")
    name = str(given if given not in (None, "") else row.get("name") or "").strip()
    found = _CODENET_NAME.match(name)
    if found:
        return found.group(1)
    if not safe_name(name):
        raise RowProblem("it has neither problem_id nor a usable name")
    return name


def contest_tests(row: Mapping[str, Any]) -> Iterator[SourceTest]:
    """Yield the tests of a `code_contests` row; RowProblem when a group is not of its form."""
    for kind in KINDS:
        group = row.get(kind)
        if group is None:
            continue
        yield from _group(kind, group)


def _group(kind: str, group: object) -> Iterator[SourceTest]:
    """Read one group, as lists side by side or as a list of objects."""
    if isinstance(group, Mapping):
        inputs, outputs = group.get("input"), group.get("output")
        if not isinstance(inputs, list) or not isinstance(outputs, list):
            raise RowProblem(f"{kind} has no lists named input and output")
        if len(inputs) != len(outputs):
            raise RowProblem(f"{kind} has {len(inputs)} inputs but {len(outputs)} outputs")
        pairs: Sequence[tuple[object, object]] = list(zip(inputs, outputs, strict=True))
    elif isinstance(group, list) and all(isinstance(one, Mapping) for one in group):
        pairs = [(one.get("input"), one.get("output")) for one in group]
    else:
        raise RowProblem(f"{kind} is neither an object of lists nor a list of objects")
    for index, (given, expected) in enumerate(pairs):
        if not isinstance(given, str) or not isinstance(expected, str | None):
            raise RowProblem(f"{kind}, test {index}: input or output is not a text")
        output = None if expected is None else expected.encode("utf-8", "surrogatepass")
        source = f"code_contests.{kind}"
        yield SourceTest(source, index, given.encode("utf-8", "surrogatepass"), output)
