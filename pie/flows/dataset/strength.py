"""`pie dataset strength`: the share of broken programs that tests notice, before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from pie.core.dataset.manifest import Counts
from pie.core.problem import InputError, RowProblem
from pie.core.test_cases import TestCases, test_folder
from pie.core.testing.strength import Strength, strength
from pie.flows.dataset.measuring import Measuring, outcomes
from pie.flows.dataset.strengthen import distinct, known_problems
from pie.flows.simulate import Progress
from sim.procedure import Procedure
from sim.program import TestCase


@dataclass(frozen=True)
class Request:
    """Rows with tests, and a set that `pie dataset strengthen` made of them."""

    pairs: Path
    measuring: Measuring
    testcases: Path | None = None
    strengthened: Path | None = None
    mutants: int = 20
    seed: int = 0
    limit: int | None = None


def run(request: Request, show: Callable[[Progress], None]) -> dict[str, Any]:
    """Return the strength of each problem's tests; InputError for what cannot be read."""
    folder = test_folder(request.testcases, request.pairs)
    tests = TestCases(folder, request.measuring.setting.toolchain)
    made = None
    if request.strengthened is not None:
        if not (request.strengthened / "test_cases").is_dir():
            raise InputError(
                f"{request.strengthened} holds no test_cases",
                "give the folder that `pie dataset strengthen` wrote",
            )
        made = TestCases(request.strengthened / "test_cases", request.measuring.setting.toolchain)
    counts = Counts("problems")
    found: dict[str, dict[str, Any]] = {}
    work = _work(request, tests, made, counts)
    scratch = request.pairs.with_name(f".{request.pairs.name}.strength")
    for problem, (one,) in outcomes(request.measuring, work, scratch, show):
        assert isinstance(one, Strength)
        if one.detail or not one.mutants:
            counts.left_out[one.detail or "no_mutants"] += 1
            continue
        counts.rows_out += 1
        found[problem] = _entry(one)
    if not found:
        raise InputError(
            f"no problem of {request.pairs} has an accepted program with mutants "
            f"({', '.join(f'{name} {number}' for name, number in counts.left_out.items())})",
            "check that rows and tests belong together",
        )
    return {
        "schema_version": 1,
        "machine": request.measuring.setting.machine.name,
        "seed": request.seed,
        "counts": counts.as_dict(),
        "totals": _totals(list(found.values())),
        "problems": found,
    }


def _work(
    request: Request, tests: TestCases, made: TestCases | None, counts: Counts
) -> Iterator[tuple[str, Procedure | None]]:
    for problem, one in known_problems(request.pairs, request.limit).items():
        counts.rows_in += 1
        try:
            tests.check(problem, list(one.tests.values()))
            given = distinct(tests.resolve(problem, list(one.tests.values())))
        except RowProblem:
            counts.left_out["broken_tests"] += 1
            continue
        yield problem, strength(
            tuple(one.programs.values()), given, _made(made, problem),
            request.mutants, request.seed, request.measuring.setting,
        )  # fmt: skip


def _made(made: TestCases | None, problem: str) -> list[TestCase]:
    """Return the made tests of a problem; none where it has none."""
    if made is None:
        return []
    cases: list[TestCase] = []
    try:
        while True:
            made.check(problem, [len(cases)])
            cases += made.resolve(problem, [len(cases)])
    except RowProblem:
        return cases


def _entry(one: Strength) -> dict[str, Any]:
    return {
        "mutants": one.mutants,
        "killed": one.killed,
        "killed_with_made": one.killed_with_made,
        "given_tests": len(one.given),
        "made_tests": len(one.made),
        "largest_given_cycles": max(one.given, default=None),
        "largest_made_cycles": max(one.made, default=None),
        "start_share_given": _share(one.start, one.given),
        "start_share_made": _share(one.start, one.made),
        "survivors": [
            {"kind": each.kind, "line": each.line, "source": each.source} for each in one.survivors
        ],
    }


def _share(start: int | None, cycles: tuple[int, ...]) -> float | None:
    """Return the part of a program's cost on all tests that is the start of the process."""
    return None if start is None or not cycles else min(1.0, start * len(cycles) / sum(cycles))


def _totals(entries: list[dict[str, Any]]) -> dict[str, Any]:
    def middle(name: str) -> float | None:
        values = [one[name] for one in entries if one[name] is not None]
        return median(values) if values else None

    before = [one["killed"] / one["mutants"] for one in entries]
    after = [one["killed_with_made"] / one["mutants"] for one in entries]
    weak = [(a, b) for a, b in zip(before, after, strict=True) if a < 0.9]
    mutants = sum(one["mutants"] for one in entries)
    return {
        "problems": len(entries),
        "mutants": mutants,
        "killed": sum(one["killed"] for one in entries),
        "killed_with_made": sum(one["killed_with_made"] for one in entries),
        "problems_under_90_percent": len(weak),
        "of_these_risen": sum(b > a for a, b in weak),
        "median_start_share_given": middle("start_share_given"),
        "median_start_share_made": middle("start_share_made"),
        "median_largest_given_cycles": middle("largest_given_cycles"),
        "median_largest_made_cycles": middle("largest_made_cycles"),
    }
