"""The same cost to the last cycle: from another folder, environment, user setting, load, cache."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sim.jobs import MeasureJob
from sim.limits import Limits
from sim.machine import Machine, Measurement
from sim.machines import cachegrind
from sim.procedure import Outcome, Procedure, examine
from sim.program import Build, Language, Program, TestCase
from sim.scheduler import Scheduler
from sim.setting import Setting
from sim.store import Store

REPOSITORY = Path(__file__).parents[2]
LIMITS = Limits(max_instructions=400_000_000)
Measure = Callable[..., Measurement]
Builder = Callable[..., Build]
CaseMaker = Callable[[str, str], TestCase]

# Prints what its cost may depend on nowhere: memory, streams, sorting, a file of its own.
WORK = """#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <vector>
int main(int argc, char **argv) {
    int n;
    std::cin >> n;
    std::vector<int> v(n);
    std::map<int, int> seen;
    for (int i = 0; i < n; i++) v[i] = i * 7919 % 1009, seen[v[i]]++;
    std::sort(v.begin(), v.end());
    std::ofstream("notes.txt") << v[0] << argv[0] << argc;
    std::cout << v[n - 1] << " " << seen.size() << std::endl;
}
"""
SCRIPT = """n = int(input())
seen = sorted({i * 7919 % 1009 for i in range(n)})
print(seen[-1], len(seen))
"""
CHILD = """
import json, sys
from pathlib import Path
from sim import compiler
from sim.limits import CompileLimits, Limits
from sim.machines import MACHINES
from sim.program import Language, Program
from sim.toolchain import Toolchain
name, stdin, *sources = sys.argv[1:]
toolchain, limits = Toolchain(), Limits(max_instructions=400_000_000)
rows = []
for source in sources:
    language = Language.PYTHON if "print(" in source else Language.CPP
    built = compiler.build(Program(language, source), toolchain, CompileLimits())
    run = MACHINES[name]().measure(built, Path(stdin), limits, toolchain)
    about = [run.verdict, run.detail, built.digest]
    rows.append([*about, run.cycles, dict(run.counters), run.stdout.decode()])
print(json.dumps(rows))
"""


def costs_in_a_process(
    machine: Machine,
    stdin: Path,
    cwd: Path,
    extra: dict[str, str],
    before: Callable[[], None] | None = None,
) -> list[list[object]]:
    """Build and measure in a fresh process; return verdict, digest, cost, counters and output."""
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY), **extra}
    # On cachegrind a script sees the host's files as they are, and Python makes numbers of their
    # dates: its cost there is not the same everywhere.
    sources = [WORK] if machine.name == "cachegrind" else [WORK, SCRIPT]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, machine.name, str(stdin), *sources],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=1200,
        preexec_fn=before,
    )
    assert done.returncode == 0, done.stderr
    rows: list[list[object]] = json.loads(done.stdout)
    assert [row[0] for row in rows] == ["accepted"] * len(sources), rows
    return rows


def other_user() -> None:
    """What a user's shell may have set: Ctrl-C ignored, private files, another stack."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGALRM})
    os.umask(0o077)
    os.nice(3)
    resource.setrlimit(
        resource.RLIMIT_STACK, (4 << 20, resource.getrlimit(resource.RLIMIT_STACK)[1])
    )
    resource.setrlimit(resource.RLIMIT_NOFILE, (777, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


@contextmanager
def both_cores_busy() -> Iterator[None]:
    burners = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range((os.cpu_count() or 1) + 1)
    ]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def test_the_same_run_costs_the_same_twice(deterministic: Machine, measure: Measure) -> None:
    first, second = (measure(deterministic, WORK, "3000\n") for _ in range(2))
    assert first.cycles is not None
    assert (first.cycles, first.counters) == (second.cycles, second.counters)
    assert isinstance(first.cycles, int)


def test_it_costs_the_same_from_another_folder_environment_user_setting_and_cache_compiled_anew(
    deterministic: Machine, tmp_path: Path, fresh_cache: Callable[[Path], Path]
) -> None:
    stdin = tmp_path / "input"
    stdin.write_text("3000\n")
    here = costs_in_a_process(deterministic, stdin, REPOSITORY, {})
    elsewhere = tmp_path / ("a folder with a long name " * 4)
    elsewhere.mkdir()
    moved = elsewhere / "another input"
    moved.write_text("3000\n")
    if deterministic.name != "skylake":  # one machine shows it of the tool and of headers as well
        fresh_cache(elsewhere / "another cache")
    strange = {
        "PIE_CACHE": str(elsewhere / "another cache"),
        "TMPDIR": str(elsewhere),
        "HOME": "/nonexistent",
        "USER": "somebody-else",
        "LANG": "tr_TR.UTF-8",
        "LC_ALL": "de_DE.UTF-8",
        "TZ": "Pacific/Kiritimati",
        "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",
        "VALGRIND_OPTS": "--smc-check=all",
        "CPLUS_INCLUDE_PATH": str(tmp_path),
        "MALLOC_ARENA_MAX": "1",
        "PYTHONUNBUFFERED": "1",
        "LONG": "x" * 100_000,
    }
    there = costs_in_a_process(deterministic, moved, elsewhere, strange, other_user)
    assert there == here


def test_it_costs_the_same_with_all_cores_busy(deterministic: Machine, measure: Measure) -> None:
    quiet = measure(deterministic, WORK, "3000\n")
    with both_cores_busy():
        busy = measure(deterministic, WORK, "3000\n")
    assert (busy.cycles, busy.counters) == (quiet.cycles, quiet.counters)


def test_one_worker_and_two_give_the_same_costs_as_this_process(
    deterministic: Machine, measure: Measure, build: Builder, case: CaseMaker, tmp_path: Path
) -> None:
    setting = Setting(deterministic, limits=LIMITS)
    test = case("3000\n", "1008 1009\n")
    other = Program(Language.PYTHON, SCRIPT)
    # The start of an interpreter takes the model many seconds; of cachegrind see above.
    if deterministic.name in ("skylake", "cachegrind"):
        other = Program(Language.CPP, WORK.replace("7919", "7907"))
    programs = [Program(Language.CPP, WORK), other]

    def run(workers: int) -> list[int | None]:
        store = Store(tmp_path / f"{workers}.sqlite")
        procedures: list[Procedure] = [examine([one], [test], setting) for one in programs]
        with Scheduler(store, workers) as scheduler:
            outcomes: list[Outcome] = [row[0] for row in scheduler.run(procedures)]
        store.close()
        assert [one.verdict for one in outcomes] == ["accepted"] * 2, outcomes
        return [one.cycles for one in outcomes]

    here = measure(deterministic, build(WORK), "3000\n")
    one, two = run(1), run(2)
    assert one == two
    assert one[0] == here.cycles


def test_equal_programs_cost_the_same(
    deterministic: Machine, measure: Measure, build: Builder
) -> None:
    first = build(WORK)
    second = build("// the same program under another text\n" + WORK)
    assert first.digest == second.digest
    assert (
        measure(deterministic, first, "500\n").cycles
        == measure(deterministic, second, "500\n").cycles
    )


def test_one_instruction_more_is_seen(deterministic: Machine, measure: Measure) -> None:
    source = "int main() {{ volatile int x = 0; {} }}"
    costs = [measure(deterministic, source.format("x = x + 1; " * n)).cycles for n in (100, 200)]
    assert costs[0] is not None
    assert costs[1] is not None
    assert costs[0] < costs[1]


def test_a_program_whose_cost_hangs_on_the_clock_is_told_apart_or_has_the_models_clock(
    deterministic: Machine, build: Builder, case: CaseMaker
) -> None:
    source = """#include <cstdio>
#include <ctime>
int main() {
    unsigned turns = std::time(nullptr) % 1000 * 1000, x = 1;
    while (turns--) x = x * 1664525u + (x >> 7);
    std::puts(x ? "done" : "never");
}
"""
    job = MeasureJob(
        (Program(Language.CPP, source),),
        (build(source),),
        case("", "done\n"),
        Setting(deterministic, limits=LIMITS),
        "context",
    )
    run = job.run()[0]
    assert run.runs == 2
    if deterministic.name in ("skylake", "counts"):  # its clocks tell simulated time
        assert run.verdict == "accepted"
        again = job.run()[0]
        assert (again.cycles, again.verdict) == (run.cycles, run.verdict)
        return
    assert run.verdict == "nondeterministic"
    assert "changes from run to run" in run.detail


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [("cost", "ll_misses", 11901), ("geometry", "LL", "2097152,16,64")],
)
def test_changing_the_cost_or_the_geometry_changes_cachegrinds_fingerprint(
    monkeypatch: pytest.MonkeyPatch, part: str, key: str, value: object
) -> None:
    if not cachegrind.Cachegrind().check().ok:
        pytest.skip("needs valgrind")
    before = cachegrind.Cachegrind().fingerprint()
    model = json.loads(json.dumps(cachegrind.cost_model()))
    model[part][key] = value
    monkeypatch.setattr(cachegrind, "cost_model", lambda: model)
    after = cachegrind.Cachegrind().fingerprint()
    assert after != before
    setting = Setting(cachegrind.Cachegrind())
    context = setting.measure_context()
    monkeypatch.undo()
    assert Setting(cachegrind.Cachegrind()).measure_context() != context
