"""Test inputs for common_tiles: one room, one row of rooms, n < m, n > m, and 400 x 400."""


def case(rows: int, columns: int) -> str:
    """Write one input."""
    return f"{rows} {columns}\n"


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case(1, 1),
        case(1, 400),
        case(400, 1),
        case(2, 2),
        case(6, 4),
        case(12, 18),
        case(30, 30),
        case(64, 64),
        case(97, 101),
        case(200, 150),
        case(400, 400),
    ]
