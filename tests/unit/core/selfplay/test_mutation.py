"""Mutated inputs: the same shape, other values, the same in every run."""

import re

from hypothesis import given
from hypothesis import strategies as st

from pie.core.selfplay.mutation import mutations

ARRAY = b"5 2\n10 20 30 40 99\npush pull\n"
TEXTS = st.lists(
    st.text("0123456789 -ab\n", max_size=30).map(str.encode), min_size=1, max_size=4, unique=True
)


def test_the_same_inputs_and_seed_give_the_same_mutations_and_another_seed_others() -> None:
    first, again = (list(mutations([ARRAY], 5, 0)) for _ in range(2))
    assert first == again
    assert len(first) == 5
    assert first != list(mutations([ARRAY], 5, 1))


def test_a_count_stays_and_numbers_keep_to_the_largest_of_their_digits() -> None:
    changed = 0
    for one in mutations([ARRAY], 40, 0):
        assert one.startswith(b"5 2\n"), "five numbers follow, and two words"
        numbers = [int(token) for token in one.split(b"\n")[1].split()]
        assert all(1 <= number <= 99 for number in numbers)
        changed += numbers != [10, 20, 30, 40, 99]
    assert changed


def test_a_word_becomes_another_of_its_length() -> None:
    words = set()
    for one in mutations([b"push 1\n", b"pull 7\n", b"top 3\n"], 40, 0):
        words.add(one.split()[0])
    assert words <= {b"push", b"pull", b"top"}
    assert {b"push", b"pull"} <= words


def test_an_input_without_anything_to_change_has_no_mutations() -> None:
    assert list(mutations([b"abc\n"], 5, 0)) == []
    assert list(mutations([b""], 5, 0)) == []
    assert list(mutations([], 5, 0)) == []


@given(TEXTS, st.integers(0, 9))
def test_tokens_and_spaces_keep_their_places_and_nothing_comes_twice(
    inputs: list[bytes], seed: int
) -> None:
    made = list(mutations(inputs, 4, seed))
    assert len(set(made)) == len(made)
    assert not set(made) & set(inputs)
    shapes = {tuple(re.split(rb"[^\s]+", one)) for one in inputs}
    for one in made:
        assert tuple(re.split(rb"[^\s]+", one)) in shapes
        assert len(one) <= max(map(len, inputs))
