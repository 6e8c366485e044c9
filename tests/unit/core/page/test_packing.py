import pytest
from hypothesis import given
from hypothesis import strategies as st

from pie.core.page.packing import packed, unpacked

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.floats(-1e9, 1e9),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_what_is_packed_comes_back_and_its_letters_end_no_element(value: object) -> None:
    text = packed(value)
    assert unpacked(text) == value
    assert text.isascii()
    assert not set(text) & set("<>&\"'\n")


def test_the_same_value_gives_the_same_text() -> None:
    assert packed({"a": [1, 2.5]}) == packed({"a": [1, 2.5]})


def test_what_no_browser_reads_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        packed(float("nan"))
