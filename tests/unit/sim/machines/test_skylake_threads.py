"""Threads, timers, naps and limits in the tool: simulated time only, the same in each run."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.errors import Unsupported
from sim.limits import Limits
from sim.machine import Measurement
from sim.machines.counts import Counts
from sim.machines.skylake import Skylake
from sim.machines.tool_runs import ToolRuns
from sim.toolchain import Toolchain
from sim.verdict import Verdict
from tests.unit.sim.machines.conftest import compiled

LIMITS = Limits(max_instructions=200_000_000)
HEADERS = """#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <future>
#include <mutex>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>
static volatile int heard;
static void hear(int number) { heard = heard + number; }
static long milliseconds() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
static long work(long n) {
    volatile long sum = 0;
    while (n--) sum = sum + 1;
    return sum;
}
"""


@pytest.fixture(params=[Skylake, Counts], ids=["skylake", "counts"], name="machine")
def either(machine: Skylake, request: pytest.FixtureRequest) -> ToolRuns:
    """Both modes of the tool: the timing model and the count of instructions."""
    kind: type[ToolRuns] = request.param
    return kind()


def measured(machine: ToolRuns, folder: Path, body: str) -> Measurement:
    stdin = folder / "input"
    stdin.write_text("")
    build = compiled(HEADERS, f"int main() {{ {body} }}\n", "-O1")
    return machine.measure(build, stdin, LIMITS, Toolchain())


TWO = "long a = 0; std::thread t([&] { a = work(%d); }); long b = work(%d); t.join();"
KEPT = (
    "sigset_t s; sigemptyset(&s); sigaddset(&s, SIGALRM); sigaddset(&s, SIGUSR1);"
    "sigprocmask(SIG_BLOCK, &s, 0);"
)
SHOWN = {
    "a thread's whole work": (TWO % (3_000_000, 10) + 'printf("%ld", a + b);', b"3000010"),
    "one after the other": (
        "long s = 0; for (int i = 0; i < 9; i++) std::thread([&] { s += work(200000); }).join();"
        'printf("%ld", s);',
        b"1800000",
    ),
    "a semaphore": (
        "sem_t s; sem_init(&s, 0, 0); std::thread t([&] { sem_post(&s); }); sem_wait(&s); t.join();"
        'printf("ok");',
        b"ok",
    ),
    "patience with a condition": (
        "std::mutex m; std::condition_variable c; std::unique_lock<std::mutex> l(m); long t = "
        "milliseconds(); auto r = c.wait_for(l, std::chrono::milliseconds(300));"
        'printf("%d %ld", r == std::cv_status::timeout, milliseconds() - t);',
        b"1 300",
    ),
    "a flag that a sleeper sets": (
        "std::atomic<bool> stop{false}; long n = 0; std::thread t([&] { while (!stop) n++; });"
        "std::this_thread::sleep_for(std::chrono::milliseconds(2)); stop = true; t.join();"
        'printf("%d", n > 1000);',
        b"1",
    ),
    "storage of its own": (
        "static thread_local int x = 1; std::thread([] { x = 5; }).join(); static std::once_flag f;"
        'std::call_once(f, [] { x++; }); printf("%d", x);',
        b"2",
    ),
    "a pipe between two": (
        "int p[2]; pipe(p); std::thread t([&] { char c; read(p[0], &c, 1); putchar(c); });"
        'std::this_thread::sleep_for(std::chrono::milliseconds(1)); write(p[1], "x", 1); t.join();',
        b"x",
    ),
    "an alarm that ends work": (
        "signal(SIGALRM, hear); itimerval v = {{0, 0}, {0, 1000}}; setitimer(ITIMER_REAL, &v, 0);"
        'long t = milliseconds(); while (!heard); printf("%d %ld", heard, milliseconds() - t);',
        b"14 1",
    ),
    "processor time": (
        "signal(SIGPROF, hear); itimerval v = {{0, 0}, {0, 900}}; setitimer(ITIMER_PROF, &v, 0);"
        'sleep(1); printf("%d", heard); while (!heard); printf(" %d", heard);',
        b"0 27",
    ),
    "periods": (
        "signal(SIGALRM, hear); itimerval v = {{0, 500}, {0, 500}}; setitimer(ITIMER_REAL, &v, 0);"
        'while (heard < 70); v = {}; setitimer(ITIMER_REAL, &v, 0); printf("%d", heard);',
        b"70",
    ),
    "what is left of a nap": (
        'signal(SIGALRM, hear); alarm(2); unsigned r = sleep(5); printf("%u %u", r, alarm(0));',
        b"3 0",
    ),
    "a signal that is taken": (
        f"{KEPT} alarm(2); long t = milliseconds(); int n; sigwait(&s, &n);"
        'printf("%d %ld", n, milliseconds() - t);',
        b"14 2000",
    ),
    "a signal that was sent before": (
        f"{KEPT} alarm(9); raise(SIGUSR1); long t = milliseconds(); int n; sigwait(&s, &n);"
        'printf("%d %ld", n, milliseconds() - t);',
        b"10 0",
    ),
    "patience for a signal": (
        f"{KEPT} long t = milliseconds(); timespec p = {{0, 300000000}};"
        'int n = sigtimedwait(&s, 0, &p); printf("%d %d %ld", n, errno, milliseconds() - t);',
        b"-1 11 300",
    ),
    "what is left of an alarm": ('alarm(9); sleep(2); printf("%u", alarm(0));', b"7"),
    "patience with descriptors": (
        "long t = milliseconds(); timeval v = {0, 250000}; select(0, 0, 0, 0, &v); poll(0, 0, 50);"
        'printf("%ld", milliseconds() - t);',
        b"300",
    ),
    "patience with events": (
        "int e = epoll_create1(0), p[2]; pipe(p); epoll_event v = {EPOLLIN}, w[2];"
        "epoll_ctl(e, EPOLL_CTL_ADD, p[0], &v); long t = milliseconds();"
        'int none = epoll_wait(e, w, 2, 120); write(p[1], "x", 1);'
        'printf("%d %d %ld", none, epoll_wait(e, w, 2, 9000), milliseconds() - t);',
        b"0 1 120",
    ),
    "patience behind one without end": (
        "int p[2]; pipe(p); std::thread t([&] { write(p[1], p, 1); }); pollfd f = {p[0], POLLIN};"
        "int one = poll(&f, 1, -1); t.join(); long t0 = milliseconds(); poll(0, 0, 50);"
        'printf("%d %ld", one, milliseconds() - t0);',
        b"1 50",
    ),
    "a thread that ends while the others sleep": (
        "long t0 = milliseconds(); std::thread t([] { work(10); }); usleep(30000); t.join();"
        'printf("%ld", milliseconds() - t0);',
        b"30",
    ),
    "true limits": (
        "rlimit r; getrlimit(RLIMIT_STACK, &r); long a = r.rlim_cur >> 20;"
        "getrlimit(RLIMIT_AS, &r); long b = r.rlim_cur >> 20; getrlimit(RLIMIT_NOFILE, &r);"
        'printf("%ld %ld %ld", a, b, (long)r.rlim_max);',
        b"256 1024 128",
    ),
}


@pytest.mark.parametrize(("body", "expected"), SHOWN.values(), ids=SHOWN)
def test_simulated_time_and_turns(
    machine: ToolRuns, tmp_path: Path, body: str, expected: bytes
) -> None:
    first, again = (measured(machine, tmp_path, body) for _ in range(2))
    assert first.verdict is Verdict.ACCEPTED, first.detail
    assert first.stdout == expected
    assert (first.cycles, first.instructions) == (again.cycles, again.instructions)


def test_all_threads_work_is_counted(machine: ToolRuns, tmp_path: Path) -> None:
    """A thread beside hides nothing: its instructions and cycles are those of the work."""
    alone = measured(machine, tmp_path, "work(2000000);")
    beside = measured(machine, tmp_path, "std::thread([] { work(2000000); }).join();")
    assert alone.instructions is not None
    assert beside.instructions is not None
    assert beside.instructions >= 0.99 * alone.instructions
    assert (beside.cycles or 0) >= 0.99 * (alone.cycles or 0)


def test_threads_side_by_side_are_refused_with_a_remedy(machine: ToolRuns, tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="side by side") as failure:
        measured(machine, tmp_path, TWO % (3_000_000, 3_000_000))
    assert "cachegrind" in failure.value.remedy


def test_a_nap_costs_no_cycles_and_no_time_of_the_hosts(machine: ToolRuns, tmp_path: Path) -> None:
    naps = measured(machine, tmp_path, "sleep(19);")
    wakes = measured(machine, tmp_path, "sleep(0);")
    assert (naps.cycles or 0) < (wakes.cycles or 0) + 20_000


def test_a_nap_never_comes_to_the_kernel(machine: ToolRuns, tmp_path: Path) -> None:
    built, stdin = compiled(HEADERS, "int main() { sleep(19); }", "-O1"), tmp_path / "input"
    stdin.write_text("")
    log = machine.run(built, stdin, LIMITS, Toolchain(), "--trace-syscalls=yes").log
    assert b"exit_group" in log
    assert b"nanosleep" not in log


def test_who_waits_without_end_is_found_out_at_once(machine: ToolRuns, tmp_path: Path) -> None:
    bodies = (
        "sleep(100000);",
        f"{KEPT} int n; sigwait(&s, &n);",
        "std::mutex m; m.lock(); std::thread t([&] { m.lock(); }); t.join();",
    )
    for body in bodies:
        ended = measured(machine, tmp_path, body)
        assert ended.verdict is Verdict.NONDETERMINISTIC
        assert "without end" in ended.detail
