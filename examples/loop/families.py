"""Small C++ programs composed of stages: a problem is three kinds of stage in their order.

A program reads n, puts x = n % 997, changes x stage by stage, and prints it. Every kind of stage
does one thing to x in three ways: by a formula (fast), by a loop that does several steps at a time
(medium), and by a loop of single steps (slow). Eight kinds make 8^3 problems; three ways of each
stage make 3^3 solutions of a problem, of which ten are taken. Which is how fast is not said here:
it is measured.

What a model can learn from some of the problems holds for all: which line may stand for which. So
it can be asked about problems of which it has seen no program. The constants of a kind of stage are
always the same, since a tiny model could not carry over a number that it has never seen.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

MODULUS = 997
LENGTH = 3
"""Stages of a problem."""
INPUTS = (5, 123_456_789)
"""Two tests of every problem; the number of steps does not depend on them."""
OF_EACH = 10
"""Solutions of a problem; as many as there are score tags."""
FAST, MEDIUM, SLOW = 0, 1, 2


@dataclass(frozen=True)
class Stage:
    """One thing done to x, written in three ways."""

    ways: tuple[str, str, str]
    """Fast, medium and slow; each is one line."""
    answer: Callable[[int], int]
    """The new x, computed otherwise than by the slow way."""


@dataclass(frozen=True)
class Problem:
    """Names of stages in their order."""

    stages: tuple[str, ...]

    @property
    def id(self) -> str:
        """The name of its folder of tests."""
        return "-".join(self.stages)

    def tests(self) -> list[tuple[str, str]]:
        """Return input and expected output of each test."""
        return [(f"{n}\n", f"{self.answer(n)}\n") for n in INPUTS]

    def answer(self, n: int) -> int:
        """Return what a program is to print."""
        x = n % MODULUS
        for name in self.stages:
            x = STAGES[name].answer(x) % MODULUS
        return x

    def solution(self, ways: tuple[int, ...]) -> str:
        """Return the program that has each stage in the way given."""
        lines = [STAGES[name].ways[way] for name, way in zip(self.stages, ways, strict=True)]
        return HEAD + "".join(f"    {line}\n" for line in lines) + TAIL

    def chosen_ways(self) -> list[tuple[int, ...]]:
        """Return the ways of its ten solutions: all fast, all slow, and others by chance."""
        ends = [(FAST,) * LENGTH, (SLOW,) * LENGTH]
        between = [one for one in product(range(3), repeat=LENGTH) if one not in ends]
        return ends + random.Random(f"{self.id} solutions").sample(between, OF_EACH - len(ends))

    def solutions(self) -> list[str]:
        """Return the ten solutions, all different, always the same; the first is all fast."""
        return [self.solution(ways) for ways in self.chosen_ways()]

    def source(self) -> str:
        """Return a program to be improved: no stage is fast and one at least is slow."""
        ways = [one for one in product((MEDIUM, SLOW), repeat=LENGTH) if SLOW in one]
        return self.solution(random.Random(f"{self.id} source").choice(ways))


def problems(count: int, seed: int, apart_from: Sequence[Problem] = ()) -> list[Problem]:
    """Return different problems by chance, none of which has the stages of one of `apart_from`.

    Not in another order either, since many stages do the same in any order.
    """
    others = {tuple(sorted(one.stages)) for one in apart_from}
    every = [
        names for names in product(STAGES, repeat=LENGTH) if tuple(sorted(names)) not in others
    ]
    return [Problem(names) for names in random.Random(seed).sample(every, count)]


HEAD = """#include <cstdio>

int main() {
    unsigned n;
    scanf("%u", &n);
    unsigned x = n % 997;
"""
TAIL = """    printf("%u\\n", x);
}
"""
STAGES = {
    "add": Stage(
        (
            "x = (x + 60000u * 60001 / 2) % 997;",
            "for (int i = 60000; i > 0; i -= 10) x = (x + 10 * i - 45) % 997;",
            "for (int i = 1; i <= 60000; i++) x = (x + i) % 997;",
        ),
        lambda x: x + sum(range(1, 60_001)),
    ),
    "times": Stage(
        (
            f"x = x * {pow(7, 50_000, 997)} % 997;",
            f"for (int i = 0; i < 5000; i++) x = x * {pow(7, 10, 997)} % 997;",
            "for (int i = 0; i < 50000; i++) x = x * 7 % 997;",
        ),
        lambda x: x * 7**50_000,
    ),
    "affine": Stage(
        (
            f"x = (x * {pow(3, 40_000, 997)} + {5 * (3**40_000 // 2) % 997}) % 997;",
            f"for (int i = 0; i < 5000; i++) x = (x * {3**8} + {5 * (3**8 // 2)}) % 997;",
            "for (int i = 0; i < 40000; i++) x = (x * 3 + 5) % 997;",
        ),
        lambda x: x * 3**40_000 + 5 * sum(pow(3, i, 997) for i in range(40_000)),
    ),
    "squares": Stage(
        (
            "x = (x + 40000ull * 40001 * 80001 / 6) % 997;",
            "for (unsigned i = 1; i < 40000; i += 8) x = (x + (8 * i + 56) % 997 * i + 140) % 997;",
            "for (unsigned i = 1; i <= 40000; i++) x = (x + i * i) % 997;",
        ),
        lambda x: x + sum(i * i for i in range(1, 40_001)),
    ),
    "products": Stage(
        (
            "x = (x + 19900 * 31125) % 997;",
            "for (int i = 0; i < 200; i++) "
            "for (int j = 0; j < 250; j += 5) x = (x + i * (5 * j + 10)) % 997;",
            "for (int i = 0; i < 200; i++) for (int j = 0; j < 250; j++) x = (x + i * j) % 997;",
        ),
        lambda x: x + sum(i * j for i in range(200) for j in range(250)),
    ),
    "multiples": Stage(
        (
            "x = (x + 7777u * 7778 / 2 * 9) % 997;",
            "for (int i = 9; i <= 70000; i += 9) x = (x + i) % 997;",
            "for (int i = 1; i <= 70000; i++) if (i % 9 == 0) x = (x + i) % 997;",
        ),
        lambda x: x + sum(i for i in range(70_001) if i % 9 == 0),
    ),
    "count": Stage(
        (
            "x = (x + 65000) % 997;",
            "for (int i = 0; i < 6500; i++) x = (x + 10) % 997;",
            "for (int i = 0; i < 65000; i++) x = (x + 1) % 997;",
        ),
        lambda x: x + 65_000,
    ),
    "powers": Stage(
        (
            f"x = (x + {(2**40_000 - 1) % 997}) % 997;",
            "for (unsigned i = 0, p = 1; i < 5000; i++) "
            "x = (x + 255 * p) % 997, p = p * 256 % 997;",
            "for (unsigned i = 0, p = 1; i < 40000; i++) x = (x + p) % 997, p = p * 2 % 997;",
        ),
        lambda x: x + sum(pow(2, i, 997) for i in range(40_000)),
    ),
}
