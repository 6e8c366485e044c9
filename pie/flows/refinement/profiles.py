"""Cost and memory by line of a program, as SOAP's prompts show it: a job of the scheduler.

So profiles are made beside measurements, each once, and are kept with them.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pie.core.problem import InputError
from pie.core.refinement.evidence import Evidence
from sim.errors import MachineFailure, Unsupported
from sim.procedure import Outcome
from sim.program import Language, Program, TestCase, digest_of
from sim.setting import Setting
from sim.verdict import Verdict

_VERSION = "1"
"""Raised when the same profile is written in another way."""
_TOKENS = 2_000
"""Of one table in a prompt, estimated; the cheapest lines are dropped beyond."""
_MOST_LINES = 60
_FUNCTIONS = 3
"""Elsewhere, by name."""

Texts = Mapping[str, str]
"""`profile` and `memory_profile`, and in their place `profile_problem` and `memory_problem`."""


@dataclass(frozen=True)
class ProfileJob:
    """Profile a program on one test."""

    program: Program
    test: TestCase
    setting: Setting
    context: str
    kind: str = "profile"

    @functools.cached_property
    def key(self) -> str:
        return digest_of(self.kind, _VERSION, self.program.digest, self.test.identity, self.context)

    def run(self) -> dict[str, str]:
        """Return the texts; what the machine cannot tell is a problem of the program's own."""
        make = _python if self.program.language is Language.PYTHON else _cpp
        try:
            return make(self.program, self.test, self.setting)
        except (InputError, Unsupported) as error:
            return {"profile_problem": str(error), "memory_problem": str(error)}
        except MachineFailure as error:
            if not error.remedy and "with -g" not in str(error):
                raise  # ours: tried again, and not kept
            return {"profile_problem": str(error), "memory_problem": str(error)}

    @staticmethod
    def dump(result: dict[str, str]) -> Any:
        return result

    @staticmethod
    def load(data: Any) -> dict[str, str]:
        return dict(data)


def job_of(
    program: Program, outcome: Outcome, setting: Setting, tests: tuple[TestCase, ...]
) -> Any:
    """Return the job that profiles a program on its costliest test; None where it has none."""
    if outcome.verdict is not Verdict.ACCEPTED:
        return None
    costs = [one.run.seconds if one.run is not None else 0.0 for one in outcome.tests]
    test = tests[max(range(len(costs)), key=costs.__getitem__)]
    context = digest_of(setting.build_context(program.language), setting.run_context())
    return ProfileJob(program, test, setting, context)


def profiled(evidence: Evidence, found: Texts | None) -> Evidence:
    """Return evidence with the profiles that were made, or why there are none."""
    if found is None:
        ours = evidence.verdict is Verdict.NOT_MEASURED
        why = "it was not measured" if ours else "the program does not pass the public tests"
        found = {"profile_problem": why, "memory_problem": why}
    return replace(
        evidence,
        profile=found.get("profile"),
        memory_profile=found.get("memory_profile"),
        profile_problem=found.get("profile_problem", ""),
        memory_problem=found.get("memory_problem", ""),
    )


def _python(program: Program, test: TestCase, setting: Setting) -> dict[str, str]:
    from pie.core.report.profile_text import Cut, memory_profile, time_profile
    from pie.flows.profiles import profile_of

    made = profile_of(program, [test], setting)
    cut = Cut(tokens=_TOKENS)
    return {
        "profile": time_profile(made, program.source, cut).rstrip("\n"),
        "memory_profile": memory_profile(made, program.source, cut).rstrip("\n"),
    }


def _cpp(program: Program, test: TestCase, setting: Setting) -> dict[str, str]:
    from pie.flows.annotate import annotate

    costs = annotate("the program", program, [test], setting, 0)
    head = f"{'Line #':>6} {'Cycles':>12} {'% Time':>7}  Line Contents"
    lines = [head, "=" * len(head)]
    total = max(1, costs.cycles)
    rows = [
        (str(line.number), line.counts.cycles, line.text)
        for line in sorted(costs.own[:_MOST_LINES], key=lambda line: line.number)
    ]
    # What the lines call of the library, and the start of the process.
    if rest := sum(line.counts.cycles for line in costs.elsewhere):
        largest = ", ".join(line.text for line in costs.elsewhere[:_FUNCTIONS])
        rows.append(("", rest, f"(elsewhere, most in {largest})"))
    lines += [
        f"{number:>6} {cycles:>12,} {100 * cycles / total:>7.1f}  {text}"
        for number, cycles, text in rows
    ]
    memory = f"memory by line of {program.language} programs is not measured"
    return {"profile": "\n".join(lines), "memory_problem": memory}
