"""The FAISS structures that vectors are searched in: exact, HNSW and IVF-PQ.

Built on one thread, so that the same vectors give the same structure. Every search is of one
vector, since FAISS computes a batch of twenty otherwise than a single one: a neighbour must not
depend on what else was asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, get_args

from retrieval.encoder import Metric
from retrieval.errors import RetrievalError

Kind = Literal["exact", "hnsw", "ivfpq"]
KINDS: tuple[Kind, ...] = get_args(Kind)

LINKS = 64
"""Neighbours of a node in HNSW."""
EF_CONSTRUCTION = 400
EF_SEARCH = 768
"""Candidates that HNSW keeps while it searches, besides two for each barred program: the query's
own problem is nearest to it, and would fill them all."""
BYTES_OF_CODE = 64
"""Bytes that IVF-PQ keeps of a vector."""
FEWEST_FOR_IVFPQ = 9984
"""39 vectors for each of 256 centroids of a code: FAISS's own bound for training."""
PROBED_SHARE = 8
"""IVF-PQ looks into one in so many of its lists."""


def refuse_too_few(number: int, kind: Kind) -> None:
    """RetrievalError, before anything is encoded, where a kind needs more vectors."""
    if kind == "ivfpq" and number < FEWEST_FOR_IVFPQ:
        raise RetrievalError(
            f"an IVF-PQ index needs at least {FEWEST_FOR_IVFPQ:,} programs, there are {number:,}",
            "use --kind exact or hnsw",
        )


def build(vectors: Any, kind: Kind, metric: Metric) -> Any:
    """Return the FAISS index of float32 vectors (n, d)."""
    import faiss

    number, dimension = vectors.shape
    refuse_too_few(number, kind)
    measure = faiss.METRIC_INNER_PRODUCT if metric == "ip" else faiss.METRIC_L2
    if kind == "exact":
        index = faiss.IndexFlat(dimension, measure)
    elif kind == "hnsw":
        index = faiss.IndexHNSWFlat(dimension, LINKS, measure)
        index.hnsw.efConstruction = EF_CONSTRUCTION
    else:
        codes = next(one for one in range(BYTES_OF_CODE, 0, -1) if dimension % one == 0)
        lists = max(1, round(2 * number**0.5))
        quantizer = faiss.IndexFlat(dimension, measure)
        index = faiss.IndexIVFPQ(quantizer, dimension, lists, codes, 8, measure)
    with _one_thread():
        if not index.is_trained:
            index.train(vectors)
        index.add(vectors)
    return index


def nearest(index: Any, vector: Any, k: int, barred: Any) -> tuple[list[int], list[float]]:
    """Return the positions of the k nearest that are not barred, and FAISS's own values.

    `barred` is an int64 array of positions. Fewer come back only where fewer are left: where an
    approximate structure finds too few beside the barred ones, all of it is searched.
    """
    k = min(k, index.ntotal - len(barred))
    if k < 1:
        return [], []
    places, values = _search(index, vector, k, barred, thorough=False)
    if len(places) < k:
        places, values = _search(index, vector, k, barred, thorough=True)
    return places, values


def _search(
    index: Any, vector: Any, k: int, barred: Any, *, thorough: bool
) -> tuple[list[int], list[float]]:
    import faiss

    selector = faiss.IDSelectorNot(_batch(barred)) if len(barred) else None
    index = faiss.downcast_index(index)
    if isinstance(index, faiss.IndexHNSW):
        if thorough:
            index = faiss.downcast_index(index.storage)
            parameters = faiss.SearchParameters(sel=selector)
        else:
            kept = max(EF_SEARCH, 2 * k) + 2 * len(barred)
            parameters = faiss.SearchParametersHNSW(sel=selector, efSearch=kept)
    elif isinstance(index, faiss.IndexIVF):
        probed = index.nlist if thorough else max(1, index.nlist // PROBED_SHARE)
        parameters = faiss.SearchParametersIVF(sel=selector, nprobe=probed)
    else:
        parameters = faiss.SearchParameters(sel=selector)
    values, places = index.search(vector[None, :], k, params=parameters)
    found = [at for at, place in enumerate(places[0]) if place >= 0]
    return [int(places[0][at]) for at in found], [float(values[0][at]) for at in found]


def _batch(positions: Any) -> Any:
    import faiss

    return faiss.IDSelectorBatch(positions)


@contextmanager
def _one_thread() -> Iterator[None]:
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
