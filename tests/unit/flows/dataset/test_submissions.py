"""`pie dataset import`: what comes out of CodeNet and of tables, and where the rest went."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")

from pie.core.dataset.submission import Wanted
from pie.core.dataset.table import Writer, read
from pie.core.problem import InputError
from pie.flows.dataset import submissions
from pie.flows.dataset.submissions import Request, run
from tests.unit.flows.dataset.codenet import COLUMNS, Sent, rows_of, write_codenet

PROBLEMS = {
    "p00002": [Sent("s9", "u1", 1, "int main() {}")],
    "p00001": [
        Sent("s3", "u2", 5, "three"),
        Sent("s2", "u1", 9, "two"),
        Sent("s1", "u1", 9, "one\r\n"),
        Sent("s4", "u1", 1, "wrong", "Wrong Answer"),
        Sent("s5", "u1", 1, "c", language="C"),
        Sent("s6", "u1", 1, None),
        Sent("s7", "u1", 1, b"\xff"),
        Sent("s3", "u2", 6, "again"),
    ],
}
LEFT_OUT = {
    "code_not_utf8": 1,
    "duplicate": 1,
    "no_source": 1,
    "not_accepted": 1,
    "other_language": 1,
}


def take(source: Path, out: Path, **more: Any) -> dict[str, Any]:
    return run(Request(source, out, **more), lambda _number, _of: None)


def names(path: Path) -> list[str]:
    return [one.fields["submission_id"] for one in read(path)]


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_codenet_folder_comes_out_in_order_and_the_counts_add_up(
    tmp_path: Path, ending: str
) -> None:
    folder = write_codenet(tmp_path / "codenet", PROBLEMS)
    out = tmp_path / f"out.{ending}"
    (counts,) = take(folder, out)["counts"]
    assert names(out) == ["s1", "s2", "s3", "s9"]
    assert counts == {"unit": "submissions", "in": 9, "out": 4, "left_out": LEFT_OUT}
    first = next(iter(read(out))).fields
    assert first["code"] == "one\n"
    assert (first["problem_id"], first["user_id"], first["date"]) == ("p00001", "u1", 9)
    told = {
        one["submission_id"]: one["reason"]
        for one in rows_of(tmp_path / f"{out.name}.left_out.jsonl")
    }
    assert told == {"s6": "no_source", "s7": "code_not_utf8", "s3": "duplicate"}
    assert not (tmp_path / f"{out.name}.parts").exists()


def table_rows() -> list[dict[str, Any]]:
    """The same submissions as a table, with the code inside and other names."""
    made = []
    for problem_id, sent in PROBLEMS.items():
        for one in sent:
            code = one.code.decode("latin-1") if isinstance(one.code, bytes) else one.code
            made.append(
                {
                    "id": one.submission_id,
                    "problem_id": problem_id,
                    "author": one.user_id,
                    "date": one.date,
                    "language": one.language,
                    "status": one.status,
                    "cpu_time": one.cpu_time,
                    "code": code or "",
                    "more": "x",
                }
            )
    return made


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_any_table_gives_the_same_order(tmp_path: Path, ending: str) -> None:
    source = tmp_path / f"table.{ending}"
    if ending == "csv":
        with source.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(table_rows()[0]))
            writer.writeheader()
            writer.writerows(table_rows())
    else:
        with Writer(source) as table:
            for row in table_rows():
                table.write(row)
    columns = {"submission_id": "id", "user_id": "author"}
    out = tmp_path / "out.jsonl"
    (counts,) = take(source, out, columns=columns)["counts"]
    assert names(out) == ["s7", "s1", "s2", "s3", "s9"]
    assert counts["in"] == 9
    assert counts["left_out"] == {
        "code_empty": 1,
        "duplicate": 1,
        "not_accepted": 1,
        "other_language": 1,
    }
    assert {
        one["submission_id"]: one["reason"]
        for one in rows_of(tmp_path / "out.jsonl.left_out.jsonl")
    } == {"s3": "duplicate"}
    by_name = {row["submission_id"]: row["code"] for row in rows_of(out)}
    assert by_name["s3"] == "three", "of two rows with one id the first counts"


def test_broken_lines_are_told_and_the_others_taken(tmp_path: Path) -> None:
    folder = write_codenet(tmp_path / "codenet", {"p00001": [Sent("s1", "u1", 1, "one")]})
    table = folder / "metadata" / "p00001.csv"
    ok = "s{0},p00001,u1,{0},C++,C++,cpp,Accepted,1,1,1,\n"
    with table.open("a") as file:
        file.write("s2,p00001\n")
        file.write(ok.format(3).replace("u1", ""))
        file.write(ok.format(4).replace("p00001", "p00009"))
        file.write(ok.format(5).replace("cpp", "../x"))
        file.write('s6,"p00001"x,u1\n')
        file.write(ok.format(1))
    out = tmp_path / "out.jsonl"
    (counts,) = take(folder, out)["counts"]
    assert counts["left_out"] == {"broken_row": 4, "duplicate": 1, "no_source": 1}
    told = [(one["place"], one["detail"]) for one in rows_of(tmp_path / "out.jsonl.left_out.jsonl")]
    assert told[0] == ("line 3", f"2 fields, the heading has {len(COLUMNS)}")
    assert told[1] == ("line 4", "user_id is missing")
    assert told[2] == ("line 5", "it is of the problem 'p00009'")


@pytest.mark.parametrize("column", ["user_id", "status", "filename_ext"])
def test_a_table_of_codenet_without_a_column_is_one_sentence(tmp_path: Path, column: str) -> None:
    folder = write_codenet(tmp_path / "codenet", PROBLEMS)
    table = folder / "metadata" / "p00002.csv"
    table.write_text(table.read_text().replace(column, "other", 1))
    with pytest.raises(InputError, match=rf"p00002\.csv has no column {column}"):
        take(folder, tmp_path / "out.jsonl")


def test_a_table_without_a_column_is_one_sentence(tmp_path: Path) -> None:
    source = tmp_path / "table.jsonl"
    source.write_text('{"id": "s1"}\n')
    with pytest.raises(InputError, match="there is no column submission_id; name the table's"):
        take(source, tmp_path / "out.jsonl")
    with pytest.raises(InputError, match="there is no column 'nonsense'"):
        take(source, tmp_path / "out.jsonl", columns={"nonsense": "id"})


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-16", "UTF-16"), ("utf-16-le", "UTF-16LE"), ("utf-16-be", "UTF-16BE")],
)
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_table_in_utf16_is_called_so(
    tmp_path: Path, ending: str, encoding: str, name: str
) -> None:
    source = tmp_path / f"table.{ending}"
    source.write_bytes('{"submission_id": "s1"}\n'.encode(encoding))
    with pytest.raises(InputError, match=f"is in {name}, and tables are read as UTF-8") as caught:
        take(source, tmp_path / "out.jsonl")
    assert f"iconv -f {name} -t UTF-8 table.{ending}" in str(caught.value)


def test_a_table_of_codenet_in_utf16_is_called_so(tmp_path: Path) -> None:
    folder = write_codenet(tmp_path / "codenet", PROBLEMS)
    table = folder / "metadata" / "p00002.csv"
    table.write_text(table.read_text(), encoding="utf-16")
    with pytest.raises(InputError, match=r"p00002\.csv is in UTF-16"):
        take(folder, tmp_path / "out.jsonl")


def test_rows_whose_ids_are_no_names_are_left_out_and_told(tmp_path: Path) -> None:
    good = {
        "submission_id": "s1",
        "problem_id": "p1",
        "user_id": "u1",
        "date": 1,
        "language": "C++",
        "status": "Accepted",
        "code": "int main() {}",
    }
    rows = [good, {**good, "submission_id": "s2", "user_id": ["u1"]}]
    source = tmp_path / "table.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (counts,) = take(source, tmp_path / "out.jsonl")["counts"]
    assert (counts["out"], counts["left_out"]) == (1, {"broken_row": 1})
    (told,) = rows_of(tmp_path / "out.jsonl.left_out.jsonl")
    assert told["detail"] == "user_id is neither a text nor a whole number"


@pytest.mark.parametrize("what", ["nothing", "empty folder", "no problems"])
def test_a_source_that_is_none_is_one_sentence(tmp_path: Path, what: str) -> None:
    source = tmp_path / "source"
    if what != "nothing":
        (source / ("metadata" if what == "no problems" else "")).mkdir(parents=True)
    with pytest.raises(InputError):
        take(source, tmp_path / "out.jsonl")


def test_a_link_out_of_the_folder_by_language_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.cpp").write_text("secret")
    sent = replace(PROBLEMS["p00002"][0], submission_id="secret", language="C++ (../../../..)")
    folder = write_codenet(tmp_path / "codenet", {"p00002": [replace(sent, code=None)]})
    with pytest.raises(InputError, match=r"none of 1 submissions .*no_source 1"):
        take(folder, tmp_path / "out.jsonl")


def test_a_stopped_import_goes_on_with_the_next_problem_and_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_codenet(tmp_path / "codenet", PROBLEMS)
    undisturbed = tmp_path / "a" / "out.parquet"
    take(folder, undisturbed)
    imported: list[str] = []
    original = submissions._import_problem

    def stopping(request: Request, table: Path, part: Path, limit: int | None) -> dict[str, Any]:
        imported.append(table.stem)
        if imported == ["p00001", "p00002"]:
            raise KeyboardInterrupt
        return original(request, table, part, limit)

    monkeypatch.setattr(submissions, "_import_problem", stopping)
    out = tmp_path / "b" / "out.parquet"
    with pytest.raises(KeyboardInterrupt):
        take(folder, out)
    assert not out.exists()
    take(folder, out)
    assert imported == ["p00001", "p00002", "p00002"]
    assert out.read_bytes() == undisturbed.read_bytes()
    left_out = [path.with_name("out.parquet.left_out.jsonl") for path in (out, undisturbed)]
    assert left_out[0].read_bytes() == left_out[1].read_bytes()


def test_a_finished_import_is_not_repeated_unless_something_changed(tmp_path: Path) -> None:
    folder = write_codenet(tmp_path / "codenet", PROBLEMS)
    out = tmp_path / "out.jsonl"
    first = take(folder, out)
    before = out.stat().st_mtime_ns
    assert take(folder, out) == first
    assert out.stat().st_mtime_ns == before
    assert take(folder, out, wanted=Wanted(plain_c=True))["counts"][0]["out"] == 5
    table = folder / "metadata" / "p00001.csv"
    table.write_text(table.read_text().replace("Wrong Answer", "Accepted"))
    assert take(folder, out)["counts"][0]["out"] == 5
    out.write_text("damaged")
    take(folder, out)
    assert len(rows_of(out)) == 5


def test_an_import_is_repeated_when_a_program_was_added_changed_or_removed(tmp_path: Path) -> None:
    folder = write_codenet(tmp_path / "codenet", PROBLEMS)
    out, programs = tmp_path / "out.jsonl", folder / "data" / "p00001" / "C++"
    take(folder, out)
    (programs / "s6.cpp").write_text("six")
    take(folder, out)
    assert names(out) == ["s6", "s1", "s2", "s3", "s9"]
    (programs / "s6.cpp").write_text("SIX, longer")
    take(folder, out)
    assert rows_of(out)[0]["code"] == "SIX, longer"
    (programs / "s6.cpp").unlink()
    take(folder, out)
    assert names(out) == ["s1", "s2", "s3", "s9"]


def test_a_stopped_import_does_not_keep_a_problem_whose_programs_have_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_codenet(tmp_path / "codenet", PROBLEMS)
    out = tmp_path / "out.jsonl"
    with monkeypatch.context() as patched:
        patched.setattr(submissions.shutil, "rmtree", lambda *_a, **_k: None)  # its parts stay
        take(folder, out)
    (folder / "data" / "p00001" / "C++" / "s6.cpp").write_text("six")
    take(folder, out)
    assert "s6" in names(out)


def test_the_manifest_says_from_what(tmp_path: Path) -> None:
    folder = write_codenet(tmp_path / "codenet", PROBLEMS)
    take(folder, tmp_path / "out.jsonl")
    manifest = json.loads((tmp_path / "out.jsonl.manifest.json").read_text())
    assert manifest["step"] == "import"
    assert set(manifest["inputs"]["metadata"]) == {"name", "bytes", "sha256"}
    assert manifest["parameters"]["wanted"] == {"language": "cpp", "plain_c": False}
