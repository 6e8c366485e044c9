"""The pairs that a prompt can show: random ones of other problems, or the nearest ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pie.core.problem import InputError, RowProblem
from pie.core.prompting.examples import candidate
from pie.core.prompting.prompts import Example
from pie.core.rows import Row, parse_row, read_lines
from sim.program import Language, digest_of

ChooseExamples = Callable[[Row], Sequence[Example]]
"""The examples for a row in the order shown, the last one next to the row's own program."""

Neighbours = Callable[[str, str, int], Sequence[Example]]
"""(source code, problem_id, k) -> at most k pairs of other problems, the nearest first."""


def example_of(row: Row) -> Example:
    """Return a row as an example."""
    identity = f"{row.src_id or '?'}->{row.tgt_id or '?'}"
    return Example(row.src_code, row.tgt_code, identity, row.problem_id)


@dataclass(frozen=True)
class Pool:
    """The pairs that examples are drawn from."""

    pairs: Sequence[tuple[Language, Example]]
    unfit: int
    """Rows whose target is known to be wrong, no faster, or the source itself."""


def read_pool(path: Path) -> Pool:
    """Read the pairs that examples are drawn from; InputError when there is none to use.

    What an index would not show is not drawn either: a target that is known to be no improvement.
    """
    pairs = []
    unfit = 0
    for line in read_lines(path, option="--examples"):
        try:
            row = parse_row(line.data)
            fault = candidate(row.fields, f"line-{line.number}").fault
        except RowProblem as problem:
            raise InputError(
                f"{path}:{line.number}: {problem}", "mend or remove the line"
            ) from problem
        if fault is None:
            pairs.append((row.language, example_of(row)))
        unfit += fault is not None
    if not pairs:
        why = f" whose target is an improvement ({unfit} without)" if unfit else ""
        raise InputError(
            f"the file of examples {path} has no pairs{why}", "give a training file in PIE's format"
        )
    return Pool(pairs, unfit)


def fixed_examples(
    pool: Iterable[tuple[Language, Example]], shots: int, seed: int
) -> ChooseExamples:
    """Return a chooser of the same random pairs for every row, as PIE's fixed prompt has them.

    They are the first of an order that the seed decides. Only a row whose own problem or source is
    among them, which PIE's splits exclude, gets the next ones of the order in their place.
    """
    orders: dict[Language, list[Example]] = {}
    for language, example in pool:
        orders.setdefault(language, []).append(example)
    for language, order in orders.items():
        draw = random.Random(int(digest_of("few-shot-fixed", seed, language), 16))
        for last in range(len(order) - 1, 0, -1):  # `shuffle` does not promise its sequence
            at = int(draw.random() * (last + 1))
            order[at], order[last] = order[last], order[at]

    def choose(row: Row) -> list[Example]:
        own = row.src_code.split()
        strangers = (
            one
            for one in orders.get(row.language, [])
            if one.problem_id != row.problem_id and one.src_code.split() != own
        )
        return _enough(list(islice(strangers, shots)), row, shots)

    return choose


def _enough(chosen: list[Example], row: Row, shots: int) -> list[Example]:
    """Return what was chosen; InputError when it is fewer than asked for."""
    if len(chosen) < shots:
        raise InputError(
            f"there are only {len(chosen)} {row.language} examples of other problems than "
            f"{row.problem_id}, and {shots} are asked for",
            "give a larger file with --examples, or fewer with --shots",
        )
    return chosen


def random_examples(
    pool: Iterable[tuple[Language, Example]], shots: int, seed: int
) -> ChooseExamples:
    """Return a chooser of random pairs in the row's language, never of the row's own problem.

    The draw depends on the seed and the row's source only, so that a row gets the same examples in
    whatever file it stands. Examples with the row's own source (white space aside) are passed over
    too: the same program under another problem's name would show the answer.
    """
    by_language: dict[Language, list[Example]] = {}
    for language, example in pool:
        by_language.setdefault(language, []).append(example)

    def choose(row: Row) -> list[Example]:
        # `random()` is the one generator whose sequence Python promises to keep.
        draw = random.Random(int(digest_of("few-shot", seed, row.problem_id, row.src_code), 16))
        candidates = by_language.get(row.language, [])
        chosen: list[Example] = []
        moved: dict[int, int] = {}  # a shuffle that touches only what it draws
        left = len(candidates)
        own = row.src_code.split()
        while left and len(chosen) < shots:
            at = int(draw.random() * left)
            left -= 1
            one = candidates[moved.get(at, at)]
            moved[at] = moved.get(left, left)
            if one.problem_id != row.problem_id and one.src_code.split() != own:
                chosen.append(one)
        return _enough(chosen, row, shots)

    return choose


def nearest_examples(neighbours: Neighbours, k: int) -> ChooseExamples:
    """Return a chooser of the k nearest pairs, the farthest of them first, as PIE shows them.

    A neighbour of the row's own problem or with its own source would leak the answer and is never
    shown, whatever the index returns.
    """

    def choose(row: Row) -> list[Example]:
        found = neighbours(row.src_code, row.problem_id, k)
        strangers = {one.language for one in found} - {None, row.language}
        if strangers:
            raise InputError(
                f"the index holds pairs in {strangers.pop()}, and a row of {row.problem_id} is in "
                f"{row.language}",
                "give an index of the rows' language, and the rows of one language at a time",
            )
        own = row.src_code.split()
        fine = [
            one for one in found if one.problem_id != row.problem_id and one.src_code.split() != own
        ]
        return fine[:k][::-1]

    return choose
