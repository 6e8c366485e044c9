"""Made inputs: of the grammar of the given ones, the same in every run."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pie.core.testing.drawing import fits
from pie.core.testing.fuzzing import within
from pie.core.testing.mutation import Mutant, Mutator, mutations, size_of

ARRAY = b"5 2\n10 20 30 40 99\npush pull\n"
TEXTS = st.lists(
    st.text("0123456789 -ab\n", max_size=30).map(str.encode), min_size=1, max_size=4, unique=True
)
SORTED = [b"3\n1 5 9\n", b"4\n2 2 3 8\n", b"2\n4 4\n", b"6\n1 1 2 3 5 8\n"]
PERMUTED = [b"3\n2 1 3\n", b"4\n4 1 3 2\n", b"5\n1 2 3 4 5\n"]
TREES = [b"3\n1 2\n2 3\n", b"2\n2 1\n", b"5\n1 2\n1 3\n4 1\n1 5\n", b"4\n1 2\n2 3\n3 4\n"]
GRAPHS = [b"4 3\n1 2\n1 3\n2 4\n", b"3 3\n1 2\n1 3\n2 3\n", b"5 4\n1 2\n2 3\n3 4\n5 1\n"]
RANGES = [b"5 2\n1 3\n2 2\n", b"9 3\n1 9\n2 4\n6 8\n", b"4 1\n1 4\n"]
WORDS = [b"3\nabc\n", b"5\naabbc\n", b"2\nca\n"]


def numbers(text: bytes, line: int) -> list[int]:
    return [int(one) for one in text.split(b"\n")[line].split()]


def grammatical(inputs: list[bytes], wanted: int = 60) -> list[bytes]:
    made = [one.text for one in Mutator(inputs, 0).near(wanted) if one.how == "grammar"]
    assert len(made) >= 5
    return made


def test_the_same_inputs_and_seed_give_the_same_mutations_and_another_seed_others() -> None:
    first, again = (list(mutations([ARRAY], 5, 0)) for _ in range(2))
    assert first == again
    assert len(first) == 5
    assert first != list(mutations([ARRAY], 5, 1))


def test_counts_belong_to_their_lengths_and_change() -> None:
    made = grammatical([b"3\n1 2 3\n", b"2\n7 9\n", b"4\n1 1 1 1\n"])
    assert all(numbers(one, 0) == [len(numbers(one, 1))] for one in made)
    assert {numbers(one, 0)[0] for one in made} >= {2, 3, 4}
    assert all(1 <= value <= 9 for one in made for value in numbers(one, 1))


def test_sorted_arrays_stay_sorted() -> None:
    for one in grammatical(SORTED):
        assert numbers(one, 1) == sorted(numbers(one, 1))


@pytest.mark.parametrize("sign", [1, -1])
def test_convex_and_concave_arrays_stay_so(sign: int) -> None:
    arrays = [[9, 4, 1, 3, 8], [5, 5, 6, 9], [30, 12, 3, 0, 1, 7]]
    inputs = [
        b"%d\n%b\n" % (len(one), b" ".join(b"%d" % (sign * value) for value in one))
        for one in arrays
    ]
    for one in grammatical(inputs):
        slopes = [b - a for a, b in pairwise(numbers(one, 1))]
        assert all(sign * a <= sign * b for a, b in pairwise(slopes)), one
        assert all(0 <= sign * value <= 30 for value in numbers(one, 1))


def test_permutations_stay_permutations() -> None:
    for one in grammatical(PERMUTED, 20):
        assert sorted(numbers(one, 1)) == list(range(1, numbers(one, 0)[0] + 1))


def test_trees_stay_trees() -> None:
    for one in grammatical(TREES):
        nodes = numbers(one, 0)[0]
        edges = [numbers(one, line) for line in range(1, nodes)]
        seen = {1}
        for _ in range(nodes):
            seen |= {node for edge in edges if set(edge) & seen for node in edge}
        assert seen == set(range(1, nodes + 1)), one


def test_simple_graphs_stay_simple() -> None:
    for one in grammatical(GRAPHS):
        nodes, size = numbers(one, 0)
        edges = [tuple(sorted(numbers(one, line))) for line in range(1, size + 1)]
        assert len(set(edges)) == len(edges)
        assert all(1 <= a < b <= nodes for a, b in edges)


def test_the_ends_of_a_range_stay_in_their_order_and_below_the_size() -> None:
    for one in grammatical(RANGES):
        size, lines = numbers(one, 0)
        for line in range(1, lines + 1):
            low, high = numbers(one, line)
            assert 1 <= low <= high <= size


def test_a_word_is_as_long_as_a_field_says_and_of_known_letters() -> None:
    for one in grammatical(WORDS):
        length, word = one.split()
        assert int(length) == len(word)
        assert set(word) <= set(b"abc")


def test_inputs_grow_beyond_the_given_ones_in_their_grammar() -> None:
    mutator = Mutator(TREES, 0)
    grown = list(mutator.grown(4, 5))
    assert [one.how for one in grown] == ["grown 4"] * 5
    for one in grown:
        nodes = numbers(one.text, 0)[0]
        assert nodes == 4 * numbers(TREES[one.base], 0)[0]
        assert one.text.count(b"\n") == nodes


def test_what_is_distinct_by_chance_does_not_keep_inputs_small() -> None:
    chance = [b"3\n10 20 30\n", b"5\n1 2 3 4 100\n", b"8\n1 2 3 4 100 7 0 -9\n"]
    assert [one.how for one in Mutator(chance, 0).grown(1024, 2)] == ["grown 1024"] * 2
    distinct = [b"8\n1 2 3 4 10 7 9 8\n", b"9\n1 2 3 4 10 7 9 8 5\n", b"7\n1 2 3 4 10 7 9\n"]
    for one in grammatical(distinct, 20):
        assert len(set(numbers(one, 1))) == len(numbers(one, 1))
    assert list(Mutator(distinct, 0).grown(64, 2)) == []


def test_inputs_are_made_near_those_of_a_usual_size() -> None:
    large = b"50000\n" + b" ".join(b"%d" % (100_000 + n * n % 7919) for n in range(50_000)) + b"\n"
    inputs = [large, b"3\n1 2 3\n", b"2\n7 9\n", b"4\n1 1 1 1\n"]
    assert {one.base for one in Mutator(inputs, 0).near(12)} == {1, 2, 3}
    assert {one.base for one in Mutator([large], 0).near(1)} == {0}


def test_inputs_that_are_tried_are_of_a_bounded_size_together() -> None:
    mutants = [Mutant(bytes(6 << 20), 0, "grammar") for _ in range(4)]
    assert len(within(mutants)) == 2


def test_without_a_grammar_tokens_change_in_their_places() -> None:
    made = [one for one in Mutator([ARRAY, b"x\n\ny z\n"], 0).near(20) if one.base == 0]
    assert made
    for one in made:
        assert one.how == "tokens"
        assert one.text.startswith(b"5 2\n"), "five numbers follow, and two words"
        assert all(1 <= number <= 99 for number in numbers(one.text, 1))


@pytest.mark.parametrize("inputs", [SORTED, TREES, WORDS, GRAPHS, [b"9 9\nq\n", b"a\n\n1 1 1\n"]])
def test_smaller_inputs_are_smaller_and_come_by_size(inputs: list[bytes]) -> None:
    mutator = Mutator(inputs, 0)
    largest = max(inputs, key=len)
    made = list(mutator.smaller(largest, 20))
    assert made
    assert all(size_of(one) < size_of(largest) for one in made)
    assert all(size_of(a) < size_of(b) for a, b in pairwise(made))
    if mutator.grammar is not None:
        assert all(fits(mutator.grammar.nodes, one) is not None for one in made)


def test_an_input_without_anything_to_change_has_no_mutations() -> None:
    assert list(mutations([b"abc\n"], 0, 0)) == []
    assert list(mutations([b""], 5, 0)) == []
    assert list(mutations([], 5, 0)) == []


@given(TEXTS, st.integers(0, 9))
def test_nothing_comes_twice_and_the_grammar_is_kept(inputs: list[bytes], seed: int) -> None:
    mutator = Mutator(inputs, seed)
    made = list(mutator.near(4))
    texts = [one.text for one in made]
    assert len(set(texts)) == len(texts)
    assert not set(texts) & set(inputs)
    for one in made:
        if one.how == "grammar":
            assert mutator.grammar is not None
            assert fits(mutator.grammar.nodes, one.text) is not None
