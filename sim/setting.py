"""Everything that a result depends on besides the program and its tests, and its fingerprint."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sim import cgroup, sandbox
from sim.budget import ReferenceBudget
from sim.comparison import SameOutput
from sim.compiler import BUILD_VERSION
from sim.judge import JUDGE_VERSION
from sim.limits import CompileLimits, Limits
from sim.machine import Machine
from sim.program import Language, digest_of
from sim.toolchain import Toolchain

_ONLY_STOP = ("max_instructions", "max_cycles")
"""The limits that decide when a run is stopped, and no number of one that is not."""


@dataclass(frozen=True)
class Setting:
    """How programs are built, judged and measured."""

    machine: Machine
    toolchain: Toolchain = field(default_factory=Toolchain)
    comparison: SameOutput = field(default_factory=SameOutput)
    limits: Limits = field(default_factory=Limits)
    compile_limits: CompileLimits = field(default_factory=CompileLimits)
    budget: ReferenceBudget | None = None
    """How a row's reference bounds its other programs; None: `limits` alone bound all."""

    @property
    def reference_budget(self) -> ReferenceBudget | None:
        """`budget`, on a machine that can stop at a count; None on any other."""
        return self.budget if self.machine.stops_at_count else None

    def bounded(self, max_instructions: int) -> Setting:
        """Return this setting for runs with another budget of instructions."""
        return replace(self, limits=self.limits.bounded(max_instructions))

    def build_context(self, language: Language) -> str:
        """Return the digest of everything that decides a build of a language."""
        return digest_of(
            BUILD_VERSION, self.toolchain.fingerprint(language), _compiling(self.compile_limits)
        )

    def judge_context(self) -> str:
        """Return the digest of everything that decides a judgement, besides program and tests."""
        return digest_of(
            JUDGE_VERSION,
            *_judging(self.comparison, self.limits),
            sandbox.level(),
            cgroup.kind(),
            self._libraries(),
            *([self.toolchain.arguments] if self.toolchain.arguments else []),
        )

    def measure_context(self) -> str:
        """Return the digest of everything that decides a measurement, besides program and test."""
        return digest_of(self.machine.fingerprint(), self.judge_context())

    def run_context(self) -> str:
        """Return the digest of everything that decides a run that ends by itself.

        On a machine that stops a run at a count, that is all but its budget of instructions.
        """
        if not self.machine.stops_at_count:
            return self.measure_context()
        return digest_of("any budget", self.bounded(0).measure_context())

    def fingerprint(self, languages: list[Language]) -> dict[str, object]:
        """Return the whole setting as plain values, for a manifest."""
        budget = self.reference_budget
        return {
            "machine": self.machine.fingerprint(),
            "toolchain": {one.value: self.toolchain.fingerprint(one) for one in languages},
            "comparison": self.comparison.plain(),
            "limits": self.limits.plain(),
            **({"budget": asdict(budget)} if budget else {}),
            "compile_limits": asdict(self.compile_limits),
            "versions": {"build": BUILD_VERSION, "judge": JUDGE_VERSION},
            "sandbox": sandbox.level(),
            "memory": cgroup.kind(),
        }

    def label(self, language: Language) -> str:
        """Return machine and fingerprint of a number: what `measured_on` says of it."""
        return number_label(self.machine.name, self.fingerprint([language]), language)

    def _libraries(self) -> object:
        """Dynamically linked programs run on the host's libraries, so these decide too."""
        if self.toolchain.link == "static":
            return "static"
        return self.toolchain.fingerprint(Language.CPP)


@functools.lru_cache(maxsize=64)
def _compiling(limits: CompileLimits) -> Mapping[str, Any]:
    """Return the limits as plain values, made once: every program's key asks for them."""
    return asdict(limits)


@functools.lru_cache(maxsize=256)
def _judging(comparison: SameOutput, limits: Limits) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    return comparison.plain(), limits.plain()


def number_entries(described: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return the entries of a described setting that can change a number of one language.

    The compilers of other languages cannot. Budgets of instructions and cycles only decide whether
    a run comes to its end: a number is the same under each of them.
    """
    entries = {name: value for name, value in described.items() if name != "budget"}
    limits = described.get("limits")
    if isinstance(limits, Mapping):
        entries["limits"] = {
            name: value for name, value in limits.items() if name not in _ONLY_STOP
        }
    toolchain = described.get("toolchain")
    if isinstance(toolchain, Mapping):
        entries["toolchain"] = toolchain.get(language)
    return entries


def number_label(machine: str, described: Mapping[str, Any], language: str) -> str:
    """Return machine and fingerprint of the numbers of one language under a described setting."""
    return f"{machine}:{digest_of(number_entries(described, language))[:12]}"
