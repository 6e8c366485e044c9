"""A real gem5: the same ticks fresh and forked, golden cycles; what it cannot do is told."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.errors import Unsupported
from sim.limits import Limits
from sim.machine import Measurement
from sim.machines import gem5_installation, gem5_server
from sim.machines.gem5 import Gem5
from sim.program import Build, Language
from sim.toolchain import Toolchain
from sim.verdict import Verdict
from tests.conformance.gem5_programs import INCLUDE, LIMITS, PROGRAMS

pytestmark = pytest.mark.gem5
Measure = Callable[..., Measurement]
Builder = Callable[..., Build]


@pytest.fixture
def machine(gem5: str) -> Iterator[Gem5]:
    yield Gem5(gem5)
    gem5_server.close_all()


class Direct:
    """gem5 outside the sandbox, on fixed paths: fresh for each run, or serving."""

    def __init__(self, gem5: str, folder: Path) -> None:
        self.program, self.stdin = folder / "program", folder / "stdin"
        self.scratch = folder / "scratch"
        self.scratch.mkdir()
        self.stdin.write_text("41\n")
        self.command = [
            gem5,
            *gem5_installation.OPTIONS,
            f"--outdir={folder / 'out'}",
            str(gem5_installation.scripts() / "run.py"),
            f"--executable={self.program}",
            f"--stdin={self.stdin}",
            f"--stdout={folder / 'stdout'}",
            f"--stderr={folder / 'stderr'}",
            f"--cwd={self.scratch}",
        ]
        self.options: dict[str, Any] = {
            "env": gem5_installation.ENVIRONMENT,
            "text": True,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.DEVNULL,
        }

    def place(self, build: Build) -> None:
        self.program.unlink(missing_ok=True)
        shutil.copy(build.path, self.program)

    def fresh(self, build: Build) -> list[str]:
        self.place(build)
        done = subprocess.run(self.command, check=True, **self.options)
        return counted(done.stdout)

    def served(self, builds: list[Build]) -> list[list[str]]:
        self.place(builds[0])
        serve = [*self.command, f"--serve={self.scratch}"]
        answers = []
        with subprocess.Popen(serve, stdin=subprocess.PIPE, **self.options) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            for build in builds:
                self.place(build)
                job = {"program": build.digest, "nonce": "n", "max_instructions": 0, "max_ticks": 0}
                job |= {"cpu_seconds": 100, "file_bytes": 1 << 26}
                server.stdin.write(json.dumps(job) + "\n")
                server.stdin.flush()
                lines: list[str] = []
                for line in server.stdout:
                    if line.startswith('{"served"'):
                        told = json.loads(line)
                        assert (told["status"], told["spilled"]) == (0, ""), line
                        break
                    lines.append(line)
                answers.append(counted("".join(lines)))
            server.stdin.close()
        return answers


BY_CHANCE = re.compile(
    r"host|system\.cpu\.branchPred\.(loop_predictor\.(used|correct|wrong)|tage\.\w*Provider\w*)\b"
)


def counted(answer: str) -> list[str]:
    """All statistics but those of the host, and those that gem5 counts by chance.

    gem5 24 never sets `loopPredUsed` of a new `LoopPredictor::BranchInfo`. Only statistics look at
    it: how often the loop predictor was used, and which table of TAGE counts as the provider.
    """
    lines = answer[answer.index('{"cause"') :].splitlines()
    return [line for line in lines if line.strip() and not BY_CHANCE.match(line)]


@pytest.mark.slow
def test_a_forked_run_is_a_fresh_run_in_every_statistic(
    gem5: str, build: Builder, tmp_path: Path
) -> None:
    direct = Direct(gem5, tmp_path)
    builds = [build(source) for source in PROGRAMS.values()]
    fresh = [direct.fresh(one) for one in builds]
    # Each one twice in a row, then all again: first and later runs of a loaded program.
    order = [index for index in range(len(builds)) for _ in range(2)] + [*range(len(builds))]
    served = direct.served([builds[index] for index in order])
    for index, answer in zip(order, served, strict=True):
        assert answer == fresh[index]
    assert len(fresh[0]) > 1000


@pytest.mark.shared
def test_short_golden_runs_are_reproduced(
    machine: Gem5, shared_data: Path, tmp_path: Path, cache: Path
) -> None:
    sources = {}
    for line in (shared_data / "pairs.jsonl").open():
        row = json.loads(line)
        for code in (row["src_code"], row["tgt_code"]):
            sources[hashlib.sha256(code.encode()).hexdigest()[:16]] = code
    golden = [json.loads(line) for line in (shared_data / "gem5_golden.jsonl").open()]
    short = sorted((row for row in golden if row["sha"] in sources), key=lambda row: row["insts"])
    errors = []
    for row in short[:60:6]:
        (tmp_path / "main.cpp").write_text(sources[row["sha"]])
        program = tmp_path / "prog"
        flags = ["-O3", "-std=c++17", "-static", "-w"]
        subprocess.run(["g++", *flags, tmp_path / "main.cpp", "-o", program], check=True)
        code = program.read_bytes()
        built = Build(Language.CPP, digest=hashlib.sha256(code).hexdigest(), size=len(code))
        built.path.parent.mkdir(parents=True, exist_ok=True)
        built.path.write_bytes(code)
        stdin = shared_data / "test_cases" / row["problem_id"] / f"input.{row['test']}.txt"
        run = machine.measure(built, stdin, Limits(), Toolchain())
        assert run.verdict is Verdict.ACCEPTED
        assert run.cycles is not None
        errors.append(abs(run.cycles / row["cycles"] - 1))
    assert sorted(errors)[len(errors) // 2] <= 0.01
    assert max(errors) <= 0.05


def test_the_configurations_differ_and_each_is_the_same_twice(gem5: str, measure: Measure) -> None:
    cycles = {}
    for name in ("Verbatim", "Tuned", "Unconstrained"):
        machine = Gem5(gem5, name)
        first, second = (measure(machine, PROGRAMS["streams"], "5\n").cycles for _ in range(2))
        assert first == second
        cycles[name] = first
        gem5_server.close_all()
    assert cycles["Verbatim"] > cycles["Tuned"] > cycles["Unconstrained"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("*static_cast<int *volatile>(nullptr) = 1;", "write unmapped address 0"),
        ("return syscall(400) != 0;", "system call that gem5 does not have"),
        ('asm volatile("vpbroadcastd %xmm0, %ymm1");', "instruction that gem5 does not have"),
    ],
)
def test_what_gem5_cannot_do_is_unsupported_and_says_why(
    machine: Gem5, measure: Measure, body: str, words: str
) -> None:
    with pytest.raises(Unsupported, match=words) as failure:
        measure(machine, f"{INCLUDE}int main() {{ {body} }}", limits=LIMITS)
    assert failure.value.remedy
    assert measure(machine, PROGRAMS["reads"], "41\n", limits=LIMITS).stdout == b"42"


def test_a_program_without_end_meets_its_instructions_and_a_sleeping_one_its_ticks(
    machine: Gem5, measure: Measure
) -> None:
    few = replace(LIMITS, max_instructions=100_000)
    endless = measure(machine, "int main() { for (volatile int i = 0;; i = i + 1); }", limits=few)
    assert (endless.verdict, endless.detail) == (
        Verdict.TIME_LIMIT,
        "more than 100000 instructions",
    )


def test_a_budget_of_cycles_ends_the_simulation_there(machine: Gem5, measure: Measure) -> None:
    whole = measure(machine, PROGRAMS["nothing"])
    assert whole.cycles is not None
    enough = measure(machine, PROGRAMS["nothing"], limits=replace(LIMITS, max_cycles=whole.cycles))
    assert (enough.verdict, enough.cycles) == (Verdict.ACCEPTED, whole.cycles)
    endless = measure(
        machine,
        "int main() { for (volatile int i = 0;; i = i + 1); }",
        limits=replace(LIMITS, max_cycles=300_000),
    )
    assert (endless.verdict, endless.detail.partition(",")[2]) == (
        Verdict.TIME_LIMIT,
        " budget 300000",
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--board", "nope"], "there is no board nope"),
        (["--board", "caches"], "is no board"),
        (["--configuration", "Faster"], "Verbatim, Tuned, Unconstrained"),
        (["--executable", "SOURCE"], "is no ELF executable"),
        (["--executable", "none"], "is no file that can be read"),
        (["--stdin", "none"], "is no file that can be read"),
        (["--stdout", "none/out"], "in a folder that exists"),
        (["--max-instructions", "-5"], "is no count"),
    ],
)
def test_what_run_py_cannot_use_is_refused_in_one_sentence(
    gem5: str, tmp_path: Path, build: Builder, options: list[str], words: str
) -> None:
    (tmp_path / "SOURCE").write_text(PROGRAMS["nothing"])
    script = gem5_installation.scripts() / "run.py"
    executable = (
        [] if "--executable" in options else ["--executable", str(build("int main() {}").path)]
    )
    done = subprocess.run(
        [gem5, *gem5_installation.OPTIONS, str(script), *executable, *options],
        cwd=tmp_path,
        env=gem5_installation.ENVIRONMENT,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (1, 2)
    assert words in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_relative_paths_of_run_py_are_of_the_folder_it_is_started_in(
    gem5: str, tmp_path: Path, build: Builder
) -> None:
    shutil.copy(build(PROGRAMS["reads"]).path, tmp_path / "program")
    (tmp_path / "stdin").write_text("41\n")
    files = ["--executable", "program", "--stdin", "stdin", "--stdout", "stdout"]
    script = gem5_installation.scripts() / "run.py"
    subprocess.run(
        [gem5, *gem5_installation.OPTIONS, str(script), *files],
        cwd=tmp_path,
        env=gem5_installation.ENVIRONMENT,
        capture_output=True,
        check=True,
    )
    assert (tmp_path / "stdout").read_text() == "42"


def test_a_dynamically_linked_program_is_measured_too(
    machine: Gem5, tmp_path: Path, cache: Path
) -> None:
    from sim import compiler
    from sim.limits import CompileLimits
    from sim.program import Program

    toolchain = Toolchain(link="dynamic")
    built = compiler.build(Program(Language.CPP, PROGRAMS["reads"]), toolchain, CompileLimits())
    (tmp_path / "input").write_text("41\n")
    run = machine.measure(built, tmp_path / "input", LIMITS, toolchain)
    assert (run.verdict, run.stdout) == (Verdict.ACCEPTED, b"42")
