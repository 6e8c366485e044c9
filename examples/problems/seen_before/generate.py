"""Test inputs for seen_before: one guest, always the same, all different, a crowd at the end."""

import random


def case(names: list[str]) -> str:
    """Write one input."""
    return "\n".join([str(len(names)), *names]) + "\n"


def randomly(seed: int, guests: int, names: int) -> str:
    """A random input with at most `names` different names."""
    rng = random.Random(seed)
    return case([f"g{rng.randint(1, names)}" for _ in range(guests)])


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case(["ada"]),
        case(["bob", "bob"]),
        case(["ada", "Ada", "ADA", "ada"]),
        case(["x"] * 50),
        case([f"n{i}" for i in range(100)]),
        case([f"n{i % 7}" for i in range(100)]),
        randomly(1, 30, 10),
        randomly(2, 200, 1000),
        randomly(3, 800, 300),
        randomly(4, 850, 4000),
    ]
