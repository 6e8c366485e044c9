"""Test inputs for pair_target: one parcel, equal weights, no pair at all, and many at the end."""

import random


def case(total: int, weights: list[int]) -> str:
    """Write one input."""
    return f"{len(weights)} {total}\n{' '.join(map(str, weights))}\n"


def randomly(seed: int, parcels: int, heaviest: int, total: int) -> str:
    """A random input with weights up to `heaviest`."""
    rng = random.Random(seed)
    return case(total, [rng.randint(1, heaviest) for _ in range(parcels)])


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case(1, [1]),
        case(2, [1, 1]),
        case(10, [5, 5, 5, 5]),
        case(10, [3, 7, 5, 1, 9, 4, 6]),
        case(2_000_000, [1_000_000, 1_000_000, 999_999]),
        case(8, [3, 3, 5, 5, 5, 4, 4]),
        randomly(1, 40, 20, 21),
        randomly(2, 300, 5, 6),
        randomly(3, 800, 1_000_000, 7),
        randomly(4, 1500, 2000, 1999),
        randomly(5, 4500, 5000, 5001),
    ]
