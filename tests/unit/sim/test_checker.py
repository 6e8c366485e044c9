"""Tests of checkers: their protocol, their sandbox, and whose failure it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pie.core.test_cases import text_case
from sim import calls, checker, values
from sim.checker import Checker
from sim.errors import MachineFailure
from sim.program import Language, Program, TestCase
from sim.toolchain import Toolchain

SUM_IS_FIVE = """
#include <cstdio>
#include <cstdlib>
int main(int argc, char **argv) {
  if (argc != 4) return 3;
  FILE *given = fopen(argv[1], "r"), *output = fopen(argv[2], "r"), *answer = fopen(argv[3], "r");
  if (!given || !output || !answer) return 3;
  int n, a, b;
  if (fscanf(given, "%d", &n) != 1) return 3;
  if (fscanf(output, "%d %d", &a, &b) != 2) {
    fprintf(stderr, "two numbers expected\\n");
    return 2;
  }
  if (a + b == n) return 0;
  fprintf(stderr, "wrong answer %d + %d is not %d\\n", a, b, n);
  return 1;
}
"""
ANY_ORDER = "def check(input, expected, output):\n    return sorted(output) == sorted(expected)\n"


def case(given: bytes = b"5\n", expected: bytes | None = b"1 4\n") -> TestCase:
    return text_case("1", given, expected)


def python(source: str, **limits: int) -> Checker:
    made = Checker(Program(Language.PYTHON, source))
    return replace(made, limits=replace(made.limits, **limits))


def cpp(source: str) -> Checker:
    return Checker(Program(Language.CPP, source))


def call(tmp_path: Path, value: object, expected: object) -> tuple[TestCase, bytes]:
    given = values.encode(value)
    frame = calls.FRAME + b"V" + len(given).to_bytes(8, "little") + given
    return calls.call_test("1", tmp_path, [[3, 1]], expected), frame


def test_a_program_takes_any_right_answer_and_says_why_it_refuses_another() -> None:
    checked = cpp(SUM_IS_FIVE)
    assert checked.difference(case(), b"2 3\n") == ""
    assert checked.difference(case(), b"2 2\n") == (
        "the checker refuses it: wrong answer 2 + 2 is not 5"
    )
    assert checked.difference(case(), b"x") == "the checker refuses it: two numbers expected"


@pytest.mark.parametrize("code", [1, 2, 4, 8])
def test_the_codes_of_testlib_that_refuse(code: int) -> None:
    assert cpp(f"int main() {{ return {code}; }}").difference(case(), b"") != ""


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("int main() { return 3; }", r"broke down: it failed \(_fail\)"),
        ("int main() { return 7; }", "it gives points instead of a verdict"),
        ("int main() { return 42; }", "exit code 42"),
        ("int main() { __builtin_trap(); }", "killed by SIGILL"),
        ("int main() { return 1", "the checker cannot be built: .*; mend the checker"),
        ('#include "testlib.h"\nint main() {}', "give the folder of your testlib.h with --include"),
    ],
)
def test_a_broken_program_is_our_failure(source: str, why: str) -> None:
    with pytest.raises(MachineFailure, match=why) as failure:
        cpp(source).difference(case(), b"1 4")
    assert failure.value.remedy


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def check(i, e, o):\n    return int(o) > 0", "broke down: ValueError: invalid literal"),
        ("def check(i, e, o): pass", "check returned None"),
        ("x = 1", r"defines no function check\(input, expected, output\)"),
        ("def check(i, e): return True", "takes 2 positional arguments"),
        ("def check(i, e, o):\n    import sys; sys.exit(0)", "SystemExit: 0"),
        ("def check(i, e, o):\n    while True: pass", "used its 1 s of CPU time"),
        ("def check(i, e, o):\n    print('x' * 2_000_000); return True", "1048576 bytes of output"),
        ("def check(i, e, o) return 1", "SyntaxError"),
        ("def check(i, e, o):\n    return bytearray(1 << 30)", "MemoryError"),
        ("def check(i, e, o):\n    import os; os.fork()", "broke down"),
    ],
)
def test_a_broken_function_is_our_failure(source: str, why: str) -> None:
    checked = python(source, max_instructions=100_000_000, memory_bytes=256 << 20)
    with pytest.raises(MachineFailure, match=why):
        checked.difference(case(), b"word")


def test_a_function_sees_texts_of_a_program_and_nothing_else() -> None:
    seen = "def check(i, e, o):\n    return (i, e, o) == ('5\\n', '1 4\\n', '2 3\\ufffd')"
    assert python(seen).difference(case(), b"2 3\xff") == ""
    none = python("def check(i, e, o):\n    return e == ''")
    assert none.difference(case(expected=None), b"") == ""
    walls = (
        "import os, socket\n"
        "def check(i, e, o):\n"
        "    try:\n"
        "        socket.create_connection(('1.1.1.1', 53), 1)\n"
        "    except OSError:\n"
        "        return os.listdir('/home') == [] if os.path.exists('/home') else True\n"
    )
    assert python(walls).difference(case(), b"") == ""


def test_a_function_sees_values_of_a_call(tmp_path: Path) -> None:
    test, given = call(tmp_path, [3, 1], [1, 3])
    assert python(ANY_ORDER).difference(test, given) == ""
    test, given = call(tmp_path, (1, {2}, "x"), None)
    exact = "def check(i, e, o):\n    return (i, e, o) == ([[3, 1]], None, (1, {2}, 'x'))"
    assert python(exact).difference(test, given) == ""
    test, given = call(tmp_path, [3, 3], [1, 3])
    assert python(ANY_ORDER).difference(test, given) == "the checker refuses it"


def test_everything_that_could_change_its_verdict_is_in_its_key() -> None:
    keys = [
        checked.key
        for checked in (
            python(ANY_ORDER),
            python(ANY_ORDER + "#"),
            python(ANY_ORDER, memory_bytes=1 << 28),
            cpp(ANY_ORDER),
            replace(cpp(ANY_ORDER), toolchain=Toolchain(flags=("-O0",))),
        )
    ]
    assert len({repr(key) for key in keys}) == len(keys)
    assert python(ANY_ORDER).key == python(ANY_ORDER).key


def test_a_pruned_checker_is_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path))
    checked = cpp("int main() { return 0; } // pruned")
    assert checked.difference(case(), b"") == ""
    build = checker._built(checked.program, checked.toolchain)
    build.path.unlink()
    assert checked.difference(case(), b"") == ""
