"""`pie dataset tasks`: make tasks, and pairs where there are some, of a published data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from pie.core.problem import InputError, RowProblem
from pie.core.rows import parse_object, read_lines
from pie.core.run_folder import encode
from pie.core.tasks.loaders.context import Context, Loaded
from pie.core.tasks.loaders.source_rows import rows_of
from pie.core.tasks.loaders.sources import Source, source
from pie.core.tasks.task import task_of
from pie.core.tasks.task_tests import BlockTest, CallTest

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Request:
    """What to load."""

    name: str
    """Of the source: humaneval, apps, ..."""
    given: str
    """A file, a folder, or a name on Hugging Face; empty: the source's own name there."""
    out: Path
    pairs: Path | None = None
    context: Context = field(default_factory=Context)
    base: tuple[Path, ...] = ()
    """Files of tasks that give prompts and tests (EvalPerf)."""
    limit: int | None = None


@dataclass
class Finished:
    """What was made."""

    name: str
    out: Path
    published: tuple[int, ...]
    rows: int = 0
    tasks: int = 0
    pairs: int = 0
    merged: int = 0
    """Rows of tasks that an earlier row has made."""
    left_out: list[tuple[str, str]] = field(default_factory=list)
    """Place and reason."""
    tests: Counter[str] = field(default_factory=Counter)
    """By kind: stdin, call, block."""
    too_large: int = 0
    without_value: int = 0
    public: int = 0
    private: int = 0

    @property
    def as_published(self) -> bool:
        """Whether the number of rows is one that was published."""
        return self.rows in self.published

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as a JSON document."""
        return {
            "schema_version": SCHEMA_VERSION,
            "step": "tasks",
            "source": self.name,
            "out": str(self.out),
            "rows": self.rows,
            "published": list(self.published),
            "tasks": self.tasks,
            "pairs": self.pairs,
            "rows_of_earlier_tasks": self.merged,
            "tests": {"public": self.public, "private": self.private, **dict(self.tests)},
            "tests_too_large": self.too_large,
            "tests_without_value": self.without_value,
            "left_out": [{"place": place, "reason": reason} for place, reason in self.left_out],
        }


def run(request: Request, show: Callable[[int, str], None]) -> Finished:
    """Write the tasks, whole or not at all; `show` gets the number of rows that are done.

    InputError when the source cannot be read or gives no task.
    """
    chosen = source(request.name)
    given = request.given or chosen.hub
    if not given:
        raise InputError(f"{request.name} has no name on Hugging Face", "give its file or folder")
    finished = Finished(request.name, request.out, chosen.published)
    context = replace(request.context, base=_base(request.base))
    scratch = request.out.with_name(f".{request.out.name}.part")
    pairs = None
    if request.pairs is not None:
        pairs = request.pairs.with_name(f".{request.pairs.name}.part")
    try:
        request.out.parent.mkdir(parents=True, exist_ok=True)
        with scratch.open("wb") as out:
            beside = None if pairs is None else pairs.open("wb")
            try:
                _load_all(request, chosen, given, context, finished, out, beside, show)
            finally:
                if beside is not None:
                    beside.close()
        if not finished.tasks:
            place, reason = next(iter(finished.left_out), ("", "it has no row"))
            raise InputError(
                f"{given} gives no task ({place + ': ' if place else ''}{reason})",
                f"is it {request.name} as published (docs/tasks.md)?",
            )
        scratch.replace(request.out)
        if pairs is not None and request.pairs is not None:
            pairs.replace(request.pairs)
    except OSError as error:
        raise InputError(
            f"{request.out} cannot be written ({error})", "give another --out"
        ) from error
    finally:
        scratch.unlink(missing_ok=True)
        if pairs is not None:
            pairs.unlink(missing_ok=True)
    return finished


def _load_all(
    request: Request,
    chosen: Source,
    given: str,
    context: Context,
    finished: Finished,
    out: IO[bytes],
    pairs: IO[bytes] | None,
    show: Callable[[int, str], None],
) -> None:
    seen: set[str] = set()
    for place, row in rows_of(given, chosen.split):
        if request.limit is not None and finished.rows == request.limit:
            break
        finished.rows += 1
        try:
            if isinstance(row, str):
                raise RowProblem(row)
            loaded = _loaded(chosen, row, context)
            if pairs is not None:
                for pair in loaded.pairs:
                    pairs.write(encode(pair))
            finished.pairs += len(loaded.pairs)
            _write(loaded, chosen, finished, seen, out)
        except RowProblem as problem:
            finished.left_out.append((place, str(problem)))
        show(finished.rows, place)


def _loaded(chosen: Source, row: Mapping[str, Any], context: Context) -> Loaded:
    """Load a row; RowProblem for whatever is not as published."""
    try:
        return chosen.load(row, context)
    except InputError as error:
        raise RowProblem(str(error)) from error
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError) as error:
        what = f"{type(error).__name__}: {error}"
        raise RowProblem(f"the row is not as published ({what})") from error


def _write(
    loaded: Loaded, chosen: Source, finished: Finished, seen: set[str], out: IO[bytes]
) -> None:
    if loaded.task is None:
        return
    task_id = str(loaded.task["task_id"])
    if task_id in seen:
        if chosen.merges:
            finished.merged += 1
            return
        raise RowProblem(f"there is a task {task_id} already")
    task = task_of(loaded.task)
    seen.add(task_id)
    out.write(encode(loaded.task))
    finished.tasks += 1
    finished.too_large += loaded.too_large
    finished.without_value += loaded.without_value
    finished.public += len(task.visible.tests.tests)
    finished.private += len(task.private.tests)
    for test in task.tests:
        kind = {BlockTest: "block", CallTest: "call"}.get(type(test), "stdin")
        finished.tests[kind] += 1


def _base(paths: tuple[Path, ...]) -> dict[str, dict[str, Any]]:
    """Return the tasks of files by their ids; InputError for one that cannot be used."""
    found: dict[str, dict[str, Any]] = {}
    for path in paths:
        for line in read_lines(path, "--base"):
            try:
                fields = parse_object(line.data)
                found[task_of(fields).task_id] = fields
            except RowProblem as problem:
                raise InputError(
                    f"{path}:{line.number}: {problem}", "give tasks of `pie dataset tasks`"
                ) from problem
    return found
