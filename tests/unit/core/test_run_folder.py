"""The run folder: held by one process, of one configuration, and never worse for a kill."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pie.core.problem import InputError
from pie.core.run_folder import Lines, RunFolder, encode, load_json, save_json

MANIFEST: dict[str, Any] = {
    "pairs_sha256": "aa",
    "testcases": None,
    "setting": {"machine": {"name": "cachegrind"}, "limits": {"memory_bytes": 1}},
}
ROWS = [{"row": number, "text": "é" * number} for number in range(6)]
WHOLE = b"".join(encode(row) for row in ROWS)


def write_all(path: Path) -> bytes:
    lines = Lines(path)
    for row in ROWS:
        lines.write(row)
    lines.finish()
    lines.close()
    return path.read_bytes()


def open_and_close(path: Path, **changes: Any) -> None:
    with RunFolder(path, {**MANIFEST, **changes}):
        pass


def test_a_line_is_compact_ascii_and_never_holds_a_nan() -> None:
    assert encode({"a": [1, "é"]}) == b'{"a":[1,"\\u00e9"]}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode(float("nan"))


def test_lines_are_on_disk_as_soon_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    lines = Lines(path)
    lines.write(ROWS[0])
    assert path.read_bytes() == encode(ROWS[0])
    lines.close()


@pytest.mark.parametrize("kept", [0, 1, 20, len(encode(ROWS[0])), 60, len(WHOLE) - 1, len(WHOLE)])
def test_a_file_that_was_cut_anywhere_is_made_whole(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(WHOLE[:kept])
    assert write_all(path) == WHOLE
    assert [one.name for one in tmp_path.iterdir()] == ["pairs.jsonl"], "a torn line is no line"


def test_what_stands_there_already_is_passed_over_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(WHOLE)
    lines = Lines(path)
    for row in ROWS[:3]:
        lines.write(row)
        assert path.read_bytes() == WHOLE, "a reader must never see less than was there"
    lines.close()
    assert path.read_bytes() == WHOLE


def test_from_the_first_difference_on_the_new_lines_count(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    earlier = WHOLE.replace(b'"row":2', b'"row":9')
    path.write_bytes(earlier)
    assert write_all(path) == WHOLE
    kept = earlier[earlier.index(b'{"row":9') :]
    assert (tmp_path / "pairs.jsonl.superseded").read_bytes() == kept
    path.write_bytes(WHOLE + b"more\n")
    assert write_all(path) == WHOLE
    assert (tmp_path / "pairs.jsonl.superseded").read_bytes() == kept + b"more\n"


def test_lines_of_a_longer_earlier_run_are_cut_off_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(WHOLE + encode({"row": "of an earlier run"}))
    assert write_all(path) == WHOLE


def test_an_earlier_line_that_begins_like_the_new_one_is_not_taken_for_it(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(b'{"row":0,"text":""} \n' + WHOLE)
    assert write_all(path) == WHOLE


def test_the_manifest_says_how_a_run_stands(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "run"
    with RunFolder(path, MANIFEST) as folder:
        assert load_json(path / "manifest.json") == {**MANIFEST, "status": "running"}
        folder.save_manifest("finished", effort={"jobs_run": {}})
    assert load_json(path / "manifest.json")["status"] == "finished"
    assert load_json(path / "manifest.json")["effort"] == {"jobs_run": {}}


def test_the_same_configuration_may_come_back(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", MANIFEST) as folder:
        folder.rows.write({"row": 1})
        folder.finish({"rows": 1})
    open_and_close(tmp_path / "run", toolkit_version="another")
    assert (tmp_path / "run" / "pairs.jsonl").read_bytes() == encode({"row": 1})
    assert load_json(tmp_path / "run" / "summary.json") == {"rows": 1}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"pairs_sha256": "bb"}, "pairs_sha256 differs"),
        ({"testcases": "/elsewhere"}, "testcases differs"),
        ({"tests_digest": "cc"}, "test cases differ"),
        (
            {"setting": {"machine": {"name": "native"}, "limits": {"memory_bytes": 1}}},
            "setting.machine.name: cachegrind against native",
        ),
        (
            {"setting": {"machine": {"name": "cachegrind"}, "limits": {"memory_bytes": 2}}},
            "setting.limits.memory_bytes: 1 against 2",
        ),
    ],
)
def test_another_configuration_is_refused_and_named_and_nothing_is_touched(
    tmp_path: Path, changes: dict[str, Any], named: str
) -> None:
    with RunFolder(tmp_path / "run", MANIFEST) as folder:
        folder.rows.write({"row": 1})
        folder.finish({})
    before = {one.name: one.read_bytes() for one in (tmp_path / "run").iterdir()}
    with pytest.raises(InputError, match=rf"of another configuration \({named}\); give"):
        open_and_close(tmp_path / "run", **changes)
    assert {one.name: one.read_bytes() for one in (tmp_path / "run").iterdir()} == before


def test_a_folder_of_somebody_else_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match=r"not empty and holds no run \(thesis\.tex\)"):
        open_and_close(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_a_kill_during_the_very_first_write_does_not_lock_the_user_out(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    (tmp_path / ".manifest.json.4711").write_text('{"pairs_')
    open_and_close(tmp_path)
    assert load_json(tmp_path / "manifest.json")["status"] == "running"


def test_a_damaged_manifest_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(InputError, match=r"manifest\.json cannot be read"):
        open_and_close(tmp_path)


@pytest.mark.parametrize("below", ["file", "file/run"])
def test_a_place_that_cannot_hold_a_folder_is_refused(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"cannot be written \(.*\); give another folder"):
        open_and_close(tmp_path / below)


def test_a_folder_held_by_another_process_is_refused_until_that_ends(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from pie.core.run_folder import RunFolder\n"
        f"with RunFolder(Path({str(tmp_path / 'run')!r}), {MANIFEST!r}):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(InputError, match="another process is working in the run folder"):
            open_and_close(tmp_path / "run")
        other.kill()
    open_and_close(tmp_path / "run")


def test_json_is_saved_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    save_json(path, {"old": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        save_json(path, {"new": float("nan")})
    assert json.loads(path.read_text()) == {"old": 1}
    assert [one.name for one in tmp_path.iterdir()] == ["summary.json"]


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_a_file_that_is_no_json_object_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=r"the file .*manifest\.json .*; is this the folder of"):
        load_json(tmp_path / "manifest.json")


def test_a_manifest_nested_deeper_than_python_reads_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text("[" * 200_000)
    with pytest.raises(InputError, match=r"manifest\.json cannot be read"):
        load_json(path)
