import pytest

from pie.core.problem import InputError
from pie.core.prompting.prompts import Form, Strategy, render
from pie.core.training.execution import TestRun
from pie.core.training.formats import (
    Format,
    Shown,
    as_text,
    chat_row,
    format_of,
    parse_tags,
    prompt_of,
    tag_of,
)
from sim.program import Language

SLOW = "int main() { /* {{ 7 * 7 }} < & */ }"
CPP = Shown(Language.CPP, (SLOW,))


@pytest.mark.parametrize("form", Form)
def test_the_prompts_of_pie_are_those_of_sampling_to_the_byte(form: Form) -> None:
    plain = render(Strategy.FINETUNED, form, SLOW)
    assert prompt_of(Format.PLAIN, form, CPP) == plain
    scored = prompt_of(Format.PERF_CONDITIONED, form, Shown(Language.CPP, (SLOW,), 7))
    assert scored == render(Strategy.PERF_CONDITIONED, form, SLOW, score=7)
    assert "7/10" in scored.text
    assert "10/10" in prompt_of(Format.PERF_CONDITIONED, form, CPP).text


@pytest.mark.parametrize("kind", Format)
def test_a_program_is_shown_whole_and_never_taken_as_a_template(kind: Format) -> None:
    assert SLOW in prompt_of(kind, Form.PLAIN, CPP).text


def test_the_execution_format_is_that_of_eccos_figure_7() -> None:
    runs = (TestRun(True, 0.009, 3352.0), TestRun(True, 0.00104, 3316.0))
    text = prompt_of(
        Format.ECCO_EXECUTION, Form.PLAIN, Shown(Language.PYTHON, ("x",), 10, runs)
    ).text
    assert text == (
        "Optimize the python program below to be functionally equivalent but run faster and use"
        " less memory.\n\n### Program:\nx\n\n### Execution results:\n"
        "Your solution was functionally CORRECT\n"
        "Here are the run time and memory stats of your code for each test case\n"
        "-- Stats for test case 0 --\nCorrect: PASSED\nRun time: 0.009 s\nMemory: 3352.0 KB\n"
        "-- Stats for test case 1 --\nCorrect: PASSED\nRun time: 0.00104 s\nMemory: 3316.0 KB\n"
        "\n### Optimized (Runtime and Space) version of Program above:\n"
    )


def test_a_failed_test_has_no_time_and_makes_the_whole_incorrect() -> None:
    runs = (TestRun(True, 0.1, None), TestRun(False, None, None))
    text = prompt_of(Format.ECCO_EXECUTION, Form.PLAIN, Shown(Language.CPP, ("x",), 10, runs)).text
    assert "functionally INCORRECT" in text
    assert text.count("Run time") == 1
    assert "Memory:" not in text


def test_the_trajectory_format_is_that_of_eccos_figure_11() -> None:
    text = prompt_of(Format.ECCO_TRAJECTORY, Form.PLAIN, Shown(Language.CPP, ("a", "b", "c"))).text
    assert text == (
        "##1 iteration program:\na\n\n##2 iteration program:\nb\n\n##3 iteration program:\nc\n\n"
        "### Final iteration program:\n"
    )


def test_a_chat_row_ends_with_the_whole_target() -> None:
    row = chat_row(prompt_of(Format.ECCO, Form.CHAT, CPP), "fast")
    assert [one["role"] for one in row["messages"]] == ["system", "user", "assistant"]
    assert row["messages"][-1]["content"] == "fast"


def test_what_is_learned_is_told_apart_for_reading() -> None:
    lines = as_text(prompt_of(Format.PLAIN, Form.PLAIN, CPP), "fast")
    assert lines.index("--- in the loss:") == lines.index("fast") - 1


@pytest.mark.parametrize(
    "text", ["0", "11", "10,x", "", "10,,9", "-1", "9.5", "²", "10,10", "9" * 5000]
)
def test_a_tag_outside_1_to_10_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="the tag"):
        parse_tags(text)


def test_tags_can_be_mixed() -> None:
    assert parse_tags("10, 9,8") == (10, 9, 8)


@pytest.mark.parametrize(("value", "tag"), [(10, 10), ("3", 3), (4.0, 4), (None, None), ("", None)])
def test_a_rows_tag_is_a_number_or_a_text(value: object, tag: int | None) -> None:
    assert tag_of(value) == tag


@pytest.mark.parametrize("value", [0, 11, "x", 2.5, True, float("inf"), [1], "nan"])
def test_a_rows_tag_that_is_none_is_told(value: object) -> None:
    with pytest.raises(ValueError, match="not one of 1 to 10"):
        tag_of(value)


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(InputError, match="ecco-trajectory"):
        format_of("plane")
