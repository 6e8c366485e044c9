"""Values as bytes: whole and exact one way, and bytes of a stranger the other way."""

import contextlib
import marshal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import values
from sim.errors import InputError

_leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(2**200), max_value=2**200)
    | st.floats()
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False)
)
_keys = st.integers() | st.text() | st.tuples(st.integers(), st.text())
_plain = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(_keys, inner)
        | st.sets(_keys)
        | st.frozensets(_keys)
    ),
    max_leaves=8,
)


def _told(value):
    """Return type and contents, so that 1, 1.0 and True differ, and no order of a set counts."""
    if isinstance(value, dict):
        return "dict", [(_told(one), _told(other)) for one, other in value.items()]
    if isinstance(value, set | frozenset):
        return type(value).__name__, sorted(map(repr, map(_told, value)))
    if isinstance(value, list | tuple):
        return type(value).__name__, list(map(_told, value))
    return type(value).__name__, repr(value)


@settings(max_examples=60, deadline=None)
@given(_plain)
def test_a_value_comes_back_with_its_types(value):
    assert _told(values.decode(values.encode(value))) == _told(value)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_unreadable(data):
    with contextlib.suppress(values.Unreadable):
        values.encode(values.decode(data))


@settings(max_examples=60, deadline=None)
@given(_plain, st.data())
def test_a_value_that_ends_early_or_has_more_behind_it_is_unreadable(value, data):
    whole = values.encode(value)
    cut = data.draw(st.integers(min_value=0, max_value=len(whole) - 1))
    for wrong in (whole[:cut], whole + b"N"):
        with pytest.raises(values.Unreadable):
            values.decode(wrong)


@pytest.mark.parametrize(
    "data",
    [
        marshal.dumps(compile("1", "x", "eval"), 2),  # code
        b"\xdb\1\0\0\0r\0\0\0\0",  # a list that holds itself
        b"[" + (2**31 - 1).to_bytes(4, "little"),  # a length that is not there
        b"[" + (-1).to_bytes(4, "little", signed=True),
        b"<\1\0\0\0[\0\0\0\0",  # a list in a set
        b"{N0",  # a key without a value
        b"0",
        b"S",  # StopIteration
        b"u\1\0\0\0\xff",
        b"l\1\0\0\0\xff\xff",
        b"[\1\0\0\0" * 100_000 + b"N",
        b"",
    ],
)
def test_what_is_no_plain_value_is_unreadable(data):
    with pytest.raises(values.Unreadable):
        values.decode(data)


class _Own(list):
    pass


@pytest.mark.parametrize("value", [_Own(), object(), len, _Own, iter([]), {1: object()}])
def test_a_test_may_hold_plain_values_only(value):
    with pytest.raises(InputError, match="plain value"):
        values.encode(value)


def collection(kind: bytes, elements: list[object]) -> bytes:
    size = len(elements).to_bytes(4, "little") if kind != b"{" else b""
    parts = (marshal.dumps(one, 2) + (b"N" if kind == b"{" else b"") for one in elements)
    return kind + size + b"".join(parts) + (b"0" if kind == b"{" else b"")


@pytest.mark.parametrize("kind", [b"<", b">", b"{"])
def test_elements_chosen_to_have_one_hash_are_refused_before_they_cost_time(kind: bytes) -> None:
    """A guest writes such bytes in no time; to make a set of them would take us hours."""
    prime = 2**61 - 1  # the hash of a number is what is left by it
    with pytest.raises(values.Unreadable, match="all have one hash"):
        values.decode(collection(kind, [number * prime for number in range(30_000)]))
    equal = values.decode(collection(kind, [7] * 30_000))
    assert len(equal) == 1
    assert len(values.decode(collection(kind, list(range(30_000))))) == 30_000
    few = values.decode(collection(kind, [number * prime for number in range(500)]))
    assert len(few) == 500
