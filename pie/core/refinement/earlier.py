"""Programs of an earlier run, which chains start from: chain k from a task's answer k."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from pie.core.models.replay import identity_of
from pie.core.problem import InputError, RowProblem
from pie.core.rows import Row, parse_row, read_lines
from pie.core.run_folder import load_json

OPTION = "--from"
_REFINED = "refined.jsonl"
_OF_PAIRS = ("generations.jsonl", _REFINED)
_OF_TASKS = ("samples.jsonl", _REFINED)
"""What `pie generate` and `pie refine` name the file with their programs."""


def answers_file(path: Path, *, of_tasks: bool) -> Path:
    """Return the file with the programs of a run's folder, or the file that is named itself.

    InputError where there is neither.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist", f"check the path given to {OPTION}")
    if not path.is_dir():
        return path
    names = _OF_TASKS if of_tasks else _OF_PAIRS
    # Of a refinement the file has one name; beside that of tasks lie the tasks.
    refined_tasks = (path / "tasks.jsonl").is_file()
    for name in names:
        if (path / name).is_file() and (name != _REFINED or refined_tasks is of_tasks):
            return path / name
    other = next((one for one in (*_OF_PAIRS, *_OF_TASKS) if (path / one).is_file()), None)
    if other is not None:
        given = "--pairs" if of_tasks else "--tasks"
        raise InputError(
            f"the answers of {path} belong to {given.removeprefix('--')} ({other})",
            f"give {given} FILE with {OPTION}",
        )
    raise InputError(
        f"the folder {path} holds no answers ({' or '.join(names)})",
        f"give the folder of a finished `pie generate` or `pie refine`, or a file, to {OPTION}",
    )


def rows_of(path: Path) -> tuple[Path, list[Path]]:
    """Return the file of rows that a run ended with, and the files that it was made from.

    The nearest first: a run may start from a run. The tests of the rows lie beside one of them.
    """
    rows = answers_file(path, of_tasks=False)
    made_from: list[Path] = []
    manifest = path / "manifest.json"
    while manifest.is_file():
        name = load_json(manifest).get("pairs_file")
        if not isinstance(name, str) or Path(name) in made_from:
            break
        made_from.append(Path(name))
        manifest = Path(name).parent / "manifest.json"
    return rows, made_from


@dataclass
class EarlierRows:
    """Where the answers of each row stand in a file: a few bytes for each."""

    path: Path
    sha256: str = ""
    offsets: dict[str, int | None] = field(default_factory=dict)
    """By the row's identity; None where several lines have it."""

    def answers(self, row: Row) -> tuple[str, ...]:
        """Return a row's answers; RowProblem where there are none, or several of them."""
        identity = identity_of(row)
        name = identity if identity in self.offsets else identity.partition("/")[0]
        if name not in self.offsets:
            raise RowProblem(f"it is not among the rows of {self.path}")
        offset = self.offsets[name]
        if offset is None:
            raise RowProblem(f"several rows of {self.path} have its ids, of models it does not say")
        with self.path.open("rb") as file:
            file.seek(offset)
            return parse_row(file.readline().removeprefix(b"\xef\xbb\xbf")).generations


def read_earlier(path: Path) -> EarlierRows:
    """Read the rows of an earlier run; InputError when none of them can be used."""
    made, whole, problem = EarlierRows(path), hashlib.sha256(), ""
    for line in read_lines(path, OPTION):
        whole.update(line.data)
        try:
            identity = identity_of(parse_row(line.data))
        except RowProblem as error:
            problem = problem or f" (line {line.number}: {error})"
            continue
        for name in {identity, identity.partition("/")[0]}:
            made.offsets[name] = None if name in made.offsets else line.offset
    made.sha256 = whole.hexdigest()
    if not made.offsets:
        raise InputError(
            f"{path} has no row that can be used{problem}",
            "give the generations.jsonl of a `pie generate`",
        )
    return made
