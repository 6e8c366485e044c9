"""Test inputs for shift_letters: an empty line, no letters, no shift, a long line at the end."""

import random
import string


def case(places: int, text: str, end: str = "\n") -> str:
    """Write one input."""
    return f"{places}\n{text}{end}"


def randomly(seed: int, places: int, length: int) -> str:
    """A line of words with blanks and marks; it neither starts nor ends with a blank."""
    rng = random.Random(seed)
    characters = string.ascii_letters + string.digits + "    ,.!?"
    return case(places, "<" + "".join(rng.choice(characters) for _ in range(length - 2)) + ">")


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case(3, ""),
        case(0, "a"),
        case(1, "zZ", end=""),
        case(13, "Hello, World!"),
        case(25, "0123456789 + - * /"),
        case(7, string.ascii_letters),
        randomly(1, 5, 80),
        randomly(2, 0, 300),
        randomly(3, 25, 1500),
        randomly(4, 11, 4000),
        randomly(5, 17, 12_000),
    ]
