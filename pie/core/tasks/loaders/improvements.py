"""ECCO and pie-perf: pairs of CodeNet in Python, and problems with tests in folders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pie.core.problem import RowProblem
from pie.core.rows import language_of
from pie.core.tasks.loaders.context import Context, Loaded, text_of, within

_PAIR_FIELDS = {"submission_id_v0": "src_id", "submission_id_v1": "tgt_id", "user_id": "user_id"}


def ecco(row: Mapping[str, Any], context: Context) -> Loaded:
    """Config `generate`: problem_id, problem_description; config `edit`: input, target.

    Tests are those of the folders of public and private tests.
    """
    return _row(row, context, str(row.get("language") or "python"))


def pie_perf(row: Mapping[str, Any], context: Context) -> Loaded:
    """Fields: problem_id, language, input, target, submission ids; tests in folders."""
    return _row(row, context, text_of(row, "language"))


def _row(row: Mapping[str, Any], context: Context, language: str) -> Loaded:
    problem = text_of(row, "problem_id")
    if problem in (".", "..") or "/" in problem or "\0" in problem:
        raise RowProblem(f"problem_id {problem[:80]!r} is not a folder name")
    loaded = Loaded()
    source = row.get("input", row.get("src_code"))
    target = row.get("target", row.get("tgt_code", row.get("fastest_code")))
    name = language_of(language).value
    if isinstance(source, str) and isinstance(target, str):
        ids = {ours: row[theirs] for theirs, ours in _PAIR_FIELDS.items() if row.get(theirs)}
        tests = _indices(context.private, problem) or _indices(context.public, problem)
        if tests:
            loaded.pairs.append(
                {
                    "problem_id": problem,
                    "language": name,
                    **ids,
                    "src_code": source,
                    "tgt_code": target,
                    "tests": tests,
                }
            )
    public = _tests(context.public, problem, "public")
    private = _tests(context.private, problem, "private")
    if not public and not private:
        raise RowProblem(f"the problem {problem} has no tests in the folders given")
    loaded.task = {
        "task_id": problem,
        "language": name,
        "prompt": str(row.get("problem_description") or ""),
        "references": [target] if isinstance(target, str) else [],
        "public_tests": within(public, context, loaded),
        "private_tests": within(private, context, loaded),
    }
    return loaded


def _indices(folder: Path | None, problem: str) -> list[int]:
    """Return the indices of a problem's tests in PIE's layout."""
    if folder is None or not (folder / problem).is_dir():
        return []
    names = {one.name for one in (folder / problem).iterdir()}
    found = []
    for name in names:
        middle = name.removeprefix("input.").removesuffix(".txt")
        if name == f"input.{middle}.txt" and middle.isdigit() and f"output.{middle}.txt" in names:
            found.append(int(middle))
    return sorted(found)


def _tests(folder: Path | None, problem: str, kind: str) -> list[dict[str, Any]]:
    if folder is None:
        return []
    made = []
    for index in _indices(folder, problem):
        texts = []
        for name in ("input", "output"):
            path = folder / problem / f"{name}.{index}.txt"
            try:
                texts.append(path.read_bytes().decode("utf-8"))
            except (OSError, UnicodeDecodeError) as error:
                raise RowProblem(f"{path} cannot be read ({error})") from error
        made.append({"name": f"{kind}.{index}", "input": texts[0], "output": texts[1]})
    return made
