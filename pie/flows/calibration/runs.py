"""Measures the work of a calibration on one machine or two, each run once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from pie.core.calibration.reference_results import RunKey, text_hash
from pie.core.problem import InputError
from pie.core.rows import InlineTest
from pie.flows.calibration.work import Work
from pie.flows.simulate import Progress
from sim.jobs import MeasuredRun
from sim.procedure import Outcome, Procedure, examine
from sim.program import TestCase, digest_of
from sim.scheduler import Scheduler, Tally, interrupt_on_sigterm
from sim.setting import Setting
from sim.store import Store
from sim.verdict import Verdict


@dataclass
class Measured:
    """What came of the work."""

    runs: list[dict[RunKey, MeasuredRun]]
    """Accepted runs of accepted programs, by machine."""
    left_out: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    """Why our own infrastructure failed on runs."""
    unsupported: Counter[str] = field(default_factory=Counter)
    """Why a machine cannot measure runs, by the machine's name and the reason."""
    tally: Tally = field(default_factory=Tally)


def measure(
    work: Sequence[Work],
    settings: Sequence[Setting],
    store: Store,
    jobs: int,
    show: Callable[[Progress], None],
) -> Measured:
    """Run all work in every setting; KeyboardInterrupt passes with what was measured kept."""
    made = Measured([{} for _ in settings])
    runs = sum(len(one.programs) * len(one.tests) for one in work) * len(settings)
    progress = Progress(planned=len(work) * len(settings), runs=runs)
    known: dict[tuple[str, str], tuple[str, str]] = {}
    pending: list[tuple[Work, list[str], int]] = []

    def procedures() -> Iterator[Procedure]:
        for one in work:
            cases = one.cases()
            names = _names(one, cases, known)
            for index, setting in enumerate(settings):
                pending.append((one, names, index))
                yield examine(one.programs, cases, setting)

    with interrupt_on_sigterm(), Scheduler(store, jobs) as scheduler:
        progress.tally = made.tally = scheduler.tally
        for outcomes in scheduler.run(procedures(), lambda: show(progress)):
            one, names, index = pending.pop(0)
            machine = settings[index].machine.name
            for program, outcome in zip(one.programs, outcomes, strict=True):
                name = text_hash(program.source)
                _take(made, index, machine, (name, one.problem_id), names, outcome)
            progress.rows += 1
            show(progress)
    return made


def _take(
    made: Measured,
    index: int,
    machine: str,
    program: tuple[str, str],
    names: Sequence[str],
    outcome: Outcome,
) -> None:
    """Keep the runs of a program that was accepted on all its tests, and count the others."""
    if outcome.verdict is Verdict.ACCEPTED:
        for name, test in zip(names, outcome.tests, strict=True):
            if test.run is not None:
                made.runs[index][*program, name] = test.run
        return
    made.left_out[f"runs on {machine}: the program is {outcome.verdict}"] += len(names)
    if outcome.verdict is Verdict.NOT_MEASURED:
        made.failures[outcome.detail] += len(names)
    elif outcome.verdict is Verdict.UNSUPPORTED:
        made.unsupported[f"{machine}: {outcome.detail}"] += len(names)


def _names(
    work: Work, cases: Sequence[TestCase], known: dict[tuple[str, str], tuple[str, str]]
) -> list[str]:
    """Return what the tests are called: an index, or for tests inside rows a digest of the texts.

    InputError when two folders of test cases give one name to different texts.
    """
    names = []
    for test, case in zip(work.tests, cases, strict=True):
        texts = (case.input_digest, case.expected_digest)
        inline = isinstance(test, InlineTest)
        name = f"inline.{digest_of(*texts)[:12]}" if inline else str(test)
        if known.setdefault((work.problem_id, name), texts) != texts:
            raise InputError(
                f"test {name} of {work.problem_id} is not the same in two folders of test cases",
                "calibrate on one of the pairs files at a time",
            )
        names.append(name)
    return names
