"""Test inputs for job_rounds: one job, exact slices, no waiting, and a long line at the end."""

import random


def case(piece: int, needs: list[int]) -> str:
    """Write one input."""
    return f"{len(needs)} {piece}\n{' '.join(map(str, needs))}\n"


def randomly(seed: int, jobs: int, piece: int, longest: int) -> str:
    """A random input."""
    rng = random.Random(seed)
    return case(piece, [rng.randint(1, longest) for _ in range(jobs)])


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case(1, [1]),
        case(1000, [10_000]),
        case(10, [10, 20, 30]),
        case(10, [11, 9, 10, 21]),
        case(1000, [5, 4, 3, 2, 1]),
        case(1, [3] * 12),
        randomly(1, 30, 7, 50),
        randomly(2, 100, 100, 1000),
        randomly(3, 250, 60, 600),
        randomly(4, 600, 1000, 900),
        randomly(5, 1600, 1000, 9999),
    ]
