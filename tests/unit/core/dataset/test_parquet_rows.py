"""A Parquet file is read in bounded memory, whatever it says of itself."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pie.core.dataset import parquet_rows
from pie.core.dataset.table import read
from pie.core.problem import InputError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def problems(path: Path) -> list[str]:
    return [record.problem for record in read(path)]


def write(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    pq.write_table(pa.table(columns), path, compression="zstd", store_schema=False, **options)
    return path


def the_same_text(size: int, rows: int) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows), pa.array(["a" * size]))


def test_one_long_text_in_every_row_takes_its_own_size_and_no_more(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", {"code": the_same_text(60_000_000, 2000)})
    assert path.stat().st_size < 20_000
    code = (
        "import sys\nfrom pathlib import Path\nfrom pie.core.dataset.table import read\n"
        "said = {record.problem for record in read(Path(sys.argv[1]))}\n"
        # not ru_maxrss: that begins with what the process had that started this one
        "status = dict(one.split(':') for one in Path('/proc/self/status').open())\n"
        "peak = int(status['VmHWM'].split()[0])\n"
        "print(said, peak // 1024, sep='|')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    said, peak_mb = done.stdout.split("|")
    assert said == "{'it holds a text of 60,000,000 bytes; 33,554,432 are the most'}"
    assert int(peak_mb) < 700


def test_only_the_row_with_too_long_a_text_is_broken(tmp_path: Path) -> None:
    column = pa.array(["x", "a" * (40 << 20), None, "y"])
    path = write(tmp_path / "t.parquet", {"code": column, "n": pa.array([1, 2, 3, 4])})
    assert [bool(one) for one in problems(path)] == [False, True, False, False]
    assert [record.fields.get("n") for record in read(path)] == [1, None, 3, 4]


def test_a_row_of_many_long_texts_is_broken(tmp_path: Path) -> None:
    lists = pa.ListArray.from_arrays([0, 1, 40], the_same_text(10 << 20, 40))
    said = problems(write(tmp_path / "t.parquet", {"tests": lists}))
    assert said == ["", "it holds 408,945,280 bytes; 268,435,456 are the most of a row"]


def test_rows_of_lists_of_structures_survive(tmp_path: Path) -> None:
    rows = [
        {"name": "p1", "tests": {"input": ["1\n", "é"], "output": ["2\n", None]}, "n": [1, 2]},
        {"name": None, "tests": {"input": [], "output": None}, "n": []},
        {"name": "p3", "tests": None, "n": None},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    assert [record.fields for record in read(tmp_path / "t.parquet")] == rows


def test_a_list_of_ten_million_numbers_is_one_sentence(tmp_path: Path) -> None:
    numbers = pa.repeat(pa.scalar(0, pa.int8()), 10_000_000)
    lists = pa.ListArray.from_arrays(pa.array([0, 10_000_000], pa.int32()), numbers)
    path = write(tmp_path / "t.parquet", {"tests": lists})
    with pytest.raises(InputError, match=r"holds 10,000,000 values of tests.*in 1 rows"):
        problems(path)


def test_a_column_that_is_packed_beyond_belief_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_rows, "LARGE_COLUMN", 20 << 20)
    path = write(tmp_path / "t.parquet", {"code": pa.array(["a" * (30 << 20)])})
    with pytest.raises(InputError, match=r"packs 31,\d+,\d+ bytes of code into"):
        problems(path)


def test_a_text_that_is_not_utf8_breaks_its_row_only(tmp_path: Path) -> None:
    data = pa.array([b"good", b"\xff\xfe", b"fine"])
    texts = pa.Array.from_buffers(pa.string(), 3, data.buffers())
    path = write(tmp_path / "t.parquet", {"code": texts})
    assert problems(path) == ["", "a text in it is not UTF-8", ""]


def test_a_dictionary_is_known_before_it_is_read(tmp_path: Path) -> None:
    columns = {"long": the_same_text(5_000_000, 9), "short": pa.array(["x", "yy"] * 4 + ["x"])}
    path = write(tmp_path / "t.parquet", {**columns, "number": pa.array(range(9))})
    with pq.ParquetFile(path) as file:
        # Each text has its length before it, in four bytes.
        assert parquet_rows._dictionaries(file, path) == {"long": 5_000_004, "short": 11}


def test_texts_that_are_all_different_are_not_held_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    opened = pq.ParquetFile

    def opening(path: Path, *, read_dictionary: list[str] | None = None, **more: Any) -> Any:
        asked.append(read_dictionary or [])
        return opened(path, read_dictionary=read_dictionary, **more)

    different = pa.array([f"{number}" * 300 for number in range(3000)])
    path = write(tmp_path / "t.parquet", {"a": different, "b": the_same_text(5 << 20, 3000)})
    monkeypatch.setattr(pq, "ParquetFile", opening)
    assert len(problems(path)) == 3000
    assert asked == [[], ["b"]]
