"""SBLLM's patterns: the edit like those that were tried, and the one unlike them."""

from hypothesis import given
from hypothesis import strategies as st

from pie.core.prompting.prompts import Form
from pie.core.refinement.loop import refine
from pie.core.refinement.patterns import KnownEdit, patterns
from pie.core.refinement.prompting import Templates
from pie.core.refinement.strategy import load
from pie.core.refinement.task import RefinementTask
from sim.program import Language
from tests.unit.core.refinement.scripted import TESTS, drive, fenced, written

GIVEN = "for i in range(n):\n    x = x + [i]\nprint(x)\n"
APPENDS = GIVEN.replace("x = x + [i]", "x.append(i)")
KNOWN = (
    KnownEdit("y = 0\nz = z + [k]\n", "y = 0\nz.append(k)\n", 0.5),
    KnownEdit("s = sorted(a)[0]\nprint(s)\n", "s = min(a)\nprint(s)\n", 0.5),
)


def test_the_similar_pattern_is_the_edit_that_was_tried_and_the_other_is_not():
    similar, dissimilar = patterns(KNOWN, GIVEN, [APPENDS], 3)
    assert similar == "- z = z + [k]\n+ z.append(k)"
    assert dissimilar == "- s = sorted(a)[0]\n+ s = min(a)"


def test_without_a_tried_version_both_are_the_nearest_programs_edit():
    near = KnownEdit("a\nb\n", "a\nc\n", 0.9)
    assert patterns((*KNOWN, near), GIVEN, [], 3) == ("- b\n+ c", "- b\n+ c")
    assert patterns((*KNOWN, near), GIVEN, [GIVEN], 3) == ("- b\n+ c", "- b\n+ c")


def test_where_nothing_is_known_there_are_none():
    assert patterns((), GIVEN, [APPENDS], 3) == ()


TEXTS = st.text(alphabet="ab\n =", max_size=30)


@given(st.lists(st.tuples(TEXTS, TEXTS, st.floats(-1, 1)), min_size=1, max_size=6), TEXTS, TEXTS)
def test_the_patterns_are_lines_of_known_edits_in_any_order(known, program, version):
    made = patterns([KnownEdit(*one) for one in known], program, [version], 3)
    assert len(made) == 2
    assert all(line.startswith(("- ", "+ ")) for one in made for line in one.split("\n") if line)


def test_the_prompt_shows_patterns_for_the_program_that_the_model_wrote_itself():
    asked: list[str] = []
    prompts: list[str] = []

    def nearest(program: str) -> tuple[KnownEdit, ...]:
        asked.append(program)
        return KNOWN

    task = RefinementTask("t", Language.PYTHON, "Add two numbers.", None, TESTS)
    loop = refine(task, Templates(*load("sbllm")), Form.CHAT, 2, nearest)
    words = ["cost 90", "cost 80", "cost 70", "cost 60", "cost 50"] * 2
    drive(loop, lambda turn, _prompt: fenced(written(words[turn % len(words)])), prompts)
    assert [one.strip() for one in asked] == [written("cost 90")]
    assert "Pattern 1:" not in prompts[0]
    assert "z.append(k)" in prompts[1]
    assert written("cost 90") in prompts[1].partition("Some existing versions")[0]


def test_a_strategy_without_patterns_asks_for_none():
    task = RefinementTask("t", Language.PYTHON, "", written("slow"), TESTS)
    loop = refine(task, Templates(*load("soap")), Form.CHAT, 1, lambda _program: 1 / 0)
    drive(loop, lambda _turn, _prompt: fenced(written("cost 50")))
