"""Which programs get /proc for their streams' names, and the fixed random bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim import devices
from sim.program import Build


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (b'open("/dev/stdin")', True),
        (b"/dev/fd/0", True),
        (b"/proc/self/fd/0", True),
        (b"/proc/self/exe /proc/self/maps /proc/self/environ /dev/null", False),
        (b"", False),
    ],
)
def test_a_program_that_names_its_streams_is_known(
    tmp_path: Path, text: bytes, named: bool
) -> None:
    program = tmp_path / "program"
    program.write_bytes(text)
    assert devices.names_its_streams(program, str(text)) is named


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ('int x; std::cin >> x; std::ifstream("a") >> x;', False),
        ('std::freopen(nullptr, "r", stdin);', True),
    ],
)
def test_a_library_that_names_them_for_the_program_is_known_too(
    build: Callable[..., Build], body: str, named: bool
) -> None:
    text = f"#include <cstdio>\n#include <fstream>\n#include <iostream>\nint main() {{ {body} }}"
    built = build(text)
    assert devices.names_its_streams(built.path, built.digest) is named


def test_the_random_bytes_are_the_same_in_every_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = []
    for name in ("one", "other"):
        monkeypatch.setenv("PIE_CACHE", str(tmp_path / name))
        argv = devices.mounts()
        files.append(Path(argv[argv.index("/dev/urandom") - 1]))
    assert files[0] != files[1]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert len(set(files[0].read_bytes())) == 256
