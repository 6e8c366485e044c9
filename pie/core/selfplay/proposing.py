"""The prompts that ask for new programs: PIE's Figure 10, one call after the other."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pie.core.problem import InputError
from pie.core.prompting.prompts import Form, Message, Prompt, render_template
from pie.core.selfplay.seeds import Seed
from sim.program import digest_of

SAMPLES = 5
"""Answers a prompt (PIE A.6)."""
TEMPERATURE = 1.0
TOP_P = 0.9
PROMPT_TOKENS = 10_000
"""The longest prompt, as PIE's code has it."""
_STOP = ("\nDescription 4:", "\nCode 4:")
_TRIES = 100


@dataclass(frozen=True)
class Call:
    """One prompt, to be answered several times."""

    number: int
    example: Seed
    """Shown first, for the form only."""
    base: Seed
    """Shown second; the proposals read its inputs."""
    prompt: Prompt
    first: int
    """Number of the first call with the very same prompt: its own, unless the seeds are few."""
    earlier: int
    """Calls before it with that prompt, whose samples come first."""


def render_proposal(example: Seed, base: Seed, form: Form) -> Prompt:
    """Return PIE's prompt; a problem without a description shows its code only.

    In chat form it is the user's message, and there is no system message, as in PIE's code.
    """
    text = render_template("selfplay", shown=(example, base))
    if form is Form.CHAT:
        return Prompt(form, text, (Message("user", text),))
    return Prompt(form, text, stop=_STOP)


def calls(
    seeds: Sequence[Seed],
    bases: Sequence[Seed],
    number: int,
    seed: int,
    form: Form,
    fits: Callable[[Prompt], bool],
) -> Iterator[Call]:
    """Yield so many calls: the bases in turn, each beside a random other problem.

    The n-th call depends on the seeds, the bases and n only. InputError when no prompt fits.
    """
    seen: Counter[str] = Counter()
    first: dict[str, int] = {}
    for at in range(number):
        base = bases[at % len(bases)]
        example, prompt = _drawn(seeds, base, at, seed, form, fits)
        begun = first.setdefault(prompt.digest, at)
        yield Call(at, example, base, prompt, begun, seen[prompt.digest])
        seen[prompt.digest] += 1


def _drawn(
    seeds: Sequence[Seed],
    base: Seed,
    at: int,
    seed: int,
    form: Form,
    fits: Callable[[Prompt], bool],
) -> tuple[Seed, Prompt]:
    """Return the first random problem whose prompt fits; the shortest one is tried last."""
    language = base.program.language
    others = [
        one
        for one in seeds
        if one.problem_id != base.problem_id and one.program.language is language
    ]
    if not others:
        raise InputError(
            f"a prompt shows two problems, and {base.problem_id} is the only one in {language}",
            "give more with --seeds",
        )
    # `random()` is the one generator whose sequence Python promises to keep.
    draw = random.Random(int(digest_of("selfplay", seed, at), 16))
    tries = [others[int(draw.random() * len(others))] for _ in range(_TRIES)]
    tries.append(min(others, key=lambda one: len(one.program.source) + len(one.description)))
    for example in tries:
        prompt = render_proposal(example, base, form)
        if fits(prompt):
            return example, prompt
    raise InputError(
        f"the prompt about problem {base.problem_id} is too long whatever stands beside it",
        "give a larger --prompt-tokens or --context, or seeds without that problem",
    )
