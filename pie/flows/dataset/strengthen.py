"""`pie dataset strengthen`: a second, named set of tests beside the published one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from pie.core.dataset.manifest import Counts, Step, limited
from pie.core.dataset.output_lock import one_at_a_time
from pie.core.dataset.table import Writer
from pie.core.problem import InputError, RowProblem
from pie.core.rows import InlineTest, Row, parse_row
from pie.core.run_folder import encode
from pie.core.test_cases import TestCases, test_folder
from pie.core.testing.card import card
from pie.core.testing.strengthening import (
    Problem,
    Strengthened,
    Wanted,
    strengthen,
)
from pie.flows.dataset.measuring import Measuring, outcomes
from pie.flows.dataset.rows import listing, pair_rows
from pie.flows.simulate import Progress
from sim.procedure import Procedure
from sim.program import Program, TestCase

_PROGRAMS = 12
"""Most programs of a problem that are judged, to find those that agree."""
_TESTS = 40
"""Most given tests of a problem that inputs are made of."""


@dataclass(frozen=True)
class Request:
    """Rows with tests, and what is wanted of each problem."""

    pairs: Path
    out: Path
    measuring: Measuring
    testcases: Path | None = None
    wanted: Wanted = field(default_factory=Wanted)
    name: str = "strengthened"
    fresh: bool = False
    limit: int | None = None


@one_at_a_time
def run(request: Request, show: Callable[[Progress], None]) -> dict[str, Any]:
    """Write rows, tests and card into a folder; return the manifest. InputError for bad input."""
    setting = request.measuring.setting
    folder = test_folder(request.testcases, request.pairs)
    inputs = {"pairs": request.pairs} | ({"tests": folder} if folder is not None else {})
    parameters = {
        "name": request.name,
        "tests": request.wanted.tests,
        "work": request.wanted.work,
        "seed": request.wanted.seed,
        "machine": setting.machine.name,
        **limited(request.limit),
    }
    step = Step("strengthen", request.out, inputs, parameters)
    done = None if request.fresh else step.done()
    if done is not None:
        return done
    out = Path(os.path.realpath(request.out))
    for path in inputs.values():
        if Path(os.path.realpath(path)).is_relative_to(out):
            raise InputError(
                f"{path} lies in the folder {request.out}, which is made anew",
                "give another folder with --out",
            )
    step.claim()
    scratch = request.out.with_name(f".{request.out.name}.work")
    shutil.rmtree(scratch / "made", ignore_errors=True)
    (scratch / "made" / "test_cases").mkdir(parents=True)
    with listing(request.out) as listed:
        problems, rows, totals = _make(request, folder, scratch, listed, show)
    shutil.rmtree(request.out, ignore_errors=True)
    (scratch / "made").replace(request.out)
    shutil.rmtree(scratch)
    return step.finish(problems, rows, totals=totals)


@dataclass
class Known:
    """What the rows say of a problem."""

    programs: dict[str, Program] = field(default_factory=dict)
    tests: dict[str, int | InlineTest] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """Take a row's source and target, and its tests."""
        for one in row.programs()[:2]:
            if len(self.programs) < _PROGRAMS:
                self.programs.setdefault(one.digest, one)
        for number, test in enumerate(row.tests):
            key = str(test) if isinstance(test, int) else f"{row.src_id} {number}"
            if len(self.tests) < _TESTS:
                self.tests.setdefault(key, test)


def known_problems(pairs: Path, limit: int | None) -> dict[str, Known]:
    """Return the programs and tests of each problem of a file of pairs."""
    known: dict[str, Known] = {}
    for record in pair_rows(pairs, Counts(), limit=limit):
        try:
            row = parse_row(encode(dict(record.fields)))
        except RowProblem:
            continue  # a step that writes the rows tells of it
        known.setdefault(row.problem_id, Known()).add(row)
    return known


def _make(
    request: Request,
    folder: Path | None,
    scratch: Path,
    listed: Writer,
    show: Callable[[Progress], None],
) -> tuple[Counts, Counts, dict[str, Any]]:
    counts, rows = Counts("problems"), Counts("rows")
    known = known_problems(request.pairs, request.limit)
    tests = TestCases(folder, request.measuring.setting.toolchain)
    kept: dict[str, int] = {}
    made_of: list[Strengthened] = []
    made = scratch / "made"
    with Writer(made / "tests.jsonl") as table:
        work = _work(request, known, tests, listed, counts)
        for problem, (found,) in outcomes(request.measuring, work, scratch, show, len(known)):
            assert isinstance(found, Strengthened)
            if found.detail:
                counts.left_out[found.detail] += 1
                listed.write({"problem_id": problem, "reason": found.detail})
                continue
            counts.rows_out += 1
            kept[problem] = len(found.made)
            made_of.append(found)
            _write(made / "test_cases" / problem, problem, found, request, table)
    with Writer(made / "pairs.jsonl") as pairs:
        for record in pair_rows(request.pairs, rows, listed, limit=request.limit):
            number = kept.get(str(record.fields["problem_id"]))
            if number is None:
                rows.left_out["problem_without_made_tests"] += 1
                continue
            rows.rows_out += 1
            pairs.write({**record.fields, "tests": list(range(number)), "test_set": request.name})
    totals = _totals(made_of)
    name = request.name, request.pairs.name, request.measuring.setting.machine.name
    text = card(*name, request.wanted.tests, counts, totals)
    (made / "README.md").write_text(text, encoding="utf-8")
    return counts, rows, totals


def _work(
    request: Request, known: dict[str, Known], tests: TestCases, listed: Writer, counts: Counts
) -> Iterator[tuple[str, Procedure | None]]:
    for problem, one in known.items():
        counts.rows_in += 1
        try:
            tests.check(problem, list(one.tests.values()))
            cases = distinct(tests.resolve(problem, list(one.tests.values())))
        except RowProblem as reason:
            counts.left_out["broken_tests"] += 1
            listed.write({"problem_id": problem, "reason": str(reason)})
            continue
        asked = Problem(problem, tuple(one.programs.values()), cases)
        yield problem, strengthen(asked, request.wanted, request.measuring.setting)


def distinct(cases: list[TestCase]) -> tuple[TestCase, ...]:
    """Return the tests with different inputs, in their order."""
    return tuple({one.input_digest: one for one in reversed(cases)}.values())[::-1]


def _write(
    folder: Path, problem: str, found: Strengthened, request: Request, table: Writer
) -> None:
    folder.mkdir()
    for number, test in enumerate(found.made):
        (folder / f"input.{number}.txt").write_bytes(test.input)
        (folder / f"output.{number}.txt").write_bytes(test.output)
        table.write(
            {
                "problem_id": problem,
                "test": number,
                "made_of": test.given,
                "how": test.how,
                "seed": request.wanted.seed,
                "programs_that_agree": found.witnesses,
                "bytes": len(test.input),
                "cycles": test.cycles,
            }
        )


def _totals(made_of: list[Strengthened]) -> dict[str, Any]:
    tests = [one for found in made_of for one in found.made]
    largest = [max(one.cycles for one in found.made) for found in made_of]
    given = [max(found.given_cycles) for found in made_of if found.given_cycles]
    return {
        "tests": len(tests),
        "of_a_grammar": sum(found.grammar for found in made_of),
        "tried": sum(found.tried for found in made_of),
        "disagreed": sum(found.disagreed for found in made_of),
        "median_largest_given_cycles": median(given) if given else None,
        "median_largest_made_cycles": median(largest) if largest else None,
    }
