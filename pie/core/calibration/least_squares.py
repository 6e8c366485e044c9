"""Least squares with coefficients that are not negative, solved exactly in whole numbers.

A library's solver works in floating point, whose last digits depend on the processor's vector
unit and on the order of its sums. Here the data are first rounded to multiples of 2^-60, and from
there on nothing is rounded: the same data give the same coefficients everywhere, no tolerance
decides what is zero, and the active-set method provably ends. Meant for a handful of columns and
thousands of rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

_BITS = 60
_ONE = 1 << _BITS
_LEAST_ERROR = 1e-4
"""Relative errors below this weigh the same in `least_absolute`."""
_ROUNDS = 40


def nonnegative_least_squares(
    rows: Sequence[Sequence[float]], wanted: Sequence[float]
) -> list[Fraction]:
    """Return the x >= 0 that minimises the sum of (row . x - wanted)^2.

    Lawson and Hanson's active-set method (Solving Least Squares Problems, 1974, chapter 23) on
    the normal equations. Where columns depend on each other, one of the minimisers. ValueError
    without rows, for rows of different lengths, or for a value that is not finite.
    """
    gram, product = _normal_equations(rows, wanted)
    width = len(product)
    passive: list[int] = []
    x = [Fraction(0)] * width
    while True:
        slope = [
            product[j] - sum(gram[j][i] * x[i] for i in passive) if j not in passive else Fraction()
            for j in range(width)
        ]
        rising = [j for j in range(width) if slope[j] > 0]
        if not rising:
            return x
        # The column that lowers the error most when it is taken in alone.
        passive.append(max(rising, key=lambda j: (slope[j] ** 2 / gram[j][j], -j)))
        _settle(gram, product, passive, x)


def least_absolute(rows: Sequence[Sequence[float]], wanted: Sequence[float]) -> list[Fraction]:
    """Return the x >= 0 that (nearly) minimises the sum of |row . x - wanted|.

    Forty rounds of reweighted least squares: each row weighs the inverse of its last error (of
    0.0001 at least). A few rows that no x can match pull it less than in least squares.
    """
    x = nonnegative_least_squares(rows, wanted)
    for _ in range(_ROUNDS):
        coefficients = [float(one) for one in x]
        scales = [
            1 / math.sqrt(max(_LEAST_ERROR, abs(_row_dot(row, coefficients) - value)))
            for row, value in zip(rows, wanted, strict=True)
        ]
        x = nonnegative_least_squares(
            [[value * scale for value in row] for row, scale in zip(rows, scales, strict=True)],
            [value * scale for value, scale in zip(wanted, scales, strict=True)],
        )
    return x


def _settle(
    gram: list[list[int]], product: list[int], passive: list[int], x: list[Fraction]
) -> None:
    """Move x to the least squares of the passive columns, dropping those that would go below 0."""
    while True:
        best = _solve(gram, product, passive)
        if all(value > 0 for value in best.values()):
            for j, value in best.items():
                x[j] = value
            return
        step = min(x[j] / (x[j] - best[j]) for j in passive if best[j] <= 0)
        for j in passive:
            x[j] += step * (best[j] - x[j])
        passive[:] = [j for j in passive if x[j] > 0]


def _solve(gram: list[list[int]], product: list[int], passive: list[int]) -> dict[int, Fraction]:
    """Solve the normal equations of some columns by fraction-free elimination (Bareiss 1968).

    No pivot can be zero: a column is taken in only while its error slopes, so the passive columns
    are independent and their Gram matrix is positive definite.
    """
    m = [[*(gram[i][j] for j in passive), product[i]] for i in passive]
    n = len(m)
    previous = 1
    for k in range(n - 1):
        pivot = m[k][k]
        for row in m[k + 1 :]:
            factor = row[k]
            for j in range(k + 1, n + 1):
                row[j] = (row[j] * pivot - factor * m[k][j]) // previous
        previous = pivot
    determinant = m[n - 1][n - 1]
    numerators = [0] * n
    for i in range(n - 1, -1, -1):
        rest = sum(m[i][j] * numerators[j] for j in range(i + 1, n))
        numerators[i] = (m[i][n] * determinant - rest) // m[i][i]
    return {j: Fraction(numerators[at], determinant) for at, j in enumerate(passive)}


def _normal_equations(
    rows: Sequence[Sequence[float]], wanted: Sequence[float]
) -> tuple[list[list[int]], list[int]]:
    """Return A^T A and A^T b of the rounded data, exactly (both in units of 2^-120)."""
    if not rows or len({len(row) for row in rows}) != 1 or len(rows) != len(wanted):
        raise ValueError("least squares need rows of one length, and as many values")
    if not all(math.isfinite(value) for line in (*rows, wanted) for value in line):
        raise ValueError("least squares need finite values")
    whole = [[round(value * _ONE) for value in row] for row in rows]
    goal = [round(value * _ONE) for value in wanted]
    columns = list(zip(*whole, strict=True))
    gram = [[_dot(left, right) for right in columns] for left in columns]
    return gram, [_dot(column, goal) for column in columns]


def _dot(left: Sequence[int], right: Sequence[int]) -> int:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _row_dot(row: Sequence[float], coefficients: Sequence[float]) -> float:
    return math.fsum(a * b for a, b in zip(row, coefficients, strict=True))
