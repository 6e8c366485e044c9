"""The embedded machine: a timing model of gem5's Skylake inside Valgrind's translator.

Cycles are computed, not fitted to counters: see the sources in `sim/skylake/`. A run costs the same
on every host, since the process sees a fixed processor, stack and environment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sim import annotation, sandbox
from sim.errors import MachineFailure, MissingTool, Unsupported
from sim.judge import verdict_of
from sim.limits import Limits
from sim.machine import CLOCK_HZ, Check, Measurement
from sim.machines import valgrind
from sim.program import Build, Language
from sim.sandbox import Ended, Guest
from sim.skylake import build as tool
from sim.toolchain import Toolchain
from sim.verdict import Verdict

PROTOCOL = "2"
"""Raised when a change here could give another cost for the same run."""
_MOST_CYCLES = 10_000
"""For an operation: fifty times what one that waits for memory takes, so only a fault is above."""
_REFUSED = re.compile(rb"^==\d+== PIE-REFUSED (\w+): ([^\n]*)$", re.MULTILINE)
_REMEDIES = {
    b"threads": "measure it on cachegrind, which counts all threads' work",
    b"copies": "have the program copy by itself, in its own memory",
    b"timers": "let the timer send a signal",
}
_SUMMARY = re.compile(rb"^==\d+== PIE-SKYLAKE (\{[^\n]*\})$", re.MULTILINE)


@dataclass(frozen=True)
class Skylake:
    """Measures in the timing model."""

    name: str = "skylake"
    deterministic: bool = True
    interleaved: bool = False
    stops_at_count: bool = True
    may_compute_otherwise: bool = False

    def check(self) -> Check:
        """Tell whether the tool can be built here; it is built."""
        try:
            tool.tool_path()
        except MissingTool as missing:
            return Check(False, missing.what, missing.remedy)
        return Check(True)

    def fingerprint(self) -> dict[str, str]:
        """Return the model's sources' hash, Valgrind's version and the sandbox."""
        return {
            "machine": self.name,
            "protocol": PROTOCOL,
            "model": tool.model_digest(),
            "valgrind": valgrind.version(),
            "clock_hz": str(CLOCK_HZ),
            "sandbox": sandbox.level(),
        }

    def measure(
        self, build: Build, stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> Measurement:
        """Run once in the model. MachineFailure when Valgrind failed."""
        return self._read(_run(build, stdin, limits, toolchain), limits)

    def annotate(
        self, build: Build, stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> tuple[Measurement, dict[int, annotation.Counts]]:
        """Measure once and return what each address of the code cost, too.

        The costliest `annotation.MOST_ADDRESSES` are told; cycles are those of `measure`.
        """
        ended = _run(build, stdin, limits, toolchain, "--annotate=yes")
        return self._read(ended, limits), annotation.read_addresses(ended.log)

    def _read(self, ended: Ended, limits: Limits) -> Measurement:
        if b"EXEC FAILED" in ended.log:
            return Measurement(
                Verdict.TAMPERING, "it tried to become another program in the measured run"
            )
        refused = _REFUSED.search(ended.log)
        if refused and refused[1] == b"tampering":
            return Measurement(Verdict.TAMPERING, refused[2].decode())
        if ended.idle or (refused and refused[1] == b"waits"):
            return Measurement(
                Verdict.NONDETERMINISTIC,
                "accepted natively, but it waits without end in the measured run",
            )
        if refused:
            raise Unsupported(
                f"the program cannot be measured in the timing model: {refused[2].decode()}",
                _REMEDIES.get(refused[1], ""),
            )
        if end := valgrind.ended_for_a_call(ended, limits):
            return Measurement(*end)
        valgrind.refuse_own_failure(ended)
        if ended.exhausted(limits.model_cpu_seconds):
            return Measurement(
                Verdict.TIME_LIMIT,
                f"{limits.model_cpu_seconds} s of CPU time before {limits.max_instructions} "
                "instructions: it spends its time in the kernel",
            )
        return _measurement(ended, limits)

    def measure_together(
        self, builds: Sequence[Build], stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> list[Measurement]:
        """Measure one after the other: the order cannot matter."""
        return [self.measure(build, stdin, limits, toolchain) for build in builds]


def _measurement(ended: Ended, limits: Limits) -> Measurement:
    """Read a run that came to its end."""
    verdict, detail = verdict_of(ended, limits)
    silent = ended.signal is not None and not _SUMMARY.search(ended.log)
    if verdict in (Verdict.OUTPUT_LIMIT, Verdict.TAMPERING) or silent:
        return Measurement(verdict, detail, host_seconds=ended.wall_seconds)
    end, counters = read_counters(ended.log)
    cycles = counters.pop("cycles")
    # Its last block can carry a program that ends by itself over its budget, too.
    excess = limits.excess(counters["instructions"], cycles)
    if end != "exit" or (verdict is Verdict.ACCEPTED and excess):
        return Measurement(Verdict.TIME_LIMIT, excess, host_seconds=ended.wall_seconds)
    return Measurement(
        verdict=verdict,
        detail=detail,
        stdout=ended.stdout,
        cycles=cycles,
        instructions=counters["instructions"],
        seconds=cycles / CLOCK_HZ,
        counters=counters,
        host_seconds=ended.wall_seconds,
    )


def read_counters(log: bytes) -> tuple[str, dict[str, int]]:
    """Return (how it ended, counters); MachineFailure unless there is exactly one summary."""
    found = _SUMMARY.findall(log)
    if not found:
        raise MachineFailure("the timing tool gave no summary of its counts")
    if len(found) > 1:
        raise MachineFailure("the tool's log holds two summaries", "do not trust this program")
    values = json.loads(found[0])
    ended = values.pop("ended")
    if values["instructions"] == 0:
        raise MachineFailure("the timing tool counted no instruction")
    if values["cycles"] > _MOST_CYCLES * values["micro_operations"]:
        raise MachineFailure(
            f"the timing model lost count: {values['cycles']} cycles for "
            f"{values['micro_operations']} operations",
            "report this with the program",
        )
    return ended, values


def _run(build: Build, stdin: Path, limits: Limits, toolchain: Toolchain, *options: str) -> Ended:
    return sandbox.run(
        _guest(build, limits, toolchain, options),
        valgrind.allowance(limits, limits.model_cpu_seconds),
        stdin,
    )


def _guest(build: Build, limits: Limits, toolchain: Toolchain, options: Sequence[str]) -> Guest:
    own = (
        "--tool=skylake",
        f"--max-instructions={limits.max_instructions}",
        f"--max-cycles={limits.max_cycles or 0}",
        # What the program is told of its limits: those of its native run.
        f"--limit-stack={limits.stack_bytes}",
        f"--limit-memory={limits.memory_bytes}",
        f"--limit-file={limits.file_bytes}",
        f"--limit-cpu={limits.cpu_seconds}",
        f"--interpreter={'yes' if build.language is Language.PYTHON else 'no'}",
        *options,
    )
    return valgrind.guest(tool.tool_path(), own, build, limits, toolchain)
