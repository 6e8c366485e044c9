from pathlib import Path

import pytest

from finetune.errors import FinetuneError
from finetune.rows import Row, read_rows


def test_rows_are_read_and_other_fields_ignored(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('\ufeff{"prompt": "p", "completion": "c", "tag": 3}\n\n', encoding="utf-8")
    assert list(read_rows(path)) == [Row("p", "c")]


def test_the_problem_of_a_row_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    lines = [
        f'{{"prompt": "p", "completion": "c", "problem_id": {it}}}\n' for it in ('"a"', 7, "[]")
    ]
    path.write_text("".join(lines), encoding="utf-8")
    assert [row.problem for row in read_rows(path)] == ["a", "7", ""]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"prompt": "p"}', "has no completion"),
        (b'{"prompt": "p", "completion": null}', "has no completion"),
        (b'{"prompt": "p", "completion": "  "}', "has an empty completion"),
        (b'{"completion": "c"}', "has no prompt"),
        (b'{"prompt": "p", "completion": 3}', "has a completion that is not a string"),
        (b'{"prompt": "p", "completion": "\\ud800"}', "surrogate"),
        (b'{"src_code": "a", "tgt_code": "b"}', "is a pair, and not yet a row"),
        (b'{"prompt": "p", "completion": "c", "form": "chat"}', "says that its form is 'chat'"),
        (
            b'{"prompt": ["x"], "completion": "c"}',
            "a prompt with a message that is not of",
        ),
        (b"{", "is not a line of JSON"),
        (b"\xff", "is not a line of JSON"),
        (b"[" * 100_000, "is not a line of JSON"),
        (b"[]", "is not a JSON object"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_by_its_line(
    tmp_path: Path, line: bytes, said: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"prompt": "p", "completion": "c"}\n' + line + b"\n")
    with pytest.raises(FinetuneError) as raised:
        list(read_rows(path))
    assert f"{path}:2" in str(raised.value)
    assert said in str(raised.value)


@pytest.mark.parametrize("content", [None, b"", b"\n \n"])
def test_a_file_without_rows_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "rows.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FinetuneError, match=r"rows\.jsonl (are empty|do not exist)"):
        list(read_rows(path))


def test_pairs_in_the_place_of_rows_are_refused_with_the_command_that_makes_rows(
    tmp_path: Path,
) -> None:
    path = tmp_path / "val.jsonl"
    path.write_text('{"problem_id": "p", "src_code": "a", "tgt_code": "b", "tests": [0]}\n')
    command = f"`pie finetune data --pairs {path} --out {tmp_path / 'val.rows.jsonl'}`"
    with pytest.raises(FinetuneError) as raised:
        list(read_rows(path))
    assert command in str(raised.value)


def test_a_limit_is_a_file_that_ends_after_so_many_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    lines = [f'{{"prompt": "p{n}", "completion": "c"}}\n' for n in range(3)]
    path.write_text("\n".join(lines) + "no row")
    assert [one.prompt for one in read_rows(path, 3)] == ["p0", "p1", "p2"]
    assert [one.prompt for one in read_rows(path, 1)] == ["p0"]
    with pytest.raises(FinetuneError, match="not a line of JSON"):
        list(read_rows(path, 4))
