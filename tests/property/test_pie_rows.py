"""Rows under fire: whatever the bytes, a line is a row or a problem told in one sentence."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pie.core.plan import plan
from pie.core.problem import InputError, RowProblem
from pie.core.rows import parse_row
from pie.core.run_folder import Lines, encode
from pie.core.test_cases import TestCases

FIELDS = (
    "problem_id", "src_id", "tgt_id", "src_code", "tgt_code", "tests", "language",
    "generated_answers", "extra",
)  # fmt: skip
plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
good = st.fixed_dictionaries(
    {
        "problem_id": st.text(min_size=1, alphabet=st.characters(codec="utf-8")),
        "src_code": st.text(alphabet=st.characters(codec="utf-8")),
        "tgt_code": st.text(alphabet=st.characters(codec="utf-8")),
        "tests": st.lists(
            st.fixed_dictionaries({"input": st.just("1"), "output": st.just("2")}), min_size=1
        ),
    },
    optional={
        "src_id": st.integers() | st.none(),
        "generated_answers": st.lists(st.none() | st.text()) | st.text() | st.none(),
        "extra": values,
    },
)


def is_row_or_problem(data: bytes) -> bool:
    try:
        row = parse_row(data)
    except RowProblem as caught:
        problem = str(caught)
    else:
        problem = ""
    if problem:
        assert "\n" not in problem
        return False
    encode(row.fields)
    assert row.tests
    assert all(isinstance(one, str) for one in row.generations)
    return True


@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    is_row_or_problem(data)


@given(st.dictionaries(st.sampled_from(FIELDS), values))
def test_any_json_object(fields: dict[str, object]) -> None:
    is_row_or_problem(json.dumps(fields).encode())


@given(good, st.sampled_from(FIELDS), values)
def test_a_good_row_with_one_field_replaced(
    fields: dict[str, object], name: str, value: object
) -> None:
    is_row_or_problem(json.dumps({**fields, name: value}).encode())


@given(good)
def test_a_good_row_is_read_and_written_again_unchanged(fields: dict[str, object]) -> None:
    row = parse_row(json.dumps(fields).encode())
    assert parse_row(encode(row.fields)) == row


@given(st.lists(st.binary(max_size=30) | good.map(lambda one: json.dumps(one).encode())))
def test_every_line_of_a_file_is_planned_or_left_out(
    tmp_path_factory: object, lines: list[bytes]
) -> None:
    path = Path(tmp_path_factory.mktemp("plan")) / "rows.jsonl"  # type: ignore[attr-defined]
    path.write_bytes(b"\n".join(lines))
    written = [one for one in path.read_bytes().split(b"\n") if one.strip()]
    try:
        made = plan(path, TestCases(None))
    except InputError:
        return
    assert made.rows + len(made.left_out) == len(written)
    assert len(list(made.read())) == made.rows


@given(st.lists(values.filter(lambda one: one == one)), st.data())
def test_a_file_of_lines_cut_or_changed_anywhere_comes_out_the_same(
    tmp_path_factory: object, rows: list[object], data: st.DataObject
) -> None:
    rows = [json.loads(json.dumps(one), parse_constant=lambda _: None) for one in rows]
    whole = b"".join(encode(one) for one in rows)
    cut = data.draw(st.integers(0, len(whole)))
    path = Path(tmp_path_factory.mktemp("lines")) / "pairs.jsonl"  # type: ignore[attr-defined]
    path.write_bytes(whole[:cut] + data.draw(st.binary(max_size=40)))
    lines = Lines(path)
    for one in rows:
        lines.write(one)
    lines.finish()
    lines.close()
    assert path.read_bytes() == whole
