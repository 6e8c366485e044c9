"""Memory that the system clears anew costs what the program's own clearing would.

Each program works through a table again and again, and has it cleared in between.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sim.limits import Limits
from sim.machine import Measurement
from sim.machines.skylake import Skylake
from sim.toolchain import Toolchain
from sim.verdict import Verdict
from tests.unit.sim.machines.conftest import kept

LIMITS = Limits(max_instructions=50_000_000)
PROGRAM = """#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
static const int N = 1 << 18;
static const int BOTH = PROT_READ | PROT_WRITE, OWN = MAP_PRIVATE | MAP_ANONYMOUS;
static char *fresh() { return (char *)mmap(0, N, BOTH, OWN, -1, 0); }
static char *of_file(int file) { return (char *)mmap(0, N, BOTH, MAP_SHARED, file, 0); }
int main() {
    unsigned sum = 0;
    @FIRST@
    for (int turn = 0; turn < 24; turn++) {
        @AGAIN@
        for (int i = 0; i < N; i += 64) { sum += table[i]; table[i] = 1; }
    }
    std::printf("%u\\n", sum);
}
"""
TABLE = "char *table = fresh();"
FILE = """int file = open("/tmp/a", O_CREAT | O_TRUNC | O_RDWR, 0600);
    if (ftruncate(file, N)) return 1;
    char *table = of_file(file);"""
WAYS = {
    "drops its pages": (TABLE, "madvise(table, N, MADV_DONTNEED);"),
    "maps over them": (TABLE, "mmap(table, N, BOTH, OWN | MAP_FIXED, -1, 0);"),
    "unmaps them": (TABLE, "munmap(table, N); table = fresh();"),
    "shares them with itself": (
        TABLE,
        "munmap(table, N); table = (char *)mmap(0, N, BOTH, MAP_SHARED | MAP_ANONYMOUS, -1, 0);",
    ),
    "maps other addresses each time": (
        f"{TABLE} char *place = (char *)0x20000000;",
        "munmap(table, N); table = (char *)mmap(place, N, BOTH, OWN, -1, 0); place += N;",
    ),
    "shrinks and grows": (TABLE, "mremap(table, N, 4096, 0); mremap(table, 4096, N, 0);"),
    "moves the break": (
        "char *table = (char *)sbrk(N);",
        "sbrk(-N); table = (char *)sbrk(N);",
    ),
    "cuts a file": (FILE, "if (ftruncate(file, 0) || ftruncate(file, N)) return 1;"),
    "cuts a file by its name": (
        FILE,
        'if (truncate("/tmp/a", 0) || truncate("/tmp/a", N)) return 1;',
    ),
    "opens a file as an empty one": (
        FILE,
        'close(open("/tmp/a", O_TRUNC | O_RDWR)); if (ftruncate(file, N)) return 1;',
    ),
    "makes a hole in a file": (FILE, "if (fallocate(file, 3, 0, N)) return 1;"),
    "maps the device of zeros": (
        f'{TABLE} int file = open("/dev/zero", O_RDWR);',
        "munmap(table, N); table = (char *)mmap(0, N, BOTH, MAP_PRIVATE, file, 0);",
    ),
    "has the allocator do it": (
        "char *table = (char *)calloc(1, N); mallopt(M_MMAP_THRESHOLD, 65536);",
        "free(table); table = (char *)calloc(1, N);",
    ),
}
BY_ITSELF = (TABLE, 'std::memset(table, 0, N); asm volatile("" :: "r"(table) : "memory");')


def measured(machine: Skylake, folder: Path, text: str) -> Measurement:
    source, made = folder / "program.cpp", folder / "program"
    source.write_text("#include <malloc.h>\n" + text)
    compiler = shutil.which("g++")
    assert compiler is not None
    subprocess.run([compiler, "-O2", "-w", "-static", "-o", made, source], check=True)
    stdin = folder / "input"
    stdin.write_text("")
    run = machine.measure(kept(made), stdin, LIMITS, Toolchain())
    assert run.verdict is Verdict.ACCEPTED, run.detail
    return run


def clearing(first: str, again: str) -> str:
    return PROGRAM.replace("@FIRST@", first).replace("@AGAIN@", again)


@pytest.fixture(scope="module")
def by_itself(tmp_path_factory: pytest.TempPathFactory) -> int:
    """The cycles of a program that clears its table by its own stores."""
    if not Skylake().check().ok:
        pytest.skip("needs valgrind and gcc")
    run = measured(Skylake(), tmp_path_factory.mktemp("honest"), clearing(*BY_ITSELF))
    assert run.counters["cleared_again"] == 0
    assert run.cycles is not None
    return run.cycles


@pytest.mark.parametrize("way", WAYS)
def test_a_table_that_the_system_clears_costs_what_the_programs_own_clearing_does(
    machine: Skylake, tmp_path: Path, by_itself: int, way: str
) -> None:
    run = measured(machine, tmp_path, clearing(*WAYS[way]))
    assert run.cycles is not None
    assert run.cycles > 0.9 * by_itself
    slots = sum(n for name, n in run.counters.items() if name.startswith("slots_"))
    assert slots == 4 * run.cycles


ONCE = {
    "touched for the first time": "char *a = (char *)calloc(1, 8 << 20); touch(a, 8 << 20);",
    "given back for good": "for (int i = 0; i < 3; i++) free(malloc(4 << 20));"
    " char *b = (char *)malloc(4 << 20); touch(b, 4 << 20); free(b);",
    "moved to where there is room": "char *a = (char *)malloc(1 << 20); touch(a, 1 << 20);"
    " for (int size = 2; size <= 16; size *= 2) { a = (char *)realloc(a, size << 20);"
    " fresh(4096); for (int i = 0; i < 1 << 20; i += 4096) if (a[i] != 1) return 1; }",
    "of a file that grows, beside a cut one": 'int f = open("/tmp/b", O_CREAT | O_RDWR, 0600);'
    " if (ftruncate(f, 1 << 20)) return 1;"
    " char *a = (char *)mmap(0, 1 << 20, BOTH, MAP_SHARED, f, 0);"
    ' for (int i = 0; i < 9; i++) { close(open("/tmp/c", O_CREAT | O_TRUNC | O_RDWR, 0600));'
    " if (ftruncate(f, (2 + i) << 20)) return 1; touch(a, 1 << 20); }",
    "given no longer, and freed lazily": "char *a = fresh(1 << 20); touch(a, 1 << 20);"
    " madvise(a, 1 << 20, MADV_FREE);",
}


@pytest.mark.parametrize("kind", ONCE)
def test_what_is_cleared_once_or_not_at_all_is_free_as_in_the_target(
    machine: Skylake, tmp_path: Path, kind: str
) -> None:
    helpers = (
        "static char *fresh(long n) { return (char *)mmap(0, n, BOTH, OWN, -1, 0); }\n"
        "static void touch(char *a, long n) { for (long i = 0; i < n; i += 4096) a[i] = 1; }\n"
    )
    head = PROGRAM.split("static char *fresh")[0]
    run = measured(machine, tmp_path, f"{head}{helpers}int main() {{ {ONCE[kind]} }}\n")
    assert run.counters["cleared_again"] < 20


def test_a_little_of_it_is_free_so_that_runs_cost_what_they_do_in_the_target(
    machine: Skylake, tmp_path: Path
) -> None:
    work = "for (volatile int i = 0; i < 400000; i = i + 1) {} "
    lazy = "char *table = fresh(); for (int i = 0; i < N; i += 4096 * 4) table[i] = 1;"
    again = "munmap(table, N); table = fresh(); for (int i = 0; i < N; i += 4096 * 4) table[i] = 1;"
    head = PROGRAM.split("int main")[0]
    runs = [
        measured(machine, tmp_path, f"{head}int main() {{ {lazy} {work} {more} {work} }}\n")
        for more in ("", again)
    ]
    once, twice = runs
    assert twice.counters["cleared_again"] - once.counters["cleared_again"] == 16
    serial = [run.counters["slots_serial"] for run in runs]
    assert serial[1] - serial[0] < 4 * 16 * 1000  # two calls; paid, it would be 18 times that
