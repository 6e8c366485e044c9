"""The timing tool is compiled once for all processes that ask for it."""

from pathlib import Path

import pytest

from sim.errors import MissingTool
from sim.skylake import build


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """An empty cache, and what is compiled in it: a file in no time."""
    made: list[Path] = []

    def compile_(_compiler: str, _headers: Path, _libraries: list[Path], target: Path) -> None:
        made.append(target)
        target.write_bytes(b"tool")

    try:
        build.valgrind_parts()
    except MissingTool as missing:
        pytest.skip(missing.what)
    monkeypatch.setenv("PIE_CACHE", str(tmp_path))
    monkeypatch.setattr(build, "_compile", compile_)
    return made


def test_one_that_waited_for_another_takes_what_was_made(
    compiled: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    lock = fcntl.flock

    def made_meanwhile(file: object, operation: int) -> None:
        lock(file, operation)  # type: ignore[arg-type]
        folder = next(build.cache_directory().glob("skylake/*/"))
        (folder / build.NAME).write_bytes(b"tool of another")

    monkeypatch.setattr(build.fcntl, "flock", made_meanwhile)
    assert build.tool_path.__wrapped__().read_bytes() == b"tool of another"
    assert compiled == []


def test_only_the_tool_lies_in_its_folder(compiled: list[Path]) -> None:
    path = build.tool_path.__wrapped__()
    assert compiled == [path]
    assert list(path.parent.iterdir()) == [path], "its folder is shown to programs"
    assert build.tool_path.__wrapped__() == path
    assert len(compiled) == 1
