"""Memory that a program takes before it runs, by its file."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import compiler, judge, printed
from sim.comparison import RULES
from sim.executable_image import static_bytes
from sim.limits import MIB, CompileLimits, Limits
from sim.printed import Asked
from sim.program import Build, Language, Program, TestCase
from sim.toolchain import Link, Toolchain
from sim.verdict import Verdict

LIMITS = Limits(max_instructions=400_000_000, memory_bytes=256 * MIB)


def source(declaration: str) -> str:
    return f'#include <cstdio>\n{declaration}\nint main() {{ a[5] = 1; printf("%d", a[6]); }}\n'


def built(declaration: str, link: Link) -> Build:
    program = Program(Language.CPP, source(declaration))
    return compiler.build(program, Toolchain(flags=("-O1",), link=link), CompileLimits())


def verdict_of(build: Build, link: Link) -> tuple[Verdict, str]:
    test = TestCase("0", Path("/dev/null"), None, "", "")
    done = judge.judge(build, [test, test], RULES["tokens"], LIMITS, Toolchain(link=link))
    return done[0].verdict, done[0].detail


@pytest.mark.parametrize("link", ["static", "dynamic"])
@pytest.mark.parametrize(
    ("declaration", "mebibytes", "verdict"),
    [
        ("char a[300 << 20];", 300, Verdict.MEMORY_LIMIT),
        ("thread_local char a[300 << 20];", 300, Verdict.MEMORY_LIMIT),
        ("char a[150 << 20]; thread_local char b[150 << 20];", 300, Verdict.MEMORY_LIMIT),
        ("char a[(256 << 20) - 100];", 256, Verdict.MEMORY_LIMIT),
        ("char a[240 << 20];", 240, Verdict.ACCEPTED),
        ("thread_local char a[200 << 20];", 200, Verdict.ACCEPTED),
        ("char a[10];", 0, Verdict.ACCEPTED),
    ],
)
def test_static_data_is_held_to_the_limit_before_the_run(
    declaration: str, mebibytes: int, verdict: Verdict, link: Link
) -> None:
    build = built(declaration, link)
    assert 0 <= build.static_bytes / MIB - mebibytes < 3
    found, detail = verdict_of(build, link)
    assert found is verdict, detail
    assert (f"the limit is {LIMITS.memory_bytes // MIB} MiB" in detail) == (
        verdict is Verdict.MEMORY_LIMIT
    )


@pytest.mark.parametrize("room", [0, 1 << 20, 2 << 20])
def test_no_room_for_the_c_library_beside_the_data_is_no_crash_of_the_program(room: int) -> None:
    build = built(f"char a[(256 << 20) - 16384 - {room}];", "dynamic")
    # Where resident memory is limited, not addresses, there is room.
    assert verdict_of(build, "dynamic")[0] in (Verdict.MEMORY_LIMIT, Verdict.ACCEPTED)


def test_data_beyond_what_code_can_address_is_the_memory_limit() -> None:
    build = built("char a[3u << 30];", "static")
    assert build.verdict is Verdict.MEMORY_LIMIT
    assert "3072 MiB" in build.detail


def test_outputs_of_such_a_program_are_not_asked_for() -> None:
    build = built("char a[300 << 20];", "static")
    inputs = [TestCase(str(number), Path("/dev/null"), None, "", "") for number in range(3)]
    for required, expected in ((0, 3), (2, 1)):
        results = printed.printed(build, inputs, Asked(required), LIMITS, Toolchain())
        assert [one.verdict for one in results] == [Verdict.MEMORY_LIMIT] * expected


@given(st.binary(max_size=200))
def test_a_damaged_file_is_no_error(data: bytes) -> None:
    assert static_bytes(data) >= 0
    assert static_bytes(b"\x7fELF\x02\x01" + data) >= 0
    assert static_bytes(b"\x7fELF\x02\x01" + b"\0" * 10 + b"\x02\0" + data) >= 0
