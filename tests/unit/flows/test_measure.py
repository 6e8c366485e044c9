"""`pie measure`: the sentence for every way that a comparison can end, and refused files."""

import dataclasses
from pathlib import Path

import pytest

from pie.core.problem import InputError
from pie.core.report.startup import Startup
from pie.flows.measure import Compared, compare, sentence
from pie.flows.measure_files import program
from sim.jobs import MeasuredRun
from sim.machine import CLOCK_HZ
from sim.machines import machine
from sim.procedure import Outcome, TestOutcome
from sim.program import Language
from sim.setting import Setting
from sim.verdict import Verdict

MICROSECOND = CLOCK_HZ // 1_000_000
CPP, PYTHON = Language.CPP, Language.PYTHON


def accepted(microseconds: int, output: str = "same", tests: int = 1) -> Outcome:
    run = MeasuredRun(
        Verdict.ACCEPTED,
        cycles=microseconds * MICROSECOND // tests,
        seconds=microseconds / tests / 1e6,
        output_sha256=output,
    )
    outcomes = (TestOutcome("i.txt", Verdict.ACCEPTED, run=run),) * tests
    return Outcome(Verdict.ACCEPTED, "", outcomes)


def native(seconds: float, noise: float) -> Outcome:
    run = MeasuredRun(Verdict.ACCEPTED, seconds=seconds, counters={"aa_ratio": noise})
    return Outcome(Verdict.ACCEPTED, "", (TestOutcome("i.txt", Verdict.ACCEPTED, run=run),))


def compared(
    *outcomes: Outcome,
    languages: tuple[Language, ...] | None = None,
    tests: int = 1,
    agree: bool = True,
    expected: bool = False,
) -> Compared:
    chosen = languages or (CPP,) * len(outcomes)
    starts = {CPP: accepted(20), PYTHON: accepted(20_000)}
    suffix = {CPP: "cpp", PYTHON: "py"}
    return Compared(
        names=tuple(f"{'abc'[i]}.{suffix[one]}" for i, one in enumerate(chosen)),
        outcomes=outcomes,
        startup=Startup({one: starts[one] for one in chosen}),
        languages=chosen,
        tests=tests,
        machine="cachegrind",
        outputs_agree=agree,
        expected_given=expected,
    )


def test_the_faster_one_comes_first_with_factor_machine_and_share_of_startup() -> None:
    assert sentence(compared(accepted(200), accepted(50))) == (
        "b.cpp (50 us) is 4.000 times faster than a.cpp (200 us) on the machine 'cachegrind' "
        "over 1 input; 40% of the faster one's time is the start of the process, and without it "
        "that is 6.000 times."
    )


def test_the_order_of_the_files_does_not_decide_who_is_faster() -> None:
    text = sentence(compared(accepted(50), accepted(200)))
    assert text.startswith("a.cpp (50 us) is 4.000 times faster than b.cpp (200 us)")


def test_equal_costs_are_said_to_be_exactly_equal() -> None:
    assert sentence(compared(accepted(50), accepted(50))) == (
        "a.cpp is exactly as fast as b.cpp: 50 us on the machine 'cachegrind' over 1 input."
    )


def test_a_start_on_every_input_counts() -> None:
    text = sentence(compared(accepted(200, tests=2), accepted(80, tests=2), tests=2))
    assert "over 2 inputs; 50% of the faster one's time is the start" in text


def test_python_against_cpp_states_the_share_of_the_faster_ones_language() -> None:
    text = sentence(compared(accepted(40_000), accepted(100), languages=(PYTHON, CPP)))
    assert text.startswith("b.cpp (100 us) is 400.000 times faster than a.py (40 ms)")
    assert "20% of the faster one's time" in text


def test_three_programs_are_compared_with_the_fastest() -> None:
    text = sentence(compared(accepted(200), accepted(50), accepted(100)))
    assert "b.cpp (50 us) is 4.000 times faster than a.cpp (200 us), 2.000 times faster" in text


def test_one_program_alone_is_told_its_time() -> None:
    assert sentence(compared(accepted(1500))).startswith("a.cpp takes 1.5 ms on the machine")


def test_a_count_of_instructions_is_told_as_one_and_not_as_a_time() -> None:
    counted = dataclasses.replace(compared(accepted(200), accepted(50)), machine="counts")
    assert sentence(counted).startswith(
        f"b.cpp ({50 * MICROSECOND:,} instructions) is 4.000 times faster than "
        f"a.cpp ({200 * MICROSECOND:,} instructions) on the machine 'counts' over 1 input"
    )


def test_no_speedup_is_stated_for_a_wrong_program() -> None:
    wrong = Outcome(Verdict.WRONG_ANSWER, "test i.txt: token 1 is 3, not 2")
    made = compared(accepted(50), wrong, expected=True)
    assert sentence(made) == (
        "No speedup can be stated: b.cpp: wrong_answer (test i.txt: token 1 is 3, not 2)."
    )
    assert not made.comparable


def test_every_failed_program_is_named() -> None:
    broken, crash = Outcome(Verdict.COMPILE_ERROR, "error: x"), Outcome(Verdict.RUNTIME_ERROR)
    text = sentence(compared(broken, crash))
    assert text.endswith("a.cpp: compile_error (error: x); b.cpp: runtime_error.")


def test_no_speedup_is_stated_for_programs_that_print_different_things() -> None:
    made = compared(accepted(50), accepted(80, "other"), agree=False)
    assert sentence(made).startswith("No speedup can be stated: the programs print different")
    assert not made.comparable


def test_with_the_right_output_known_the_rule_decides_not_the_bytes() -> None:
    made = compared(accepted(50), accepted(100, "other"), agree=False, expected=True)
    assert made.comparable
    assert "2.000 times faster" in sentence(made)


def test_on_the_real_cpu_the_noise_is_said() -> None:
    text = sentence(compared(native(0.5, 1.02), native(0.25, 0.93)))
    assert "the same program differed from itself by up to 7.0% meanwhile" in text


@pytest.fixture
def setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setting:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    return Setting(machine("native"))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.rs", b"", r"the language of .*a\.rs is not known; its name must end in \.c, "),
        ("a", b"", "the language of"),
        ("a.cpp", None, r"a\.cpp cannot be read \(No such file or directory\)"),
        ("a.cpp", b"// caf\xe9", r"a\.cpp is not UTF-8"),
    ],
)
def test_a_program_that_cannot_be_used_is_named(
    tmp_path: Path, setting: Setting, name: str, content: bytes | None, reason: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=reason):
        compare([tmp_path / name], [], [], setting)


def test_an_input_that_is_not_there_is_named(tmp_path: Path, setting: Setting) -> None:
    program = tmp_path / "a.cpp"
    program.touch()
    with pytest.raises(InputError, match=r"i\.txt cannot be read"):
        compare([program], [tmp_path / "i.txt"], [], setting)


def test_each_input_needs_its_expected_output(tmp_path: Path, setting: Setting) -> None:
    with pytest.raises(InputError, match=r"2 inputs but 1 expected outputs; give one -e"):
        compare([tmp_path / "a.cpp"], [tmp_path / "i", tmp_path / "j"], [tmp_path / "o"], setting)


@pytest.mark.parametrize("name", ["a.c", "a.C", "a.cpp", "a.cc", "a.cxx"])
def test_c_is_compiled_as_c_plus_plus(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("int main() { return 0; }\n")
    assert program(tmp_path / name).language is CPP


def test_a_broken_program_does_not_hide_the_others() -> None:
    broken = Outcome(Verdict.COMPILE_ERROR, "error: x")
    made = compared(accepted(200), broken, accepted(50))
    assert sentence(made).startswith("c.cpp (50 us) is 4.000 times faster than a.cpp (200 us)")
    assert sentence(made).endswith("Left out: b.cpp.")
    assert [one.reason for one in made.ranking.failed] == ["error: x"]
    assert not made.comparable


def test_what_reads_as_one_is_no_speedup() -> None:
    text = sentence(compared(accepted(50_001), accepted(50_000)))
    assert text.startswith("b.cpp (50 ms) is as fast as a.cpp (50 ms), to within 0.05% on")


def test_who_prints_something_else_than_the_reference_is_told_so() -> None:
    wrong = Outcome(Verdict.WRONG_ANSWER, "token 1 is 3, not 2")
    made = dataclasses.replace(compared(accepted(50), wrong), answers_from="a.cpp")
    assert sentence(made) == (
        "No speedup can be stated: b.cpp: it prints something else than a.cpp "
        "(token 1 is 3, not 2); give the right output with -e to see which is wrong."
    )
