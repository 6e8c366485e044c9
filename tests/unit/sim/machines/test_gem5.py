"""What gem5's answers mean, on answers recorded from gem5 24.0.0.1 (Verbatim)."""

from __future__ import annotations

import gzip
import json
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from sim.errors import InstrumentFailure, MachineFailure, Unsupported
from sim.limits import Limits
from sim.machines import gem5_installation, gem5_statistics
from sim.machines.gem5 import Gem5, measurement
from sim.machines.gem5_server import Answer
from sim.program import Build, Language
from sim.toolchain import Toolchain
from sim.verdict import Verdict

ANSWERS = Path(__file__).parent / "gem5_answers"
LIMITS = Limits(max_instructions=300_000)
BEGIN = "---------- Begin Simulation Statistics ----------"
END = "---------- End Simulation Statistics   ----------"


def recorded(name: str) -> Answer:
    told = json.loads(gzip.decompress((ANSWERS / f"{name}.json.gz").read_bytes()))
    streams = {key: told.pop(key).encode() for key in ("stdout", "stderr")}
    return Answer(**told, **streams)


def changed(answer: Answer, old: str, new: str) -> Answer:
    assert old in answer.text
    return replace(answer, text=answer.text.replace(old, new, 1))


def test_an_accepted_run_has_cycles_instructions_and_counters() -> None:
    run = measurement(recorded("accepted"), LIMITS)
    assert (run.verdict, run.stdout) == (Verdict.ACCEPTED, b"3 1\n")
    assert run.cycles is not None
    assert run.instructions is not None
    assert run.counters["ticks"] == 286 * (run.cycles - 1)
    assert run.counters["micro_operations"] > run.instructions > 8000
    assert run.counters["ipc"] == pytest.approx(run.instructions / run.cycles, rel=1e-3)
    assert run.counters["l2_misses"] >= run.counters["l3_misses"] > 0
    assert {"l1i_misses", "l1d_misses", "branch_mispredictions"} <= set(run.counters)
    assert not any("host" in name for name in run.counters)
    assert run.host_seconds > 0


def test_the_programs_own_exit_code_is_a_runtime_error() -> None:
    run = measurement(recorded("exit_code"), LIMITS)
    assert (run.verdict, run.detail) == (Verdict.RUNTIME_ERROR, "exit code 3")


def test_a_run_beyond_its_instructions_is_a_time_limit() -> None:
    run = measurement(recorded("instruction_limit"), LIMITS)
    assert (run.verdict, run.detail) == (Verdict.TIME_LIMIT, "more than 300000 instructions")


def test_a_run_beyond_its_ticks_is_a_time_limit() -> None:
    stuck = changed(recorded("accepted"), gem5_statistics.LAST_THREAD, gem5_statistics.TICK_LIMIT)
    assert measurement(stuck, LIMITS).verdict is Verdict.TIME_LIMIT


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("resets_the_counters", "set gem5's counters back"),
        ("writes_statistics", "statistics of its own"),
        ("ends_the_simulation", "ended the simulation itself"),
    ],
)
def test_a_program_that_speaks_to_the_simulator_is_tampering(name: str, detail: str) -> None:
    run = measurement(recorded(name), LIMITS)
    assert run.verdict is Verdict.TAMPERING
    assert detail in run.detail
    assert run.cycles is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("avx", "an instruction that gem5 does not have"),
        ("unknown_system_call", "Syscall 314"),
        ("crash", "write unmapped address"),
    ],
)
def test_what_gem5_lacks_is_unsupported_and_says_why(name: str, words: str) -> None:
    with pytest.raises(Unsupported) as failure:
        measurement(recorded(name), LIMITS)
    assert words in failure.value.what
    assert failure.value.remedy


@pytest.mark.parametrize(
    ("address", "stack"),
    [
        ("0x7ffff86fea40", True),  # recorded: 151 frames of a megabyte
        ("0x7ffff87f5cb0", True),  # recorded: frames of 16 kB
        ("0x7ffff8800000", False),  # within the stack
        ("0x7ffff7ff0000", False),  # among the mappings
        ("0", False),
    ],
)
def test_a_recursion_beyond_the_stack_is_told_from_other_crashes(address: str, stack: bool) -> None:
    crash = recorded("crash")
    messages = crash.messages.replace("unmapped address 0.", f"unmapped address {address}.")
    with pytest.raises(Unsupported) as failure:
        measurement(replace(crash, messages=messages), LIMITS)
    assert ("more stack than the 120 MB" in failure.value.what) is stack
    assert 'STACK = "120MB"' in (gem5_installation.scripts() / "guest.py").read_text()
    assert failure.value.remedy


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("panic: Tried to write unmapped address 0x7fffffffdff8.\nPC:", "starts no other program"),
        ("panic: Tried to read unmapped address 0x8.\nPC:", "delivers no signals"),
        (
            "panic: panic condition !FullSystem occurred: fault (Divide-Error) detected @ PC (0x1)",
            "delivers no signals",
        ),
    ],
)
def test_a_crash_of_a_guest_has_the_remedy_that_fits(message: str, remedy: str) -> None:
    with pytest.raises(Unsupported, match="the program crashed in gem5") as failure:
        measurement(replace(recorded("crash"), messages=message), LIMITS)
    assert remedy in failure.value.remedy


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_statistics_that_were_cut_short_give_no_number(share: float) -> None:
    whole = recorded("accepted")
    cut = replace(whole, text=whole.text[: int(share * len(whole.text))])
    with pytest.raises(MachineFailure):
        measurement(cut, LIMITS)


@pytest.mark.parametrize(
    "statistic",
    [
        "simInsts",
        "simTicks",
        "finalTick",
        "system.cpu.numCycles",
        "system.l3cache.overallMisses::total",
    ],
)
def test_a_missing_statistic_gives_no_number(statistic: str) -> None:
    with pytest.raises((MachineFailure, gem5_statistics.Tampered)):
        gem5_statistics.read(
            changed(recorded("accepted"), f"\n{statistic}", f"\nno.{statistic}").text
        )


@pytest.mark.parametrize("value", ["nan", "inf", "0", "twelve"])
def test_a_statistic_that_is_no_count_gives_no_number(value: str) -> None:
    text = recorded("accepted").text
    line = next(line for line in text.splitlines() if line.startswith("system.cpu.numCycles"))
    with pytest.raises(MachineFailure):
        gem5_statistics.read(text.replace(line, f"system.cpu.numCycles {value}"))


def test_text_after_the_section_or_a_second_section_gives_no_number() -> None:
    text = recorded("accepted").text
    with pytest.raises(MachineFailure):
        gem5_statistics.read(text + "simTicks 1\n")
    section = text[text.index(BEGIN) :]
    with pytest.raises(gem5_statistics.Tampered):
        gem5_statistics.read(text + section)


@pytest.mark.parametrize("stray", ["hello\n", '{"cause": "x", "code": 0, "ticks": 1}\n'])
def test_a_word_before_the_answer_or_a_second_end_is_tampering(stray: str) -> None:
    with pytest.raises(gem5_statistics.Tampered):
        gem5_statistics.read(stray + recorded("accepted").text)


def test_statistics_of_another_tick_than_the_runs_end_give_no_number() -> None:
    text = recorded("accepted").text
    ticks = json.loads(next(line for line in text.splitlines() if "cause" in line))["ticks"]
    with pytest.raises(MachineFailure):
        gem5_statistics.read(text.replace(f'"ticks": {ticks}', f'"ticks": {ticks + 1}'))


def test_an_unknown_reason_for_the_end_gives_no_number() -> None:
    ended = changed(recorded("accepted"), gem5_statistics.LAST_THREAD, "user interrupt received")
    with pytest.raises(MachineFailure, match="user interrupt"):
        measurement(ended, LIMITS)


@pytest.mark.parametrize("cause", ["switchcpu", "checkpoint", "workbegin", "work started count"])
def test_an_end_that_only_a_pseudo_instruction_gives_is_tampering(cause: str) -> None:
    ended = changed(recorded("accepted"), gem5_statistics.LAST_THREAD, cause)
    assert measurement(ended, LIMITS).verdict is Verdict.TAMPERING


@pytest.mark.parametrize(
    "words",
    [
        "src/sim/pseudo_inst.hh:212: panic: M5 panic instruction called at (0x404182=>0x404186)",
        'panic: Unknown key for initparam pseudo instruction:""',
        "panic: readString(0x356d6567356d6567, ...) failed",
        "panic: Error while doing writefile!",
        "panic: Unrecognized/invalid instruction executed:\n\n{\n\tleg = 0x10,\n\trex = 0,\n"
        "\tvex/xop = 0,\n\top = {\n\t\ttype = two byte,\n\t\top = 0x4,\n\t\t},",
    ],
)
def test_a_gem5_that_ended_of_a_pseudo_instruction_is_tampering(words: str) -> None:
    ended = replace(recorded("crash"), messages=words)
    run = measurement(ended, LIMITS)
    assert run.verdict is Verdict.TAMPERING
    assert "spoke to gem5" in run.detail
    assert "\n" not in run.detail


@pytest.mark.parametrize("name", ["accepted", "crash"])
def test_anything_that_gem5_was_made_to_write_is_tampering(name: str) -> None:
    spilled = replace(recorded(name), spilled="hello")
    run = measurement(spilled, LIMITS)
    assert (run.verdict, run.cycles) == (Verdict.TAMPERING, None)
    assert "gem5's own output" in run.detail
    spilled = replace(recorded(name), spilled=f"\n{BEGIN}\n")
    assert "statistics of its own" in measurement(spilled, LIMITS).detail


@pytest.mark.parametrize("name", ["accepted", "exit_code", "instruction_limit"])
def test_time_in_which_the_processor_was_suspended_is_tampering(name: str) -> None:
    text = recorded(name).text
    ticks = json.loads(next(line for line in text.splitlines() if "cause" in line))["ticks"]
    cycles = gem5_statistics.read(text).cycles
    assert ticks == 286 * (cycles - 1)
    longer = text.replace(str(ticks), str(ticks + 286 * 1000))
    with pytest.raises(gem5_statistics.Tampered, match="suspended: 999 cycles"):
        gem5_statistics.read(longer)
    # One that waits for what never comes ends at its ticks, and is that.
    for cause in (gem5_statistics.LAST_THREAD, gem5_statistics.INSTRUCTION_LIMIT):
        longer = longer.replace(cause, gem5_statistics.TICK_LIMIT)
    assert gem5_statistics.read(longer).suspended == 999
    waiting = measurement(replace(recorded(name), text=longer), LIMITS)
    assert waiting.verdict is Verdict.TIME_LIMIT
    assert "waited for what never comes" in waiting.detail


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_killed_worker_gives_no_number_though_its_statistics_are_there(number: int) -> None:
    killed = replace(recorded("accepted"), status=int(number))
    with pytest.raises(MachineFailure, match="killed by SIG") as failure:
        measurement(killed, LIMITS)
    # The host kills by SIGKILL where memory is short; all else is gem5's breakdown on the program.
    assert isinstance(failure.value, InstrumentFailure) is (number != signal.SIGKILL)


def test_a_run_without_end_is_stopped_by_cpu_time_and_gives_no_number() -> None:
    endless = replace(recorded("accepted"), status=int(signal.SIGXCPU), cpu_seconds=120.0)
    with pytest.raises(Unsupported, match="120 s"):
        measurement(endless, LIMITS)


def test_too_much_output_is_an_output_limit() -> None:
    small = replace(LIMITS, output_bytes=3)
    assert measurement(recorded("accepted"), small).verdict is Verdict.OUTPUT_LIMIT
    flood = replace(recorded("accepted"), status=int(signal.SIGXFSZ))
    assert measurement(flood, LIMITS).verdict is Verdict.OUTPUT_LIMIT


def test_a_python_program_is_no_work_for_gem5(tmp_path: Path) -> None:
    script = Build(Language.PYTHON, digest="0" * 64)
    with pytest.raises(Unsupported, match="compiled programs only"):
        Gem5().measure(script, tmp_path, LIMITS, Toolchain())
