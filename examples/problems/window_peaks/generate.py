"""Test inputs for window_peaks: k = 1, k = n, falling, equal, and a long summer at the end."""

import random


def case(window: int, temperatures: list[int]) -> str:
    """Write one input."""
    return f"{len(temperatures)} {window}\n{' '.join(map(str, temperatures))}\n"


def randomly(seed: int, days: int, window: int, biggest: int) -> str:
    """A random input."""
    rng = random.Random(seed)
    return case(window, [rng.randint(-biggest, biggest) for _ in range(days)])


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case(1, [-4]),
        case(1, [3, 1, 2]),
        case(3, [3, 1, 2]),
        case(2, [9, 8, 7, 6, 5]),
        case(3, [4] * 9),
        case(5, [-1_000_000, 1_000_000] * 10),
        randomly(1, 60, 7, 20),
        randomly(2, 400, 399, 1000),
        randomly(3, 1000, 50, 1_000_000),
        randomly(4, 3000, 2, 99),
        randomly(5, 10_000, 2500, 99_999),
    ]
