"""Encoding by a model that is interrupted goes on where it was."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
import pytest

from retrieval.encoder import EncoderConfig, Metric
from retrieval.errors import RetrievalError
from retrieval.index import build_index
from retrieval.item import Item
from retrieval.partial import CHUNK, encoded

TEXTS = [str(at) for at in range(3 * CHUNK + 5)]


class Slow:
    """Gives the number that is the text; stops, as by a signal, after so many calls."""

    config = EncoderConfig("slow", "slow", {})
    dimension = 2
    metric: Metric = "l2"
    normalised = False

    def __init__(self, calls: int = 1000, mark: str = "1") -> None:
        self.calls, self.mark = calls, mark
        self.asked: list[str] = []

    def fingerprint(self) -> str:
        return f"slow:{self.mark}"

    def encode(self, texts: Sequence[str]) -> Any:
        if not self.calls:
            raise KeyboardInterrupt
        self.calls -= 1
        self.asked += texts
        return numpy.array([[int(text), 1] for text in texts], dtype=numpy.float32)

    def state(self) -> bytes:
        return b""


def run(file: Path, encoder: Slow, texts: Sequence[str] = TEXTS) -> tuple[Any, int]:
    done: list[int] = []
    return encoded(texts, encoder, file, done.append), sum(done)


def test_an_interrupted_encoding_goes_on_after_the_last_whole_chunk(tmp_path: Path) -> None:
    file = tmp_path / "partial"
    with pytest.raises(KeyboardInterrupt):
        run(file, Slow(calls=2))
    with file.open("ab") as kept:
        kept.write(b"half a row")
    again = Slow()
    vectors, done = run(file, again)
    assert again.asked == TEXTS[2 * CHUNK :]
    assert done == len(TEXTS)
    assert numpy.array_equal(vectors, Slow().encode(TEXTS))


@pytest.mark.parametrize(
    ("encoder", "texts"), [(Slow(mark="2"), TEXTS), (Slow(), TEXTS[1:])], ids=["encoder", "texts"]
)
def test_what_another_encoder_made_or_of_other_texts_is_not_taken(
    tmp_path: Path, encoder: Slow, texts: list[str]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "partial", Slow(calls=2))
    vectors, _ = run(tmp_path / "partial", encoder, texts)
    assert encoder.asked == texts
    assert numpy.array_equal(vectors, Slow().encode(texts))


def test_two_builds_at_one_place_do_not_mix(tmp_path: Path) -> None:
    class Nested(Slow):
        def encode(self, texts: Sequence[str]) -> Any:
            with pytest.raises(RetrievalError, match="another process is building"):
                run(tmp_path / "partial", Slow())
            return super().encode(texts)

    run(tmp_path / "partial", Nested())


def test_a_build_leaves_nothing_beside_the_index_but_an_interrupted_one_what_it_did(
    tmp_path: Path,
) -> None:
    items = [Item(text, text) for text in TEXTS]
    with pytest.raises(KeyboardInterrupt):
        build_index(items, Slow(calls=1), tmp_path / "index")
    assert [file.name for file in tmp_path.iterdir()] == [".index.partial"]
    again = Slow()
    build_index(items, again, tmp_path / "index")
    assert again.asked == TEXTS[CHUNK:]
    assert [file.name for file in tmp_path.iterdir()] == ["index"]
