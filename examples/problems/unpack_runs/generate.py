"""Test inputs for unpack_runs: one letter, equal neighbours, a long run, a long text at the end."""

import random
import string


def case(runs: list[tuple[str, int]]) -> str:
    """Write one input."""
    return "\n".join([str(len(runs)), *(f"{letter} {count}" for letter, count in runs)]) + "\n"


def randomly(seed: int, runs: int, longest: int) -> str:
    """A random input."""
    rng = random.Random(seed)
    letters = string.ascii_lowercase
    return case([(rng.choice(letters), rng.randint(1, longest)) for _ in range(runs)])


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case([("a", 1)]),
        case([("z", 3), ("z", 2)]),
        case([("a", 1), ("b", 1), ("a", 1)]),
        case([("q", 1000)]),
        case([(letter, 1) for letter in string.ascii_lowercase]),
        case([("x", 15), ("y", 16), ("x", 17)]),
        randomly(1, 20, 5),
        randomly(2, 100, 9),
        randomly(3, 700, 5),
        randomly(4, 40, 200),
        randomly(5, 640, 22),
    ]
