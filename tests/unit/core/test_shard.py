"""Shards: every line in exactly one, in the file's order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pie.core.problem import InputError
from pie.core.rows import read_lines
from pie.core.shard import Shard


@given(lines=st.lists(st.integers(1, 300), min_size=1, max_size=60), of=st.integers(1, 70))
def test_the_shards_in_order_are_the_file(
    tmp_path_factory: pytest.TempPathFactory, lines: list[int], of: int
) -> None:
    path = tmp_path_factory.mktemp("shard") / "rows.jsonl"
    path.write_text("".join("x" * length + "\n" for length in lines))
    found = list(read_lines(path))
    dealt = [
        line.number
        for number in range(1, of + 1)
        for line in found
        if Shard(number, of).holds(path, line.offset)
    ]
    assert dealt == list(range(1, len(lines) + 1))


@pytest.mark.parametrize("text", ["", "0/2", "3/2", "1", "1/0", "-1/2", "1/2/3", "a/b", " 1/2"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="such as 2/8"):
        Shard.parse(text)


def test_a_shard_is_read_as_it_is_written() -> None:
    assert str(Shard.parse("2/8")) == "2/8"
