"""The prompt for a task: its text, and those of its public tests that are short."""

from __future__ import annotations

from pie.core.prompting.prompts import Form, Message, Prompt, render_template
from pie.core.tasks.building import plain_text
from pie.core.tasks.task import VisibleTask
from pie.core.tasks.task_tests import BlockTest, CallTest, PublicTests, StdinTest, TaskTest
from sim.program import Language

SYSTEM = "You are a helpful assistant that writes correct and fast programs."
_SHOWN = 3
"""Most public tests that a prompt shows."""
_LONGEST = 600
"""Most characters of a test that is shown."""
_NAMES = {Language.CPP: "C++", Language.PYTHON: "Python"}


def task_prompt(task: VisibleTask, form: Form) -> Prompt:
    """Return the prompt for a task, from what a model may see."""
    method = task.entry_point.replace("().", ".")
    kind = "the class method" if "." in method else "the function"
    text = render_template(
        "task",
        language=_NAMES[task.language],
        entry_point=f"{kind} `{method}`" if method else "",
        prompt=task.prompt.strip("\n"),
        tests=shown_tests(task.tests, task.entry_point),
    )
    if form is Form.CHAT:
        return Prompt(form, text, (Message("system", SYSTEM), Message("user", text)))
    return Prompt(form, text, stop=("\n### Task:",))


def shown_tests(tests: PublicTests, entry_point: str) -> str:
    """Return the first public tests that are short, as text; empty where there are none."""
    texts = (_shown(one, entry_point) for one in tests.tests)
    short = [text for text in texts if len(text) <= _LONGEST]
    return "\n".join(short[:_SHOWN])


def _shown(test: TaskTest, entry_point: str) -> str:
    match test:
        case StdinTest():
            output = "" if test.output is None else f"Output:\n{test.output.rstrip()}"
            return f"Input:\n{test.input.rstrip()}\n{output}"
        case BlockTest():
            return test.assertions.strip()
        case CallTest():
            return _call(test, entry_point)


def _call(test: CallTest, entry_point: str) -> str:
    given = test.arguments if isinstance(test.arguments, str) else None
    if given is None:
        parts = [plain_text(one) for one in test.arguments]
        if isinstance(test.keywords, dict):
            parts += [f"{name}={plain_text(one)}" for name, one in test.keywords.items()]
        given = ", ".join(parts)
    else:
        given = f"*{given}"
    expected = plain_text(test.expected) if test.expected_text is None else test.expected_text
    return f"assert {entry_point}({given}) == {expected}"
