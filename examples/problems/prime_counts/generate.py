"""Test inputs for prime_counts: 1 and 2, gaps, squares, and the whole range at the end."""

import random


def case(questions: list[tuple[int, int]]) -> str:
    """Write one input."""
    return "\n".join([str(len(questions)), *(f"{a} {b}" for a, b in questions)]) + "\n"


def randomly(seed: int, questions: int, biggest: int) -> str:
    """A random input with numbers up to `biggest`."""
    rng = random.Random(seed)
    pairs = (sorted((rng.randint(1, biggest), rng.randint(1, biggest))) for _ in range(questions))
    return case([(a, b) for a, b in pairs])


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case([(1, 1)]),
        case([(2, 2), (1, 2), (2, 3)]),
        case([(4, 4), (9, 9), (25, 25), (24, 28), (90, 96)]),
        case([(1, 100), (100, 200), (1, 10)]),
        case([(149_999, 150_000), (150_000, 150_000), (149_990, 149_999)]),
        randomly(1, 20, 100),
        randomly(2, 30, 1000),
        randomly(3, 20, 5000),
        randomly(4, 6, 30_000),
        case([(1, 150_000)]),
        case([(1, 40_000), (50_000, 90_000), (2, 30_000), (100_000, 140_000), (1, 20_000)]),
    ]
