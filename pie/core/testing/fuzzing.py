"""Candidate against source on made inputs: which inputs count, and where the two differ.

An input counts where all witnesses, accepted programs of the problem, end well and print the same.
Where they differ or fail, nobody knows whether it is an input at all.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pie.core.test_cases import text_case
from pie.core.testing.mutation import Mutant, Mutator
from sim.comparison import SameOutput
from sim.jobs import Answer, Job
from sim.observation import Observation, observe_all
from sim.printed import Asked, Printed
from sim.program import Program, TestCase
from sim.setting import Setting
from sim.verdict import Verdict

KEPT_BYTES = 1 << 18
"""Outputs up to this size are compared by the rule; longer ones by a digest of their tokens."""
WITNESSES = 6
"""Most programs that are asked whether an input is one."""
TWO = 2
"""One witness alone may print anything where an input breaks what the problem promises."""
TRUSTED = 3
"""So many witnesses are trusted with inputs beyond the given sizes.

Where fewer agree, an honest answer may break a limit of the problem that nobody has told.
"""
_INSTRUCTIONS = 400_000_000
"""Budget of a made input: two seconds of native CPU time."""
_MOST_BYTES = 16 << 20
_TRIED_FOR_ONE = 2
"""So many inputs are tried for each that is wanted."""
_ROUNDS = 8
_SMALLER = 60
"""Smaller inputs that are tried in a round."""
_SCALES = (2.0, 4.0, 16.0)
_FAILED = (Verdict.RUNTIME_ERROR, Verdict.MEMORY_LIMIT, Verdict.OUTPUT_LIMIT)
"""What a candidate fails with on any host; a time limit may be the host's."""

Steps = Generator[Sequence[Job], Sequence[Answer], Any]


@dataclass(frozen=True)
class Made:
    """A made input, and what is right on it."""

    case: TestCase
    mutant: Mutant
    expected: Printed
    """What the first witness printed."""

    @property
    def grown(self) -> bool:
        """Whether it is larger than the given inputs."""
        return self.mutant.how.startswith("grown")


@dataclass(frozen=True)
class Difference:
    """An input on which a candidate is not like its source."""

    input: bytes
    expected: bytes | None
    """What the source printed; None where it is long."""
    printed: bytes | None
    detail: str


@dataclass(frozen=True)
class Fuzzed:
    """What came of one candidate."""

    inputs: int
    """Inputs that counted."""
    differing: int
    """Of them, those on which it differs."""
    smallest: Difference | None = None
    only_grown: bool = False
    """It differs on inputs beyond the given sizes alone."""
    others: int = 0
    """Of them, on the one that most do: other answers that print what the source prints."""

    @property
    def none(self) -> Fuzzed:
        """The same without a difference."""
        return Fuzzed(self.inputs, 0)

    def as_dict(self) -> dict[str, Any]:
        """Return it for a row; the smallest input up to a size that a reader can take in."""
        one = self.smallest
        made: dict[str, Any] = {"inputs": self.inputs, "differing": self.differing}
        if one is not None:
            made |= {"detail": one.detail, "input": one.input[:1000].decode("utf-8", "replace")}
        return made


def candidates(mutator: Mutator, wanted: int) -> list[Mutant]:
    """Return the inputs that are tried: near the given ones, and some that are larger."""
    share = max(1, wanted // 10)
    grown = [one for scale in _SCALES for one in mutator.grown(scale, share)]
    return within([*grown, *mutator.near(wanted * _TRIED_FOR_ONE)])


def within(mutants: Iterable[Mutant]) -> list[Mutant]:
    """Return the first inputs, up to so many bytes together that they can be kept and run."""
    made, size = [], 0
    for one in mutants:
        size += len(one.text)
        if size > _MOST_BYTES:
            break
        made.append(one)
    return made


def quick(setting: Setting) -> Setting:
    """Return a setting in which a made input cannot take long."""
    budget = min(setting.limits.max_instructions, _INSTRUCTIONS)
    return replace(setting, limits=replace(setting.limits, max_instructions=budget))


def valid_inputs(
    witnesses: Sequence[Program], mutator: Mutator, wanted: int, setting: Setting, rule: SameOutput
) -> Generator[Sequence[Job], Sequence[Answer], list[Made]]:
    """Return at most `wanted` made inputs that count, by the word of the witnesses."""
    mutants = candidates(mutator, wanted)
    made: list[Made] = yield from agreed(witnesses, mutants, setting, rule)
    return _spread(made, wanted)


def agreed(
    witnesses: Sequence[Program], mutants: Sequence[Mutant], setting: Setting, rule: SameOutput
) -> Generator[Sequence[Job], Sequence[Answer], list[Made]]:
    """Return those inputs on which all witnesses end well and print the same."""
    cases = [text_case(f"made.{number}", one.text, None) for number, one in enumerate(mutants)]
    asked = Asked(required=0, keep_bytes=KEPT_BYTES)
    few = witnesses[:WITNESSES]
    seen: list[Observation] = yield from observe_all(few, cases, asked, quick(setting))
    able = [one.printed for one in seen if len(one.printed) == len(cases)]
    if len(able) < len(seen) or not able:
        return []
    first, *others = able
    return [
        Made(case, mutant, expected)
        for number, (case, mutant, expected) in enumerate(zip(cases, mutants, first, strict=True))
        if expected.verdict is Verdict.ACCEPTED
        and not any(between(one[number], expected, rule) for one in others)
    ]


def _spread(made: Sequence[Made], wanted: int) -> list[Made]:
    """Return as many as are wanted, those that are larger than the given ones first."""
    grown = [one for one in made if one.grown]
    near = [one for one in made if not one.grown]
    return [*grown, *near][:wanted]


def between(actual: Printed, expected: Printed, rule: SameOutput) -> str:
    """Return '' where two runs are alike, else how they differ."""
    if actual.verdict is not Verdict.ACCEPTED:
        return f"{actual.verdict}: {actual.detail}"
    if actual.sha256 == expected.sha256:
        return ""
    if actual.stdout is not None and expected.stdout is not None:
        return rule.between(actual.stdout, expected.stdout)
    return "" if actual.tokens_sha256 == expected.tokens_sha256 else "another output, of many bytes"


def fuzz(
    answers: Sequence[Program], made: Sequence[Made], setting: Setting, rule: SameOutput
) -> Generator[Sequence[Job], Sequence[Answer], list[Fuzzed | None]]:
    """Run answers on inputs that count; None for one that could not be run."""
    cases = [one.case for one in made]
    asked = Asked(required=0, keep_bytes=KEPT_BYTES)
    seen: list[Observation] = yield from observe_all(answers, cases, asked, quick(setting))
    details = {
        number: [
            difference(actual, one.expected, rule)
            for actual, one in zip(found.printed, made, strict=True)
        ]
        for number, found in enumerate(seen)
        if len(found.printed) == len(made)
    }
    # A time limit is no difference, and no agreement.
    alike = [
        sum(
            not told[at] and seen[number].printed[at].verdict is Verdict.ACCEPTED
            for number, told in details.items()
        )
        for at in range(len(made))
    ]
    return [
        _fuzzed(found.printed, details[number], made, alike) if number in details else None
        for number, found in enumerate(seen)
    ]


def shrunk(
    witnesses: Sequence[Program],
    answer: Program,
    found: Difference,
    mutator: Mutator,
    setting: Setting,
    rule: SameOutput,
) -> Generator[Sequence[Job], Sequence[Answer], Difference]:
    """Return the smallest input, of those made of one, on which an answer still differs."""
    asked = Asked(required=0, keep_bytes=KEPT_BYTES)
    for _round in range(_ROUNDS):
        texts = list(mutator.smaller(found.input, _SMALLER))
        if not texts:
            return found
        cases = [text_case(f"smaller.{number}", one, None) for number, one in enumerate(texts)]
        programs = [*witnesses, answer]
        seen: list[Observation] = yield from observe_all(programs, cases, asked, quick(setting))
        better = None
        for number, text in enumerate(texts):
            printed = [one.printed[number] if one.printed else None for one in seen]
            first, *others = printed[:-1]
            actual = printed[-1]
            if first is None or actual is None or first.verdict is not Verdict.ACCEPTED:
                continue
            if any(one is None or between(one, first, rule) for one in others):
                continue
            if detail := difference(actual, first, rule):
                better = Difference(text, first.stdout, actual.stdout, detail)
                break  # they come by size
        if better is None:
            return found
        found = better
    return found


def difference(actual: Printed, expected: Printed, rule: SameOutput) -> str:
    """Return how a candidate differs, '' where it does not, or where the host may be to blame."""
    if actual.verdict is not Verdict.ACCEPTED and actual.verdict not in _FAILED:
        return ""
    return between(actual, expected, rule)


def _fuzzed(
    printed: Sequence[Printed], details: Sequence[str], made: Sequence[Made], alike: Sequence[int]
) -> Fuzzed:
    found = [at for at, detail in enumerate(details) if detail]
    if not found:
        return Fuzzed(len(made), 0)
    at = min(found, key=lambda one: len(made[one].mutant.text))
    one = made[at]
    smallest = Difference(one.mutant.text, one.expected.stdout, printed[at].stdout, details[at])
    only_grown = all(made[number].grown for number in found)
    others = max(alike[number] for number in found)
    return Fuzzed(len(made), len(found), smallest, only_grown, others)
