"""`pie dataset measure`: every accepted program on all tests of its problem."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pie.core.dataset.grouping import MEASURED_COLUMNS, SUBMISSION_COLUMNS, by_problem
from pie.core.dataset.manifest import Counts, Step, earlier_manifest, limited
from pie.core.dataset.output_lock import one_at_a_time
from pie.core.dataset.table import Record, Writer
from pie.core.dataset.trajectory import in_range
from pie.core.measured_on import settings_of
from pie.core.problem import InputError, RowProblem
from pie.core.test_cases import TestCases, test_folder
from pie.flows.dataset.measuring import Measuring, outcomes
from pie.flows.simulate import Progress
from sim.procedure import Outcome, Procedure, examine
from sim.program import Language, Program, TestCase
from sim.verdict import Verdict

FROM_TABLE = "table"
"""`measured_on` of runtimes that nobody here measured."""


@dataclass(frozen=True)
class Request:
    """What to measure, on which tests."""

    submissions: Path
    out: Path
    testcases: Path | None
    """None: `test_cases/` beside the submissions, where `pie dataset tests` makes it."""
    measuring: Measuring | None
    """None: the runtimes are the table's own `cpu_time`, which proves nothing (PIE A.9)."""
    fresh: bool = False
    limit: int | None = None
    """Only the first rows of the submissions."""


@dataclass(frozen=True)
class _Item:
    """A submission with the tests it is measured on."""

    record: Record
    tests: tuple[int, ...]


@one_at_a_time
def run(request: Request, show: Callable[[Progress], None]) -> dict[str, Any]:
    """Write the submissions with verdict and runtime; return the manifest."""
    if request.measuring is not None and request.testcases is None:
        request = replace(request, testcases=test_folder(None, request.submissions))
    inputs = {"submissions": request.submissions}
    if request.testcases is not None:
        inputs["testcases"] = request.testcases
    if request.testcases is not None and not request.testcases.is_dir():
        raise InputError(
            f"the folder of test cases {request.testcases} does not exist",
            "make it with `pie dataset tests`",
        )
    if request.measuring is not None and request.testcases is None:
        raise InputError(
            f"programs are measured on tests, and no test_cases/ lies beside {request.submissions}",
            "make them with `pie dataset tests`, or give their folder with --testcases",
        )
    if not request.submissions.is_file():
        raise InputError(
            f"the table {request.submissions} does not exist", "make it with `pie dataset import`"
        )
    described: object = FROM_TABLE
    if request.measuring is not None:
        described = request.measuring.setting.fingerprint(list(Language))
    step = Step(
        "measure", request.out, inputs, {"runtimes_from": described, **limited(request.limit)}
    )
    done = None if request.fresh else step.done()
    if done is not None and not done["verdicts"].get(Verdict.NOT_MEASURED, 0):
        return done
    step.claim()
    counts = Counts("submissions")
    verdicts = dict.fromkeys((verdict.value for verdict in Verdict), 0)
    groups = by_problem(
        request.submissions, SUBMISSION_COLUMNS, "pie dataset import", request.limit
    )
    with Writer(request.out, MEASURED_COLUMNS) as writer:
        measure = _on_a_machine if request.measuring else _from_table
        for row in measure(request, groups, counts, show):
            verdicts[row["verdict"]] += 1
            writer.write(row)
    counts.rows_out = writer.rows
    shutil.rmtree(_scratch(request), ignore_errors=True)
    settings: object = {}
    if isinstance(described, dict):
        settings = settings_of(described, described["toolchain"])
    return step.finish(
        counts, verdicts=verdicts, measured=request.measuring is not None, settings=settings
    )


def indices_of(folder: Path, problem_id: str) -> tuple[int, ...]:
    """Return the indices of a problem's test cases, in order; none when it has no folder."""
    try:
        with os.scandir(folder / problem_id) as entries:
            names = {entry.name for entry in entries}
    except OSError:
        return ()
    found = [re.fullmatch(r"input\.([0-9]+)\.txt", name) for name in names]
    indices = sorted(int(one.group(1)) for one in found if one)
    return tuple(index for index in indices if f"output.{index}.txt" in names)


def _on_a_machine(
    request: Request,
    groups: Iterator[list[Record]],
    counts: Counts,
    show: Callable[[Progress], None],
) -> Iterator[dict[str, Any]]:
    measuring, folder = request.measuring, request.testcases
    assert measuring is not None
    assert folder is not None
    cases = TestCases(folder)
    labels: dict[Language, str] = {}

    def work() -> Iterator[tuple[_Item, Procedure | None]]:
        for group in groups:
            problem_id = str(group[0].fields["problem_id"])
            tests = indices_of(folder, problem_id)
            resolved = _resolve(cases, problem_id, tests)
            for record in group:
                counts.rows_in += 1
                if not tests:
                    counts.left_out["problem_without_tests"] += 1
                    continue
                program = _program(record)
                if program.language not in labels:
                    labels[program.language] = measuring.label(program.language)
                yield _Item(record, tests), examine([program], resolved, measuring.setting)

    scratch = _scratch(request)
    for item, (outcome,) in outcomes(measuring, work(), scratch, show, _planned(request)):
        language = Language(item.record.fields["language"])
        yield _row(item, outcome, labels[language])


def _planned(request: Request) -> int:
    """Return how many submissions there are, as the import counted them."""
    counts = earlier_manifest(request.submissions).get("counts")
    found: int = counts[0].get("out", 0) if isinstance(counts, list) and counts else 0
    return found if request.limit is None else min(found, request.limit)


def _scratch(request: Request) -> Path:
    """Return where results are kept until the step is done, when the cache is not to be used."""
    return request.out.with_name(f".{request.out.name}.work")


def _resolve(cases: TestCases, problem_id: str, tests: tuple[int, ...]) -> list[TestCase]:
    try:
        return cases.resolve(problem_id, tests)
    except RowProblem as problem:
        raise InputError(
            f"the test cases of {problem_id} cannot be read ({problem})", "check that folder"
        ) from problem


def _program(record: Record) -> Program:
    try:
        return Program(Language(record.fields["language"]), str(record.fields["code"]))
    except ValueError as error:
        raise InputError(
            f"{record.place}: {error}", "give the file that `pie dataset import` wrote"
        ) from error


def _row(item: _Item, outcome: Outcome, label: str) -> dict[str, Any]:
    return {
        **{name: item.record.fields[name] for name in SUBMISSION_COLUMNS},
        "verdict": outcome.verdict.value,
        "detail": outcome.detail[:500].encode("utf-8", "replace").decode(),
        "agg_runtime": outcome.seconds,
        "cycles": outcome.cycles,
        "tests": list(item.tests),
        "measured_on": label,
    }


def _from_table(
    request: Request,
    groups: Iterator[list[Record]],
    counts: Counts,
    show: Callable[[Progress], None],
) -> Iterator[dict[str, Any]]:
    """Take the platform's own CPU times; they are marked as such in every row and manifest."""
    progress = Progress()
    for group in groups:
        problem_id = str(group[0].fields["problem_id"])
        folder = request.testcases
        tests = list(indices_of(folder, problem_id)) if folder is not None else []
        for record in group:
            counts.rows_in += 1
            progress.rows += 1
            milliseconds = record.fields["cpu_time_ms"]
            if milliseconds is None:
                counts.left_out["no_cpu_time"] += 1
                continue
            if not in_range(milliseconds / 1000):
                counts.left_out["runtime_out_of_range"] += 1
                continue
            yield {
                **{name: record.fields[name] for name in SUBMISSION_COLUMNS},
                "verdict": Verdict.ACCEPTED.value,
                "detail": "",
                "agg_runtime": milliseconds / 1000,
                "cycles": None,
                "tests": tests,
                "measured_on": FROM_TABLE,
            }
        show(progress)
