"""The guarded search against the plainest possible one, on vectors whose distances are exact."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.encoder import EncoderConfig
from retrieval.index import build_index
from retrieval.item import Item
from retrieval.structures import Kind
from tests.cases import cases


class Numbers:
    """An encoder whose vectors are the numbers of the text."""

    config = EncoderConfig("numbers", "numbers", {})
    dimension, normalised = 2, False

    def __init__(self, metric: str) -> None:
        self.metric = metric

    def fingerprint(self) -> str:
        return "numbers:1"

    def encode(self, texts):
        import numpy

        return numpy.array([[int(n) for n in text.split(",")] for text in texts], "float32")

    def fitted(self, texts, progress):
        return self, self.encode(texts)

    def state(self) -> bytes:
        return b""


texts = st.builds("{},{}".format, st.integers(-9, 9), st.integers(-9, 9))
groups = st.sets(st.sampled_from("abcd"), max_size=2).map(lambda some: tuple(sorted(some)))
programs = st.lists(st.tuples(texts, groups), min_size=1, max_size=40)


def similarity(metric: str, one: str, other: str) -> float:
    (a, b), (c, d) = ([int(n) for n in text.split(",")] for text in (one, other))
    return float(a * c + b * d) if metric == "ip" else -float((a - c) ** 2 + (b - d) ** 2)


def allowed(items: list[Item], text: str, group: str | None) -> list[Item]:
    """What the guard lets through, said once more as plainly as it can be."""
    own_groups = {name for item in items if item.text == text for name in item.groups} | {group}
    own_texts = {item.text for item in items if own_groups & set(item.groups)} | {text}
    return [item for item in items if item.text not in own_texts]


@pytest.mark.parametrize("kind", ["exact", "hnsw"])
@pytest.mark.parametrize("metric", ["l2", "ip"])
@settings(max_examples=cases(25), deadline=None)
@given(programs, texts, st.sampled_from([None, "a", "b", "z"]), st.integers(1, 50))
def test_the_nearest_of_other_problems_are_exactly_those_of_brute_force(
    metric: str, kind: Kind, some: list, text: str, group: str | None, k: int
) -> None:
    items = [Item(str(at), *one) for at, one in enumerate(some)]
    with tempfile.TemporaryDirectory() as folder:
        index = build_index(items, Numbers(metric), Path(folder) / "x", kind)
        (hits,) = index.search([text], k, [group])
        (free,) = index.search([text], k, [group], guard=False)
    by_id = {item.id: item for item in items}
    for found, among in ((hits, allowed(items, text, group)), (free, items)):
        scores = sorted((similarity(metric, text, item.text) for item in among), reverse=True)
        assert [hit.score for hit in found] == scores[:k]
        assert len({hit.id for hit in found}) == len(found)
        assert {hit.id for hit in found} <= {item.id for item in among}
        for hit in found:
            assert hit.score == similarity(metric, text, by_id[hit.id].text)
