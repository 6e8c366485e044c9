"""Reading cachegrind's summary, and the cost in whole numbers."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sim import calls, compiler, devices
from sim.ended import Ended
from sim.errors import MachineFailure, MissingTool, Unsupported
from sim.limits import CompileLimits, Limits
from sim.machine import Measurement
from sim.machines import DEFAULT, cachegrind, machine
from sim.machines.cachegrind import Cachegrind
from sim.program import Build, Language, Program
from sim.toolchain import Toolchain
from sim.verdict import Verdict

# What Valgrind 3.19 wrote for a small program.
LOG = b"""==3== Cachegrind, a cache and branch-prediction profiler
==3== Copyright (C) 2002-2017, and GNU GPL'd, by Nicholas Nethercote et al.
==3== Using Valgrind-3.19.0 and LibVEX; rerun with -h for copyright info
==3== Command: /pie/prog
==3==\x20
--3-- warning: L3 cache found, using its data for the LL simulation.
==3==\x20
==3== I   refs:      1,234,567
==3== I1  misses:        1,543
==3== LLi misses:        1,042
==3== I1  miss rate:      0.11%
==3== LLi miss rate:      0.11%
==3==\x20
==3== D   refs:        166,312  (87,787 rd   + 78,525 wr)
==3== D1  misses:          305  (   145 rd   +    160 wr)
==3== LLd misses:          302  (   142 rd   +    160 wr)
==3== D1  miss rate:       0.2% (   0.2%     +    0.2%  )
==3== LLd miss rate:       0.2% (   0.2%     +    0.2%  )
==3==\x20
==3== LL refs:           1,848  ( 1,688 rd   +    160 wr)
==3== LL misses:         1,344  ( 1,184 rd   +    160 wr)
==3== LL miss rate:        0.1% (   0.1%     +    0.2%  )
==3==\x20
==3== Branches:         68,426  (63,197 cond +  5,229 ind)
==3== Mispredicts:       3,512  ( 2,463 cond +  1,049 ind)
==3== Mispred rate:        5.1% (   3.9%     +   20.1%   )
"""
COUNTERS = {
    "instructions": 1_234_567,
    "data_reads": 87_787,
    "data_writes": 78_525,
    "l1i_misses": 1_543,
    "l1d_misses": 305,
    "ll_misses": 1_344,
    "branches": 63_197,
    "indirect_branches": 5_229,
    "branch_mispredictions": 2_463,
    "indirect_mispredictions": 1_049,
}
LIMITS = Limits(max_instructions=2_000_000)


@pytest.fixture(autouse=True)
def no_executable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The builds here have no file that could name its streams."""
    monkeypatch.setattr(devices, "names_its_streams", lambda *_: False)


def test_all_counters_are_read_from_the_summary() -> None:
    assert cachegrind.read_counters(LOG) == COUNTERS


def test_a_summary_cut_short_anywhere_is_refused_and_never_read_in_part() -> None:
    complete = LOG.index(b"1,049 ind)") + len(b"1,049 ind)")
    for end in range(complete):
        with pytest.raises(MachineFailure):
            cachegrind.read_counters(LOG[:end])
    for end in range(complete, len(LOG)):
        assert cachegrind.read_counters(LOG[:end]) == COUNTERS


@pytest.mark.parametrize("missing", [b"I   refs", b"LLi misses", b"D1  misses", b"Branches"])
def test_a_summary_without_one_of_its_lines_is_refused(missing: bytes) -> None:
    lines = [line for line in LOG.splitlines(keepends=True) if missing not in line]
    with pytest.raises(MachineFailure, match="no summary"):
        cachegrind.read_counters(b"".join(lines))


def test_a_run_without_an_instruction_is_refused() -> None:
    with pytest.raises(MachineFailure, match="no instruction"):
        cachegrind.read_counters(LOG.replace(b"1,234,567", b"0"))


@pytest.mark.parametrize("order", ["forged first", "forged last"])
def test_of_two_summaries_neither_is_believed(order: str) -> None:
    forged = LOG.replace(b"1,234,567", b"1,000")
    both = forged + LOG if order == "forged first" else LOG + forged
    with pytest.raises(MachineFailure, match="two summaries"):
        cachegrind.read_counters(both)


def test_text_that_only_looks_like_the_summary_is_not_read() -> None:
    with pytest.raises(MachineFailure):
        cachegrind.read_counters(LOG.replace(b"==3== I ", b"**3** I "))


def test_the_cost_is_the_weighted_sum_in_whole_cycles() -> None:
    weights = cachegrind.cost_model()["cost"]
    wanted = sum(weight * COUNTERS[name] for name, weight in weights.items())
    assert cachegrind.cycles(COUNTERS) == (wanted + 50) // 100
    assert isinstance(cachegrind.cycles(COUNTERS), int)


@pytest.mark.parametrize(
    ("instructions", "cycles"), [(0, 0), (1, 2), (31, 49), (32, 51), (100, 158)]
)
def test_half_a_cycle_is_rounded_up(instructions: int, cycles: int) -> None:
    assert cachegrind.cycles({"instructions": instructions}, {"instructions": 158}) == cycles


def test_a_cost_beyond_the_precision_of_floats_is_exact() -> None:
    counters = {"instructions": 10**17 + 1}
    assert cachegrind.cycles(counters, {"instructions": 158}) == 158 * (10**17 + 1) // 100 + 1


def test_every_weight_belongs_to_a_counter_and_none_is_negative() -> None:
    for name, weight in cachegrind.cost_model()["cost"].items():
        assert name in COUNTERS
        assert isinstance(weight, int)
        assert weight >= 0


def test_the_constants_say_where_they_come_from() -> None:
    model = cachegrind.cost_model()
    provenance = model["provenance"]
    assert list(model["cost"]) == provenance["features"]
    assert provenance["runs"] == sum(fold["runs"] for fold in provenance["folds"])
    assert provenance["problems"] == sum(fold["problems"] for fold in provenance["folds"])
    assert provenance["machine"]["protocol"] == cachegrind.PROTOCOL
    unseen = provenance["errors_cross_validated"][provenance["method"]]
    assert unseen["n"] == provenance["errors_in_sample"]["n"] == provenance["runs"]


def test_valgrind_is_told_geometry_stack_and_log_and_the_program_sees_a_fixed_command() -> None:
    if not cachegrind.Cachegrind().check().ok:
        pytest.skip("needs valgrind")
    guest = cachegrind._guest(Build(Language.CPP, "0" * 64), Limits(), Toolchain())
    text = " ".join(guest.argv)
    for shape in cachegrind.cost_model()["geometry"].values():
        assert shape in text
    assert "--log-fd={log}" in text
    assert "--main-stacksize=268435456" in text
    assert guest.argv[-1] == "/pie/prog"
    assert set(guest.env) == {"VALGRIND_LIB", "VALGRIND_LAUNCHER"}


def run_that_ended(
    monkeypatch: pytest.MonkeyPatch, code: int | None = 0, signal: int | None = None, **more: object
) -> Measurement:
    if not cachegrind.Cachegrind().check().ok:
        pytest.skip("needs valgrind")
    usual = Ended(code, signal, b"15\n", b"", LOG, False, 0.5, 0.0, 0.5, 1 << 20)
    ended = replace(usual, **more)  # type: ignore[arg-type]
    monkeypatch.setattr(cachegrind.sandbox, "run", lambda *_: ended)
    build = Build(Language.CPP, "0" * 64)
    return cachegrind.Cachegrind().measure(build, Path("/dev/null"), LIMITS, Toolchain())


def test_a_run_within_its_budget_is_costed(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_that_ended(monkeypatch)
    assert run.verdict is Verdict.ACCEPTED
    assert run.cycles == cachegrind.cycles(COUNTERS)
    assert run.seconds == run.cycles / 3_500_000_000


def test_one_instruction_over_the_budget_is_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    for count, verdict in (
        (b"2,000,000", Verdict.ACCEPTED),
        (b"2,000,001", Verdict.TIME_LIMIT),
    ):
        run = run_that_ended(monkeypatch, log=LOG.replace(b"1,234,567", count))
        assert run.verdict is verdict


def test_cpu_time_beyond_any_honest_rate_proves_the_budget_exceeded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = run_that_ended(monkeypatch, None, 24, user_seconds=19.0, log=b"")
    assert run.verdict is Verdict.TIME_LIMIT


@pytest.mark.parametrize(
    ("log", "lost", "telling"),
    [
        (b"valgrind: the 'impossible' happened:\n", "", "Valgrind itself"),
        (
            b"valgrind: m_scheduler/sema.c:118: Assertion 'x' failed.\n\nhost stacktrace:\n",
            "",
            "Valgrind itself",
        ),
        (LOG, "no end after 460 s of host time", "lost"),
        (LOG[:400], "", "no summary"),
    ],
)
def test_what_valgrind_could_not_do_is_its_failure_and_no_verdict(
    monkeypatch: pytest.MonkeyPatch, log: bytes, lost: str, telling: str
) -> None:
    with pytest.raises(MachineFailure, match=telling):
        run_that_ended(monkeypatch, log=log, lost=lost)


def test_an_instruction_that_valgrind_lacks_is_the_programs_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(Unsupported, match="AVX-512"):
        run_that_ended(
            monkeypatch, log=b"vex amd64->IR: unhandled instruction bytes: 0x62\n" + LOG, lost=""
        )


def test_trying_to_become_another_program_is_tampering(monkeypatch: pytest.MonkeyPatch) -> None:
    log = b"==3== EXEC FAILED: I can't recover from execve() failing, so I'm dying.\n"
    assert run_that_ended(monkeypatch, 1, log=log).verdict is Verdict.TAMPERING


def test_without_valgrind_the_check_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing() -> Path:
        raise MissingTool("valgrind's cachegrind was not found", cachegrind.REMEDY)

    monkeypatch.setattr(cachegrind, "tool_path", missing)
    found = cachegrind.Cachegrind().check()
    assert not found.ok
    assert re.search(r"apt-get install valgrind", found.remedy)


def test_machines_are_found_by_name_and_an_unknown_one_names_them_all() -> None:
    assert machine("auto").name == DEFAULT
    assert machine("native").name == "native"
    known = "auto, gem5, skylake, counts, cachegrind, native"
    with pytest.raises(Exception, match=f"choose one of {known}"):
        machine("quantum")


def test_the_start_of_an_interpreter_is_deducted(tmp_path: Path) -> None:
    if not Cachegrind().check().ok:
        pytest.skip("needs valgrind")
    loop = "def f(n):\n    s = 0\n    for i in range(n):\n        s += i * i % 7\n    return s\n"
    toolchain = Toolchain()
    build = compiler.build(Program(Language.PYTHON, loop, "f"), toolchain, CompileLimits())
    runs = []
    for turns in (100_000, 400_000):
        test = calls.call_test("0", tmp_path, [turns], None)
        runs.append(Cachegrind().measure(build, test.input_path, Limits(), toolchain))
    short, long = (run.instructions or 0 for run in runs)
    assert runs[0].startup["instructions"] > 20_000_000
    assert long / short == pytest.approx(4, rel=0.05)
