"""Test inputs for column_heights: one tile, one row, one column, and a large field at the end."""

import random


def case(height: int, width: int, seed: int, raises: list[tuple[int, int]]) -> str:
    """Write one input."""
    lines = [f"{height} {width} {seed} {len(raises)}", *(f"{row} {by}" for row, by in raises)]
    return "\n".join(lines) + "\n"


def randomly(seed: int, height: int, width: int, raises: int) -> str:
    """A random input."""
    rng = random.Random(seed)
    rows = [(rng.randint(1, height), rng.randint(0, 1000)) for _ in range(raises)]
    return case(height, width, rng.randint(0, 2**32 - 1), rows)


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case(1, 1, 0, [(1, 0)]),
        case(1, 1, 4_294_967_295, [(1, 1000), (1, 1000)]),
        case(2, 2, 1, [(1, 500), (2, 500), (1, 0)]),
        case(1, 500, 3, [(1, 7)]),
        case(700, 1, 3, [(700, 7), (1, 1000)]),
        case(3, 5, 9, [(2, 1000)] * 20),
        randomly(1, 10, 10, 5),
        randomly(2, 37, 41, 8),
        randomly(3, 100, 130, 6),
        randomly(4, 256, 256, 4),
        randomly(5, 700, 340, 12),
    ]
