"""How much of a cost is the start of the process: an empty program, measured the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pie.core.test_cases import text_case
from sim.procedure import Outcome, Procedure, examine
from sim.program import Language, Program
from sim.setting import Setting

_EMPTY = {
    Language.CPP: "int main() { return 0; }\n",
    Language.PYTHON: "pass\n",
}


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

    def as_dict(self) -> dict[str, dict[str, float | int | None]]:
        return {
            language.value: {"seconds": outcome.seconds, "cycles": outcome.cycles}
            for language, outcome in self.outcomes.items()
        }


def startup_procedure(language: Language, setting: Setting) -> Procedure:
    """Return the procedure that measures an empty program on an empty input."""
    return examine([Program(language, _EMPTY[language])], [text_case("empty", b"", None)], setting)
