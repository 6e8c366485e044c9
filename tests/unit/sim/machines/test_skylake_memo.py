"""What the timing model remembers of blocks changes no cycle and no counter."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
from pathlib import Path

import pytest

from sim import compiler
from sim.limits import CompileLimits, Limits
from sim.machine import Measurement
from sim.machines.skylake import Skylake
from sim.program import Build, Language, Program
from sim.toolchain import Toolchain
from sim.verdict import Verdict
from tests.unit.sim.machines.conftest import kept

LIMITS = Limits(max_instructions=50_000_000)
DATA = Path(__file__).parents[5] / "shared" / "data"
SOME, MANY = 4, 1_000

START = """#include <stdio.h>
#include <string.h>
static unsigned long a[4096], b[4096], x = SEED;
static double d[512];
static unsigned char bytes[8192];
static unsigned long next(void) { return x = x * 6364136223846793005ul + 1442695040888963407ul; }
static __attribute__((noinline)) unsigned long f0(unsigned long v) { return v * 3 + (v >> 5); }
static __attribute__((noinline)) unsigned long f1(unsigned long v) { return v & 1 ? f0(v) : v - 7; }
static unsigned long (*const table[])(unsigned long) = {f0, f1};
int main(void) {
    unsigned long s = 1, t = 2, n = TURNS;
    for (int i = 0; i < 4096; i++) a[i] = next() >> 40;
    for (int i = 0; i < 512; i++) d[i] = (double)(a[i] % 100) + 0.5;
    for (unsigned long k = 0; k < n; k++) {
"""
END = """    }
    double all = 0;
    for (int i = 0; i < 512; i++) all += d[i];
    printf("%lu %lu %g\\n", s, t, all);
    return 0;
}
"""


def statement(draw: random.Random, depth: int = 0) -> str:
    """Return one statement: arithmetic, memory, branches, calls, loops."""
    size = draw.choice((16, 64, 512, 4096))
    i, j = draw.choice(("k", "s", "t", "next() >> 33")), draw.randrange(1, 64)
    simple = (
        f"s += a[({i}) % {size}];",
        f"a[({i}) % {size}] = s ^ t;",
        f"b[({i}) % {size}] += a[({i} + {j}) % {size}];",
        f"s = s * {2 * j + 1} + t;",
        f"t ^= s >> {j};",
        f"t += s / (a[k % {size}] % {j + 3} + 1);",
        f"s -= (long)t % {j + 1};",
        f"d[({i}) % 512] = d[k % 512] * 0.75 + {j}.25;",
        f"d[k % 512] /= d[({i}) % 512] * d[({i}) % 512] + 1.5;",
        f"bytes[({i}) % 8192] = (unsigned char)s; t += bytes[(s >> 3) % 8192];",
        f"*(unsigned *)(bytes + {j}) = (unsigned)s; t += *(unsigned long *)(bytes + {j} - 1);",
        f"s = table[({i}) % 2](t);",
        "t = f1(s);",
        f"memcpy(bytes + {64 * j}, a, {draw.choice((8, 24, 100, 700))});",
        f"memset(b + {j}, (int)k, {draw.choice((16, 200, 1024))});",
    )
    if depth == 2 or draw.random() < 0.6:
        return draw.choice(simple)
    inner = " ".join(statement(draw, depth + 1) for _ in range(draw.randrange(1, 4)))
    condition = draw.choice(
        (f"k % {j} == 0", f"next() >> 62 < {draw.randrange(1, 4)}", f"a[k % {size}] & {j}", "s < t")
    )
    cases = " ".join(f"case {n}: {statement(draw, 2)} break;" for n in range(6))
    return draw.choice(
        (
            f"if ({condition}) {{ {inner} }}",
            f"if ({condition}) {{ {inner} }} else {{ {statement(draw, 2)} }}",
            f"for (int i = 0; i < {draw.randrange(2, 12)}; i++) {{ {inner} }}",
            f"switch ({i} % 7) {{ {cases} }}",
        )
    )


def generated(number: int, folder: Path) -> Build:
    """Build the program of a number: a loop of random statements."""
    draw = random.Random(number)
    body = "\n".join(statement(draw) for _ in range(draw.randrange(2, 9)))
    turns = draw.choice((300, 1000, 3000))
    source, made = folder / "main.c", folder / "main"
    start = START.replace("SEED", str(number)).replace("TURNS", str(turns))
    source.write_text(start + body + END)
    optimise = draw.choice(("-O1", "-O2", "-O3"))
    subprocess.run(
        ["gcc", optimise, "-w", "-static", "-Wl,--build-id=none", str(source), "-o", str(made)],
        check=True,
    )
    return kept(made)


def measured(machine: Skylake, build: Build, stdin: Path, *options: str) -> Measurement:
    ended = machine.run(build, stdin, LIMITS, Toolchain(), *options)
    assert b"PIE-MEMO" not in ended.log, ended.log[-1000:]
    run = machine.read(ended, LIMITS)
    assert run.cycles, run
    return run


def same(machine: Skylake, build: Build, stdin: Path, *hows: str) -> None:
    plain = measured(machine, build, stdin, "--memoise=no")
    for how in hows:
        other = measured(machine, build, stdin, f"--memoise={how}")
        assert (how, other.cycles, other.counters) == (how, plain.cycles, plain.counters)


@pytest.mark.parametrize("number", range(SOME))
def test_a_generated_program_costs_the_same(machine: Skylake, tmp_path: Path, number: int) -> None:
    same(machine, generated(number, tmp_path), Path("/dev/null"), "always", "check")


@pytest.mark.prove
def test_many_generated_programs_cost_the_same(machine: Skylake, tmp_path: Path) -> None:
    for number in range(SOME, SOME + MANY):
        build = generated(number, tmp_path)
        same(machine, build, Path("/dev/null"), "always", "check")
        build.path.unlink()


SORT = """#include <algorithm>
#include <cstdio>
#include <vector>
int main() {
    std::vector<unsigned> v(30000);
    unsigned x = 1;
    for (auto &e : v) e = x = x * 1664525u + 7;
    std::sort(v.begin(), v.end());
    std::printf("%u", v[0]);
}"""


def test_a_long_program_costs_the_same(machine: Skylake) -> None:
    build = compiler.build(Program(Language.CPP, SORT), Toolchain(), CompileLimits())
    same(machine, build, Path("/dev/null"), "yes", "always")


INTERPRETER = """#include <stdio.h>
#include <unistd.h>
static unsigned a[256], x = 1;
static void work(int turns) {
    for (int k = 0; k < turns; k++) a[x >> 24] += x = x * 1664525u + 7;
}
int main(void) {
    for (int moment = 1; moment <= 3; moment++) {
        work(50000);
        if (lseek(0x504945, moment, SEEK_SET) < 0 && moment != 2) return moment;
    }
    work(5000);
    printf("%u", a[0]);
    return 0;
}"""


def test_what_was_remembered_of_a_start_is_no_part_of_the_program(
    machine: Skylake, tmp_path: Path
) -> None:
    source, made = tmp_path / "main.c", tmp_path / "main"
    source.write_text(INTERPRETER)
    subprocess.run(["gcc", "-O2", "-static", str(source), "-o", str(made)], check=True)
    build, nothing = kept(made), Path("/dev/null")
    plain, *others = (
        measured(machine, build, nothing, "--interpreter=yes", f"--memoise={how}")
        for how in ("no", "yes", "always")
    )
    assert plain.verdict is Verdict.ACCEPTED
    assert plain.counters["instructions"] < 60_000 < 200_000 < plain.startup["instructions"]
    for other in others:
        assert (other.cycles, other.counters) == (plain.cycles, plain.counters)
        assert other.startup == plain.startup


@pytest.mark.prove
@pytest.mark.skipif(not DATA.is_dir(), reason="../shared is absent")
def test_the_golden_runs_cost_the_same(machine: Skylake) -> None:
    wanted = {
        (row["problem_id"], str(row["test"]), row["sha"])
        for row in map(json.loads, (DATA / "gem5_golden.jsonl").open())
    }
    assert wanted
    toolchain, sources = Toolchain(), golden_sources()
    for problem, test, sha in sorted(wanted):
        if sha not in sources:
            continue
        build = compiler.build(Program(Language.CPP, sources[sha]), toolchain, CompileLimits())
        same(machine, build, DATA / "test_cases" / problem / f"input.{test}.txt", "yes", "always")


def golden_sources() -> dict[str, str]:
    """Return the golden programs by the first 16 digits of their SHA-256."""
    found: dict[str, str] = {}
    for name in ("pairs.jsonl", "pairs_few_tests.jsonl", "cpp_generations.jsonl"):
        for line in (DATA / name).open():
            row = json.loads(line)
            for code in (row.get("src_code"), row.get("tgt_code")):
                if code:
                    found[hashlib.sha256(code.encode()).hexdigest()[:16]] = code
    return found
