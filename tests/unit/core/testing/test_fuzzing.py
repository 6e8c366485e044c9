"""Which differences on made inputs count against an answer."""

from typing import Any

import pytest

from pie.core.testing.fuzzed_rows import FuzzedOutcome, _Told
from pie.core.testing.fuzzing import Fuzzed, Made, agreed, fuzz
from pie.core.testing.mutation import Mutant
from sim.comparison import RULES
from sim.machines import machine
from sim.printed import Printed
from sim.procedure import Outcome
from sim.program import Build, Language, Program, TestCase
from sim.setting import Setting
from sim.verdict import Verdict

RULE = RULES["tokens"]
PROGRAMS = [Program(Language.CPP, f"int main() {{ return {n}; }}") for n in range(3)]


def said(text: bytes, verdict: Verdict = Verdict.ACCEPTED) -> Printed:
    return Printed(verdict, "why", text.hex(), text.hex(), len(text), stdout=text)


def made(how: str, text: bytes, expected: bytes) -> Made:
    case = TestCase(how, __file__, None, text.hex(), "")  # type: ignore[arg-type]
    return Made(case, Mutant(text, 0, how), said(expected))


def finished(steps: Any, outputs: list[list[Printed]]) -> Any:
    """Answer the jobs of a procedure: every program compiles and prints what is given."""
    jobs = next(steps)
    jobs = steps.send([Build(Language.CPP, digest=str(n), size=1) for n in range(len(jobs))])
    with pytest.raises(StopIteration) as stop:
        steps.send(outputs)
    return stop.value.value


@pytest.fixture
def setting() -> Setting:
    return Setting(machine("counts"))


INPUTS = [made("grammar", b"1\n", b"1\n"), made("grown 2", b"1 2\n", b"3\n")]


def test_an_answer_that_differs_on_larger_inputs_alone_and_who_does_not(setting: Setting) -> None:
    outputs = [
        [said(b"1\n"), said(b"9\n")],
        [said(b" 1 "), said(b"3\n")],
        [said(b"1\n"), said(b"", Verdict.TIME_LIMIT)],
    ]
    bad, good, slow = finished(fuzz(PROGRAMS, INPUTS, setting, RULE), outputs)
    assert (bad.inputs, bad.differing, bad.only_grown, bad.others) == (2, 1, True, 1)
    assert bad.smallest.input == b"1 2\n"
    assert (good.differing, slow.differing) == (0, 0), "a time limit may be the host's"


def test_a_crash_is_a_difference_and_the_smallest_is_told(setting: Setting) -> None:
    outputs = [[said(b"", Verdict.RUNTIME_ERROR), said(b"4\n")]]
    (bad,) = finished(fuzz(PROGRAMS[:1], INPUTS, setting, RULE), outputs)
    assert (bad.differing, bad.only_grown) == (2, False)
    assert bad.smallest.input == b"1\n"
    assert bad.smallest.detail == "runtime_error: why"


def test_an_input_counts_where_all_witnesses_end_well_and_print_the_same(setting: Setting) -> None:
    mutants = [Mutant(bytes([65 + n]), 0, "grammar") for n in range(4)]
    outputs = [
        [said(b"1"), said(b"2"), said(b"3"), said(b"", Verdict.RUNTIME_ERROR)],
        [said(b"1.0000000001"), said(b"9"), said(b"", Verdict.TIME_LIMIT), said(b"4")],
    ]
    found = finished(agreed(PROGRAMS[:2], mutants, setting, RULE), outputs)
    assert [one.mutant.text for one in found] == [b"A"]


@pytest.mark.parametrize(
    ("witnesses", "text", "marked"), [(2, "", True), (1, "", False), (1, 'puts("5132");', True)]
)
def test_one_witness_alone_is_believed_only_beside_a_reason_in_the_text(
    witnesses: int, text: str, marked: bool
) -> None:
    told = _Told(Program(Language.CPP, ""), [(b"17\n", b"5132\n")], witnesses)
    found = told.of(Program(Language.CPP, text), Outcome(Verdict.ACCEPTED), Fuzzed(9, 1))
    assert isinstance(found, FuzzedOutcome)
    assert bool(found.marks) is marked


@pytest.mark.parametrize(
    ("witnesses", "others", "source", "marked"),
    [(3, 0, "", True), (2, 1, "", True), (2, 0, "", False), (1, 0, "int a[5000];", True)],
)
def test_larger_inputs_need_three_programs_or_a_shrunk_constant(
    witnesses: int, others: int, source: str, marked: bool
) -> None:
    told = _Told(Program(Language.CPP, source), [], witnesses)
    fuzzed = Fuzzed(9, 1, None, only_grown=True, others=others)
    answer = Program(Language.CPP, "int a[100];")
    found = told.of(answer, Outcome(Verdict.ACCEPTED), fuzzed)
    assert isinstance(found, FuzzedOutcome)
    assert bool(found.marks) is marked
    assert told.of(answer, found, None) is found
