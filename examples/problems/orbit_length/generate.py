"""Test inputs for orbit_length: one field, standing still, tails, and full cycles at the end."""


def case(fields: int, factor: int, step: int, start: int) -> str:
    """Write one input."""
    return f"{fields} {factor} {step} {start}\n"


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case(1, 0, 0, 0),
        case(2, 1, 1, 0),
        case(10, 1, 0, 7),
        case(16, 2, 0, 1),
        case(100, 0, 42, 7),
        case(97, 5, 3, 11),
        case(1024, 6, 2, 1),
        case(1000, 21, 7, 3),
        case(4096, 5, 1, 100),
        case(99_991, 99_990, 1, 5),
        case(20_000, 21, 11, 19_999),
        case(65_536, 4005, 12_345, 6789),
    ]
