"""Test inputs for rank_lookup: one score, all equal, all below, all above, and many at the end."""

import random


def case(scores: list[int], questions: list[int]) -> str:
    """Write one input."""
    lines = [f"{len(scores)} {len(questions)}"]
    lines += [" ".join(map(str, scores)), " ".join(map(str, questions))]
    return "\n".join(lines) + "\n"


def randomly(seed: int, scores: int, questions: int, biggest: int) -> str:
    """A random input."""
    rng = random.Random(seed)
    reached = [rng.randint(-biggest, biggest) for _ in range(scores)]
    return case(reached, [rng.randint(-biggest, biggest) for _ in range(questions)])


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case([5], [5]),
        case([5], [4, 6]),
        case([2, 2, 2, 2], [1, 2, 3]),
        case([1_000_000_000, -1_000_000_000], [-1_000_000_000, 0, 1_000_000_000]),
        case(list(range(50, 0, -1)), [0, 1, 25, 50, 51]),
        randomly(1, 40, 30, 10),
        randomly(2, 200, 100, 1000),
        randomly(3, 500, 500, 60),
        randomly(4, 1000, 700, 1_000_000_000),
        randomly(5, 3000, 20, 99_999),
        randomly(6, 2800, 1500, 99_999),
    ]
