"""What is looked for in a compiled program, and that honest programs hold none of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim import compiler, policy
from sim.limits import CompileLimits
from sim.program import Build, Language, Program
from sim.toolchain import Toolchain

REPOSITORY = Path(__file__).parents[3]
PREAMBLE = bytes.fromhex("48c1c703 48c1c70d 48c1c73d 48c1c733")
EXAMPLES = sorted((REPOSITORY / "examples").rglob("*.cpp"))

REQUEST = """
#include <cstdio>
int main() {{
    unsigned long answer = 0, arguments[6] = {{0x1001}};
    asm volatile("rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi; {}"
                 : "=d"(answer) : "a"(arguments), "0"(answer) : "cc", "memory");
    std::printf("%lu", answer);
}}
"""


@pytest.mark.parametrize("last", ["4887db", "4887d2", "4887c9", "4887ff"])
def test_a_client_request_is_found_wherever_it_lies(last: str) -> None:
    request = PREAMBLE + bytes.fromhex(last)
    for image in (request, b"\x90" * 1001 + request, b"\x7fELF" + request + b"\0" * 99):
        assert "client request" in policy.tampering(image)


@pytest.mark.parametrize(
    "honest",
    [
        b"",
        PREAMBLE,
        PREAMBLE + b"\x48\x87\xc3",
        PREAMBLE[:-4] + bytes.fromhex("4887db"),
        PREAMBLE[4:] + PREAMBLE[:4] + bytes.fromhex("4887db"),
        bytes.fromhex("4887db") * 10,
    ],
)
def test_rotations_and_exchanges_alone_are_honest(honest: bytes) -> None:
    assert policy.tampering(honest) == ""


@pytest.mark.parametrize("exchange", ["xchgq %%rbx, %%rbx", "xchgq %%rcx, %%rcx"])
def test_a_client_request_in_assembly_is_found_in_the_executable(
    cache: Path, exchange: str
) -> None:
    program = Program(Language.CPP, REQUEST.format(exchange))
    built = compiler.build(program, Toolchain(), CompileLimits())
    assert built.verdict == "tampering"
    assert not built.digest


def test_the_static_libraries_of_every_program_hold_no_client_request(
    build: Callable[..., Build],
) -> None:
    source = """#include <bits/stdc++.h>
int main() {
    std::regex word("[a-z]+");
    auto now = std::chrono::system_clock::now().time_since_epoch().count();
    std::thread([now] { std::cout << std::stod("1.5") << now; }).join();
    std::mt19937_64 random(std::random_device{}());
    std::locale::global(std::locale("C"));
    std::printf("%Lf %d", std::sqrt(2.0L), std::regex_match("abc", word));
}
"""
    assert build(source).size > 2_000_000


def test_no_example_is_flagged(cache: Path) -> None:
    assert len(EXAMPLES) >= 30
    for example in EXAMPLES[::4]:  # the others are measured by the end-to-end tests
        program = Program(Language.CPP, example.read_text())
        assert compiler.build(program, Toolchain(), CompileLimits()).verdict != "tampering"


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        ("return std::time(nullptr) == 0;", True),
        ("return std::clock() == 0;", True),
        ("timespec t; return clock_gettime(CLOCK_REALTIME, &t);", True),
        ("return std::chrono::steady_clock::now().time_since_epoch().count() == 0;", True),
        ("return std::random_device{}() == 0;", True),
        ("return getpid() == 0;", True),
        ("std::thread([] {}).join();", True),
        ("return __builtin_ia32_rdtsc() == 0;", True),
        ('unsigned x; asm("rdtscp" : "=a"(x) : : "rcx", "rdx"); return x == 0;', True),
        ("unsigned x; return !_rdrand32_step(&x);", True),
        ("std::srand(5); return std::rand() == 0;", False),
        ("std::mt19937 r(5); return r() == 0;", False),
        ("int timer = 0, clock_ticks = 3; return timer + clock_ticks == 0;", False),
        ('std::puts("time clock_gettime getrandom");', False),
        ("std::vector<int> v(5); std::sort(v.begin(), v.end()); return v[0];", False),
    ],
)
def test_asking_for_time_randomness_or_threads_is_seen_in_the_object_file(
    build: Callable[..., Build], body: str, asks: bool
) -> None:
    headers = ["bits/stdc++.h", "unistd.h"]  # the first is compiled beforehand
    headers += ["immintrin.h"] if "_rdrand" in body else []
    source = "".join(f"#include <{name}>\n" for name in headers)
    attribute = '__attribute__((target("rdrnd"))) ' if "rdrand" in body else ""
    assert build(f"{source}{attribute}int main() {{ {body} }}").clock_dependent is asks


@pytest.mark.parametrize("image", [b"", b"\x7fELF", b"\x7fELF\x02\x01" + b"\0" * 20, b"MZ" * 99])
def test_what_is_no_object_file_asks_for_nothing(image: bytes) -> None:
    assert not policy.clock_dependent(image)


@pytest.mark.parametrize(
    "line",
    [
        "   0:\t0f 04                \t(bad)",
        "   5:\t67 0f 04             \taddr32 (bad)",
        "   b:\tf0 0f 04             \tlock (bad)",
        "  11:\t66 0f 04             \tdata16 (bad)",
        "  17:\tf3 48 0f 04          \trepz rex.W (bad)",
    ],
)
def test_gem5s_instruction_is_seen_behind_any_prefix(line: str) -> None:
    assert policy.addresses_simulator(f"{line}\n   2:\t21 00   \tand    %eax,(%rax)\n".encode())


def test_the_bytes_of_gem5s_instruction_in_a_constant_are_honest() -> None:
    line = b"  1e:\t48 b8 0f 04 4f 00 c3 90 90 90 \tmovabs $0x909090c3004f040f,%rax\n"
    assert not policy.addresses_simulator(line)
