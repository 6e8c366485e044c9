"""A guest's input: whole, at its beginning, its own, and shut for writing."""

from __future__ import annotations

import contextlib
import mmap
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.standard_input import private_copy


def test_it_holds_every_byte_from_the_beginning_and_can_be_searched_and_mapped(
    tmp_path: Path,
) -> None:
    source = tmp_path / "in"
    source.write_bytes(bytes(range(256)) * 20_000)
    with private_copy(source) as given:
        assert os.fstat(given).st_size == source.stat().st_size
        assert os.lseek(given, 0, os.SEEK_CUR) == 0
        assert os.read(given, 6_000_000) == source.read_bytes()
        assert os.lseek(given, 256, os.SEEK_SET) == 256
        with mmap.mmap(given, 0, prot=mmap.PROT_READ) as mapped:
            assert mapped[255] == 255
        with mmap.mmap(given, 0, flags=mmap.MAP_PRIVATE) as own:
            own[0] = 7
        assert os.pread(given, 1, 0) == b"\0"


def outcome(attempt: Callable[[], object]) -> object:
    try:
        return attempt()
    except (OSError, ValueError) as refused:
        return refused


@pytest.mark.parametrize("content", [b"", b"x"])
def test_nobody_can_write_to_it_by_any_of_its_names(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "in"
    source.write_bytes(content)
    with private_copy(source) as given:
        with pytest.raises(OSError):
            os.write(given, b"y")
        with contextlib.suppress(PermissionError):  # only root gets further
            again = os.open(f"/proc/self/fd/{given}", os.O_RDWR)
            for attempt in (
                lambda: os.write(again, b"y"),
                lambda: os.ftruncate(again, 0 if content else 9),
                lambda: mmap.mmap(again, 1, prot=mmap.PROT_WRITE),
            ):
                refused = (OSError, ValueError)
                assert isinstance(outcome(attempt), refused)
            os.close(again)
        assert os.pread(given, 9, 0) == content
    assert source.read_bytes() == content


def test_two_copies_share_nothing_with_each_other_and_the_source(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_bytes(b"words")
    source.chmod(0o640)
    with private_copy(source) as first, private_copy(source) as second:
        os.fchmod(first, 0o4777)
        os.utime(first, (1, 1))
        os.lseek(first, 3, os.SEEK_SET)
        assert os.fstat(second).st_mode & 0o7777 == 0o444
        assert os.fstat(second).st_mtime > 1
        assert os.read(second, 9) == b"words"
        assert os.fstat(first).st_ino != os.fstat(second).st_ino
    assert source.stat().st_mode & 0o7777 == 0o640


def test_without_a_source_it_is_empty_and_a_regular_file() -> None:
    with private_copy(None) as given:
        assert os.read(given, 1) == b""


def test_a_pipe_can_be_the_source(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"words")
    os.close(writer)
    with private_copy(Path(f"/proc/self/fd/{reader}")) as given:
        assert os.read(given, 9) == b"words"
    os.close(reader)


@pytest.mark.parametrize("what", ["missing", "."])
def test_what_cannot_be_read_leaves_no_descriptor_behind(tmp_path: Path, what: str) -> None:
    before = {one.name for one in Path("/proc/self/fd").iterdir()}
    with pytest.raises(OSError), private_copy(tmp_path / what):
        pass
    assert {one.name for one in Path("/proc/self/fd").iterdir()} == before
