"""The real CPU: PerfCodeGen's protocol, without the start of an interpreter."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import compiler
from sim.limits import CompileLimits, Limits
from sim.machine import Measurement
from sim.machines.native import REPEATS, Native, trimmed_mean
from sim.program import Build, Language, Program
from sim.toolchain import Toolchain
from sim.verdict import Verdict

TOOLCHAIN = Toolchain()


def build(source: str) -> Build:
    return compiler.build(Program(Language.PYTHON, source), TOOLCHAIN, CompileLimits())


def together(sources: list[str]) -> list[Measurement]:
    builds = [build(source) for source in sources]
    return Native().measure_together(builds, Path("/dev/null"), Limits(), TOOLCHAIN)


def test_equation_1_of_perfcodegen() -> None:
    assert trimmed_mean([9.0, *[2.0] * 10, 0.5]) == 2.0


def test_too_few_runs_to_trim_are_averaged_whole() -> None:
    assert trimmed_mean([1.0, 3.0]) == 2.0


def test_scripts_are_timed_without_their_interpreters_start() -> None:
    nothing, holds = together(["pass\n", "x = bytearray(b'x') * (96 << 20)\nprint(len(x))\n"])
    for run in (nothing, holds):
        assert run.verdict is Verdict.ACCEPTED
        own = [run.counters[f"cpu_seconds_{turn:02}"] for turn in range(1, REPEATS + 1)]
        assert run.seconds == pytest.approx(trimmed_mean(own))
        assert run.startup["cpu_microseconds"] > 0
        assert run.counters["cpu_spread"] >= 0
        assert run.counters["aa_ratio"] > 0
    # Memory of a run more, as SOAP has it: the interpreter's is in both.
    more = holds.counters["resident_peak_bytes"] - nothing.counters["resident_peak_bytes"]
    assert 90 << 20 < more < 110 << 20
    assert holds.counters["resident_byte_seconds"] > 0


def test_a_program_that_prints_by_the_time_is_nondeterministic() -> None:
    (run,) = together(["import time\nprint(time.perf_counter_ns())\n"])
    assert run.verdict is Verdict.NONDETERMINISTIC


def test_a_program_that_fails_has_no_time() -> None:
    fine, failed = together(["pass\n", "1 // 0\n"])
    assert fine.verdict is Verdict.ACCEPTED
    assert failed.verdict is Verdict.RUNTIME_ERROR
    assert "cpu_seconds" not in failed.counters
