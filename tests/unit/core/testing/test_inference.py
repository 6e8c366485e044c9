"""The shape of a problem's inputs, found in the inputs alone."""

import pytest

from pie.core.testing.drawing import fits
from pie.core.testing.inference import infer
from pie.core.testing.shapes import (
    Array,
    Block,
    Count,
    Counted,
    Fields,
    Group,
    Node,
    Tagged,
    Until,
    lines_of,
    parse,
    render,
    text_of,
)

ARRAYS = [b"3\n1 2 3\n", b"2\n7 9\n", b"4\n1 1 1 1\n"]
EDGES = [b"3 2\n1 2\n2 3\n", b"2 1\n1 2\n", b"4 3\n1 2\n1 3\n1 4\n"]
GROUPS = [b"2\n2\n1 2\n3\n4 5 6\n", b"1\n4\n1 2 3 4\n", b"3\n1\n9\n2\n1 1\n1\n5\n"]
ZEROS = [
    b"2 1\n5 6\n7\n1 1\n3\n4\n0 0\n",
    b"1 2\n8\n1 2\n0 0\n",
    b"3 3\n1 2 3\n4 5 6\n2 1\n9 8\n7\n1 2\n3\n3 3\n0 0\n",
]
TAGGED = [b"3\n1 5 6\n2 4\n1 7 8\n", b"2\n2 4\n2 9\n", b"1\n1 0 0\n"]
COUNTED = [b"2 5 6\n", b"3 1 2 3\n", b"0\n"]
POWERS = [b"1\n1 2\n", b"3\n1 2 3 4 5 6 7 8\n", b"2\n4 4 4 4\n"]
MATRIX = [b"2 3\n1 2 3\n4 5 6\n", b"1 2\n1 2\n", b"3 1\n1\n2\n3\n"]
ENDLESS = [b"1 2\n3 4\n", b"1 2\n3 4\n5 6\n", b"9 9\n"]


def only(nodes: tuple[Node, ...] | None, at: int) -> Node:
    assert nodes is not None
    return nodes[at]


def test_a_line_as_long_as_a_field_says_is_an_array() -> None:
    nodes = infer(ARRAYS)
    first, second = only(nodes, 0), only(nodes, 1)
    assert isinstance(first, Fields)
    assert second == Array(second.slot, Count(first.slots[0]))  # type: ignore[union-attr]


def test_a_tree_has_a_line_fewer_than_nodes() -> None:
    block = only(infer([b"3\n1 2\n2 3\n", b"2\n1 2\n", b"5\n1 2\n1 3\n1 4\n1 5\n"]), 1)
    assert isinstance(block, Block)
    assert block.count is not None
    assert block.count.offset == -1


@pytest.mark.parametrize(
    ("inputs", "kind"),
    [(EDGES, Fields), (TAGGED, Tagged), (MATRIX, Array)],
)
def test_a_block_has_as_many_lines_as_a_field_says(inputs: list[bytes], kind: type) -> None:
    block = only(infer(inputs), 1)
    assert isinstance(block, Block)
    assert isinstance(block.row, kind)
    assert block.count is not None


def test_a_line_may_begin_with_its_own_length() -> None:
    assert isinstance(only(infer(COUNTED), 0), Counted)


def test_a_field_may_be_the_power_of_two_that_counts() -> None:
    array = only(infer(POWERS), 1)
    assert isinstance(array, Array)
    assert array.count.power


@pytest.mark.parametrize(("inputs", "until"), [(GROUPS, Until.COUNT), (ZEROS, Until.ZEROS)])
def test_groups_have_counts_of_their_own(inputs: list[bytes], until: Until) -> None:
    group = (infer(inputs) or ())[-1]
    assert isinstance(group, Group)
    assert group.until is until


def test_lines_to_the_end_of_the_input_are_a_block_without_a_count() -> None:
    block = only(infer(ENDLESS), 0)
    assert isinstance(block, Block)
    assert block.count is None


@pytest.mark.parametrize(
    "inputs",
    [
        [b"1 0\n\n", b"1 1\n1\n", b"2 1\n1\n", b"3 2\n1 3\n"],
        [b"1\n\n", b"2\n1\n", b"3\n1 1\n", b"5\n1 2 2 1\n"],
        [b"1\n", b"2\n1\n", b"3\n1 1\n", b"5\n1 2 2 1\n\n\n"],
    ],
)
def test_an_empty_array_has_a_blank_line_or_none(inputs: list[bytes]) -> None:
    nodes = infer(inputs)
    assert isinstance(only(nodes, 1), Array)
    assert nodes is not None
    assert all(fits(nodes, one) is not None for one in inputs)


def test_what_has_no_common_shape_has_none() -> None:
    assert infer([b"1 2\n3\n", b"x\n\ny z\n", b"4 4 4 4\n5\n5\n"]) is None
    assert infer([b""]) is None
    assert infer([]) is None


@pytest.mark.parametrize(
    "inputs", [ARRAYS, EDGES, GROUPS, ZEROS, TAGGED, COUNTED, POWERS, MATRIX, ENDLESS]
)
def test_every_input_is_read_to_its_end_and_written_as_it_was(inputs: list[bytes]) -> None:
    nodes = infer(inputs)
    assert nodes is not None
    for one in inputs:
        tree = fits(nodes, one)
        assert tree is not None
        assert text_of(render(nodes, tree)) == one
    assert fits(nodes, inputs[0] + b"one more line\n") is None


def test_a_count_beyond_the_input_reads_nothing() -> None:
    nodes = infer(ARRAYS)
    assert nodes is not None
    for text in (b"9\n1 2 3\n", b"-1\n\n", b"99999999999999999999\n1\n"):
        assert parse(nodes, lines_of(text), 0, {}) is None or fits(nodes, text) is None
