"""How much of a cost is the start of the process: an empty program, measured the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pie.core.test_cases import text_case
from sim.machine import CLOCK_HZ
from sim.procedure import Outcome, Procedure, examine
from sim.program import Language, Program
from sim.setting import Setting

_EMPTY = {
    Language.CPP: "int main() { return 0; }\n",
    Language.PYTHON: "pass\n",
}


@dataclass(frozen=True)
class Net:
    """What is left of a cost without the start of the process."""

    cycles: int
    """At or below 0 where the program costs no more than an empty one."""

    @property
    def below_start(self) -> bool:
        return self.cycles <= 0

    @property
    def seconds(self) -> float | None:
        """None where nothing is left."""
        return None if self.below_start else self.cycles / CLOCK_HZ


def net_speedup(source: Net | None, answer: Net | None) -> float | None:
    """Return source / answer, both without the start; None where one has no net cost."""
    if source is None or answer is None or source.below_start or answer.below_start:
        return None
    return source.cycles / answer.cycles


@dataclass(frozen=True)
class Startup:
    """The cost of an empty program in each language that occurs."""

    outcomes: Mapping[Language, Outcome]

    def seconds(self, language: Language) -> float | None:
        """Cost of one start, in seconds; None when it could not be measured."""
        return self.outcomes[language].seconds

    def share(self, language: Language, seconds: float | None, tests: int) -> float | None:
        """Return the part of a program's total cost that is start-up, between 0 and 1."""
        start = self.seconds(language)
        if start is None or not seconds:
            return None
        return min(1.0, start * tests / seconds)

    def net(self, language: Language, outcome: Outcome, tests: int) -> Net | None:
        """Return a program's cost on all its tests without as many starts.

        None unless it was accepted and both were counted in cycles: the real processor's seconds
        are too coarse to take one from the other.
        """
        start = self.outcomes[language].cycles
        if start is None or outcome.cycles is None:
            return None
        return Net(outcome.cycles - start * tests)

    def as_dict(self) -> dict[str, dict[str, float | int | None]]:
        return {
            language.value: {"seconds": outcome.seconds, "cycles": outcome.cycles}
            for language, outcome in self.outcomes.items()
        }


def startup_procedure(language: Language, setting: Setting) -> Procedure:
    """Return the procedure that measures an empty program on an empty input."""
    return examine([Program(language, _EMPTY[language])], [text_case("empty", b"", None)], setting)
