"""The loop of one task: what it keeps, what it shows, and when it ends."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pie.core.prompting.prompts import Form
from pie.core.refinement.loop import refine
from pie.core.refinement.prompting import Templates
from pie.core.refinement.strategy import load, shipped
from pie.core.refinement.task import RefinementTask
from pie.core.refinement.version import Fate, Stop
from sim.program import Language
from tests.unit.core.refinement.scripted import TESTS, drive, evidence, fenced, run, written


def task(words: str | None = "slow", **more) -> RefinementTask:
    program = None if words is None else written(words)
    return RefinementTask("t", Language.PYTHON, "Add two numbers.", program, TESTS, **more)


def kept(refined) -> list[str]:
    return [one.strip() for one in refined.programs]


def test_a_faster_program_is_kept_and_a_slower_one_is_not():
    refined = run("soap", task(), answers=["cost 70", "cost 90", "cost 30", "wrong", "broken"])
    assert kept(refined) == [
        written(words) for words in ("slow", "cost 70", "cost 70", "cost 30", "cost 30", "cost 30")
    ]
    assert [turn.fate for turn in refined.turns] == [
        Fate.KEPT,
        Fate.NOT_FASTER,
        Fate.KEPT,
        Fate.WRONG,
        Fate.WRONG,
    ]
    assert refined.stop is Stop.FINISHED


def test_an_equal_cost_is_not_better():
    refined = run("soap", task("cost 50"), answers=["cost 50.0"] * 5)
    assert kept(refined)[-1] == written("cost 50")


def test_the_next_prompt_shows_the_kept_program_and_not_the_last_answer():
    prompts: list[str] = []
    run("soap", task(), answers=["cost 70", "cost 90", "cost 60"], rounds=3, prompts=prompts)
    assert written("cost 70") in prompts[2]
    assert "cost 90" not in prompts[2]


def test_a_program_that_was_there_before_is_not_run_again_and_is_told():
    refined = run("soap", task(), answers=["cost 70", "cost 70", "slow"], rounds=3)
    assert [turn.fate for turn in refined.turns] == [Fate.KEPT, Fate.REPEATED, Fate.REPEATED]


def test_soap_leaves_a_program_alone_that_fails_its_public_tests():
    refined = run("soap", task("wrong"), answers=["fast"] * 5)
    assert refined.turns == ()
    assert kept(refined) == [written("wrong")] * 6


def test_answers_without_code_are_counted_and_the_loop_goes_on():
    strategy, folder = load("soap")
    loop = refine(task(), Templates(strategy, folder), Form.CHAT, 3)
    refined = drive(
        loop, lambda turn, _prompt: "I cannot." if turn < 2 else fenced("print('fast')")
    )
    assert [turn.fate for turn in refined.turns] == [Fate.NO_PROGRAM, Fate.NO_PROGRAM, Fate.KEPT]
    assert [turn.found for turn in refined.turns] == ["no_program", "no_program", "fenced"]


def test_answers_that_end_leave_the_last_kept_program_for_the_iterations_left():
    refined = run("soap", task(), answers=["cost 70"])
    assert refined.stop is Stop.EXHAUSTED
    assert kept(refined) == [written("slow")] + [written("cost 70")] * 5


def test_our_own_failure_keeps_nothing_and_is_named():
    refined = run("soap", task(), answers=["ours"], rounds=1)
    assert [turn.fate for turn in refined.turns] == [Fate.NOT_MEASURED]
    assert kept(refined)[-1] == written("slow")


def test_perfcodegen_repairs_then_optimises_by_the_costliest_test():
    prompts: list[str] = []
    strategy, folder = load("perfcodegen")
    said = ["The loop is wrong.", fenced("print('cost 80')"), fenced("print('cost 60')")]
    said.append(fenced("print('cost 40')"))
    loop = refine(task("wrong"), Templates(strategy, folder), Form.CHAT)
    refined = drive(loop, lambda turn, _prompt: said[turn], prompts)
    assert [turn.step for turn in refined.turns] == ["correctness"] * 2 + ["performance"] * 2
    assert "Your Outputs: 4" in prompts[0]
    assert "Expected Outputs: 3" in prompts[0]
    assert "Input: 20 30" in prompts[3]  # 75 % of the cost are the second test's
    assert kept(refined) == [written(one) for one in ("wrong", "cost 80", "cost 40")]


def test_perfcodegen_falls_back_to_the_last_correct_program():
    refined = run("perfcodegen", task("cost 80"), answers=["wrong", "crash"])
    assert [turn.fate for turn in refined.turns] == [Fate.WRONG, Fate.WRONG]
    assert kept(refined)[-1] == written("cost 80")


@pytest.mark.parametrize("said", ["wrong", "crash", "broken"])
def test_what_perfcodegen_shows_of_a_program_that_fails_is_not_empty(said):
    def last(strategy):
        return run(strategy, task("cost 80"), answers=[said, "cost 60"]).turns[-1].prompt.text

    # It was timed on no test: the one that cost the given program the most stands in.
    assert "costs the most time in execution.\nInput: 20 30" in last("perfcodegen")
    shown = last("perfcodegen-times").partition("Your optimized solution:\n")[2]
    assert shown.startswith("none, since it did not pass the public tests\n")


def test_a_conversation_holds_what_was_said_and_starts_with_the_given_program():
    refined = run("perfcodegen", task("cost 80"), answers=["cost 70", "cost 60"])
    roles = [message.role for message in refined.turns[1].prompt.messages]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]
    contents = [message.content for message in refined.turns[1].prompt.messages]
    assert "Add two numbers." in contents[1]
    assert "cost 80" in contents[2]
    assert "cost 70" in contents[4]


def test_a_plain_model_reads_the_conversation_as_one_text():
    refined = run("perfcodegen", task("cost 80"), form=Form.PLAIN, answers=["cost 70", "cost 60"])
    text = refined.turns[1].prompt.text
    assert text.index("### User:") < text.index("cost 80") < text.index("cost 70")
    assert text.endswith("### Assistant:\n")


@pytest.mark.parametrize(
    ("review", "decision", "fate"),
    [
        ("[Agree]\nComment: use a set", "successful", Fate.TEXT),
        ("[Disagree] Comment: use a set", "unsuccessful", Fate.TEXT),
        ("use a set", "unsuccessful", Fate.UNCLEAR_REVIEW),
        ("[Agree] or [Disagree]? use a set", "unsuccessful", Fate.UNCLEAR_REVIEW),
    ],
)
def test_a_reviewers_side_and_words_reach_the_coder(review, decision, fate):
    strategy, folder = load("perfcodegen-reviewer")
    said = [fenced("print('cost 70')"), review, fenced("print('cost 60')")]
    prompts: list[str] = []
    loop = refine(task("cost 80"), Templates(strategy, folder), Form.CHAT)
    refined = drive(loop, lambda turn, _prompt: said[turn], prompts)
    assert refined.turns[1].fate is fate
    assert f"your optimization is {decision}." in prompts[2]
    assert "use a set" in prompts[2]
    assert [one.role for one in refined.turns[1].prompt.messages] == ["system", "user"]


def test_the_teams_leader_speaks_first_and_plans_again():
    strategy, folder = load("perfcodegen-team")
    said = ["Plan A", fenced("print('cost 70')"), "[Agree] fine", "Plan B"]
    said.append(fenced("print('cost 60')"))
    prompts: list[str] = []
    loop = refine(task("cost 80"), Templates(strategy, folder), Form.CHAT)
    refined = drive(loop, lambda turn, _prompt: said[turn], prompts)
    assert [turn.role for turn in refined.turns] == [
        "leader",
        "coder",
        "reviewer",
        "leader",
        "coder",
    ]
    assert "Plan A" in prompts[1]
    assert "Plan B" in prompts[4]


def test_ecco_takes_the_latest_answer_even_where_it_is_wrong():
    refined = run("ecco-exec-refine", task("cost 80"), answers=["cost 70", "wrong"], rounds=2)
    assert kept(refined) == [written("cost 70"), written("wrong"), written("wrong")]
    assert refined.stop is Stop.EXHAUSTED


def test_ecco_shows_what_the_execution_of_the_last_answer_brought():
    prompts: list[str] = []
    run(
        "ecco-exec-refine",
        task("fast"),
        answers=["wrong", "fast 1", "fast"],
        rounds=2,
        prompts=prompts,
    )
    assert "Wrong Answer: 4 Expected Answer: 3" in prompts[1]
    assert "CORRECT across ALL test cases" in prompts[2]


def test_sbllm_shows_a_beam_of_versions_and_ends_when_nothing_is_new():
    prompts: list[str] = []
    answers = ["cost 70", "cost 60", "wrong", "cost 50"] + ["cost 60"] * 4
    refined = run("sbllm", task(), answers=answers, prompts=prompts)
    assert refined.stop is Stop.UNCHANGED
    second = prompts[4]
    assert second.index("cost 50") < second.index("cost 60") < second.index("cost 70")
    assert "Speedup Rate: 2.0" in second
    assert kept(refined)[-1] == written("cost 50")


def test_a_task_without_a_program_is_asked_for_one_first():
    prompts: list[str] = []
    refined = run("soap", task(None), answers=["cost 80", "cost 70"], rounds=1, prompts=prompts)
    assert "Add two numbers." in prompts[0]
    assert kept(refined) == [written("cost 80"), written("cost 70")]


LATEST = {name for name in shipped() if name.startswith("ecco")}
"""Strategies that take the latest answer, right or wrong, as published."""
TEMPLATES = {name: Templates(*load(name)) for name in shipped() if name not in LATEST}
SCHEDULES = 1_000 if os.environ.get("PIE_HYPOTHESIS") == "prove" else 50
SAID = {
    "refuses": "I cannot help with that.",
    "babbles": "Well, " * 200 + "```\nthat is not a program(\n```",
    "says nothing": "",
    "agrees": "[Agree] It is fine.",
    "takes no side": "[Agree] and [Disagree]",
}
WORDS = st.sampled_from(
    ["fast", "slow", "wrong", "broken", "crash", "endless", "ours", "cost 70", "cost 20", *SAID]
)


@settings(max_examples=SCHEDULES)
@given(
    st.lists(WORDS, min_size=24, max_size=24),
    st.sampled_from(["slow", "wrong", "broken", None]),
    st.sampled_from(sorted(TEMPLATES)),
)
def test_the_best_correct_program_is_kept_in_every_order(words, start, name):
    """The model improves, worsens, breaks, refuses and babbles; the order never matters."""
    loop = refine(task(start), TEMPLATES[name], Form.CHAT)

    def say(turn: int, _prompt: str) -> str:
        said = words[turn % len(words)]
        return SAID.get(said) or (fenced(written(said)) if said not in SAID else "")

    refined = drive(loop, say)
    costs = [turn.evidence.cost for turn in refined.turns if turn.evidence is not None]
    costs += [evidence(written(start)).cost] if start else []
    right = [cost for cost in costs if cost is not None]
    last = refined.evidence[-1]
    assert (last.cost if last else None) == (min(right) if right else None)
    kept_costs = [one.cost for one in refined.evidence if one is not None and one.correct]
    assert kept_costs == sorted(kept_costs, reverse=True)
    if last is not None and right:
        assert refined.programs[-1] is not None
        assert evidence(refined.programs[-1]).cost == min(right)
