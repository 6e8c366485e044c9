"""`pie dataset check`: every reference program of a pairs file must be accepted on its own tests.

The programs are built and judged, and nothing is measured, so that it takes seconds where a
measurement takes hours. What was judged is kept for `pie simulate`.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pie.core import plan as planning
from pie.core.plan import LeftOut
from pie.core.problem import InputError, RowProblem
from pie.core.rows import Line, Row, parse_row, read_lines
from pie.core.test_cases import TestCases, test_folder
from sim.paths import cache_directory
from sim.procedure import Outcome, Procedure, judged
from sim.program import Program
from sim.scheduler import Scheduler, interrupt_on_sigterm
from sim.setting import Setting
from sim.store import Store
from sim.toolchain import Toolchain
from sim.verdict import Verdict

SCHEMA_VERSION = 1
_REMEDIES = {
    Verdict.WRONG_ANSWER: "see whether the test belongs to the problem; where any of several "
    "answers is right, choose another --compare or leave the row out",
    Verdict.RUNTIME_ERROR: "run it by hand on that test; where it needs more memory or a header's "
    "macro, give --memory-limit or --judge",
    Verdict.TIME_LIMIT: "raise --max-instructions, or leave out its largest tests",
    Verdict.MEMORY_LIMIT: "raise --memory-limit",
    Verdict.OUTPUT_LIMIT: "leave the test out",
    Verdict.COMPILE_ERROR: "compile it as its judge does (--judge, --cxxflags, --include), or "
    "correct the row's language",
    Verdict.NO_CODE: "fill in the program or leave the row out",
    Verdict.TAMPERING: "read the program: it addresses the instrument that measures it",
    Verdict.NOT_MEASURED: "run the command again; this failure is not the program's",
}
_MISSING_MODULE = "ModuleNotFoundError: No module named "
_OF_A_TEST = "test "
_LEFT_OUT = "mend the line"


@dataclass(frozen=True)
class Request:
    """What to check."""

    pairs: Path
    """A file of pairs, or of tasks."""
    setting: Setting
    testcases: Path | None = None
    jobs: int = 0
    """Worker processes; 0 is one for each processor."""
    limit: int | None = None
    """Rows from the beginning of the file; None is all."""
    samples: int | None = None
    """Rows drawn from the whole file (or its first `limit`); None is all."""
    seed: int = 0
    use_cache: bool = True


@dataclass(frozen=True)
class Failure:
    """A reference program that is not accepted."""

    line: int
    problem_id: str
    role: str
    """`src` or `tgt`; of a task `reference_K`."""
    id: str | None
    verdict: Verdict
    detail: str

    @property
    def remedy(self) -> str:
        """What the user can do about it."""
        if _MISSING_MODULE in self.detail:
            return (
                f"install it for {Toolchain().interpreter_path()}, which runs the Python programs, "
                "or leave the row out"
            )
        if self.verdict is Verdict.MEMORY_LIMIT and not self.detail.startswith(_OF_A_TEST):
            return "leave the row out: no limit is large enough to link it"
        return _REMEDIES.get(self.verdict, "leave the row out")

    def as_dict(self) -> dict[str, Any]:
        return {
            "line": self.line,
            "problem_id": self.problem_id,
            "role": self.role,
            "id": self.id,
            "verdict": self.verdict.value,
            "detail": self.detail,
            "remedy": self.remedy,
        }


@dataclass
class Checked:
    """What a check found; every line of the file is in exactly one of its counts."""

    pairs: Path
    rows_accepted: int = 0
    rows_failed: int = 0
    rows_not_drawn: int = 0
    left_out: list[LeftOut] = field(default_factory=list)
    programs: Counter[Verdict] = field(default_factory=Counter)
    """Distinct programs on the tests of their rows, by verdict."""
    failures: list[Failure] = field(default_factory=list)
    jobs_reused: int = 0
    what_is_accepted: str = "rows of which source and target are accepted"

    @property
    def lines(self) -> int:
        """Lines of the file that are not blank."""
        checked = self.rows_accepted + self.rows_failed
        return checked + self.rows_not_drawn + len(self.left_out)

    @property
    def sound(self) -> bool:
        """Whether every line can be used and every program that was judged is accepted."""
        return not self.left_out and not self.failures

    @property
    def not_measured(self) -> int:
        """Programs that we failed to judge."""
        return self.programs[Verdict.NOT_MEASURED]

    def as_dict(self) -> dict[str, Any]:
        """Return the check as a JSON document."""
        return {
            "schema_version": SCHEMA_VERSION,
            "step": "check",
            "pairs": str(self.pairs),
            "sound": self.sound,
            "rows": {
                "lines": self.lines,
                "accepted": self.rows_accepted,
                "failed": self.rows_failed,
                "not_drawn": self.rows_not_drawn,
                "left_out": len(self.left_out),
            },
            "programs": {
                verdict.value: self.programs[verdict]
                for verdict in Verdict
                if self.programs[verdict]
            },
            "failures": [failure.as_dict() for failure in self.failures],
            "left_out": [
                {"line": line.line, "reason": line.reason, "remedy": _LEFT_OUT}
                for line in self.left_out
            ],
        }


def run(request: Request, show: Callable[[int, str], None]) -> Checked:
    """Judge the reference programs of a file; `show` gets the number of rows that are done.

    KeyboardInterrupt passes through with everything judged so far kept. InputError when no row can
    be used.
    """
    folder = test_folder(request.testcases, request.pairs)
    plan = planning.plan(request.pairs, TestCases(folder, request.setting.toolchain), request.limit)
    drawn = drawn_of(list(plan.offsets), request)
    checked = Checked(request.pairs, left_out=plan.left_out)
    checked.rows_not_drawn = plan.rows - len(drawn)
    with tempfile.TemporaryDirectory(prefix="pie-check-") as scratch:
        where = cache_directory() if request.use_cache else Path(scratch)
        store = Store(where / "results.sqlite")
        try:
            _judge_all(
                request, TestCases(folder, request.setting.toolchain), drawn, store, checked, show
            )
        finally:
            store.close()
    return checked


def drawn_of(offsets: list[int], request: Request) -> frozenset[int]:
    """Return where the rows begin that are checked, of all that can be used."""
    if request.samples is not None and request.samples < len(offsets):
        offsets = random.Random(request.seed).sample(offsets, request.samples)
    return frozenset(offsets)


def _judge_all(
    request: Request,
    tests: TestCases,
    drawn: frozenset[int],
    store: Store,
    checked: Checked,
    show: Callable[[int, str], None],
) -> None:
    pending: deque[tuple[Line, Row]] = deque()
    seen: set[tuple[str, str]] = set()

    def procedures() -> Iterator[Procedure]:
        for line in read_lines(request.pairs):
            if line.offset not in drawn:
                continue
            try:
                row = parse_row(line.data)
                cases = tests.resolve(row.problem_id, row.tests)
            except RowProblem as problem:
                raise InputError(
                    f"{request.pairs}:{line.number} changed meanwhile ({problem})",
                    "run the command again",
                ) from problem
            pending.append((line, row))
            yield judged(_references(row), cases, request.setting)

    jobs = request.jobs or len(os.sched_getaffinity(0))
    with interrupt_on_sigterm(), Scheduler(store, jobs) as scheduler:
        for number, outcomes in enumerate(scheduler.run(procedures()), start=1):
            line, row = pending.popleft()
            _count(line, row, outcomes, checked, seen)
            show(number, row.problem_id)
    checked.jobs_reused = sum(scheduler.tally.reused.values())


def _references(row: Row) -> list[Program]:
    return row.programs()[:2]


def _count(
    line: Line, row: Row, outcomes: list[Outcome], checked: Checked, seen: set[tuple[str, str]]
) -> None:
    """Add a row's outcomes; equal programs on the same tests are one."""
    failed = False
    tests = repr(row.tests)
    named = zip(("src", "tgt"), (row.src_id, row.tgt_id), outcomes, strict=True)
    for role, identifier, outcome in named:
        work = (outcome.program_digest, f"{row.problem_id} {tests}")
        if work not in seen:
            seen.add(work)
            checked.programs[outcome.verdict] += 1
        if outcome.verdict is not Verdict.ACCEPTED:
            failed = True
            checked.failures.append(
                Failure(
                    line.number,
                    row.problem_id,
                    role,
                    identifier,
                    outcome.verdict,
                    outcome.detail,
                )
            )
    checked.rows_failed += failed
    checked.rows_accepted += not failed
