"""A row with a model's answers: the programs found in them, and why there is none where so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pie.core.answers.extraction import Extraction, Found, extract
from pie.core.models.model import PROMPT_TOO_LONG
from pie.core.prompting.prompt_plan import PlannedRow
from pie.core.prompting.prompts import Prompt
from pie.core.rows import Row

_CUT_OFF = "length"
"""The finish reason of an answer that reached the limit of tokens."""
_STALE = ("generations",)
"""Results of answers that the row may have had before."""


def extraction_of(answer: Mapping[str, Any], row: Row, prompt: Prompt) -> Extraction:
    """Return the program in a stored answer."""
    reason = answer.get("finish_reason")
    if reason == PROMPT_TOO_LONG:
        return Extraction(None, Found.PROMPT_TOO_LONG, 0)
    return extract(answer["text"], row.language, prompt=prompt.text, cut_off=reason == _CUT_OFF)


def generation_row(
    row: Row,
    planned: PlannedRow,
    prompt: Prompt | None,
    answers: Sequence[Mapping[str, Any]],
    extractions: Sequence[Extraction],
    about: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the input row with `generated_answers`, one entry a sample, null where there is none.

    A null is measured as `no_code`, so that every sample counts in Best@k. Without a prompt (it
    does not fit) there are no answers either, and `extractions` says so for each sample.
    """
    samples: list[dict[str, Any]] = []
    for number, one in enumerate(extractions):
        answer = answers[number] if answers else {}
        samples.append(
            {
                "found": one.found.value,
                "programs": one.programs,
                **{
                    name: answer.get(name)
                    for name in ("finish_reason", "seed", "tokens_in", "tokens_out")
                },
            }
        )
    kept = {name: value for name, value in row.fields.items() if name not in _STALE}
    return {
        **kept,
        "generated_answers": [one.code for one in extractions],
        "sampling": {
            **about,
            "prompt_sha": prompt.digest if prompt else None,
            "prompt_tokens": planned.tokens,
            "examples": list(planned.examples),
            "examples_dropped": planned.dropped,
            "samples": samples,
        },
    }
