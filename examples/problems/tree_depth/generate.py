"""Test inputs for tree_depth: one person, a chain, a star, and random companies."""

import random


def case(bosses: list[int]) -> str:
    """Write one input; `bosses` starts with the boss of person 2."""
    return f"{len(bosses) + 1}\n{' '.join(map(str, bosses))}\n"


def randomly(seed: int, people: int, reach: int) -> str:
    """A random company where the boss is one of the `reach` persons before."""
    rng = random.Random(seed)
    return case([rng.randint(max(1, i - reach), i - 1) for i in range(2, people + 1)])


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case([]),
        case([1]),
        case([1, 1]),
        case([1, 2]),
        case(list(range(1, 40))),
        case([1] * 60),
        randomly(1, 20, 20),
        randomly(2, 60, 4),
        randomly(3, 120, 120),
        randomly(4, 200, 30),
        randomly(5, 350, 12),
    ]
