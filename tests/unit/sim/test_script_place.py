import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sim.errors import MachineFailure
from sim.script_place import script_place

DIGEST = f"{os.getpid():064x}"[::-1]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "kept"
    path.write_text("print(1)\n")
    return path


def test_a_script_has_the_same_path_wherever_it_is_kept(script: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "kept"
    other.parent.mkdir()
    other.write_text("print(1)\n")
    with script_place(script, DIGEST) as one:
        assert one.read_text() == "print(1)\n"
    with script_place(other, DIGEST) as two:
        assert two == one


def test_the_last_run_to_end_removes_its_folder(script: Path) -> None:
    with script_place(script, DIGEST) as one:
        with script_place(script, DIGEST) as two:
            assert one == two
        assert one.exists()
    assert not one.parent.exists()


def test_what_somebody_else_left_there_is_not_run(script: Path) -> None:
    with script_place(script, DIGEST) as place:
        pass
    place.parent.mkdir()
    place.write_text("print(2)\n")
    with script_place(script, DIGEST) as place:
        assert place.read_text() == "print(1)\n"


def test_many_runs_at_once_do_not_disturb_each_other(script: Path) -> None:
    def run(_: int) -> str:
        with script_place(script, DIGEST) as place:
            return place.read_text()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(run, range(400))) == {"print(1)\n"}


def test_another_users_folder_is_not_used(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.geteuid()
    with script_place(script, DIGEST):
        monkeypatch.setattr(os, "geteuid", lambda: real + 1)
        with pytest.raises(MachineFailure, match="belongs to somebody else"):
            script_place(script, DIGEST).__enter__()


def test_a_link_is_not_followed(script: Path, tmp_path: Path) -> None:
    with script_place(script, DIGEST) as place:
        pass
    place.parent.symlink_to(tmp_path)
    try:
        with pytest.raises(MachineFailure, match="belongs to somebody else"):
            script_place(script, DIGEST).__enter__()
    finally:
        place.parent.unlink()
