"""The chosen pairs are those that comparing every pair with every other one chooses."""

import random
import sys
import tracemalloc
from array import array
from collections import Counter
from collections.abc import Callable
from itertools import combinations
from types import FrameType
from typing import Any

import pytest

from pie.core.dataset import pair_selection
from pie.core.dataset.near_duplicates import Shingles, similarity
from pie.core.dataset.pair_selection import Choice, choose, programs, targets
from pie.core.dataset.trajectory import Pair, Solution, improves, trajectories

THRESHOLD = 0.6


def text(grams: set[int]) -> Shingles:
    return Shingles(repr(sorted(grams)).encode(), array("Q", sorted(grams)))


def a_problem(seed: int) -> tuple[list[Solution], dict[str, Shingles]]:
    """Programs of a few users that drift away from few beginnings, in small steps."""
    chance = random.Random(seed)
    everyone, known = [], {}
    for number in range(chance.randrange(2, 40)):
        grams = set(range(100 * chance.randrange(3), 100 * chance.randrange(3) + 10))
        grams |= {chance.randrange(6) for _ in range(chance.randrange(8))} | {7}
        name = f"s{number:02}"
        cost = float(chance.choice([50, 60, 61, 70, 90, 200, 500]))
        user = f"u{chance.randrange(3)}"
        everyone.append(Solution(name, user, chance.randrange(9), name, cost, cost))
        known[name] = text(grams)
    return everyone, known


def selected(everyone: list[Solution], known: dict[str, Shingles], most: int = 10**6) -> Choice:
    users = [targets(one, 0.1) for one in trajectories(everyone)]
    needed = {one.submission_id: known[one.submission_id] for one in programs(users)}
    return choose(users, needed, THRESHOLD, most)


def names(pairs: list[Pair]) -> list[tuple[str, str]]:
    return [(one.src.submission_id, one.tgt.submission_id) for one in pairs]


def by_comparing_all(
    everyone: list[Solution], known: dict[str, Shingles]
) -> tuple[list[tuple[str, str]], Counter[str]]:
    """Follow the definition word by word."""
    every = [Pair(*two) for one in trajectories(everyone) for two in combinations(one, 2)]
    improving = [pair for pair in every if improves(pair)]
    order = sorted(
        improving,
        key=lambda one: (-one.speedup, one.src.submission_id, one.tgt.submission_id),
    )
    kept: list[Pair] = []
    dropped: Counter[str] = Counter()

    def near(one: Solution, other: Solution) -> bool:
        return similarity(known[one.submission_id], known[other.submission_id]) >= THRESHOLD

    for pair in order:
        if known[pair.src.submission_id].tokens == known[pair.tgt.submission_id].tokens:
            dropped["same_program"] += 1
        elif any(near(pair.src, one.src) and near(pair.tgt, one.tgt) for one in kept):
            dropped["near_duplicate"] += 1
        else:
            kept.append(pair)
    return names([pair for pair in improving if pair in kept]), dropped


def test_it_is_what_comparing_all_pairs_gives() -> None:
    seen: Counter[str] = Counter()
    for seed in range(300):
        everyone, known = a_problem(seed)
        expected, dropped = by_comparing_all(everyone, known)
        choice = selected(everyone, known)
        assert names(choice.pairs) == expected, seed
        assert +choice.dropped == dropped, seed
        seen += choice.dropped + Counter(kept=len(expected))
    assert min(seen[one] for one in ("kept", "near_duplicate", "same_program")) > 100, seen


def chain(*costs: float) -> tuple[list[Solution], dict[str, Shingles]]:
    """Sources of which each is near the next and not the one after, and one target of all."""
    known = {f"s{n}": text(set(range(2 * n, 2 * n + 10))) for n in range(len(costs))}
    everyone = [Solution(f"s{n}", "u", n, "", cost, cost) for n, cost in enumerate(costs)]
    known["t"] = text({1000})
    return [*everyone, Solution("t", "u", 99, "", 1.0, 1.0)], known


def test_no_two_near_pairs_stay_and_none_is_lost_for_one_that_goes_itself() -> None:
    assert names(selected(*chain(10.0, 10.5, 10.2)).pairs) == [("s1", "t")]
    assert names(selected(*chain(10.0, 9.9, 10.2)).pairs) == [("s0", "t"), ("s2", "t")]


def test_a_user_has_no_more_pairs_than_allowed_and_the_best_ones_stay() -> None:
    everyone = [Solution(f"s{n}", "u", n, "", 2.0 ** (9 - n), 1.0) for n in range(10)]
    everyone += [Solution(f"t{n}", "v", n, "", 2.0 ** (9 - n), 1.0) for n in range(3)]
    known = {one.submission_id: text({index}) for index, one in enumerate(everyone)}
    choice = selected(everyone, known, 3)
    # fmt: off
    assert names(choice.pairs) == [
        ("s0", "s8"), ("s0", "s9"), ("s1", "s9"), ("t0", "t1"), ("t0", "t2"), ("t1", "t2"),
    ]
    # fmt: on
    assert choice.dropped["over_the_users_limit"] == 45 - 3


def lines_run(call: Callable[[], Any]) -> tuple[Any, int]:
    """Call it, and count the lines of the selection that run: no busy host changes that."""
    lines = 0

    def trace(frame: FrameType, event: str, _value: object) -> Any:
        nonlocal lines
        if frame.f_code.co_filename != pair_selection.__file__:
            return None
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return call(), lines
    finally:
        sys.settrace(before)


def of_one_user(near: str, number: int) -> tuple[list[Solution], dict[str, Shingles]]:
    """So many programs, each later one better or worse by chance."""
    chance = random.Random(5)
    everyone, known = [], {}
    for at in range(number):
        cost = chance.uniform(1, 1000)
        everyone.append(Solution(f"s{at:04}", "u", at, "", cost, cost))
        start = {"none": 100 * at, "all": 0, "drifting": at // 4}[near]
        known[f"s{at:04}"] = text({*range(start, start + 40), -1 % 2**64 - at})
    return everyone, known


def lines_of_choosing(near: str, number: int) -> int:
    everyone, known = of_one_user(near, number)
    return lines_run(lambda: selected(everyone, known, 100))[1]


@pytest.mark.parametrize("near", ["none", "all", "drifting"])
def test_the_pairs_of_a_user_with_many_programs_are_neither_listed_nor_looked_at(near: str) -> None:
    """Two million pairs, of which half improve; at most a thousand are chosen."""
    everyone, known = of_one_user(near, 2000)
    tracemalloc.start()
    choice = selected(everyone, known, 1000)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    improving = len(choice.pairs) + choice.dropped.total()
    assert improving > 800_000
    assert peak < 32e6, "a bit for a pair, and some bytes for a program"
    assert len(choice.pairs) == {"none": 1000, "all": 1}.get(near, len(choice.pairs))
    few, many = (lines_of_choosing(near, number) for number in (600, 1200))
    assert many < 3 * few, "pairs grow by four"


def test_thousands_of_users_with_nearly_one_program_are_not_each_compared_with_all() -> None:
    def users(number: int) -> int:
        everyone, known = [], {}
        for at in range(2 * number):
            cost, name = 1e6 / (1 + at), f"s{at:05}"
            everyone.append(Solution(name, f"u{at % number}", at, "", cost, cost))
            known[name] = text({*range(10), 2**64 - 1 - at})
        choice, lines = lines_run(lambda: selected(everyone, known))
        assert (len(choice.pairs), choice.dropped["near_duplicate"]) == (1, number - 1)
        return lines

    few, many = users(250), users(1000)
    assert many < 6 * few, "their pairs grow by sixteen"
