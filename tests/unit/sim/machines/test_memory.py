"""Memory that a program touches, at once and over time, as our own tool tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import compiler
from sim.errors import Unsupported
from sim.limits import MIB, CompileLimits, Limits
from sim.machine import CLOCK_HZ, Measurement
from sim.machines.counts import Counts
from sim.program import Language, Program
from sim.toolchain import Toolchain
from sim.verdict import Verdict

HEAD = "#include <cstdio>\n#include <cstdlib>\n#include <cstring>\n#include <sys/mman.h>\n"
HEAD += '#define USE(p) asm volatile("" : : "r"(p) : "memory");\n'
WORK = "volatile long n = 0; for (long i = 0; i < 2000000; i++) n += i;"


@pytest.fixture(autouse=True)
def needs_the_tool() -> None:
    if not Counts().check().ok:
        pytest.skip("needs valgrind and gcc")


def measured(source: str, folder: Path, language: Language = Language.CPP) -> Measurement:
    build = compiler.build(Program(language, source), Toolchain(), CompileLimits())
    assert build.verdict is None, build.detail
    given = folder / "input"
    given.write_text("")
    run = Counts().measure(build, given, Limits(), Toolchain())
    assert run.verdict is Verdict.ACCEPTED, run.detail
    return run


def peak(source: str, folder: Path, language: Language = Language.CPP) -> float:
    return measured(source, folder, language).counters["memory_peak_bytes"]


def in_main(body: str) -> str:
    return f"{HEAD}int main() {{ {body} }}\n"


def block(size: str, used: str = "") -> str:
    """Return C++ that takes so many bytes and touches some of them, or all."""
    used = used or size
    return f"char *p = (char *)malloc({size}); memset(p, 1, {used}); USE(p)"


@pytest.mark.parametrize(
    ("body", "mebibytes"),
    [
        (block("20 << 20"), 20),
        (block("200 << 20", "20 << 20"), 20),
        (f"for (int k = 0; k < 5; k++) {{ {block('8 << 20')} free(p); }}", 8),
        (f"{block('8 << 20')} free(p); {WORK}", 8),
        (f"for (int k = 0; k < 6; k++) {{ {block('100000')} }}", 0.58),
        (
            "char *p = (char *)mmap(0, 16 << 20, 3, 0x22, -1, 0); memset(p, 1, 16 << 20); USE(p) "
            "madvise(p, 8 << 20, MADV_DONTNEED); memset(p + (8 << 20), 1, 8 << 20); " + WORK,
            16,
        ),
        ("char p[4 << 20]; memset(p, 1, sizeof p); USE(p)", 4),
    ],
)
def test_the_peak_is_what_was_touched_at_once(body: str, mebibytes: float, tmp_path: Path) -> None:
    nothing = peak(in_main(""), tmp_path)
    assert peak(in_main(body), tmp_path) - nothing == pytest.approx(
        mebibytes * MIB, rel=0.01, abs=MIB / 16
    )


def test_memory_over_time_is_bytes_times_simulated_time(tmp_path: Path) -> None:
    hold = block("32 << 20")
    short = measured(in_main(hold + WORK), tmp_path)
    long = measured(in_main(hold + 4 * f"{{ {WORK} }}"), tmp_path)
    apart = ((long.cycles or 0) - (short.cycles or 0)) / CLOCK_HZ
    more = long.counters["memory_byte_seconds"] - short.counters["memory_byte_seconds"]
    assert more == pytest.approx(32 * MIB * apart, rel=0.02)
    freed = measured(in_main(hold + "free(p);" + 4 * f"{{ {WORK} }}"), tmp_path)
    assert freed.counters["memory_byte_seconds"] < 0.3 * long.counters["memory_byte_seconds"]


def test_the_figures_are_the_same_in_each_run(tmp_path: Path) -> None:
    source = "rows = [[i] * 10 for i in range(30_000)]\ndel rows\nrows = list(range(50_000))\n"
    first, second = (measured(source, tmp_path, Language.PYTHON) for _ in range(2))
    assert first.counters == second.counters
    assert first.startup == second.startup
    grown = first.counters["memory_peak_bytes"] - first.startup["memory_bytes"]
    assert 30_000 * 136 < grown < 12 * MIB


def test_a_program_cannot_ask_which_pages_are_there(tmp_path: Path) -> None:
    source = in_main("unsigned char seen[1]; mincore((void *)0x400000, 4096, seen);")
    build = compiler.build(Program(Language.CPP, source), Toolchain(), CompileLimits())
    given = tmp_path / "input"
    given.write_text("")
    with pytest.raises(Unsupported, match="mincore"):
        Counts().measure(build, given, Limits(), Toolchain())
