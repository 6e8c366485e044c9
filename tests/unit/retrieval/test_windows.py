"""Every token is read once, from the window in which it is farther from a cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.windows import Window, windows


def test_a_text_that_fits_has_one_window() -> None:
    assert windows(512, 512, 128) == [Window(0, 512, 0, 512)]
    assert windows(0, 512, 128) == [Window(0, 0, 0, 0)]


def test_a_longer_text_is_cut_in_the_middle_of_each_overlap() -> None:
    assert windows(16, 10, 4) == [Window(0, 10, 0, 8), Window(6, 16, 8, 16)]


@given(st.integers(0, 3000), st.integers(1, 200), st.integers(0, 199))
def test_every_token_is_taken_once_and_read_where_it_is_taken(
    tokens: int, size: int, overlap: int
) -> None:
    overlap = min(overlap, size - 1)
    cut = windows(tokens, size, overlap)
    assert [at for one in cut for at in range(one.first, one.last)] == list(range(tokens))
    assert all(one.start <= one.first <= one.last <= one.stop for one in cut)
    assert all(one.stop - one.start == min(size, tokens) for one in cut)


@given(st.integers(513, 3000))
def test_every_token_has_half_the_overlap_around_it_unless_the_text_ends(tokens: int) -> None:
    for one in windows(tokens, 512, 128):
        assert one.start == 0 or one.first - one.start >= 64
        assert one.stop == tokens or one.stop - one.last >= 64


@pytest.mark.parametrize("overlap", [-1, 10, 11])
def test_an_overlap_that_does_not_fit_is_refused(overlap: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        windows(100, 10, overlap)
