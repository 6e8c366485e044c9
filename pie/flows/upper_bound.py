"""`pie report RUN --upper-bound`: a run against all measured human submissions to its problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pie.core.dataset.table import read, require_file
from pie.core.problem import InputError
from pie.core.report.pair_rows import ReportError, pair_from_row, read_rows
from pie.core.report.upper_bound import Human, RunRow, UpperBound, add_submission, upper_bound
from pie.core.run_folder import load_json
from sim.verdict import Verdict

_COLUMNS = ("problem_id", "submission_id", "verdict", "agg_runtime", "tests", "measured_on")


@dataclass(frozen=True)
class Compared:
    """The comparison and what it is of."""

    run: str
    submissions: str
    machine: str
    bound: UpperBound


def read_upper_bound(run: Path, submissions: Path) -> Compared:
    """Compare a run with measured submissions, in one pass over each.

    InputError when the submissions were not measured, or on another machine or configuration than
    the run; ReportError for a folder that is no run.
    """
    if not (run / "manifest.json").is_file():
        raise ReportError(
            f"{run} is not a run folder: it has no manifest.json; "
            "give the folder that `pie simulate --out` wrote"
        )
    require_file(submissions)
    manifest = load_json(run / "manifest.json")
    machine = manifest.get("machine")
    if not isinstance(machine, dict):
        raise ReportError(f"{run / 'manifest.json'} names no machine")
    label = f"{machine.get('name')}:{machine.get('fingerprint')}"
    path = run / "pairs.jsonl"
    rows = list(_rows(path)) if path.exists() else []
    wanted = {row.result.problem_id for row in rows}
    sources = {row.src_id for row in rows if row.src_id is not None}
    humans: dict[str, Human] = {}
    for fields in _submissions(submissions, wanted, label):
        human = humans.get(str(fields["problem_id"]))
        if human is not None and set(human.tests) != set(fields["tests"]):
            raise InputError(
                f"the submissions to {fields['problem_id']} were not all measured on the same "
                f"tests ({submissions})",
                "measure them together with `pie dataset measure`",
            )
        add_submission(humans, fields, sources)
    bound = upper_bound(rows, humans, deterministic=bool(machine.get("deterministic", True)))
    return Compared(str(run), str(submissions), label, bound)


def _rows(path: Path) -> Iterator[RunRow]:
    for number, fields in read_rows(path):
        try:
            result = pair_from_row(fields)
        except ValueError as error:
            raise ReportError(f"{path}:{number}: {error}") from error
        assert isinstance(fields, Mapping)
        tests = fields.get("tests")
        indices = isinstance(tests, list) and all(isinstance(one, int) for one in tests)
        src_id = fields.get("src_id")
        yield RunRow(
            result,
            None if src_id is None else str(src_id),
            tuple(tests) if indices and isinstance(tests, list) else None,
        )


def _submissions(path: Path, wanted: set[str], label: str) -> Iterator[Mapping[str, Any]]:
    """Yield the submissions to the wanted problems; InputError for what cannot be compared."""
    for record in read(path):
        fields = record.fields
        missing = [name for name in _COLUMNS if name not in fields]
        if record.problem or missing:
            problem = record.problem or f"the column {missing[0]} is missing"
            raise InputError(
                f"{path}, {record.place}: {problem}",
                "give submissions that `pie dataset measure` wrote",
            )
        if str(fields["problem_id"]) not in wanted:
            continue
        if fields["measured_on"] != label:
            raise InputError(
                f"the submissions of {path} were measured on {fields['measured_on']}, the run on "
                f"{label}, so they cannot be compared",
                "measure both with the same machine and options",
            )
        seconds = fields["agg_runtime"]
        proper = isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > 0
        if fields["verdict"] == Verdict.ACCEPTED and not proper:
            raise InputError(
                f"{path}, {record.place}: an accepted submission without a runtime",
                "give submissions that `pie dataset measure` wrote",
            )
        if not isinstance(fields["tests"], list):
            raise InputError(
                f"{path}, {record.place}: tests is not a list",
                "give submissions that `pie dataset measure` wrote",
            )
        yield fields
