"""PIE's prompts: the one source of what a model reads, in sampling and in training alike.

A strategy is a Jinja template of `templates/`. The text of a row is a value that is put into the
template, never a part of it, and is put in whole: nothing here cuts code.

| strategy                | template of                       | examples                          |
| ----------------------- | --------------------------------- | --------------------------------- |
| `instruction`           | PIE, Figure 12                    | none                              |
| `few-shot`              | PIE, Figure 13                    | the same random pairs in all      |
| `few-shot-drawn`        | the same                          | drawn anew for each row           |
| `cot`                   | PIE, Figure 14                    | two worked ones of our own        |
| `retrieval`             | PIE, Figure 15                    | the nearest pairs, nearest last   |
| `finetuned`             | PIE, Figure 16 (`code_opt`)       | none                              |
| `perf-conditioned`      | PIE, Figure 2 (training)          | none                              |
| `perf-conditioned-code` | PIE's published code              | none                              |
| `rows`                  | none: the row holds its prompt    | what `pie finetune data` showed   |

For `perf-conditioned` Figure 2 leaves the line "with score" away in sampling; here both have it, as
in training. PIE's published models were trained on the words of the code
(`code_opt_w_speedup_pctile`). In chat form, `finetuned` is the text of PIE's OpenAI rows, and the
rest are the plain text as the user's message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from finetune.prompt import Form
from sim.program import Language, digest_of

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = [
    "BEST_SCORE",
    "SCORED",
    "SYSTEM",
    "TRAINED",
    "Example",
    "Form",
    "Message",
    "Prompt",
    "Strategy",
    "cot_examples",
    "render",
    "render_template",
    "render_training",
]

SYSTEM = "You are a helpful assistant that can optimize code."
"""PIE's words, of `openai_finetuning/pie_chatgpt.py`."""
BEST_SCORE = 10
"""The tag of the fastest tenth of a problem's solutions; what sampling asks for."""


class Strategy(StrEnum):
    """How a model is asked."""

    INSTRUCTION = "instruction"
    FEW_SHOT = "few-shot"
    FEW_SHOT_DRAWN = "few-shot-drawn"
    COT = "cot"
    RETRIEVAL = "retrieval"
    FINETUNED = "finetuned"
    PERF_CONDITIONED = "perf-conditioned"
    PERF_CONDITIONED_CODE = "perf-conditioned-code"
    ROWS = "rows"


SCORED = frozenset({Strategy.PERF_CONDITIONED, Strategy.PERF_CONDITIONED_CODE})
"""What names the score that is wanted, of 10."""
TRAINED = SCORED | {Strategy.FINETUNED, Strategy.ROWS}
"""What only a model that was trained on the same prompts answers well."""


@dataclass(frozen=True)
class Example:
    """A slow program with its faster version, shown to the model."""

    src_code: str
    tgt_code: str
    id: str = ""
    problem_id: str = ""
    strategy: str = ""
    """What was improved, in words; only `cot` shows it."""
    language: Language | None = None
    """None: not said, so that of the row."""


@dataclass(frozen=True)
class Message:
    """One message of a chat."""

    role: str
    content: str


@dataclass(frozen=True)
class Prompt:
    """What the model is given; `text` in plain form, `messages` in chat form."""

    form: Form
    text: str
    """The plain text; in chat form the content of the user's message."""
    messages: tuple[Message, ...] = ()
    stop: tuple[str, ...] = ()
    """Where a model that goes on with another example has finished; plain form only."""
    examples: tuple[str, ...] = field(default=(), compare=False)
    """Ids of the examples shown, in their order."""

    @property
    def digest(self) -> str:
        """128-bit hex digest of all that the model is given."""
        messages = [[one.role, one.content] for one in self.messages]
        return digest_of(self.form, self.text, messages, list(self.stop))


SURROGATE = re.compile(r"[\ud800-\udfff]")
_TEMPLATE = {
    Strategy.INSTRUCTION: "instruction",
    Strategy.FEW_SHOT: "examples",
    Strategy.FEW_SHOT_DRAWN: "examples",
    Strategy.RETRIEVAL: "examples",
    Strategy.COT: "cot",
    Strategy.FINETUNED: "finetuned",
    Strategy.PERF_CONDITIONED: "perf-conditioned",
    Strategy.PERF_CONDITIONED_CODE: "perf-conditioned-code",
}
_STOP = {Strategy.COT: "\n### slower program:"}
_COMMENT = {Language.CPP: "//", Language.PYTHON: "#"}


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("pie.core", "templates"),
        undefined=StrictUndefined,
        autoescape=False,  # programs, not HTML: `a < b` stays `a < b`
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_template(name: str, **values: object) -> str:
    """Return the text of one of the templates; every value that it names must be given.

    Half a character (a lone surrogate, which JSON can hold and UTF-8 cannot) becomes U+FFFD.
    """
    text = _environment().get_template(f"{name}.j2").render(**values)
    return SURROGATE.sub("\ufffd", text)


def render(
    strategy: Strategy,
    form: Form,
    src_code: str,
    language: Language = Language.CPP,
    examples: Sequence[Example] = (),
    score: int = BEST_SCORE,
) -> Prompt:
    """Return the prompt for one slow program.

    `examples` are shown in the order given, the last one next to the program; ValueError when the
    strategy shows none but some are given, when it has no template, or when the score is not
    within 1 to 10.
    """
    if strategy not in _TEMPLATE:
        raise ValueError(f"the strategy {strategy} has no template: its rows hold their prompts")
    if examples and _TEMPLATE[strategy] not in ("examples", "cot"):
        raise ValueError(f"the strategy {strategy} shows no examples")
    if not 1 <= score <= BEST_SCORE:
        raise ValueError(f"the score {score} is not within 1 to {BEST_SCORE}")
    name = _TEMPLATE[strategy]
    if strategy is Strategy.FINETUNED and form is Form.CHAT:
        name = "finetuned.chat"
    text = render_template(
        name,
        src_code=src_code,
        examples=tuple(examples),
        score=score,
        comment=_COMMENT[language],
    )
    shown = tuple(one.id for one in examples)
    if form is Form.CHAT:
        messages = (Message("system", SYSTEM), Message("user", text))
        return Prompt(form, text, messages, examples=shown)
    stop = _STOP.get(strategy, "\n### Program:")
    return Prompt(form, text, stop=(stop,), examples=shown)


def render_training(
    strategy: Strategy,
    form: Form,
    src_code: str,
    tgt_code: str,
    language: Language = Language.CPP,
    examples: Sequence[Example] = (),
    score: int = BEST_SCORE,
) -> tuple[Prompt, str]:
    """Return prompt and completion of one training row.

    The prompt is `render`'s for the same arguments, to the byte; the completion is the whole target
    and does not depend on the form. The end-of-sequence token is the trainer's to add.
    ValueError for `cot`, since a data set has no reasoning to learn.
    """
    if strategy is Strategy.COT:
        raise ValueError("cot is a strategy for prompting only: rows have no reasoning")
    return render(strategy, form, src_code, language, examples, score), tgt_code


@cache
def cot_examples(language: Language) -> tuple[Example, ...]:
    """Return the two worked examples of `cot`, programs of our own."""
    from importlib.resources import files

    folder = files("pie.core") / "templates" / "cot_examples"
    rows = json.loads((folder / f"{language}.json").read_text("utf-8"))
    return tuple(Example(**row) for row in rows)
