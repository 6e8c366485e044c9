"""`pie measure --sizes`: the programs on ever larger inputs, and how their costs grow."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pie.core.problem import InputError
from pie.core.report.startup import Startup, startup_procedure
from pie.core.test_cases import text_case
from pie.core.testing.fuzzing import Made, agreed, quick
from pie.core.testing.growth import Compared, Point, fit
from pie.core.testing.mutation import Mutant, Mutator
from sim.jobs import Answer, Job
from sim.paths import cache_directory
from sim.procedure import Outcome, examine
from sim.program import Language, Program, TestCase
from sim.scheduler import Scheduler
from sim.setting import Setting
from sim.store import Store
from sim.verdict import Verdict

_WORK = 100_000_000
"""Cycles of a run from which on inputs do not grow further."""
_OF_A_SIZE = 2
_LARGEST_SCALE = 1 << 16


@dataclass(frozen=True)
class Grown(Outcome):
    """The points that were measured; `detail` says why there are none."""

    points: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Told:
    """The points by size, and the fit; None where they are too few or too near the start."""

    points: tuple[Point, ...]
    compared: Compared | None


def grow(
    programs: Sequence[Program], inputs: Sequence[Path], setting: Setting, *, use_cache: bool = True
) -> Told:
    """Measure programs on inputs grown from the given ones; InputError where that cannot be."""
    if not setting.machine.deterministic:
        raise InputError(
            f"the machine '{setting.machine.name}' counts no cycles that could be fitted",
            "measure with --machine skylake or counts",
        )
    texts = list(dict.fromkeys(path.read_bytes() for path in inputs))
    if not texts:
        raise InputError("no input is given to grow", "give one or more with -i")
    with tempfile.TemporaryDirectory(prefix="pie-growth-") as scratch:
        folder = cache_directory() if use_cache else Path(scratch)
        store = Store(folder / "results.sqlite")
        try:
            with Scheduler(store, len(os.sched_getaffinity(0))) as scheduler:
                ((found,),) = scheduler.run([_way(programs, texts, setting)])
        finally:
            store.close()
    assert isinstance(found, Grown)
    if found.detail:
        raise InputError(found.detail, "give inputs of several sizes with -i")
    return Told(found.points, fit(found.points))


def _way(
    programs: Sequence[Program], texts: Sequence[bytes], setting: Setting
) -> Generator[Sequence[Job], Sequence[Answer], list[Outcome]]:
    rule = setting.comparison
    starts: dict[Language, Outcome] = {}
    for language in dict.fromkeys(one.language for one in programs):
        (starts[language],) = yield from startup_procedure(language, setting)
    startup = Startup(starts)
    mutator = Mutator(texts, 0)
    if mutator.grammar is None:
        return [Grown(Verdict.ACCEPTED, "no grammar was found in the inputs, so none can grow")]
    given = [Mutant(text, number, "given") for number, text in enumerate(texts)]
    points: list[Point] = []
    scale = 1
    while scale <= _LARGEST_SCALE:
        mutants = given if scale == 1 else list(mutator.grown(scale, _OF_A_SIZE))
        made: list[Made] = yield from agreed(programs, mutants, setting, rule)
        made = [one for one in made if one.expected.stdout is not None]
        if not made:
            break
        cases = [_case(one) for one in made]
        outcomes: list[Outcome] = yield from examine(programs, cases, quick(setting))
        found = _points(programs, made, outcomes, startup)
        points += found
        if not found or max(max(one.cycles) for one in found) > _WORK:
            break
        scale *= 2
    if not points:
        return [Grown(Verdict.ACCEPTED, "the programs do not end well, and alike, on the inputs")]
    return [Grown(Verdict.ACCEPTED, points=tuple(sorted(points, key=lambda one: one.size)))]


def _case(one: Made) -> TestCase:
    return text_case(one.case.name, one.mutant.text, one.expected.stdout)


def _points(
    programs: Sequence[Program], made: Sequence[Made], outcomes: Sequence[Outcome], startup: Startup
) -> list[Point]:
    """Return a point for each input that all programs were measured on, in net cycles."""
    found = []
    for number, one in enumerate(made):
        cycles = []
        for program, outcome in zip(programs, outcomes, strict=True):
            start = startup.outcomes[program.language].cycles
            run = outcome.tests[number].run if number < len(outcome.tests) else None
            accepted = run is not None and run.verdict is Verdict.ACCEPTED
            if run is None or not accepted or run.cycles is None or start is None:
                break
            cycles.append(run.cycles - start)
        else:
            found.append(Point(len(one.mutant.text.split()), tuple(cycles)))
    return found


def lines(names: Sequence[str], told: Told) -> list[str]:
    """Return a table of the points, and a sentence on the growth."""
    width = max(12, *(len(name) for name in names))
    made = [f"{'tokens':>10}" + "".join(f"  {name:>{width}}" for name in names)]
    for point in told.points:
        made.append(f"{point.size:>10,}" + "".join(f"  {one:>{width},}" for one in point.cycles))
    made.append("(cycles without the start of the process)")
    return [*made, sentence(names, told)]


def sentence(names: Sequence[str], told: Told) -> str:
    """Say with which power of the size each cost grows, and whether these differ."""
    compared = told.compared
    if compared is None:
        return (
            "No growth can be fitted: the inputs have too few sizes, or cost no more than an "
            "empty program."
        )
    parts = [
        f"{name} grows with the size to the power of {one.exponent:.2f} "
        f"[{one.interval.low:.2f}, {one.interval.high:.2f}]"
        for name, one in zip(names, compared.growths, strict=True)
    ]
    if compared.difference is None:
        return f"{'; '.join(parts)}."
    what = "another order of growth" if compared.another_order else "a factor, as far as these tell"
    low, high = compared.difference.low, compared.difference.high
    return f"{'; '.join(parts)}; the difference is {what} [{low:.2f}, {high:.2f}]."
