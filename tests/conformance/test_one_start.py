"""Tests of a program that share its start cost what they cost alone, and see nothing of others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from sim import judge, native_guest, printed, sandbox
from sim.comparison import RULES
from sim.ended import Ended
from sim.errors import Unsupported
from sim.limits import MIB, Limits
from sim.machine import Measurement
from sim.machines.counts import Counts
from sim.machines.skylake import Skylake
from sim.machines.tool_runs import ToolRuns
from sim.program import Build, Language, TestCase
from sim.shared_start import TestServer
from sim.toolchain import Toolchain
from sim.verdict import Verdict
from tests.conformance.test_channels import CHANNELS, FILES, PROGRAM

TOOLCHAIN = Toolchain()
LIMITS = Limits(max_instructions=20_000_000, output_bytes=MIB // 8, file_bytes=MIB)
Builder = Callable[..., Build]

# The first header is compiled beforehand.
HEAD = """#include <bits/stdc++.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
"""
PLAIN = "#include <cstdio>\n#include <cstdlib>\n#include <fcntl.h>\n#include <sys/mman.h>\n"
# How a program comes to its input, or never does.
WAYS = {
    "scanf": 'int main() { int n, s = 0; while (scanf("%d", &n) == 1) s += n; printf("%d", s); }',
    "streams": "int main() { long n, s = 0; while (std::cin >> n) s += n; std::cout << s; }",
    "unsynced": "int main() { std::ios::sync_with_stdio(false); std::string l, s;"
    " while (std::getline(std::cin, l)) s += l; std::cout << s.size() << std::endl; }",
    "read": 'int main() { char b[99]; long n = read(0, b, 99); printf("%ld", n); }',
    "mapping": "int main() { struct stat s; fstat(0, &s); auto p = (char *)mmap(0, s.st_size,"
    ' PROT_READ, MAP_PRIVATE, 0, 0); printf("%c %ld", p[0], (long)s.st_size); }',
    "device": 'int main() { std::ifstream f("/dev/stdin"); int n; f >> n; printf("%d", n); }',
    "path": 'int main() { int f = open("/proc/self/fd/0", O_RDONLY); char c = 0;'
    ' if (read(f, &c, 1)) {} printf("%c", c); }',
    "copy": 'int main() { int f = dup(0); char c = 0; if (read(f, &c, 1)) {} printf("%c", c); }',
    "poll": 'int main() { pollfd p{0, POLLIN, 0}; printf("%d", poll(&p, 1, 0)); getchar(); }',
    "never": 'int main() { printf("one"); }',
    "silent": "int main() {}",
    "writes first": 'int main() { printf("?"); fflush(stdout); int n; if (scanf("%d", &n)) {}'
    ' printf("%d", n); }',
    "static": 'struct A { A() { int n; if (scanf("%d", &n)) {} printf("%d", n); exit(0); } } a;'
    " int main() {}",
    "work first": "int main() { std::vector<int> v(1000); for (int i = 0; i < 1000; i++)"
    ' v[i] = i * 7919 % 1000; std::sort(v.begin(), v.end()); int n; if (scanf("%d", &n)) {}'
    ' printf("%d", v[n % 1000]); }',
    "handler": 'void h(int) { write(1, "h", 1); _exit(0); } int main() { signal(SIGUSR1, h);'
    " getchar(); raise(SIGUSR1); }",
    "thread": 'int main() { int n = 0; std::thread([&] { if (scanf("%d", &n)) {} }).join();'
    ' printf("%d", n); }',
    "itself": 'int main() { std::string l; std::getline(std::cin, l); if (fork() == -1) puts("no");'
    ' else puts("child"); puts(l.c_str()); }',
    "fork first": 'int main() { if (fork() == -1) puts("no"); else puts("child"); getchar(); }',
    "clock": "int main() { timespec t; getchar(); clock_gettime(CLOCK_MONOTONIC, &t);"
    ' printf("%ld", t.tv_nsec); }',
}
INPUTS = ("12 30\n", "5\n", "7 1 1 1\n", "12 30\n")


def mostly_proved(cases: Iterable[str], kept: set[str]) -> list[ParameterSet]:
    """Give each run of the tests a part of the cases, and `make prove` all."""
    return [
        pytest.param(case, id=case, marks=[] if case in kept else pytest.mark.prove)
        for case in cases
    ]


@pytest.fixture(
    params=[Skylake, pytest.param(Counts, marks=pytest.mark.prove)], ids=["skylake", "counts"]
)
def tool(request: pytest.FixtureRequest) -> ToolRuns:
    machine: ToolRuns = request.param()
    check = machine.check()
    if not check.ok:
        pytest.skip(f"{check.problem}: {check.remedy}")
    return machine


@pytest.fixture(autouse=True)
def full() -> None:
    if sandbox.level() != "full":
        pytest.skip(f"needs the full sandbox: {sandbox.why_partial()}")


def written(folder: Path, texts: Sequence[str]) -> list[Path]:
    paths = [folder / f"input.{number}" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return paths


Seen = tuple[str, str, int | None, bytes, object]


def seen(measure: Callable[[], Measurement]) -> Seen:
    try:
        run = measure()
    except Unsupported as refused:
        return "unsupported", str(refused), None, b"", None
    return run.verdict, run.detail, run.cycles, run.stdout, run.counters


def alone(tool: ToolRuns, built: Build, paths: Sequence[Path], limits: Limits) -> list[Seen]:
    return [seen(lambda path=path: tool.measure(built, path, limits, TOOLCHAIN)) for path in paths]


def together(tool: ToolRuns, built: Build, paths: Sequence[Path], limits: Limits) -> list[Seen]:
    with tool.start(built, limits, TOOLCHAIN) as measure:
        return [seen(lambda path=path: measure(path, limits)) for path in paths]


@pytest.fixture
def whole_starts(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return which tests got a start of their own, as they come."""
    started: list[Path] = []
    original = ToolRuns.run

    def run(self: ToolRuns, build: Build, stdin: Path, *rest: object) -> Ended:
        started.append(stdin)
        return original(self, build, stdin, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ToolRuns, "run", run)
    return started


@pytest.mark.parametrize(
    "way",
    mostly_proved(WAYS, {"scanf", "mapping", "device", "never", "writes first", "fork first"}),
)
def test_a_test_costs_the_same_behind_others(
    tool: ToolRuns, build: Builder, tmp_path: Path, way: str, whole_starts: list[Path]
) -> None:
    built, paths = build(HEAD + WAYS[way]), written(tmp_path, INPUTS)
    shared = together(tool, built, paths, LIMITS)
    assert not whole_starts
    assert shared == alone(tool, built, paths, LIMITS)
    assert shared[0] == shared[3]


def test_a_program_with_a_file_open_starts_whole(
    tool: ToolRuns, build: Builder, tmp_path: Path, whole_starts: list[Path]
) -> None:
    source = """#include <cstdio>
    #include <fcntl.h>
    #include <unistd.h>
    int main() {
        int f = open("/pie/prog", O_RDONLY);
        char c[4] = "";
        if (read(0, c, 1) + read(f, c + 1, 2)) {}
        puts(c + 1);
    }"""
    built, paths = build(source), written(tmp_path, INPUTS)
    shared = together(tool, built, paths, LIMITS)
    assert whole_starts == paths  # the file's offset would be that of all tests
    assert shared == alone(tool, built, paths, LIMITS)


LONG_BEFORE = """int main() {
    for (volatile int i = 0; i < 1000000; i++) {}
    int n = 0;
    if (scanf("%d", &n)) {}
    printf("%d", n);
}"""


def test_one_that_meets_its_budget_before_its_tests_part_is_started_once(
    tool: ToolRuns, build: Builder, tmp_path: Path, whole_starts: list[Path]
) -> None:
    built, paths = build(PLAIN + LONG_BEFORE), written(tmp_path, INPUTS)
    limits = replace(LIMITS, max_instructions=1_000_000)
    shared = together(tool, built, paths, limits)
    assert whole_starts == []
    assert [one[:2] for one in shared] == [one[:2] for one in alone(tool, built, paths, limits)]
    assert {one[0] for one in shared} == {Verdict.TIME_LIMIT}
    with tool.start(built, limits, TOOLCHAIN) as measure:
        assert measure(paths[0], limits).over_budget
        whole_starts.clear()
        wider = measure(paths[0], LIMITS)
    assert wider.verdict is Verdict.ACCEPTED, "another budget is another run"
    assert whole_starts == [paths[0]]


@pytest.mark.prove
def test_a_script_costs_the_same_behind_others(build: Builder, tmp_path: Path) -> None:
    tool, source = Skylake(), "import sys\nprint(sum(map(int, sys.stdin.read().split())))\n"
    built, paths = build(source, Language.PYTHON), written(tmp_path, INPUTS[:2])
    limits = replace(LIMITS, max_instructions=2_000_000_000)
    assert together(tool, built, paths, limits) == alone(tool, built, paths, limits)


def test_what_ends_one_test_badly_leaves_the_others(
    tool: ToolRuns, build: Builder, tmp_path: Path
) -> None:
    source = """int main() { int n; if (scanf("%d", &n)) {}
        if (n == 1) abort();
        if (n == 2) for (volatile int i = 0;; i = i + 1) {}
        if (n == 3) for (;;) puts("flood");
        if (n == 4) *(volatile int *)0 = 1;
        if (n == 5) kill(getppid(), SIGKILL);
        if (n == 6) kill(-1, SIGKILL);
        if (n == 7) raise(SIGKILL);
        printf("%d", n); }"""
    built = build(HEAD + source)
    paths = written(tmp_path, [str(number) for number in range(9)])
    shared = together(tool, built, paths, LIMITS)
    assert shared == alone(tool, built, paths, LIMITS)
    assert [one[0] for one in shared][:5] == [
        Verdict.ACCEPTED,
        Verdict.RUNTIME_ERROR,
        Verdict.TIME_LIMIT,
        Verdict.OUTPUT_LIMIT,
        Verdict.RUNTIME_ERROR,
    ]
    assert shared[8][0] is Verdict.ACCEPTED


# What a server may and its children must not, in calls that come to the kernel.
RIGHTS = {
    "ends all others": "kill(-1, SIGKILL)",
    "ends the runner": "kill(2, SIGKILL)",
    "ends the first process": "kill(1, SIGKILL)",
    "stops its group": "kill(0, SIGSTOP)",
    "makes a process": "syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)",
    "forks": "syscall(SYS_fork)",
}


@pytest.mark.parametrize("right", mostly_proved(RIGHTS, {"ends all others", "makes a process"}))
def test_a_test_has_none_of_its_servers_rights(
    build: Builder, tmp_path: Path, right: str, whole_starts: list[Path]
) -> None:
    tool = Skylake()
    body = (
        f"char c = getchar(); if (c == '1') printf(\"%ld\", (long)({RIGHTS[right]})); putchar(c);"
    )
    headers = "#include <csignal>\n#include <sys/syscall.h>\n#include <unistd.h>\n"
    built = build(f"{PLAIN}{headers}int main() {{ {body} }}")
    paths = written(tmp_path, "0100")
    shared = together(tool, built, paths, LIMITS)
    assert not whole_starts, "the server did not outlive it"
    assert shared == alone(tool, built, paths, LIMITS)
    assert [one[3] for one in shared] == [b"0", b"-11", b"0", b"0"]


def test_each_test_has_a_budget_of_its_own(tool: ToolRuns, build: Builder, tmp_path: Path) -> None:
    source = (
        'int main() { int n; if (scanf("%d", &n)) {} for (volatile int i = 0; i < n;) i = i + 1; }'
    )
    built, paths = build(HEAD + source), written(tmp_path, ["1000000", "1000000", "10"])
    budgets = [1_000_000, 20_000_000, 1_000_000]
    with tool.start(built, LIMITS, TOOLCHAIN) as measure:
        runs = [
            measure(path, replace(LIMITS, max_instructions=budget))
            for path, budget in zip(paths, budgets, strict=True)
        ]
    assert [run.verdict for run in runs] == [Verdict.TIME_LIMIT, Verdict.ACCEPTED, Verdict.ACCEPTED]


EITHER = "char role = 0; if (pread(0, &role, 1, 0)) {{}} if (role == 'w') {{ {} }} else {{ {} }}"


@pytest.mark.parametrize(
    "channel",
    mostly_proved(CHANNELS | FILES, {"bytes of the input", "place in the input", *FILES}),
)
def test_one_test_says_nothing_to_the_next(build: Builder, tmp_path: Path, channel: str) -> None:
    tool, roles = Skylake(), "rwr"
    writer, reader = (CHANNELS | FILES)[channel]
    built = build(PROGRAM.replace("BODY", EITHER.format(writer, reader)))
    paths = written(tmp_path, [f"{role}abcdefgh" for role in roles])
    first, _, last = together(tool, built, paths, LIMITS)
    assert first == last
    with TestServer(
        native_guest.guest_for(built, TOOLCHAIN), native_guest.allowance_for(LIMITS)
    ) as server:
        ends = [
            server.run(path, native_guest.allowance_for(LIMITS))
            or sandbox.run(
                native_guest.guest_for(built, TOOLCHAIN), native_guest.allowance_for(LIMITS), path
            )
            for path in paths
        ]
    assert (ends[0].refused, ends[0].stdout) == (ends[2].refused, ends[2].stdout)


# What a program can make before its tests part, and keep for them.
BEFORE = {
    "a shared page": "int *note = (int *)mmap(0, 4096, 3, MAP_SHARED | MAP_ANONYMOUS, -1, 0);",
    "a page of its own": "int *note = (int *)mmap(0, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);",
    "a page of its file": 'int own = open("/pie/prog", O_RDONLY);'
    " int *note = (int *)mmap(0, 4096, 3, MAP_PRIVATE, own, 0);",
    "a block": "int *note = (int *)calloc(1 << 20, 1);",
    "a variable": "static int kept; int *note = &kept;",
}


@pytest.mark.parametrize("kind", BEFORE)
def test_what_was_made_before_the_tests_part_is_of_each_test_alone(
    build: Builder, tmp_path: Path, kind: str
) -> None:
    body = f"{BEFORE[kind]} if (getchar() == 'w') *note = 77; else printf(\"%d\", *note);"
    # The C++ library's streams would part the tests before `main`.
    built = build(f"{PLAIN} int main() {{ {body} }}")
    first, _, last = together(Skylake(), built, written(tmp_path, "rwr"), LIMITS)
    assert first == last
    assert first[0] is Verdict.ACCEPTED


def test_a_program_is_judged_on_all_its_tests_in_one_sandbox(
    build: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = """int main() { int n; if (scanf("%d", &n)) {}
        if (n == 1) abort();
        if (n == 2) for (;;) puts("flood");
        if (n == 3) { FILE *f = fopen("/tmp/left", "w"); fputs("x", f); fclose(f); }
        if (n == 4) printf("%d", access("/tmp/left", F_OK));
        if (n == 5) kill(getppid(), SIGKILL);
        if (n == 6) kill(-1, SIGKILL);
        puts("end"); }"""
    built = build(HEAD + source)
    paths = written(tmp_path, [str(number) for number in range(8)])
    tests = [TestCase(path.name, path, None, path.name, "") for path in paths]
    shared = judge.judge(built, tests, RULES["tokens"], LIMITS, TOOLCHAIN)
    single = [judge.judge(built, [test], RULES["tokens"], LIMITS, TOOLCHAIN)[0] for test in tests]
    assert [(one.verdict, one.detail) for one in shared] == [
        (one.verdict, one.detail) for one in single
    ]
    guest, allowance = native_guest.guest_for(built, TOOLCHAIN), native_guest.allowance_for(LIMITS)
    with TestServer(guest, allowance) as server:
        ends = [server.run(path, allowance) for path in (paths[3], paths[4])]
    assert [end.stdout for end in ends if end] == [b"end\n", b"-1end\n"]


def test_what_a_program_prints_is_seen_in_one_sandbox_as_in_many(
    build: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = """int main() { int n; if (scanf("%d", &n)) {}
        if (n == 1) abort();
        if (n == 2) { FILE *f = fopen("/tmp/left", "w"); fputs("x", f); fclose(f); }
        printf("%d %d", n, access("/tmp/left", F_OK)); }"""
    built = build(HEAD + source)
    paths = written(tmp_path, [str(number) for number in range(5)])
    tests = [TestCase(path.name, path, None, path.name, "") for path in paths]
    starts: list[object] = []
    run = sandbox.run

    def noted(*given: object) -> Ended:
        starts.append(given)
        return run(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(sandbox, "run", noted)
    asked = printed.Asked(1, times=2, keep_bytes=99)
    together = printed.printed(built, tests, asked, LIMITS, TOOLCHAIN)
    assert not starts
    monkeypatch.setattr(TestServer, "run", lambda *_: None)
    assert printed.printed(built, tests, asked, LIMITS, TOOLCHAIN) == together
    assert len(starts) == 9  # what failed once is not run again
    assert [one.stdout for one in together] == [b"0 -1", None, b"2 0", b"3 -1", b"4 -1"]
