"""Test inputs for range_sums: one day, refunds, sums above 32 bits, and long ranges at the end."""

import random


def case(sales: list[int], questions: list[tuple[int, int]]) -> str:
    """Write one input."""
    lines = [f"{len(sales)} {len(questions)}", " ".join(map(str, sales))]
    lines += [f"{left} {right}" for left, right in questions]
    return "\n".join(lines) + "\n"


def randomly(seed: int, days: int, questions: int, biggest: int, shortest: int) -> str:
    """A random input whose ranges are at least `shortest` days long."""
    rng = random.Random(seed)
    sales = [rng.randint(-biggest, biggest) for _ in range(days)]
    ranges = []
    for _ in range(questions):
        left = rng.randint(1, days - shortest + 1)
        ranges.append((left, rng.randint(left + shortest - 1, days)))
    return case(sales, ranges)


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case([7], [(1, 1)]),
        case([-5], [(1, 1), (1, 1)]),
        case([1, 2, 3, 4, 5], [(1, 5), (2, 4), (3, 3), (1, 1), (5, 5)]),
        case([0] * 10, [(1, 10), (4, 7)]),
        case([1_000_000] * 3000, [(1, 3000), (2, 2999)]),
        case([-1_000_000] * 2500, [(1, 2500), (1, 1)]),
        randomly(1, 50, 40, 100, 1),
        randomly(2, 300, 200, 1000, 1),
        randomly(3, 1000, 800, 1_000, 1),
        randomly(4, 5000, 10, 99, 4990),
        randomly(5, 5000, 3200, 99, 4000),
    ]
