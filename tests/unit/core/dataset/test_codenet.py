"""Programs of a CodeNet folder are read from within it only, and only plain files."""

import os
from pathlib import Path

import pytest

from pie.core.dataset.codenet import read_source
from pie.core.dataset.submission import LONGEST_CODE, Dropped


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "codenet" / "data" / "p1" / "C++"
    folder.mkdir(parents=True)
    (folder / "s1.cpp").write_bytes(b"int main() {}\n")
    (tmp_path / "secret.cpp").write_bytes(b"secret\n")
    return folder


def refused(place: Path, path: Path) -> str:
    with pytest.raises(Dropped) as caught:
        read_source(place.parents[2], path)
    return str(caught.value)


def test_a_plain_file_is_read(place: Path) -> None:
    assert read_source(place.parents[2], place / "s1.cpp") == b"int main() {}\n"


def test_a_link_within_the_folder_is_read(place: Path) -> None:
    (place / "s2.cpp").symlink_to("s1.cpp")
    assert read_source(place.parents[2], place / "s2.cpp") == b"int main() {}\n"


def test_a_link_out_of_the_folder_is_no_source(place: Path, tmp_path: Path) -> None:
    (place / "s2.cpp").symlink_to(tmp_path / "secret.cpp")
    (place.parent / "C").symlink_to(tmp_path)
    assert refused(place, place / "s2.cpp") == "no_source"
    assert refused(place, place.parent / "C" / "secret.cpp") == "no_source"


def test_what_is_no_plain_file_is_no_source_and_does_not_hang(place: Path) -> None:
    os.mkfifo(place / "pipe.cpp")
    (place / "folder.cpp").mkdir()
    (place / "zero.cpp").symlink_to("/dev/zero")
    for name in ("pipe.cpp", "folder.cpp", "zero.cpp", "absent.cpp"):
        assert refused(place, place / name) == "no_source"


def test_a_file_that_is_too_long_is_not_read(place: Path) -> None:
    with (place / "long.cpp").open("wb") as file:
        file.truncate(1 << 40)
    with (place / "longest.cpp").open("wb") as file:
        file.truncate(LONGEST_CODE)
    assert refused(place, place / "long.cpp") == "code_too_long"
    assert len(read_source(place.parents[2], place / "longest.cpp")) == LONGEST_CODE
