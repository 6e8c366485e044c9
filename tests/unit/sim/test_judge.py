"""How the end of a run is read: codes alone are not believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from signal import SIGABRT, SIGKILL, SIGSEGV, SIGSYS, SIGXCPU, SIGXFSZ

import pytest

from sim import judge
from sim.comparison import RULES
from sim.ended import Ended
from sim.errors import MachineFailure
from sim.limits import MIB, Limits
from sim.program import Build, TestCase
from sim.sandbox import Allowance
from sim.toolchain import Toolchain
from sim.verdict import Verdict

LIMITS = Limits(max_instructions=400_000_000, memory_bytes=256 * MIB)  # 2 s of CPU time


def ended(
    code: int | None = None,
    signal: int | None = None,
    *,
    cpu: float = 0.1,
    stderr: bytes = b"",
    resident: int = MIB,
    lost: str = "",
    overflowed: bool = False,
    idle: bool = False,
) -> Ended:
    return Ended(
        code, signal, b"", stderr, b"", overflowed, cpu, 0.0, cpu, resident, idle=idle, lost=lost
    )


@pytest.mark.parametrize(
    ("end", "verdict"),
    [
        (ended(0), Verdict.ACCEPTED),
        (ended(1), Verdict.RUNTIME_ERROR),
        (ended(137), Verdict.RUNTIME_ERROR),
        (ended(152), Verdict.RUNTIME_ERROR),
        (ended(137, cpu=5.0), Verdict.RUNTIME_ERROR),
        (ended(signal=SIGSEGV), Verdict.RUNTIME_ERROR),
        (ended(signal=SIGXCPU), Verdict.RUNTIME_ERROR),
        (ended(signal=SIGKILL), Verdict.RUNTIME_ERROR),
        (ended(signal=SIGXCPU, cpu=1.92), Verdict.TIME_LIMIT),
        (ended(signal=SIGXCPU, cpu=1.74), Verdict.TIME_LIMIT),
        (ended(signal=SIGKILL, cpu=2.9), Verdict.TIME_LIMIT),
        (ended(signal=SIGSEGV, cpu=2.9), Verdict.RUNTIME_ERROR),
        (ended(signal=SIGSYS), Verdict.RUNTIME_ERROR),
        (replace(ended(signal=SIGKILL), refused="splice"), Verdict.UNSUPPORTED),
        (replace(ended(signal=SIGKILL), refused="?"), Verdict.UNSUPPORTED),
        (replace(ended(signal=SIGKILL), refused="read", forged=True), Verdict.TAMPERING),
        (ended(signal=SIGXFSZ), Verdict.OUTPUT_LIMIT),
        (ended(0, overflowed=True), Verdict.OUTPUT_LIMIT),
        (ended(lost="more than 5 bytes of output", overflowed=True), Verdict.OUTPUT_LIMIT),
        (ended(signal=SIGABRT, stderr=b"what(): std::bad_alloc"), Verdict.MEMORY_LIMIT),
        (ended(1, stderr=b"Traceback\nMemoryError"), Verdict.MEMORY_LIMIT),
        (ended(0, stderr=b"std::bad_alloc"), Verdict.ACCEPTED),
        (ended(signal=SIGSEGV, resident=250 * MIB), Verdict.MEMORY_LIMIT),
        (ended(0, resident=250 * MIB), Verdict.ACCEPTED),
        (ended(None, 9, idle=True), Verdict.TIME_LIMIT),
        (replace(ended(None, 9), asleep=True), Verdict.TIME_LIMIT),
    ],
)
def test_the_end_of_a_run_gives_its_verdict(end: Ended, verdict: Verdict) -> None:
    found, detail = judge.verdict_of(end, LIMITS)
    assert found is verdict
    assert bool(detail) == (verdict is not Verdict.ACCEPTED)


def test_a_lost_report_is_our_failure() -> None:
    with pytest.raises(MachineFailure, match="without a report"):
        judge.verdict_of(ended(lost="the sandbox ended without a report (code 9)"), LIMITS)


def test_a_program_that_waits_without_using_the_processor_is_too_slow() -> None:
    assert judge.verdict_of(ended(signal=9, idle=True), LIMITS)[0] is Verdict.TIME_LIMIT


def test_the_wall_clock_guard_is_our_failure_and_no_verdict(
    build: Callable[..., Build], case: Callable[..., TestCase], monkeypatch: pytest.MonkeyPatch
) -> None:
    def impatient(limits: Limits, cpu: int = -1) -> Allowance:
        return Allowance(2, 256 * MIB, 8 * MIB, MIB, MIB, guard_seconds=0.5)

    monkeypatch.setattr(judge, "allowance_for", impatient)
    built = build("#include <unistd.h>\nint main() { for (;;) pause(); }")
    with pytest.raises(MachineFailure, match="no end"):
        judge.judge(built, [case()], RULES["tokens"], LIMITS, Toolchain())


def test_after_a_time_limit_no_further_test_is_run(
    build: Callable[..., Build], case: Callable[..., TestCase]
) -> None:
    tests = [case("1\n", "1", "a"), case("0\n", "0", "b"), case("1\n", "1", "c")]
    built = build(
        '#include <cstdio>\nint main() { int n; if (scanf("%d", &n) != 1) return 1;\n'
        'volatile int on = !n; while (on) {} std::printf("%d", n); }'
    )
    small = Limits(max_instructions=100_000_000)
    results = judge.judge(built, tests, RULES["tokens"], small, Toolchain())
    verdicts = [(one.test, one.verdict) for one in results]
    assert verdicts == [("a", Verdict.ACCEPTED), ("b", Verdict.TIME_LIMIT)]


def test_without_an_expected_output_only_the_end_is_judged(
    build: Callable[..., Build], case: Callable[..., TestCase]
) -> None:
    built = build('#include <cstdio>\nint main() { std::puts("anything"); }')
    results = judge.judge(built, [case("", None)], RULES["exact"], LIMITS, Toolchain())
    assert [one.verdict for one in results] == [Verdict.ACCEPTED]
