"""Which programs run on which tests for a calibration: all rows, or what a reference recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pie.core import plan as planning
from pie.core.calibration.reference_results import ReferenceResults, RunKey, text_hash
from pie.core.problem import InputError, RowProblem
from pie.core.rows import InlineTest, Row
from pie.core.test_cases import TestCases, test_folder
from sim.program import Language, Program, TestCase, digest_of

PairKey = tuple[str, str, str]
"""Problem, source and target."""


@dataclass(frozen=True)
class Work:
    """Programs of one problem that run on the same tests."""

    problem_id: str
    programs: tuple[Program, ...]
    tests: tuple[int | InlineTest, ...]
    source: TestCases

    def cases(self) -> list[TestCase]:
        """Return the tests; InputError when they have changed since they were checked."""
        try:
            return self.source.resolve(self.problem_id, self.tests)
        except RowProblem as problem:
            raise InputError(
                f"the test cases of {self.problem_id} changed meanwhile ({problem})",
                "run the command again",
            ) from problem


@dataclass
class Selection:
    """What there is to measure."""

    work: list[Work] = field(default_factory=list)
    pairs: dict[PairKey, tuple[str, str]] = field(default_factory=dict)
    """The ids of each pair."""
    left_out: Counter[str] = field(default_factory=Counter)
    digests: list[str] = field(default_factory=list)
    """Of each pairs file and its tests."""
    languages: list[Language] = field(default_factory=list)

    @property
    def runs(self) -> int:
        """Runs on one machine, at most: a run that two rows ask for is measured once."""
        return sum(len(one.programs) * len(one.tests) for one in self.work)


def select(
    files: Sequence[Path],
    testcases: Path | None,
    reference: ReferenceResults | None,
    *,
    strict: bool = False,
    python: bool = True,
    limit: int | None = None,
) -> Selection:
    """Read the pairs files and choose; InputError when nothing is left to measure.

    `limit`: only the first rows of each file. `python` says whether the machines run Python; else
    such rows are left out.

    With a recorded reference, only what it holds: the programs of a row (answers too) that it
    names, on the tests it names. Else source and target of every row on all its tests.
    """
    made = Selection()
    seen: set[str] = set()
    found: set[RunKey] = set()
    for path in files:
        tests = TestCases(test_folder(testcases, path))
        plan = planning.plan(path, tests, limit)
        if strict and plan.left_out:
            first = plan.left_out[0]
            raise InputError(
                f"{path}:{first.line}: {first.reason}", "mend the row, or leave --strict out"
            )
        made.left_out.update(f"rows of the pairs: {one.reason}" for one in plan.left_out)
        made.digests += [plan.sha256, plan.tests_digest]
        for row in plan.read():
            if row.language is Language.PYTHON and not python:
                made.left_out["rows of the pairs: gem5 runs no Python"] += 1
                continue
            _take(row, tests, reference, made, seen, found)
    if reference is not None:
        _count_missing(made, reference, files, found)
    if not made.work:
        if reference is None:
            raise InputError(
                "there is no run to compare: gem5 runs no Python", "give pairs of C++ programs"
            )
        raise InputError(
            "there is no run to compare: the recorded measurements name no program of the pairs",
            "give the pairs files whose programs the reference measured",
        )
    return made


def _take(
    row: Row,
    tests: TestCases,
    reference: ReferenceResults | None,
    made: Selection,
    seen: set[str],
    found: set[RunKey],
) -> None:
    programs = {text_hash(one.source): one for one in row.programs()[: None if reference else 2]}
    wanted: Sequence[int | InlineTest] = row.tests
    if reference is not None:
        recorded = {name: reference.tests_of(name, row.problem_id) for name in programs}
        programs = {name: one for name, one in programs.items() if recorded[name]}
        wanted = _there(row, tests, sorted(frozenset().union(*recorded.values())))
        found.update(
            (name, row.problem_id, str(test))
            for name in programs
            for test in recorded[name]
            if test in wanted
        )
    src, tgt = text_hash(row.src_code), text_hash(row.tgt_code)
    if src == tgt:
        made.left_out["pairs: source and target are the same text"] += 1
    elif src in programs and tgt in programs:
        made.pairs.setdefault((row.problem_id, src, tgt), (row.src_id or "", row.tgt_id or ""))
    inline = [[one.input, one.output] if isinstance(one, InlineTest) else one for one in wanted]
    identity = digest_of(row.problem_id, sorted(programs), inline, row.language)
    if programs and wanted and identity not in seen:
        seen.add(identity)
        made.work.append(Work(row.problem_id, tuple(programs.values()), tuple(wanted), tests))
        if row.language not in made.languages:
            made.languages.append(row.language)


def _there(row: Row, tests: TestCases, indices: Sequence[int]) -> list[int]:
    """Return the tests whose files exist."""
    kept = []
    for index in indices:
        try:
            tests.check(row.problem_id, [index])
        except RowProblem:
            continue
        kept.append(index)
    return kept


def _count_missing(
    made: Selection, reference: ReferenceResults, files: Sequence[Path], found: set[RunKey]
) -> None:
    made.left_out.update(f"rows of the reference: {reason}" for _line, reason in reference.left_out)
    if reference.repeated:
        made.left_out["rows of the reference: a run told again"] = reference.repeated
    missing = len(reference.runs) - len(found)
    if missing:
        made.left_out["runs of the reference: program or test not among the pairs"] = missing
