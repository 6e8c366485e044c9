"""Tables of any bytes: an import ends with counts that add up, or with one sentence."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pyarrow")

from pie.core.dataset.submission import NEEDED
from pie.core.dataset.table import read
from pie.core.problem import InputError
from pie.flows.dataset.submissions import Request, run
from tests.cases import cases

VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("C++"),
    st.just("Accepted"), st.just("1600000000"), st.lists(st.integers(), max_size=2),
)  # fmt: skip
ROWS = st.lists(
    st.fixed_dictionaries(dict.fromkeys((*NEEDED, "code"), VALUES)), min_size=1, max_size=6
)
GOOD = dict.fromkeys(NEEDED, "1") | {"language": "C++", "status": "Accepted", "code": "int a;"}


def imported(name: str, data: bytes) -> tuple[dict[str, Any], list[str]] | None:
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / name, Path(folder) / "out.parquet"
        source.write_bytes(data)
        try:
            manifest = run(Request(source, out), lambda _number, _of: None)
        except InputError:
            return None
        return manifest["counts"][0], [one.fields["submission_id"] for one in read(out)]


def check(name: str, data: bytes) -> None:
    made = imported(name, data)
    if made is not None:
        counts, names = made
        assert counts["in"] == counts["out"] + sum(counts["left_out"].values())
        assert len(names) == counts["out"] == len(set(names))


@settings(max_examples=cases(60))
@given(ROWS)
def test_rows_of_any_values_are_taken_or_counted(rows: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in [*rows, GOOD])
    check("table.jsonl", text.encode())


@settings(max_examples=cases(60))
@given(st.binary(max_size=200))
def test_a_csv_of_any_bytes_loses_no_good_line_before_it(data: bytes) -> None:
    head = ",".join(GOOD).encode() + b"\n" + ",".join(GOOD.values()).encode() + b"\n"
    made = imported("table.csv", head + data)
    assert made is not None
    assert made[1] == ["1"]
    check("table.csv", data)
