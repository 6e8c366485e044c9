"""What a guest can see and touch, at both levels; secrets lie out as bait."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sim import machines, native_guest, sandbox
from sim.ended import Ended
from sim.errors import MachineFailure
from sim.limits import MIB, Limits
from sim.program import Build, Language
from sim.sandbox import Allowance, Guest
from sim.toolchain import Toolchain

REPOSITORY = Path(__file__).parents[3]
LIMITS = Limits(max_instructions=200_000_000, output_bytes=MIB, file_bytes=MIB)
BAIT = "bait-" + "77c1e0"

full = pytest.mark.skipif(
    sandbox.level() != "full", reason=f"needs the full sandbox: {sandbox.why_partial()}"
)


def run(built: Build, stdin: Path | None = None) -> Ended:
    guest = native_guest.guest_for(built, Toolchain())
    return sandbox.run(guest, native_guest.allowance_for(LIMITS), stdin)


def system_guest(*argv: str, proc: bool = False) -> Guest:
    return Guest(argv[0], argv, "compiler", {}, system=True, proc=proc)


def test_a_program_sees_a_fixed_name_an_empty_environment_and_its_input(
    build: Callable[..., Build], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", BAIT)
    given = tmp_path / "input"
    given.write_text("word")
    built = build(
        """#include <cstdio>
extern char **environ;
int main(int argc, char **argv) {
    char word[9] = "";
    if (std::scanf("%8s", word) != 1) return 1;
    std::printf("%d %s %s", argc, argv[0], word);
    for (char **one = environ; *one; one++) std::printf(" %s", *one);
}
"""
    )
    assert run(built, given).stdout == b"1 prog word"


@full
def test_nothing_of_the_host_is_visible_to_a_program(
    build: Callable[..., Build], tmp_path: Path
) -> None:
    (tmp_path / "output.0.txt").write_text(BAIT)
    (tmp_path / "output.0.txt").chmod(0o644)
    given = tmp_path / "input.0.txt"
    given.write_text(f"{tmp_path}/output.0.txt {given} {Path.home()} /etc /usr /proc /sys /dev/shm")
    built = build(
        """#include <dirent.h>
#include <iostream>
#include <string>
#include <unistd.h>
int main() {
    for (std::string path; std::cin >> path;)
        if (access(path.c_str(), F_OK) == 0) std::cout << "sees " << path << "\\n";
    DIR *root = opendir("/");
    while (dirent *entry = readdir(root))
        if (entry->d_name[0] != '.') std::cout << entry->d_name << " ";
}
"""
    )
    assert set(run(built, given).stdout.split()) == {b"pie", b"tmp", b"dev"}


def test_open_descriptors_of_the_harness_are_not_inherited(
    build: Callable[..., Build], tmp_path: Path
) -> None:
    bait = os.open(tmp_path / "bait", os.O_RDWR | os.O_CREAT)
    os.set_inheritable(bait, True)
    high = os.dup2(bait, 200, inheritable=True)
    built = build(
        "#include <fcntl.h>\nint main() { for (int fd = 3; fd < 4096; fd++)"
        " if (fcntl(fd, F_GETFD) != -1) return fd; }"
    )
    try:
        assert run(built).exit_code == 0
    finally:
        os.close(bait)
        os.close(high)


@full
def test_every_run_starts_with_an_empty_folder(build: Callable[..., Build]) -> None:
    built = build(
        """#include <fstream>
#include <iostream>
int main() {
    std::cout << std::ifstream("/tmp/mark").good();
    std::ofstream("/tmp/mark") << 1;
    std::ofstream("mark") << 1;
}
"""
    )
    assert [run(built).stdout for _ in range(2)] == [b"0", b"0"]


@full
def test_the_supervisors_secrets_are_hidden_where_proc_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET", BAIT)
    script = (
        "for p in /proc/[0-9]*; do cat $p/environ $p/cmdline $p/maps 2>/dev/null; done; "
        "ls /proc/1; for f in /proc/sys/kernel/core_pattern /proc/1/new /proc/self/mem; do "
        "(: > $f) 2>/dev/null && echo wr'ote' $f; done; echo end"
    )
    ended = sandbox.run(
        system_guest("/bin/sh", "-c", script, proc=True), Allowance(5, 0, 0, 0, MIB, 30.0)
    )
    assert ended.stdout.endswith(b"end\n")
    assert BAIT.encode() not in ended.stdout
    assert b"wrote" not in ended.stdout
    assert str(REPOSITORY).encode() not in ended.stdout


@full
def test_a_writable_folder_is_bounded(build: Callable[..., Build]) -> None:
    built = build(
        """#include <cstdio>
#include <csignal>
#include <fcntl.h>
#include <string>
#include <unistd.h>
int main() {
    std::signal(SIGXFSZ, SIG_IGN);
    static char block[65536];
    long total = 0, got;
    for (int i = 0; i < 50; i++) {
        int file = open(("f" + std::to_string(i)).c_str(), O_CREAT | O_WRONLY, 0600);
        while ((got = write(file, block, sizeof block)) > 0) total += got;
    }
    std::printf("%ld", total >> 10);
}
"""
    )
    assert int(run(built).stdout) <= 1024


@full
def test_the_whole_tree_dies_with_its_run() -> None:
    own = f"sleep 9{os.getpid():09}"  # other runs of this test may be under way
    script = f"{own} & {own} & setsid {own} & exit 0"
    ended = sandbox.run(system_guest("/bin/sh", "-c", script), Allowance(5, 0, 0, 0, MIB, 30.0))
    assert ended.exit_code == 0
    assert subprocess.run(["pgrep", "-f", own], stdout=-3).returncode == 1


@full
def test_a_guest_killed_by_the_guard_leaves_nothing_behind() -> None:
    own = f"sleep 8{os.getpid():09}"
    guest = system_guest("/bin/sh", "-c", f"setsid {own} & {own}")
    ended = sandbox.run(guest, Allowance(5, 0, 0, 0, MIB, 0.5))
    assert ended.lost.startswith("no end")
    for _ in range(50):
        left = subprocess.run(["pgrep", "-f", own], stdout=-3).returncode
        if left == 1:
            return
        subprocess.run(["sleep", "0.1"])
    pytest.fail("a process of the guest outlived it")


def test_cpu_time_and_memory_are_the_programs_own(build: Callable[..., Build]) -> None:
    ballast = bytearray(300 << 20)
    built = build(
        "#include <cstdio>\n#include <cstring>\n#include <cstdlib>\n#include <ctime>\n"
        "int main() { volatile unsigned x = 1; for (int i = 0; i < 50000000; i++) x = x * 3;"
        ' std::memset(std::malloc(50 << 20), x, 50 << 20); std::printf("%ld", clock()); }'
    )
    ended = run(built)
    assert len(ballast) > 0
    own = int(ended.stdout) / 1_000_000
    assert own > 0
    assert 0.5 * own < ended.cpu_seconds < 2 * own + 0.1, "of which a start and an end are little"
    assert ended.resident_bytes < 100 * MIB


def test_a_guest_that_is_not_there_is_our_failure(cache: Path, tmp_path: Path) -> None:
    guest = Guest("/pie/prog", ("prog",), "program", {"/pie/prog": str(tmp_path / "missing")})
    with pytest.raises((MachineFailure, OSError)):
        sandbox.run(guest, native_guest.allowance_for(LIMITS))


def test_many_runs_leave_no_descriptor_and_no_folder(
    build: Callable[..., Build], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    built = build("int main() {}")
    run(built)
    before = {one.name for one in Path("/proc/self/fd").iterdir()}
    for _ in range(20):
        assert run(built).exit_code == 0
    assert {one.name for one in Path("/proc/self/fd").iterdir()} == before
    assert list(tmp_path.iterdir()) == []


PARTIAL = """
import json, sys
from pathlib import Path
from sim import compiler, judge, sandbox
from sim.comparison import RULES
from sim.limits import CompileLimits, Limits
from sim.machines.cachegrind import Cachegrind
from sim.program import Language, Program, TestCase
from sim.toolchain import Toolchain
folder = Path(sys.argv[1])
limits = Limits(max_instructions=200_000_000, output_bytes=1 << 20)
rows = []
for source in sys.argv[2:]:
    language = Language.PYTHON if "print(" in source else Language.CPP
    built = compiler.build(Program(language, source), Toolchain(), CompileLimits())
    if built.verdict is not None:
        rows.append([built.verdict, "", ""])
        continue
    test = TestCase("0", folder / "in", folder / "out", "", "")
    native = judge.judge(built, [test], RULES["tokens"], limits, Toolchain())[0].verdict
    measured = ""
    if native == "accepted" and Cachegrind().check().ok:
        run = Cachegrind().measure(built, folder / "in", limits, Toolchain())
        measured = [run.verdict, run.cycles]
    rows.append([native, built.digest, measured])
fingerprint = Cachegrind().fingerprint()["sandbox"] if Cachegrind().check().ok else "partial"
print(json.dumps([sandbox.level(), sandbox.why_partial(), fingerprint, rows]))
"""
PROGRAMS = {
    "accepted": "#include <iostream>\nint main() { int a; std::cin >> a; std::cout << a + 1; }",
    "accepted (python)": "print(int(input()) + 1)",
    "wrong_answer": "int main() {}",
    "runtime_error": "#include <cstdlib>\nint main() { std::abort(); }",
    "output_limit": '#include <cstdio>\nint main() { for (;;) std::puts("more and more"); }',
    "time_limit": "int main() { volatile int x = 0; for (;;) x = 1; }",
    "compile_error": "int main() { return }",
    "accepted (refusals)": """#include <cstdio>
#include <sys/socket.h>
#include <unistd.h>
int main() {
    int held = (fork() < 0) + (socket(AF_INET, SOCK_STREAM, 0) < 0) + (setsid() < 0);
    std::printf("%d", 13 + held);
}
""",
}


def levels_rows(tmp_path: Path, cache: str, level: str) -> list[object]:
    (tmp_path / "in").write_text("15\n")
    (tmp_path / "out").write_text("16\n")
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PIE_SANDBOX": level, "PIE_CACHE": cache}
    done = subprocess.run(
        [sys.executable, "-c", PARTIAL, str(tmp_path), *PROGRAMS.values()],
        env=env,
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr
    answer: list[object] = json.loads(done.stdout)
    return answer


def test_without_bubblewrap_the_verdicts_are_the_same_and_the_level_is_told(
    tmp_path: Path, cache: Path
) -> None:
    level, why, fingerprint, rows = levels_rows(tmp_path, str(cache), "partial")
    assert (level, fingerprint) == ("partial", "partial")
    assert "PIE_SANDBOX=partial" in str(why)
    assert isinstance(rows, list)
    verdicts = [row[0] for row in rows]
    assert verdicts == [name.partition(" ")[0] for name in PROGRAMS]
    measured = [row[2] for row in rows if row[2]]
    assert all(verdict == "accepted" for verdict, _cycles in measured), measured


def test_without_bubblewrap_the_bytes_and_costs_do_not_depend_on_the_place_of_the_cache(
    tmp_path: Path, cache: Path, fresh_cache: Callable[[Path], Path]
) -> None:
    elsewhere = str(fresh_cache(tmp_path / ("another cache with a long name" * 3)))
    both = []
    for folder in (str(cache), elsewhere):
        rows = levels_rows(tmp_path, folder, "partial")[3]
        assert isinstance(rows, list)
        assert rows[1][2][0] == "accepted"
        rows[1][2][1] = None  # an interpreter hashes the names of folders, which are random here
        both.append(rows)
    assert both[0] == both[1]


def test_the_level_of_full_walls_needs_no_excuse() -> None:
    assert (sandbox.why_partial() == "") == (sandbox.level() == "full")


def test_only_gem5_without_landlock_says_that_its_numbers_can_be_forged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gem5, other = machines.machine("gem5"), machines.machine("cachegrind")
    monkeypatch.setattr(sandbox, "why_partial", lambda: "no bubblewrap")
    monkeypatch.setattr(sandbox, "landlock", lambda: False)
    assert "can forge its numbers on gem5" in machines.why_weaker(gem5)
    assert machines.why_weaker(other) == "no bubblewrap"
    monkeypatch.setattr(sandbox, "landlock", lambda: True)
    assert machines.why_weaker(gem5) == "no bubblewrap"
    monkeypatch.setattr(sandbox, "why_partial", lambda: "")
    monkeypatch.setattr(sandbox, "landlock", lambda: False)
    assert machines.why_weaker(gem5) == ""


def test_the_interpreter_sees_only_its_script(build: Callable[..., Build]) -> None:
    if sandbox.level() != "full":
        pytest.skip("needs the full sandbox")
    script = "import os\nprint(sorted(os.listdir('/pie')), dict(os.environ), os.getcwd())\n"
    seen = run(build(script, Language.PYTHON)).stdout.decode()
    assert "['guest', 'program', 'runner']" in seen
    assert BAIT not in seen
    assert seen.strip().endswith("/tmp")
