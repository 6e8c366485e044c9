"""How much of a model's context a prompt takes, and which examples fit into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pie.core.prompting.prompts import Example, Prompt

BYTES_PER_TOKEN = 3
"""Of the estimate. Code has about 3 to 4 bytes a token, so the estimate is rather too high."""
TOKENS_PER_MESSAGE = 8
"""What a chat template is taken to add to each message, and once for the answer's beginning."""

CountTokens = Callable[[Prompt], int]


@dataclass(frozen=True)
class Fitted:
    """A prompt with as many whole examples as there is room for."""

    prompt: Prompt
    tokens: int
    dropped: int
    """Examples left out for want of room."""
    fits: bool
    """False: too long even without examples; it must not be sent."""


def estimate_tokens(prompt: Prompt) -> int:
    """Return tokens by UTF-8 bytes: without the model's tokenizer, an estimate on the safe side."""
    texts = [one.content for one in prompt.messages] or [prompt.text]
    total = sum(-(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN) for text in texts)
    return total + (TOKENS_PER_MESSAGE * (len(texts) + 1) if prompt.messages else 0)


def fit(
    render: Callable[[Sequence[Example]], Prompt],
    examples: Sequence[Example],
    count: CountTokens,
    room: int | None,
) -> Fitted:
    """Return the prompt with the most examples that has at most `room` tokens (None: no limit).

    Whole examples are dropped, the first ones first: with retrieval these are the farthest. Code
    is never cut.
    """
    for dropped in range(len(examples) + 1):
        prompt = render(examples[dropped:])
        tokens = count(prompt)
        if room is None or tokens <= room:
            return Fitted(prompt, tokens, dropped, fits=True)
    return Fitted(prompt, tokens, len(examples), fits=False)
