"""A model and a machine that do as the text of a program says, for tests of the loop."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pie.core.prompting.prompts import Form
from pie.core.refinement.evidence import Evidence, PublicTest, TestEvidence
from pie.core.refinement.loop import Asking, Loop, Reply, refine
from pie.core.refinement.prompting import Templates
from pie.core.refinement.strategy import load
from pie.core.refinement.task import RefinementTask
from pie.core.refinement.version import Refined, Stop
from sim.program import Language
from sim.verdict import Verdict

TESTS = (PublicTest("0", "1 2\n", "3\n"), PublicTest("1", "20 30\n", "50\n"))
WORTH = {
    "wrong": Verdict.WRONG_ANSWER,
    "broken": Verdict.COMPILE_ERROR,
    "crash": Verdict.RUNTIME_ERROR,
    "endless": Verdict.TIME_LIMIT,
    "ours": Verdict.NOT_MEASURED,
}
Answer = Callable[[int, str], str | Stop]
"""(turn, prompt) -> what the model says."""


def written(words: str, language: Language = Language.PYTHON) -> str:
    """Return a program that prints words; in C++ as a character, which no compiler sees here."""
    if language is Language.PYTHON:
        return f"print('{words}')"
    return f"#include <cstdio>\nint main() {{ putchar('{words}'); }}"


def fenced(program: str, language: Language = Language.PYTHON) -> str:
    return f"Here it is:\n```{language.value}\n{program}\n```\n"


def evidence(program: str, *, shown: bool = False) -> Evidence:
    """A program that prints 'WORD N': a verdict by its word; 'cost N' is accepted at that cost."""
    match = re.search(r"'(\w+) ?([\d.]*)'", program)
    assert match, program
    word, number = match[1], match[2]
    verdict = WORTH.get(word, Verdict.ACCEPTED)
    if verdict is Verdict.COMPILE_ERROR:
        return Evidence(verdict, "line 1: expected ';'")
    cost = {"fast": 10.0, "slow": 100.0}.get(word, float(number or 50))
    tests = tuple(
        TestEvidence(
            test,
            verdict,
            "" if verdict is Verdict.ACCEPTED else f"it is {verdict}",
            "4\n" if verdict is Verdict.WRONG_ANSWER else None,
            share * cost * 1e-3 if verdict is Verdict.ACCEPTED else None,
            8 << 20,
        )
        for test, share in zip(TESTS, (0.25, 0.75), strict=True)
    )
    accepted = verdict is Verdict.ACCEPTED
    known = shown and word != "unprofiled"
    profile = f"line 1: {program}" if known else None
    return Evidence(
        verdict,
        tests=tests,
        cost=cost if accepted else None,
        profile=profile,
        memory_profile=profile,
        profile_problem="nobody can tell" if shown and not known else "",
    )


def drive(loop: Loop, answer: Answer, prompts: list[str] | None = None) -> Refined:
    """Run a loop to its end with a model that `answer` is and the machine above."""
    try:
        need = next(loop)
        while True:
            if isinstance(need, Asking):
                given: list[Reply | Stop] = []
                for one in need.wanted:
                    said = answer(one.turn, one.prompt.text)
                    if prompts is not None:
                        prompts.append(one.prompt.text)
                    given.append(said if isinstance(said, Stop) else Reply({"text": said}))
                need = loop.send(given)
            else:
                need = loop.send([evidence(one, shown=need.shown) for one in need.programs])
    except StopIteration as stop:
        refined: Refined = stop.value
        return refined


def run(
    name: str,
    task: RefinementTask,
    *,
    form: Form = Form.CHAT,
    answer: str = "",
    answers: Sequence[str] = (),
    rounds: int | None = None,
    prompts: list[str] | None = None,
) -> Refined:
    """Refine a task by a shipped strategy.

    `answer` is the words of the program of all answers, `answers` those of each in turn.
    """
    strategy, folder = load(name)
    loop = refine(task, Templates(strategy, folder), form, rounds)

    def say(turn: int, _prompt: str) -> str | Stop:
        if answer:
            return fenced(written(answer, task.language), task.language)
        return (
            fenced(written(answers[turn], task.language), task.language)
            if turn < len(answers)
            else Stop.EXHAUSTED
        )

    return drive(loop, say, prompts)
