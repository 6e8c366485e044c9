"""Two processes never work on one output."""

import os
import subprocess
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

from pie.core.dataset.output_lock import held, one_at_a_time
from pie.core.problem import InputError


@dataclass(frozen=True)
class Request:
    out: Path


@one_at_a_time
def step(request: Request, value: int) -> int:
    with pytest.raises(InputError, match="another process is working on"), held(request.out):
        raise AssertionError
    return value


def test_an_output_that_is_worked_on_is_refused_and_free_again_afterwards(tmp_path: Path) -> None:
    out = tmp_path / "new" / "out.jsonl"
    assert step(Request(out), 3) == 3
    assert step(Request(out), 4) == 4


def test_another_way_to_write_the_path_is_the_same_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to("out")
    for path in (tmp_path / "out", tmp_path / "x" / ".." / "out", tmp_path / "link"):
        with held(Path("out")), pytest.raises(InputError, match="another process"), held(path):
            raise AssertionError


def test_what_a_killed_process_left_half_written_is_gone_at_the_next_start(
    tmp_path: Path,
) -> None:
    done = subprocess.Popen(["true"])
    os.waitid(os.P_PID, done.pid, os.WEXITED | os.WNOWAIT)
    zombie = done.pid  # as it stays where the first process of a container waits for nobody
    gone_already = subprocess.Popen(["true"])
    gone_already.wait()
    dead, alive = gone_already.pid, os.getppid()
    out = tmp_path / "s.parquet"
    parts = tmp_path / "parts"
    parts.mkdir()
    gone = [
        tmp_path / f".s.parquet.{dead}",
        tmp_path / f".s.parquet.{zombie}",
        tmp_path / f".s.parquet.left_out.jsonl.{dead}",
        tmp_path / f".s.parquet.manifest.json.{dead}",
        parts / f".train.jsonl.{dead}",
    ]
    kept = [
        tmp_path / f".s.parquet.{alive}",
        tmp_path / f".other.parquet.{dead}",
        tmp_path / f"s.parquet.{dead}",
        tmp_path / f".s.parquet.work.{dead}",
        parts / f".mine.jsonl.{dead}",
    ]
    for path in (*gone, *kept):
        path.write_text("half")
    with held(out), held(parts):
        pass
    done.wait()
    assert not [path for path in gone if path.exists()]
    assert all(path.exists() for path in kept)


@pytest.mark.parametrize("name", [".", "/", "..", "x/.."])
def test_an_output_without_a_name_is_one_sentence(name: str) -> None:
    with pytest.raises(InputError, match="give a name with --out"), held(Path(name)):
        raise AssertionError


def test_other_outputs_are_not_held(tmp_path: Path) -> None:
    with held(tmp_path / "a"), held(tmp_path / "b"):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="cannot be written"), held(tmp_path / "out"):
        raise AssertionError


def test_a_file_where_a_folder_must_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"), held(tmp_path / "file" / "out"):
        raise AssertionError


@pytest.mark.parametrize("name", ["cases", "hq", "measure", "pairs", "split", "submissions", "tag"])
def test_every_step_holds_its_output(name: str, tmp_path: Path) -> None:
    step = import_module(f"pie.flows.dataset.{name}").run
    with held(tmp_path / "out"), pytest.raises(InputError, match="another process"):
        step(Request(tmp_path / "out"), *([None] * (name != "hq")))
