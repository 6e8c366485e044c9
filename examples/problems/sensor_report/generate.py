"""Test inputs for sensor_report: one reading, extremes, odd layouts, and a long log at the end."""

import random


def case(readings: list[int], between: str = " ", end: str = "\n") -> str:
    """Write one input, with `between` between two readings."""
    return f"{len(readings)}\n{between.join(map(str, readings))}{end}"


def randomly(seed: int, readings: int, biggest: int, between: str = " ") -> str:
    """A random input."""
    rng = random.Random(seed)
    return case([rng.randint(-biggest, biggest) for _ in range(readings)], between)


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case([0]),
        case([-7]),
        case([8], end=""),
        case([1_000_000_000, -1_000_000_000], "\n"),
        case([3, 3, 3, 3, 3, 3], "  "),
        case(list(range(-20, 21)), "\n"),
        case([1_000_000_000] * 300),
        randomly(1, 100, 50),
        randomly(2, 1000, 1_000_000_000, "\n"),
        randomly(3, 4000, 9999),
        randomly(4, 24_000, 999),
    ]
