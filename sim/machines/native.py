"""The real CPU: repeated, interleaved, pinned and trimmed; never the same twice, and it says so.

The programs of a row are run in turn, A B C A', twelve times over, on one processor that no other
measurement uses: drift of the host hits all alike. The start of an interpreter is not in it.

The cost is PerfCodeGen's (arXiv 2412.03578, 3.1, eq. 1): E = 12, smallest and largest dropped, mean
of the rest. A' is A once more: the ratio of the two is the noise that a reader must hold against
any speedup claimed.
"""

from __future__ import annotations

import functools
import math
import os
import platform
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sim import sandbox
from sim.ended import Ended
from sim.judge import verdict_of
from sim.limits import Limits
from sim.machine import Check, Measurement
from sim.native_guest import allowance_for
from sim.native_run import NativeRuns
from sim.program import Build
from sim.quiet_cpu import quiet_cpu
from sim.toolchain import Toolchain
from sim.verdict import Verdict

REPEATS = 12


@dataclass(frozen=True)
class Native:
    """Measures CPU seconds on this host."""

    name: str = "native"
    deterministic: bool = False
    interleaved: bool = True
    stops_at_count: bool = False
    may_compute_otherwise: bool = False

    def check(self) -> Check:
        """The real CPU is always here."""
        return Check(True)

    def fingerprint(self) -> dict[str, str]:
        """Return the processor, the kernel and the protocol."""
        return {
            "machine": self.name,
            "cpu": _cpu_model(),
            "kernel": platform.release(),
            "processors": str(os.cpu_count()),
            "protocol": f"E={REPEATS}, trimmed mean of own CPU seconds, interleaved, pinned; "
            "all samples kept",
            "sandbox": sandbox.level(),
        }

    def measure(
        self, build: Build, stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> Measurement:
        """Cost one program alone; for a comparison use `measure_together`."""
        return self.measure_together([build], stdin, limits, toolchain)[0]

    def measure_together(
        self, builds: Sequence[Build], stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> list[Measurement]:
        """Cost several programs on one input, interleaved, the first also against itself."""
        with quiet_cpu() as cpu:
            return self._measured(builds, stdin, limits, toolchain, cpu)

    def _measured(
        self, builds: Sequence[Build], stdin: Path, limits: Limits, toolchain: Toolchain, cpu: int
    ) -> list[Measurement]:
        allowance = allowance_for(limits, cpu)
        order = [*builds, builds[0]]
        runs: list[list[Ended]] = [[] for _ in order]
        native = [NativeRuns(one, toolchain, allowance, shared=False) for one in order]
        for repeat in range(REPEATS):
            # Forwards and backwards in turn, so that no program always follows the same one.
            turn = range(len(order)) if repeat % 2 == 0 else reversed(range(len(order)))
            for index in turn:
                if runs[index] and not runs[index][-1].ok:
                    continue
                runs[index].append(native[index].run(stdin))
        again = _trimmed(runs.pop())
        noise = _trimmed(runs[0]) / again if again else float("nan")
        memory = _memory(builds, stdin, limits, toolchain, runs)
        return [
            _measurement(ended, limits, noise, looked)
            for ended, looked in zip(runs, memory, strict=True)
        ]


def _memory(
    builds: Sequence[Build],
    stdin: Path,
    limits: Limits,
    toolchain: Toolchain,
    runs: Sequence[Sequence[Ended]],
) -> Iterator[dict[str, float]]:
    """Yield what a run more of each program that ended well has resident, as SOAP measures it.

    By the wall clock, so for comparison only: to look at memory disturbs, and a busy host adds.
    """
    allowance = replace(allowance_for(limits), samples_memory=True)
    for build, timed in zip(builds, runs, strict=True):
        if not timed[-1].ok:
            yield {}
            continue
        looked = NativeRuns(build, toolchain, allowance, shared=False).run(stdin)
        yield {
            "resident_peak_bytes": looked.sampled_peak_bytes,
            "resident_byte_seconds": looked.resident_byte_seconds,
        }


def _measurement(
    runs: list[Ended], limits: Limits, noise: float, memory: dict[str, float]
) -> Measurement:
    last = runs[-1]
    verdict, detail = verdict_of(last, limits)
    if verdict is not Verdict.ACCEPTED:
        return Measurement(verdict, detail)
    if any(run.stdout != last.stdout for run in runs):
        return Measurement(Verdict.NONDETERMINISTIC, "its output changes from run to run")
    cpu = [run.own_seconds for run in runs]
    start = trimmed_mean([run.start_seconds for run in runs])
    wall = [run.wall_seconds for run in runs]
    return Measurement(
        verdict=verdict,
        stdout=last.stdout,
        seconds=_trimmed(runs),
        counters={
            "cpu_seconds": _trimmed(runs),
            "cpu_spread": _spread(cpu),
            "cpu_seconds_min": min(cpu),
            "cpu_seconds_max": max(cpu),
            "wall_seconds": trimmed_mean(wall),
            "wall_spread": _spread(wall),
            "repeats": len(runs),
            **{f"cpu_seconds_{turn:02}": used for turn, used in enumerate(cpu, 1)},
            **({"aa_ratio": noise} if math.isfinite(noise) else {}),
            **memory,
        },
        startup={"cpu_microseconds": round(start * 1e6)} if start else {},
        host_seconds=sum(wall),
    )


def trimmed_mean(samples: Sequence[float]) -> float:
    """Return the mean without the smallest and the largest of three or more samples."""
    kept = sorted(samples)[1:-1] if len(samples) > 2 else list(samples)
    return statistics.fmean(kept) if kept else 0.0


def _trimmed(runs: Sequence[Ended]) -> float:
    return trimmed_mean([run.own_seconds for run in runs])


def _spread(samples: Sequence[float]) -> float:
    """Return the coefficient of variation: standard deviation over mean."""
    mean = statistics.fmean(samples)
    return statistics.pstdev(samples) / mean if mean else 0.0


def host() -> dict[str, str]:
    """Return what a native time depends on besides program and input, as far as it is known."""
    return {"cpu": _cpu_model(), "kernel": platform.release()}


@functools.cache
def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
