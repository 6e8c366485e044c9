"""Test inputs for coin_ways: amount 0, no way at all, one kind, and common purses at the end."""


def case(amount: int, coins: list[int]) -> str:
    """Write one input."""
    return f"{amount} {len(coins)}\n{' '.join(map(str, coins))}\n"


def inputs() -> list[str]:
    """The inputs, from tiny to large."""
    return [
        case(0, [5]),
        case(1, [1]),
        case(3, [2]),
        case(7, [10, 20]),
        case(300, [1]),
        case(10, [1, 2, 5]),
        case(45, [20, 5, 10, 2]),
        case(60, [7, 3, 11, 13]),
        case(100, [50, 25, 10, 5, 1]),
        case(140, [100, 50, 20, 10, 5, 2]),
    ]
