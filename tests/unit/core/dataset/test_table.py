"""Tables of both kinds: the same rows back, whole or not at all."""

import errno
import json
import sys
from pathlib import Path

import pytest

from pie.core.dataset.table import Writer, read
from pie.core.problem import InputError
from sim.errors import MissingTool

COLUMNS = {"name": "text", "tests": "integers", "seconds": "number", "cycles": "integer"}
ROWS = [
    {"name": "a", "tests": [0, 2], "seconds": 0.5, "cycles": 7},
    {"name": "ä\n", "tests": [], "seconds": None, "cycles": None},
]


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_rows_survive(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t.{ending}"
    with Writer(path, COLUMNS) as writer:
        for row in ROWS * 1000:
            writer.write(row)
    assert [dict(one.fields) for one in read(path)] == ROWS * 1000
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_table_without_rows_is_a_table(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t.{ending}"
    with Writer(path, COLUMNS):
        pass
    assert list(read(path)) == []


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_what_stood_there_stays_when_a_step_is_stopped(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t.{ending}"
    path.write_text("earlier")

    def stopped() -> None:
        with Writer(path, COLUMNS) as writer:
            writer.write(ROWS[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_half_written_stays_on_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Writer(tmp_path / "rows.jsonl")
    room = writer._file

    class Full:
        def write(self, data: bytes) -> int:
            return room.write(data)

        def flush(self) -> None:
            raise OSError(errno.ENOSPC, "no room")

        close = flush

    monkeypatch.setattr(writer, "_file", Full())
    with pytest.raises(OSError, match="no room"), writer:
        writer.write({"a": 1})
    room.close()
    assert list(tmp_path.iterdir()) == []


def test_the_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.parquet", "b.parquet"):
        with Writer(tmp_path / name, COLUMNS) as writer:
            for row in ROWS:
                writer.write(row)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_a_broken_line_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(f"{json.dumps(ROWS[0])}\nnot json\n[]\n")
    assert [(one.place, bool(one.problem)) for one in read(path)] == [
        ("line 1", False),
        ("line 2", True),
        ("line 3", True),
    ]


def test_parquet_never_loses_a_field_silently(tmp_path: Path) -> None:
    def write() -> None:
        with Writer(tmp_path / "t.parquet") as writer:
            writer.write({"a": 1})
            for _ in range(2000):
                writer.write({"a": 1, "late": 2})

    with pytest.raises(InputError, match="'late' is in some rows"):
        write()


@pytest.mark.parametrize("values", [("text", 5), ("\ud800",), (2**64,), (1, [2])])
def test_what_parquet_cannot_hold_is_one_sentence(
    tmp_path: Path, values: tuple[object, ...]
) -> None:
    def write() -> None:
        with Writer(tmp_path / "rows.parquet") as writer:
            for value in values:
                writer.write({"a": value})

    with pytest.raises(InputError, match="does not fit the columns"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_kind_is_one_sentence(tmp_path: Path) -> None:
    wrong = tmp_path / "t.parquet"
    wrong.write_text("not parquet")
    for path, what in (
        (wrong, "cannot be read"),
        (tmp_path / "none.jsonl", "does not exist"),
        (tmp_path, "is not a file"),
    ):
        with pytest.raises(InputError, match=what):
            list(read(path))
    (tmp_path / "t.xlsx").touch()
    with pytest.raises(InputError, match=r"end in \.jsonl or \.parquet"):
        list(read(tmp_path / "t.xlsx"))


def test_without_pyarrow_parquet_is_one_sentence_and_jsonl_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.parquet").touch()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingTool, match=r"needs pyarrow.*or use \.jsonl files"):
        list(read(tmp_path / "t.parquet"))
    with pytest.raises(MissingTool, match="needs pyarrow"):
        Writer(tmp_path / "u.parquet")
    with Writer(tmp_path / "t.jsonl") as writer:
        writer.write({"a": 1})
    assert [dict(one.fields) for one in read(tmp_path / "t.jsonl")] == [{"a": 1}]


def test_missing_values_of_pandas_are_none(tmp_path: Path) -> None:
    with Writer(tmp_path / "t.parquet", {"seconds": "number"}) as writer:
        writer.write({"seconds": float("nan")})
    assert [dict(one.fields) for one in read(tmp_path / "t.parquet")] == [{"seconds": None}]


def test_what_json_cannot_say_is_refused(tmp_path: Path) -> None:
    def write() -> None:
        with Writer(tmp_path / "t.jsonl") as writer:
            writer.write({"a": b"bytes"})

    with pytest.raises(InputError, match="write Parquet instead"):
        write()
