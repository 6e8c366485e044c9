"""The embedded machine: Valgrind's cachegrind counters and a linear cost in cycles.

Counts are exact and the same in every run, since the process sees a fixed argv, environment,
working directory and address layout. What the cost is blind to: dependences, division, overlap of
misses, prefetching. Its constants live in `cachegrind_cost.json`, with where they come from.

It cannot tell an interpreter's start from the program. So a script's start is that of one that does
nothing, measured once, and deducted event by event. Two starts differ by a million instructions, as
the host's files do, and what they do to caches and predictors stays: short scripts are coarse.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from sim import sandbox
from sim.errors import InstrumentFailure, MachineFailure, MissingTool
from sim.judge import verdict_of
from sim.limits import Limits
from sim.machine import CLOCK_HZ, Check, Measurement
from sim.machines import valgrind
from sim.program import Build, Language
from sim.python_start import nothing_like
from sim.remedies import installing
from sim.sandbox import Guest
from sim.toolchain import Toolchain
from sim.verdict import Verdict

REMEDY = installing("valgrind")
PROTOCOL = "1"
"""Raised when a change here could give another count for the same run."""
UNIT = 100
"""Constants are whole hundredths of a cycle, so that a cost is a sum of whole numbers."""
_TOOL = "cachegrind-amd64-linux"
_FOLDERS = ("/usr/libexec/valgrind", "/usr/lib/valgrind", "/usr/lib/x86_64-linux-gnu/valgrind")


@dataclass(frozen=True)
class Cachegrind:
    """Measures in Valgrind's cachegrind."""

    name: str = "cachegrind"
    deterministic: bool = True
    interleaved: bool = False
    stops_at_count: bool = False
    may_compute_otherwise: bool = True

    def check(self) -> Check:
        """Tell whether Valgrind and its cachegrind tool are here."""
        try:
            tool_path()
        except MissingTool as missing:
            return Check(False, missing.what, missing.remedy)
        return Check(True)

    def fingerprint(self) -> dict[str, str]:
        """Return tool, geometry, cost and the class of CPU that Valgrind shows to programs."""
        model = cost_model()
        return {
            "machine": self.name,
            "protocol": PROTOCOL,
            "start_of_scripts": "deducted",
            "valgrind": valgrind.version(),
            "tool_sha256": _tool_hash(),
            "geometry": json.dumps(model["geometry"], sort_keys=True),
            "cost": json.dumps(model["cost"], sort_keys=True),
            "clock_hz": str(CLOCK_HZ),
            "simulated_cpu": _simulated_cpu(),
            "sandbox": sandbox.level(),
        }

    def measure(
        self, build: Build, stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> Measurement:
        """Run once under cachegrind; see `Machine.measure` for what it raises."""
        ended = sandbox.run(
            _guest(build, limits, toolchain),
            valgrind.allowance(limits, limits.instrument_cpu_seconds),
            stdin,
        )
        if b"EXEC FAILED" in ended.log:
            return Measurement(
                Verdict.TAMPERING, "it tried to become another program in the measured run"
            )
        if end := valgrind.ended_for_a_call(ended, limits):
            return Measurement(*end)
        if ended.idle:
            return Measurement(Verdict.NONDETERMINISTIC, "a wait without end")
        valgrind.refuse_own_failure(ended)
        if ended.exhausted(limits.instrument_cpu_seconds):
            return Measurement(
                Verdict.TIME_LIMIT, f"more than {limits.max_instructions} instructions"
            )
        verdict, detail = verdict_of(ended, limits)
        silent = ended.signal is not None and not _SUMMARY.search(ended.log)
        if verdict in (Verdict.OUTPUT_LIMIT, Verdict.TAMPERING) or silent:
            return Measurement(verdict, detail, host_seconds=ended.wall_seconds)
        counters = read_counters(ended.log)
        startup: dict[str, int] = {}
        if build.language is Language.PYTHON and verdict is Verdict.ACCEPTED:
            start = self._start(build, limits, toolchain)
            counters = {name: max(0, count - start[name]) for name, count in counters.items()}
            startup = {"cycles": cycles(start), "instructions": start["instructions"]}
        total = cycles(counters)
        if verdict is Verdict.ACCEPTED and (
            excess := limits.excess(counters["instructions"], total)
        ):
            verdict, detail = Verdict.TIME_LIMIT, excess
        return Measurement(
            verdict=verdict,
            detail=detail,
            stdout=ended.stdout,
            cycles=total,
            instructions=counters["instructions"],
            seconds=total / CLOCK_HZ,
            counters=counters,
            startup=startup,
            host_seconds=ended.wall_seconds,
        )

    def _start(self, build: Build, limits: Limits, toolchain: Toolchain) -> Mapping[str, int]:
        """Return the counters of a script that does nothing, once for all that start alike."""
        nothing, given = nothing_like(build, toolchain)
        return _start_of(nothing, given, limits, toolchain)

    def measure_together(
        self, builds: Sequence[Build], stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> list[Measurement]:
        """Measure one after the other: the order cannot matter."""
        return [self.measure(build, stdin, limits, toolchain) for build in builds]


def cycles(counters: Mapping[str, int], cost: Mapping[str, int] | None = None) -> int:
    """Return the linear cost of a run's counters, in cycles, rounded half up.

    `cost` has hundredths of a cycle for each event; without it, the machine's own constants.
    """
    weights: Mapping[str, int] = cost_model()["cost"] if cost is None else cost
    hundredths = sum(weight * counters[name] for name, weight in weights.items())
    return (hundredths + UNIT // 2) // UNIT


@functools.lru_cache(maxsize=64)
def _start_of(
    nothing: Build, given: Path, limits: Limits, toolchain: Toolchain
) -> Mapping[str, int]:
    """Return what the run of a program that does nothing counts."""
    allowance = valgrind.allowance(limits, limits.instrument_cpu_seconds)
    ended = sandbox.run(_guest(nothing, limits, toolchain), allowance, given)
    valgrind.refuse_own_failure(ended)
    return read_counters(ended.log)


@functools.cache
def cost_model() -> dict[str, Any]:
    """Return the geometry and the constants of the cost, from the file beside this one."""
    text = resources.files("sim.machines").joinpath("cachegrind_cost.json").read_text("utf-8")
    model: dict[str, Any] = json.loads(text)
    return model


_SUMMARY = re.compile(
    rb"^==\d+== I\s+refs:\s+(?P<ir>[\d,]+)"
    rb".*?I1\s+misses:\s+(?P<i1>[\d,]+).*?LLi misses:\s+(?P<li>[\d,]+)"
    rb".*?D\s+refs:\s+[\d,]+\s+\(\s*(?P<dr>[\d,]+) rd\s+\+\s+(?P<dw>[\d,]+) wr\)"
    rb".*?D1\s+misses:\s+(?P<d1>[\d,]+)\s.*?LLd misses:\s+(?P<ld>[\d,]+)\s"
    rb".*?Branches:\s+[\d,]+\s+\(\s*(?P<bc>[\d,]+) cond\s+\+\s+(?P<bi>[\d,]+) ind\)"
    rb".*?Mispredicts:\s+[\d,]+\s+\(\s*(?P<mc>[\d,]+) cond\s+\+\s+(?P<mi>[\d,]+) ind\)",
    re.DOTALL | re.MULTILINE,
)


def read_counters(log: bytes) -> dict[str, int]:
    """Read cachegrind's summary; MachineFailure when it is missing, cut short or there are two."""
    found = _SUMMARY.search(log)
    if found is None:
        raise InstrumentFailure("cachegrind gave no summary of its counts")
    if len(re.findall(rb"I\s+refs:", log)) > 1:
        raise InstrumentFailure("cachegrind's log holds two summaries", "do not trust this program")
    value = {name: int(text.replace(b",", b"")) for name, text in found.groupdict().items()}
    if value["ir"] == 0:
        raise MachineFailure("cachegrind counted no instruction")
    return {
        "instructions": value["ir"],
        "data_reads": value["dr"],
        "data_writes": value["dw"],
        "l1i_misses": value["i1"],
        "l1d_misses": value["d1"],
        "ll_misses": value["li"] + value["ld"],
        "branches": value["bc"],
        "indirect_branches": value["bi"],
        "branch_mispredictions": value["mc"],
        "indirect_mispredictions": value["mi"],
    }


def _guest(build: Build, limits: Limits, toolchain: Toolchain) -> Guest:
    geometry: dict[str, str] = cost_model()["geometry"]
    options = (
        "--tool=cachegrind",
        "--cachegrind-out-file=/dev/null",
        "--cache-sim=yes",
        "--branch-sim=yes",
        *(f"--{level}={shape}" for level, shape in geometry.items()),
    )
    return valgrind.guest(tool_path(), options, build, limits, toolchain)


@functools.cache
def tool_path() -> Path:
    """Return cachegrind's executable; MissingTool when Valgrind is not installed."""
    named = os.environ.get("VALGRIND_LIB")
    launcher = shutil.which("valgrind")
    near = [str(Path(launcher).resolve().parent.parent / "libexec/valgrind")] if launcher else []
    for folder in [*([named] if named else []), *near, *_FOLDERS]:
        candidate = Path(folder) / _TOOL
        if candidate.is_file():
            return candidate.resolve()
    raise MissingTool("valgrind's cachegrind was not found", REMEDY)


@functools.cache
def _tool_hash() -> str:
    return hashlib.sha256(tool_path().read_bytes()).hexdigest()[:16]


@functools.cache
def _simulated_cpu() -> str:
    """Return the class of CPU that Valgrind presents: it follows the host's, in three steps."""
    words = set(Path("/proc/cpuinfo").read_text("utf-8", "replace").split())
    return next((name for name in ("avx2", "avx", "sse4_2") if name in words), "older")
