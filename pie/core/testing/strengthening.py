"""The way of one problem to further tests: made inputs that accepted programs agree on.

First inputs near the given ones, then larger ones, until the fastest accepted program does a stated
amount of simulated work on one. Each kept test has its origin and its cost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from pie.core.test_cases import text_case
from pie.core.testing.fuzzed_rows import rule_of
from pie.core.testing.fuzzing import WITNESSES, Made, agreed, quick, within
from pie.core.testing.mutation import Mutator
from sim.jobs import Answer, Job
from sim.procedure import Outcome, examine, judged
from sim.program import Program, TestCase, digest_of
from sim.setting import Setting
from sim.verdict import Verdict

LEAST_PROGRAMS = 2
"""One program alone agrees with itself on anything."""
_TRIED_FOR_ONE = 2
_OF_A_SCALE = 2
"""Larger inputs that are tried of each size."""
_LARGEST_SCALE = 1 << 16
_OF_ONE_OUTPUT = 0.25
"""At most this share of the tests has one and the same output."""


@dataclass(frozen=True)
class Problem:
    """A problem with its tests and the programs that should be right."""

    name: str
    programs: tuple[Program, ...]
    tests: tuple[TestCase, ...]


@dataclass(frozen=True)
class Wanted:
    """How many tests, and how much work."""

    tests: int = 50
    work: int = 10_000_000
    """Cycles (on `counts` instructions) that the largest should cost the fastest program."""
    seed: int = 0


@dataclass(frozen=True)
class StrongTest:
    """A test that was made."""

    input: bytes
    output: bytes
    given: str
    """The name of the given test that it was made of."""
    how: str
    cycles: int
    """Of the fastest accepted program."""


@dataclass(frozen=True)
class Strengthened(Outcome):
    """What was made for a problem; `detail` says why nothing was."""

    made: tuple[StrongTest, ...] = ()
    witnesses: int = 0
    """Accepted programs that agree on each test."""
    grammar: bool = False
    tried: int = 0
    disagreed: int = 0
    """Inputs on which one of them failed or printed something else."""
    given_cycles: tuple[int, ...] = ()
    """Of the fastest accepted program on each given test."""


def strengthen(
    problem: Problem, wanted: Wanted, setting: Setting
) -> Generator[Sequence[Job], Sequence[Answer], list[Outcome]]:
    """Make tests for a problem; a procedure with one `Strengthened`."""
    rule = rule_of(problem.tests, setting)
    if rule is None:
        return [Strengthened(Verdict.ACCEPTED, "several_right_answers")]
    seen: list[Outcome] = yield from judged(problem.programs, problem.tests, setting)
    accepted = [
        program
        for program, one in zip(problem.programs, seen, strict=True)
        if one.verdict is Verdict.ACCEPTED
    ][:WITNESSES]
    if len(accepted) < LEAST_PROGRAMS:
        return [Strengthened(Verdict.ACCEPTED, "fewer_than_two_accepted_programs")]
    outcomes: list[Outcome] = yield from examine(accepted, problem.tests, setting)
    costs = [(one.cycles, at) for at, one in enumerate(outcomes) if one.cycles is not None]
    if not costs:
        return [Strengthened(Verdict.ACCEPTED, "no_program_could_be_measured")]
    _cost, fastest = min(costs)
    given_cycles = tuple(_cycles(outcomes[fastest]))
    texts = list(dict.fromkeys(one.input_path.read_bytes() for one in problem.tests))
    mutator = Mutator(texts, digest_of(wanted.seed, problem.name))
    mutants = within(mutator.near(_TRIED_FOR_ONE * wanted.tests))
    near: list[Made] = yield from agreed(accepted, mutants, setting, rule)
    tried, kept = len(mutants), len(near)
    grown: list[Made] = []
    scale = 2
    cost = max(given_cycles, default=0)
    while cost < wanted.work and scale <= _LARGEST_SCALE:
        larger = list(mutator.grown(scale, _OF_A_SCALE))
        found: list[Made] = yield from agreed(accepted, larger, setting, rule)
        tried, kept = tried + len(larger), kept + len(found)
        if not found:
            break
        grown += found
        (measured,) = yield from examine(
            [accepted[fastest]], [_with_output(one) for one in found if _is_short(one)],
            quick(setting),
        )  # fmt: skip
        if measured.verdict is not Verdict.ACCEPTED:
            break
        cost = max([cost, *_cycles(measured)])
        scale *= 2
    chosen = _chosen(grown, near, wanted.tests)
    cases = [_with_output(one) for one in chosen]
    made: list[StrongTest] = []
    if cases:
        (measured,) = yield from examine([accepted[fastest]], cases, quick(setting))
        made = [
            StrongTest(
                one.mutant.text, one.expected.stdout or b"",
                _name(problem.tests, texts[one.mutant.base]), one.mutant.how, cycles,
            )
            for one, cycles in zip(chosen, _cycles(measured), strict=False)
        ]  # fmt: skip
    return [
        Strengthened(
            Verdict.ACCEPTED, "" if made else "no_input_that_programs_agree_on",
            made=tuple(made), witnesses=len(accepted), grammar=mutator.grammar is not None,
            tried=tried, disagreed=tried - kept, given_cycles=given_cycles,
        )
    ]  # fmt: skip


def _cycles(outcome: Outcome) -> list[int]:
    """Return the cost of each test, as far as the program was measured."""
    runs = [one.run for one in outcome.tests]
    return [run.cycles for run in runs if run is not None and run.cycles is not None]


def _is_short(one: Made) -> bool:
    return one.expected.stdout is not None


def _with_output(one: Made) -> TestCase:
    return text_case(one.case.name, one.mutant.text, one.expected.stdout)


def _chosen(grown: Sequence[Made], near: Sequence[Made], wanted: int) -> list[Made]:
    """Return the tests to keep: the largest few, then those near, of different outputs first."""
    largest = [one for one in grown[::-1] if _is_short(one)][: max(1, wanted // 5)]
    outputs: Counter[str] = Counter()
    most = max(1, round(_OF_ONE_OUTPUT * wanted))
    chosen = []
    for one in near:
        if _is_short(one) and outputs[one.expected.tokens_sha256] < most:
            outputs[one.expected.tokens_sha256] += 1
            chosen.append(one)
    return [*chosen[: max(0, wanted - len(largest))], *largest[::-1]]


def _name(tests: Sequence[TestCase], text: bytes) -> str:
    return next(one.name for one in tests if one.input_path.read_bytes() == text)
