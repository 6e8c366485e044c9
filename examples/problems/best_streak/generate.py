"""Test inputs for best_streak; exactly one of them has only negative numbers."""

import random


def case(changes: list[int]) -> str:
    """Write one input."""
    return f"{len(changes)}\n{' '.join(map(str, changes))}\n"


def randomly(seed: int, rounds: int, biggest: int) -> str:
    """A random input with at least one change that is not negative."""
    rng = random.Random(seed)
    changes = [rng.randint(-biggest, biggest) for _ in range(rounds)]
    changes[rng.randint(0, rounds - 1)] = biggest
    return case(changes)


def only_negative(seed: int, rounds: int) -> str:
    """The rare test: the best streak is the round that lost least."""
    rng = random.Random(seed)
    return case([-rng.randint(3, 900) for _ in range(rounds)])


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case([5]),
        case([0]),
        case([-3, 0, -2]),
        case([3, -4, 5, -1, 2, -9, 4]),
        case([1_000_000] * 2500),
        randomly(1, 30, 10),
        randomly(2, 200, 1000),
        only_negative(3, 120),
        randomly(4, 500, 1_000_000),
        randomly(5, 1500, 50),
        randomly(6, 3500, 9999),
    ]
