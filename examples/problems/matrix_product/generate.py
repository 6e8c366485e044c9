"""Test inputs for matrix_product: one entry, odd sizes, extreme seeds, 160 x 160 at the end."""


def case(size: int, seed: int) -> str:
    """Write one input."""
    return f"{size} {seed}\n"


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case(1, 0),
        case(1, 4_294_967_295),
        case(2, 1),
        case(3, 7),
        case(5, 123_456_789),
        case(16, 2),
        case(31, 31),
        case(33, 4_000_000_000),
        case(64, 5),
        case(100, 99),
        case(160, 2024),
    ]
