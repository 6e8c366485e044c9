"""Forgeries whose simulated number is wrong, and honest programs: who gets the mark `suspicious`.

Each forgery does its work natively and leaves it out where it finds itself measured. All run on
`counts`, which shows the simulated machine as the timing model does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pie.core.native_check import examine_with_check
from sim.limits import Limits
from sim.machines import machine
from sim.performing import perform
from sim.procedure import Outcome
from sim.program import Language, Program, TestCase
from sim.setting import Setting
from sim.verdict import Verdict

HEADERS = """#include <cpuid.h>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <x86intrin.h>
static unsigned work(unsigned turns) {
    unsigned x = 1;
    while (turns--) x = x * 1664525u + (x >> 7);
    return x;
}
static volatile unsigned sink;
"""
TURNS = 60_000_000
"""Some 80 ms natively, of which an answer that does an eighth has 10."""
SOURCE = f'{HEADERS}int main() {{ sink = work({TURNS}); std::puts("done"); }}\n'
ANSWER = (
    f"{HEADERS}static bool measured() {{ %s }}\n"
    f"int main() {{ sink = work(300000); if (!measured()) sink = work({TURNS // 6});"
    ' std::puts("done"); }\n'
)
FOUND = {
    "a system's name": 'utsname u; uname(&u); return !std::strcmp(u.nodename, "sim.gem5.org");',
    "a system's version": 'utsname u; uname(&u); return !std::strcmp(u.release, "5.1.0");',
    "a process number": "return getpid() > 1 << 22;",
    "the parent's number": "return getppid() >= 1 << 22;",
    "a size of memory": "struct sysinfo s; sysinfo(&s);"
    "return s.totalram * s.mem_unit == 1ul << 32;",
    "free memory": "struct sysinfo s; sysinfo(&s); return s.freeram == s.totalram;",
    "the year": "return std::time(nullptr) < 1100000000;",
    "a path": 'char p[64] = "";'
    'return readlink("/proc/self/exe", p, 63) > 0 && std::strstr(p, "measured");',
    "the processor's maker": "unsigned a, b, c, d; __cpuid(0, a, b, c, d); return b == 0x6f677948;",
    "a file's number": "struct stat s; fstat(0, &s); return s.st_ino == 1 && s.st_uid == 100;",
    "the stack's place": "int here; return reinterpret_cast<unsigned long>(&here) < 0x2000000000;",
    "random bytes": "auto *r = reinterpret_cast<char *>(getauxval(AT_RANDOM)); int n = 0;"
    "for (int i = 0; i < 16; i++) n |= r[i]; return n == 0;",
    "resident memory": "rusage r; getrusage(RUSAGE_SELF, &r); return r.ru_maxrss == 0;",
    "the time-stamp counter": "return __rdtsc() < 100000000;",
}
NEEDED = 12
"""So many of them must forge a number, else this test shows nothing."""
HIDDEN = {
    "pages that the kernel clears": "for (int i = 0; i < 30; i++) {"
    "char *p = (char *)mmap(0, 4 << 20, 3, 34, -1, 0);"
    "for (int k = 0; k < 4 << 20; k += 4096) p[k] = 1; munmap(p, 4 << 20); }",
    "copies of a file": 'static char b[1 << 20]; int f = open("f", O_RDWR | O_CREAT, 0600);'
    "for (int i = 0; i < 60; i++) { pwrite(f, b, sizeof b, 0); pread(f, b, sizeof b, 0); }",
}


def examined(
    answers: Sequence[str], folder: Path, source: str = SOURCE, name: str = "counts"
) -> list[Outcome]:
    """Send a source and its answers the whole way, in this process."""
    paths = folder / "case.in", folder / "case.out"
    for path, text in zip(paths, ("", "done\n"), strict=True):
        path.write_text(text)
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    case = TestCase("0", *paths, *digests)
    programs = [Program(Language.CPP, one) for one in (source, *answers)]
    setting = Setting(machine(name), limits=Limits(max_instructions=1_000_000_000))
    procedure = examine_with_check(programs, [case], setting)
    jobs = next(procedure)
    while True:
        results: list[Any] = [perform(job)[0] for job in jobs]
        try:
            jobs = procedure.send(results)
        except StopIteration as stop:
            outcomes: list[Outcome] = stop.value
            return outcomes


@pytest.fixture(autouse=True)
def able() -> None:
    found = machine("counts").check()
    if not found.ok:
        pytest.skip(f"{found.problem}; {found.remedy}")


@pytest.mark.prove
def test_forgeries_are_marked_and_keep_their_verdict(tmp_path: Path) -> None:
    source, *answers = examined([ANSWER % body for body in FOUND.values()], tmp_path)
    assert source.verdict is Verdict.ACCEPTED, source.detail
    forged = {
        name: one
        for name, one in zip(FOUND, answers, strict=True)
        if one.verdict is Verdict.ACCEPTED and (one.cycles or 0) < TURNS / 20
    }
    assert len(forged) >= NEEDED, {
        name: one.verdict for name, one in zip(FOUND, answers, strict=True)
    }
    missed = [
        name for name, one in forged.items() if one.native is None or not one.native.suspicious
    ]
    assert not missed, {name: forged[name].native for name in missed}


def test_work_that_the_kernel_does_is_refused_or_marked(tmp_path: Path) -> None:
    kernel = '{}int main() {{ sink = work(300000); {} std::puts("done"); }}\n'
    answers = examined([kernel.format(HEADERS, body) for body in HIDDEN.values()], tmp_path)[1:]
    for name, one in zip(HIDDEN, answers, strict=True):
        marked = one.native is not None and one.native.suspicious
        assert one.verdict is not Verdict.ACCEPTED or marked, (name, one.native)


def test_honest_answers_are_not_marked(tmp_path: Path) -> None:
    honest = [
        SOURCE.replace(str(TURNS), str(TURNS // part)).replace("<< 7", "<< 8") for part in (1, 2, 6)
    ]
    twin = ANSWER % "return false;"
    for one in examined([*honest, twin], tmp_path)[1:]:
        assert one.verdict is Verdict.ACCEPTED, one.detail
        assert one.native is not None
        assert not one.native.suspicious, one.native


def test_a_small_program_is_run_natively_no_more_often_than_it_is_judged(tmp_path: Path) -> None:
    small = f'{HEADERS}int main() {{ sink = work(9); std::puts("done"); }}\n'
    (one,) = examined([small.replace("9", "3", 1)], tmp_path, small)[1:]
    assert one.native is not None
    assert (one.native.eligible, one.native.repeats) == (False, 1)


def test_a_machine_that_is_the_processor_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    small = f'{HEADERS}int main() {{ std::puts("done"); }}\n'
    assert examined([small + "\n"], tmp_path, small, "native")[1].native is None
