"""Test inputs for turned_picture: one letter, one row, one column, a full picture at the end."""

import random
import string


def case(rows: list[str]) -> str:
    """Write one input."""
    return "\n".join([f"{len(rows)} {len(rows[0])}", *rows]) + "\n"


def randomly(seed: int, height: int, width: int) -> str:
    """A random picture."""
    rng = random.Random(seed)
    letters = string.ascii_lowercase
    return case(["".join(rng.choice(letters) for _ in range(width)) for _ in range(height)])


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case(["x"]),
        case(["abc"]),
        case(["a", "b", "c"]),
        case(["ab", "cd"]),
        case(["abcd", "efgh", "ijkl"]),
        randomly(1, 1, 200),
        randomly(2, 200, 1),
        randomly(3, 10, 10),
        randomly(4, 40, 25),
        randomly(5, 70, 90),
        randomly(6, 200, 200),
    ]
