"""A real gem5 and programs that flood, hide, forge, remember or break it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sim import sandbox
from sim.errors import MachineFailure, Unsupported
from sim.machine import Measurement
from sim.machines import gem5_server
from sim.machines.gem5 import Gem5
from sim.verdict import Verdict
from tests.conformance.gem5_programs import INCLUDE, LIMITS, PROGRAMS

pytestmark = pytest.mark.gem5
Measure = Callable[..., Measurement]


@pytest.fixture
def machine(gem5: str) -> Iterator[Gem5]:
    yield Gem5(gem5)
    gem5_server.close_all()


def test_a_flood_of_output_is_an_output_limit(machine: Gem5, measure: Measure) -> None:
    source = INCLUDE + "char text[9000]; int main() { for (;;) write(1, text, sizeof text); }"
    small = replace(LIMITS, output_bytes=70_000, file_bytes=1000, max_instructions=300_000)
    assert measure(machine, source, limits=small).verdict is Verdict.OUTPUT_LIMIT


def test_no_run_leaves_anything_to_the_next(machine: Gem5, measure: Measure) -> None:
    source = INCLUDE + (
        'int main() { puts(access("/tmp/left", F_OK) ? "clean" : "found");\n'
        'const char *names[] = {"/tmp/left", "left", "/pie/o/left", "/pie/m/p/left"};\n'
        "for (auto name : names)\n"
        '    if (FILE *f = fopen(name, "w")) fputs("x", f); }'
    )
    first, second = (measure(machine, source, limits=LIMITS) for _ in range(2))
    assert first.stdout == second.stdout == b"clean\n"
    assert first.cycles == second.cycles


def test_a_guest_that_remembers_its_last_run_costs_the_same_again(
    machine: Gem5, measure: Measure
) -> None:
    source = INCLUDE + (
        "#include <fcntl.h>\n#include <initializer_list>\nint main() { bool found = false;\n"
        'for (auto name : {"/pie/s/x", "/tmp/x", "x", "/pie/o/x", "/dev/shm/x", "/var/tmp/x"}) {\n'
        "    if (open(name, O_RDONLY) >= 0) found = true;\n"
        "    open(name, O_CREAT | O_WRONLY, 0644); }\n"
        "for (volatile int i = 0; i < (found ? 1 : 20000); i = i + 1); }"
    )
    runs = [measure(machine, source, limits=LIMITS) for _ in range(3)]
    assert len({run.cycles for run in runs}) == 1


def test_a_guest_has_as_much_room_in_tmp_as_its_limit_says(machine: Gem5, measure: Measure) -> None:
    if sandbox.level() != "full":
        pytest.skip(f"needs the full sandbox: {sandbox.why_partial()}")
    source = INCLUDE + (
        "#include <fcntl.h>\n#include <initializer_list>\n"
        "static char text[1 << 20]; int main() { long written = 0;\n"
        'for (auto name : {"/tmp/a", "/tmp/b", "/tmp/c"}) {\n'
        "    int file = open(name, O_CREAT | O_WRONLY, 0644);\n"
        "    for (int i = 0; i < 3; i++) { long n = write(file, text, sizeof text);\n"
        "        if (n > 0) written += n; } }\n"
        'printf("%ld", written >> 20); }'
    )
    small = replace(LIMITS, file_bytes=4 << 20)
    assert measure(machine, source, limits=small).stdout in (b"3", b"4")
    assert measure(machine, source, limits=replace(LIMITS, file_bytes=64 << 20)).stdout == b"9"


# Instructions of gem5's own, hidden in an immediate: the disassembly of the program is clean.
HIDDEN = INCLUDE + (
    "#include <cstring>\ntypedef unsigned long (*Call)(const void *, unsigned long, unsigned long, "
    'const void *);\nextern "C" void holder();\n'
    'asm(".text\\n.globl holder\\nholder: .byte 0x48,0xb8,0x0f,0x04,OP,0x00,0xc3,0x90,0x90,0x90\\n'
    ' ret\\n");\n'
    "static unsigned long gem5(const void *a, unsigned long b, unsigned long c, const void *d) {\n"
    "    return ((Call)((char *)(void *)holder + 2))(a, b, c, d); }\n"
)
FORGED = (
    r"{\"cause\": \"exiting with last active thread context\", \"code\": 0, \"ticks\": 1}\n"
    r"---------- Begin Simulation Statistics ----------\n"
)


@pytest.mark.parametrize(
    ("op", "body", "words"),
    [
        ("0x4f", f'gem5("{FORGED}", {len(FORGED) // 2}, 0, "stdout");', "own output"),
        ("0x4f", f'for (int i = 0; i < 999; i++) gem5("{FORGED}", 64, 0, "stdout");', "own output"),
        ("0x4f", 'gem5("x", 1, 0, "/none/x");', "Failed to open"),
        ("0x02", "gem5((void *)1000000, 0, 0, 0);", "suspended"),
        ("0x40", "gem5(0, 0, 0, 0);", "counters back"),
        ("0x41", "gem5(0, 0, 0, 0);", "statistics of its own"),
        ("0x21", "gem5(0, 0, 0, 0);", "ended the simulation"),
        ("0x52", "gem5(0, 0, 0, 0);", "ended the simulation"),
        ("0x43", "gem5(0, 0, 0, 0);", "ended the simulation"),
        ("0x54", "gem5(0, 0, 0, 0);", "spoke to gem5"),
        ("0xfe", "gem5(0, 0, 0, 0);", "spoke to gem5"),
    ],
)
def test_a_program_that_speaks_to_gem5_is_tampering_and_the_next_run_is_as_ever(
    machine: Gem5, measure: Measure, op: str, body: str, words: str
) -> None:
    honest = measure(machine, PROGRAMS["reads"], "41\n", limits=LIMITS)
    source = HIDDEN.replace("OP", op) + f'int main() {{ {body} puts("done"); }}'
    run = measure(machine, source, limits=LIMITS)
    assert run.verdict is Verdict.TAMPERING
    assert words in run.detail
    again = measure(machine, PROGRAMS["reads"], "41\n", limits=LIMITS)
    assert (again.cycles, again.stdout) == (honest.cycles, b"42")


def test_neither_gem5s_memory_nor_its_descriptors_are_open_to_a_guest(
    machine: Gem5, measure: Measure
) -> None:
    source = INCLUDE + (
        "#include <fcntl.h>\n#include <initializer_list>\nint main() { int opened = 0;\n"
        'for (auto name : {"/proc/self/mem", "/proc/self/environ", "/proc/self/cmdline", '
        '"/etc/hostname", "/pie/gem5_configs/core.py"})\n'
        "    if (open(name, O_RDONLY) >= 0) opened++;\n"
        'symlink("/proc/self", "way"); if (open("way/mem", O_RDWR) >= 0) opened++;\n'
        'printf("%d", opened); }'
    )
    assert measure(machine, source, limits=LIMITS).stdout == b"0"


def test_the_host_is_out_of_the_guests_reach(
    machine: Gem5, measure: Measure, tmp_path: Path
) -> None:
    if sandbox.level() != "full":
        pytest.skip(f"needs the full sandbox: {sandbox.why_partial()}")
    secret = tmp_path / "secret"
    secret.write_text("secret")
    source = INCLUDE + (
        f'int main() {{ puts(fopen("{secret}", "r") ? "read" : "held");\n'
        f'puts(unlink("{secret}") ? "held" : "removed");\n'
        'puts(fopen("/usr/written", "w") ? "written" : "held");\n'
        'puts(fopen("/pie/gem5_configs/core.py", "a") ? "written" : "held"); }'
    )
    assert measure(machine, source, limits=LIMITS).stdout == b"held\n" * 4
    assert secret.read_text() == "secret"


def test_a_recursion_deeper_than_its_stack_says_so(machine: Gem5, measure: Measure) -> None:
    source = INCLUDE + (
        "long f(long n) { volatile char b[1 << 20]; b[0] = n; return n ? f(n - 1) + b[0] : 0; }\n"
        'int main() { printf("%ld", f(150)); }'
    )
    with pytest.raises(Unsupported, match="more stack than the 120 MB"):
        measure(machine, source, limits=LIMITS)


def test_a_killed_simulator_is_our_failure_and_the_next_run_is_served(
    machine: Gem5, measure: Measure, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = measure(machine, PROGRAMS["reads"], "41\n", limits=LIMITS)
    server = next(iter(gem5_server._servers.values()))
    pid = server._service._process.pid
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with pytest.raises(MachineFailure):
        measure(machine, PROGRAMS["reads"], "41\n", limits=LIMITS)
    after = measure(machine, PROGRAMS["reads"], "41\n", limits=LIMITS)
    assert (after.cycles, after.counters) == (before.cycles, before.counters)
