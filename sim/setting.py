"""Everything that a result depends on besides the program and its tests, and its fingerprint."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

from sim import cgroup, comparison, sandbox
from sim.budget import ReferenceBudget
from sim.compiler import BUILD_VERSION
from sim.judge import JUDGE_VERSION
from sim.limits import CompileLimits, Limits
from sim.machine import Machine
from sim.program import Language, digest_of
from sim.toolchain import Toolchain


@dataclass(frozen=True)
class Setting:
    """How programs are built, judged and measured."""

    machine: Machine
    toolchain: Toolchain = field(default_factory=Toolchain)
    rule: str = "tokens"
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
        return replace(self, limits=replace(self.limits, max_instructions=max_instructions))

    def build_context(self, language: Language) -> str:
        """Return the digest of everything that decides a build of a language."""
        return digest_of(
            BUILD_VERSION, self.toolchain.fingerprint(language), asdict(self.compile_limits)
        )

    def judge_context(self) -> str:
        """Return the digest of everything that decides a judgement, besides program and tests."""
        return digest_of(
            JUDGE_VERSION,
            self.rule,
            comparison.TOLERANCE,
            self.limits.plain(),
            sandbox.level(),
            cgroup.kind(),
            self._libraries(),
        )

    def measure_context(self) -> str:
        """Return the digest of everything that decides a measurement, besides program and test."""
        return digest_of(self.machine.fingerprint(), self.judge_context())

    def fingerprint(self, languages: list[Language]) -> dict[str, object]:
        """Return the whole setting as plain values, for a manifest."""
        budget = self.reference_budget
        return {
            "machine": self.machine.fingerprint(),
            "toolchain": {one.value: self.toolchain.fingerprint(one) for one in languages},
            "comparison": {"rule": self.rule, "tolerance": comparison.TOLERANCE},
            "limits": self.limits.plain(),
            **({"budget": asdict(budget)} if budget else {}),
            "compile_limits": asdict(self.compile_limits),
            "versions": {"build": BUILD_VERSION, "judge": JUDGE_VERSION},
            "sandbox": sandbox.level(),
            "memory": cgroup.kind(),
        }

    def _libraries(self) -> object:
        """Dynamically linked programs run on the host's libraries, so these decide too."""
        if self.toolchain.link == "static":
            return "static"
        return self.toolchain.fingerprint(Language.CPP)
