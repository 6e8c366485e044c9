"""Test inputs for free_sundays: year 1, century years, one year, and long spans at the end."""

import random


def case(questions: list[tuple[int, int]]) -> str:
    """Write one input."""
    return "\n".join([str(len(questions)), *(f"{a} {b}" for a, b in questions)]) + "\n"


def randomly(seed: int, questions: int, last: int) -> str:
    """A random input with years up to `last`."""
    rng = random.Random(seed)
    pairs = (sorted((rng.randint(1, last), rng.randint(1, last))) for _ in range(questions))
    return case([(a, b) for a, b in pairs])


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case([(1, 1)]),
        case([(4, 4)]),
        case([(100, 100), (400, 400)]),
        case([(1, 10)]),
        case([(1, 400), (401, 800)]),
        case([(1900, 1900), (2000, 2000), (2024, 2024), (2025, 2025)]),
        case([(3000, 3000)]),
        randomly(1, 3, 50),
        randomly(2, 8, 500),
        randomly(3, 20, 1000),
        randomly(4, 20, 3000),
    ]
