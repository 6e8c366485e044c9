"""The way of a row with made inputs: what `examine_with_check` gives, and what fuzzing found."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from pie.core.marks import Mark
from pie.core.native_check import examine_with_check
from pie.core.testing.fuzzing import TRUSTED, TWO, WITNESSES, Fuzzed, fuzz, valid_inputs
from pie.core.testing.memorised import reason, shrunk_constant
from pie.core.testing.mutation import Mutator
from sim.comparison import SameOutput
from sim.jobs import Answer, Job
from sim.procedure import Outcome, Procedure, judged
from sim.program import Program, TestCase, TestKind, digest_of
from sim.setting import Setting
from sim.verdict import Verdict

_REMEMBERED = 64
"""Problems whose made inputs are kept at hand; others are made again."""


@dataclass(frozen=True)
class FuzzedOutcome(Outcome):
    """An outcome of an accepted program that was run on made inputs, too."""

    fuzzed: Fuzzed | None = None
    """None: the problem has no made inputs that count."""
    memorised: str = ""
    """How it knows its tests."""

    @property
    def marks(self) -> list[Mark]:
        """The marks that fuzzing gives."""
        if self.fuzzed is None or not self.fuzzed.differing:
            return []
        return [Mark.DIFFERS, *([Mark.MEMORISED] if self.memorised else [])]


@dataclass
class Fuzzing:
    """How many made inputs a row's answers are run on, and by whose word they count."""

    inputs: int
    seed: int | str = 0
    witnesses: dict[str, list[Program]] = field(default_factory=dict)
    """By problem, programs of other rows that are asked if they are accepted, a few each."""
    _mutators: OrderedDict[str, Mutator] = field(default_factory=OrderedDict)

    def add_witnesses(self, problem: str, programs: Iterable[Program]) -> None:
        """Take programs that people wrote for a problem."""
        known = self.witnesses.setdefault(problem, [])
        for one in programs:
            if len(known) < WITNESSES and all(one.digest != other.digest for other in known):
                known.append(one)

    def mutator(self, problem: str, tests: Sequence[TestCase]) -> Mutator:
        """Return the maker of a problem's inputs, out of those of these tests."""
        key = digest_of(problem, [one.input_digest for one in tests])
        found = self._mutators.get(key)
        if found is None:
            texts = list(dict.fromkeys(one.input_path.read_bytes() for one in tests))
            found = Mutator(texts, 0)
            self._mutators[key] = found
            if len(self._mutators) > _REMEMBERED:
                self._mutators.popitem(last=False)
        return found.with_seed(digest_of(self.seed, problem))


def examine_with_fuzz(
    programs: Sequence[Program],
    references: int,
    tests: Sequence[TestCase],
    setting: Setting,
    problem: str,
    fuzzing: Fuzzing | None,
) -> Procedure:
    """Examine a row's programs; run accepted answers on made inputs beside the source.

    The first `references` programs are people's: the source, and the target if there is one. Made
    inputs count by the word of these and of the problem's other witnesses, as far as they are
    accepted on the row's tests.
    """
    outcomes: list[Outcome] = yield from examine_with_check(programs, tests, setting)
    answers = list(
        dict.fromkeys(
            program
            for program, one in zip(programs[references:], outcomes[references:], strict=True)
            if one.verdict is Verdict.ACCEPTED and program not in programs[:references]
        )
    )
    source = outcomes[0]
    if fuzzing is None or not answers or source.verdict is not Verdict.ACCEPTED:
        return outcomes
    rule = rule_of(tests, setting)
    if rule is None:
        return outcomes
    people = list(
        dict.fromkeys(
            program
            for program, one in zip(programs[:references], outcomes[:references], strict=True)
            if one.verdict is Verdict.ACCEPTED
        )
    )
    people = yield from _witnesses(people, answers, problem, tests, setting, fuzzing)
    mutator = fuzzing.mutator(problem, tests)
    made = yield from valid_inputs(people, mutator, fuzzing.inputs, setting, rule)
    if not made:
        return outcomes
    results = yield from fuzz(answers, made, setting, rule)
    found = {one.digest: result for one, result in zip(answers, results, strict=True)}
    told = _Told(programs[0], [_texts(one) for one in tests], len(people))
    return [
        told.of(program, one, found.get(program.digest)) if number >= references else one
        for number, (program, one) in enumerate(zip(programs, outcomes, strict=True))
    ]


def rule_of(tests: Sequence[TestCase], setting: Setting) -> SameOutput | None:
    """Return how outputs are compared; None where one output is not the only right one."""
    if any(one.kind is not TestKind.STDIN for one in tests):
        return None
    own = {one.comparison for one in tests}
    if len(own) != 1:
        return None
    (chosen,) = own
    chosen = setting.comparison if chosen is None else chosen
    return chosen if isinstance(chosen, SameOutput) else None


def _witnesses(
    people: Sequence[Program],
    answers: Sequence[Program],
    problem: str,
    tests: Sequence[TestCase],
    setting: Setting,
    fuzzing: Fuzzing,
) -> Generator[Sequence[Job], Sequence[Answer], list[Program]]:
    """Return the row's own accepted programs and those of other rows that are accepted here.

    No answer is its own witness.
    """
    known = {one.digest for one in (*people, *answers)}
    others = [one for one in fuzzing.witnesses.get(problem, ()) if one.digest not in known]
    others = others[: max(0, WITNESSES - len(people))]
    if others:
        seen: list[Outcome] = yield from judged(others, tests, setting)
        others = [
            program
            for program, one in zip(others, seen, strict=True)
            if one.verdict is Verdict.ACCEPTED
        ]
    return [*people, *others]


def _texts(test: TestCase) -> tuple[bytes, bytes]:
    expected = b"" if test.expected_path is None else test.expected_path.read_bytes()
    return test.input_path.read_bytes(), expected


@dataclass(frozen=True)
class _Told:
    """What decides how a difference is told."""

    source: Program
    tests: Sequence[tuple[bytes, bytes]]
    witnesses: int
    """With other answers that agree, they may be enough for inputs beyond the given sizes."""

    def of(self, program: Program, outcome: Outcome, fuzzed: Fuzzed | None) -> Outcome:
        """Return an answer's outcome with what made inputs showed."""
        if fuzzed is None:
            return outcome
        texts = program.source, self.source.source
        why = reason(*texts, self.tests) if fuzzed.differing else ""
        if fuzzed.only_grown:
            enough = self.witnesses + fuzzed.others >= TRUSTED
            believed = enough or shrunk_constant(*texts) is not None
        else:
            believed = self.witnesses >= TWO or bool(why)
        if not believed:
            fuzzed, why = fuzzed.none, ""
        known: dict[str, Any] = {one.name: getattr(outcome, one.name) for one in fields(Outcome)}
        return FuzzedOutcome(**known, fuzzed=fuzzed, memorised=why)
