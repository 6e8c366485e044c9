"""Test inputs for running_totals: one payment, zeros, sums above 32 bits, and a long day."""

import random


def case(payments: list[int]) -> str:
    """Write one input."""
    return f"{len(payments)}\n{' '.join(map(str, payments))}\n"


def randomly(seed: int, payments: int, biggest: int) -> str:
    """A random input."""
    rng = random.Random(seed)
    return case([rng.randint(-biggest, biggest) for _ in range(payments)])


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case([42]),
        case([-1]),
        case([0, 0, 0]),
        case([1_000_000_000] * 12),
        case([-1_000_000_000] * 12),
        case([5, -5] * 20),
        randomly(1, 10, 9),
        randomly(2, 100, 1000),
        randomly(3, 600, 1_000_000_000),
        randomly(4, 2000, 100),
        randomly(5, 9000, 9999),
    ]
