"""Test inputs for matrix_product: one entry, flat and tall ones, a long inner side at the end."""


def case(rows: int, inner: int, columns: int, seed: int) -> str:
    """Write one input: the first matrix is rows x inner, the second inner x columns."""
    return f"{rows} {inner} {columns} {seed}\n"


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case(1, 1, 1, 0),
        case(1, 1, 1, 4_294_967_295),
        case(2, 2, 2, 1),
        case(1, 1000, 1, 7),
        case(100, 1, 100, 123_456_789),
        case(3, 5, 4, 2),
        case(31, 32, 33, 31),
        case(33, 31, 64, 4_000_000_000),
        case(64, 64, 64, 5),
        case(100, 100, 100, 99),
        case(80, 640, 80, 2024),
    ]
