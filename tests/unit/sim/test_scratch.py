"""Temporary folders go with their owners."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim import scratch
from sim.scratch import ScratchFolder

OWNER = """
import sys, time
from sim.scratch import ScratchFolder
folder = ScratchFolder("build")
open(folder.name + "/left", "w").close()
print(folder.name, flush=True)
time.sleep(100)
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(scratch, "_YOUNG_SECONDS", -1.0)
    scratch.sweep.cache_clear()
    yield tmp_path
    scratch.sweep.cache_clear()


def test_what_a_killed_owner_left_is_swept_and_what_a_living_one_uses_is_not() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as owner:
        assert owner.stdout is not None
        left = Path(owner.stdout.readline().strip())
        assert scratch.sweep() == 0
        assert (left / "left").exists()
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    scratch.sweep.cache_clear()
    assert scratch.sweep() == 1
    assert not left.exists()


def test_a_folder_goes_at_its_end_and_is_not_swept_before(place: Path) -> None:
    with ScratchFolder("gem5") as name:
        assert Path(name).parent == place
        assert Path(name).name.startswith("pie.gem5-")
        assert scratch.sweep() == 0
        assert Path(name).is_dir()
    assert list(place.iterdir()) == []


def test_a_closed_folder_holds_no_descriptor() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    folder = ScratchFolder("build")
    folder.cleanup()
    folder.cleanup()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_others_folders_links_and_young_ones_are_left(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pie.build-abcd1234", "pie-build-abcd1234", "pie.build-short", "other"):
        (place / name).mkdir()
    (place / "pie.gem5-abcd1234").symlink_to(place / "other")
    with monkeypatch.context() as young:
        young.setattr(scratch, "_YOUNG_SECONDS", 60.0)
        assert scratch.sweep() == 0
    scratch.sweep.cache_clear()
    assert scratch.sweep() == 1
    assert {one.name for one in place.iterdir()} == {
        *("pie-build-abcd1234", "pie.build-short", "other", "pie.gem5-abcd1234"),
    }


def test_no_temporary_folder_is_no_error(tmp_path: Path) -> None:
    assert scratch.sweep(str(tmp_path / "nowhere")) == 0
