"""Test inputs for step_ways: one step, a wet goal, a gap too wide, and dry stairs at the end."""

import random


def case(steps: int, wet: list[int]) -> str:
    """Write one input."""
    return f"{steps} {len(wet)}\n{' '.join(map(str, wet))}\n"


def randomly(seed: int, steps: int, wet: int) -> str:
    """A random input whose last step is dry."""
    return case(steps, sorted(random.Random(seed).sample(range(1, steps), wet)))


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case(1, []),
        case(1, [1]),
        case(2, [1]),
        case(3, []),
        case(10, [4, 5, 6]),
        case(12, [12]),
        case(20, list(range(20, 0, -1))),
        randomly(1, 16, 2),
        randomly(2, 24, 6),
        case(21, []),
        case(23, [1, 2]),
        case(23, []),
    ]
