"""The comparison rules hold for outputs that nobody thought of."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import comparison

WORDS = st.lists(
    st.binary(min_size=1, max_size=8).filter(lambda word: word.split() == [word]), max_size=6
)
SPACES = st.sampled_from([b" ", b"\n", b"\t", b"\r\n", b"  \n"])
INTEGERS = st.integers(-(10**40), 10**40)


@pytest.mark.parametrize("name", ["tokens", "exact"])
@given(output=st.binary())
def test_an_output_equals_itself(name: str, output: bytes) -> None:
    assert comparison.named(name).between(output, output) == ""


@given(WORDS, SPACES, SPACES)
def test_tokens_ignores_how_words_are_spaced(words: list[bytes], one: bytes, other: bytes) -> None:
    assert comparison.tokens(one.join(words) + other, other.join(words)) == ""


@given(WORDS, st.data())
def test_a_word_more_or_less_is_wrong(words: list[bytes], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(words)))
    more = [*words[:at], b"extra", *words[at:]]
    assert comparison.tokens(b" ".join(more), b" ".join(words))
    assert comparison.tokens(b" ".join(words), b" ".join(more))


@given(INTEGERS, INTEGERS)
def test_integers_are_equal_only_to_themselves(one: int, other: int) -> None:
    assert (comparison.tokens(b"%d" % one, b"%d" % other) == "") == (one == other)


@given(INTEGERS, st.integers(0, 30))
def test_leading_zeros_change_nothing(number: int, zeros: int) -> None:
    padded = b"-" * (number < 0) + b"0" * zeros + b"%d" % abs(number)
    assert comparison.tokens(padded, b"%d" % number) == ""


@given(
    st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=9),
    st.decimals(-10, 10, allow_nan=False, allow_infinity=False, places=9),
)
def test_fractions_are_equal_within_a_millionth(number: Decimal, away: Decimal) -> None:
    with localcontext() as context:
        context.prec = 60
        other = number + away
        room = Decimal("1e-6") * max(Decimal(1), abs(number))
        distance = abs(away)
    equal = comparison.tokens(format(other, "f").encode(), format(number, "f").encode()) == ""
    if distance < room * Decimal("0.999"):
        assert equal
    if distance > room * Decimal("1.001"):
        assert not equal


@given(st.sampled_from([b"nan", b"inf", b"-inf", b"infinity", b"NaN", b"1_0", b"0x1p3"]), INTEGERS)
def test_words_that_python_reads_as_numbers_equal_no_number(word: bytes, number: int) -> None:
    assert comparison.tokens(word, b"%d" % number)
    assert comparison.tokens(b"%d.5" % number, word)


@given(st.binary(), st.binary())
def test_no_output_is_too_strange_to_be_compared(one: bytes, other: bytes) -> None:
    for name in comparison.RULES:
        assert isinstance(comparison.named(name).between(one, other), str)


@given(st.binary(), st.binary())
def test_exact_is_equality(one: bytes, other: bytes) -> None:
    assert (comparison.exact(one, other) == "") == (one == other)
