"""The approximate structures: near enough to exact, and never short of neighbours that exist."""

import functools
from typing import Any

import numpy
import pytest

from retrieval.structures import FEWEST_FOR_IVFPQ, Kind, build, nearest

NONE = numpy.zeros(0, dtype=numpy.int64)


def clustered(number: int, dimension: int) -> numpy.ndarray:
    drawn = numpy.random.default_rng(1)
    centres = drawn.normal(size=(50, dimension))
    made = centres[drawn.integers(0, 50, number)] + 0.3 * drawn.normal(size=(number, dimension))
    made /= numpy.linalg.norm(made, axis=1, keepdims=True)
    return made.astype(numpy.float32)


VECTORS = clustered(FEWEST_FOR_IVFPQ, 16)


@functools.cache
def built(kind: Kind) -> Any:
    """Return a structure over the vectors, each made once: the training of codes takes seconds."""
    return build(VECTORS, kind, "ip")


@pytest.mark.parametrize(("kind", "least"), [("hnsw", 0.98), ("ivfpq", 0.5)])
def test_an_approximate_structure_finds_nearly_what_the_exact_one_does(
    kind: Kind, least: float
) -> None:
    exact, other = built("exact"), built(kind)
    queries = clustered(60, 16)[-50:]
    same = [
        len(set(nearest(exact, one, 4, NONE)[0]) & set(nearest(other, one, 4, NONE)[0]))
        for one in queries
    ]
    assert sum(same) / 4 / len(queries) >= least


@pytest.mark.parametrize("kind", ["exact", "hnsw", "ivfpq"])
def test_all_that_is_not_barred_is_found_however_much_is(kind: Kind) -> None:
    index = built(kind)
    left = [7, 5000, 9983]
    barred = numpy.setdiff1d(numpy.arange(len(VECTORS)), left)
    places, values = nearest(index, VECTORS[0], 10, barred)
    assert sorted(places) == left
    assert len(values) == 3
    assert nearest(index, VECTORS[0], 4, numpy.arange(len(VECTORS)))[0] == []
    assert len(nearest(index, VECTORS[0], 500, barred[: len(barred) // 2])[0]) == 500
