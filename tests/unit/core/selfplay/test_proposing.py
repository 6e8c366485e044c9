"""The proposer's prompts: PIE's words, the bases in turn, and what fits."""

import pytest

from pie.core.problem import InputError
from pie.core.prompting.prompts import Form, Prompt
from pie.core.selfplay.proposing import Call, calls, render_proposal
from pie.core.selfplay.seeds import Seed
from sim.program import Language, Program


def seed(name: str, description: str = "", language: Language = Language.CPP) -> Seed:
    return Seed(name, Program(language, f"int {name}();"), "", description, ())


SEEDS = [seed(f"p{number}") for number in range(20)]


def planned(
    seeds: list[Seed], bases: list[Seed], number: int, *, draw: int = 0, longest: int = 10**6
) -> list[Call]:
    def fits(prompt: Prompt) -> bool:
        return len(prompt.text) <= longest

    return list(calls(seeds, bases, number, draw, Form.PLAIN, fits))


def test_the_prompt_has_the_words_of_figure_10() -> None:
    made = render_proposal(seed("a", "First."), seed("b", "Second."), Form.PLAIN)
    assert made.text == (
        "Description 1: First.\nCode 1: int a();\nDescription 2: Second.\nCode 2: int b();\n"
        "Now, can you generate a program that takes that same input as Code 2 in Code 3 but "
        "produces different outputs? Write it to be as novel as possible.\nCode 3:\n"
    )
    assert "\nDescription 4:" in made.stop


def test_without_a_description_the_code_alone_is_shown() -> None:
    text = render_proposal(seed("a"), seed("b", "Second."), Form.PLAIN).text
    assert text.startswith("Code 1: int a();\nDescription 2: Second.\n")


def test_in_chat_it_is_one_message_of_the_user() -> None:
    made = render_proposal(seed("a"), seed("b"), Form.CHAT)
    assert [(one.role, one.content) for one in made.messages] == [("user", made.text)]


def test_the_bases_take_turns_beside_random_other_problems() -> None:
    found = planned(SEEDS, SEEDS[:3], 60)
    assert [one.base.problem_id for one in found[:4]] == ["p0", "p1", "p2", "p0"]
    assert all(one.example.problem_id != one.base.problem_id for one in found)
    assert len({one.example.problem_id for one in found}) > 10


def test_a_call_does_not_depend_on_how_many_there_are() -> None:
    assert planned(SEEDS, SEEDS[:3], 60)[:10] == planned(SEEDS, SEEDS[:3], 10)
    assert planned(SEEDS, SEEDS[:3], 60) != planned(SEEDS, SEEDS[:3], 60, draw=1)


def test_a_prompt_that_comes_again_knows_its_first_call() -> None:
    found = planned(SEEDS[:2], SEEDS[:1], 3)
    assert [(one.number, one.first, one.earlier) for one in found] == [
        *((0, 0, 0), (1, 0, 1), (2, 0, 2)),
    ]


def test_only_programs_of_the_bases_language_stand_beside_it() -> None:
    python = seed("python", language=Language.PYTHON)
    found = planned([python, *SEEDS[:2]], [SEEDS[0]], 20)
    assert {one.example.problem_id for one in found} == {"p1"}


def test_what_is_too_long_is_not_shown() -> None:
    long = seed("long", "word " * 1000)
    found = planned([long, *SEEDS[:2]], [SEEDS[0]], 20, longest=500)
    assert {one.example.problem_id for one in found} == {"p1"}


def test_a_base_that_never_fits_is_told() -> None:
    with pytest.raises(InputError, match="problem p0 is too long"):
        planned(SEEDS, SEEDS[:1], 1, longest=10)


def test_one_problem_alone_is_told() -> None:
    with pytest.raises(InputError, match="p0 is the only one"):
        planned(SEEDS[:1], SEEDS[:1], 1)
