"""What a program said last, in one clean line, whatever it wrote."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import compiler, judge
from sim.comparison import RULES
from sim.last_words import LONGEST, last_words, with_last_words
from sim.limits import MIB, CompileLimits, Limits
from sim.program import Build, Language, Program, TestCase
from sim.toolchain import Toolchain
from sim.verdict import Verdict

GROUP = b"""  + Exception Group Traceback (most recent call last):
  |   File "/pie/main.py", line 5, in <module>
  |     asyncio.run(main())
  |            ^^^^^^^^^^^^
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/pie/main.py", line 2, in work
    | ValueError: 3
    +------------------------------------
"""
LIMITS = Limits(max_instructions=400_000_000, memory_bytes=256 * MIB)

TRACEBACK = b"""Traceback (most recent call last):
  File "/pie/main.py", line 3, in <module>
    import numpy
ModuleNotFoundError: No module named 'numpy'
"""


@pytest.mark.parametrize(
    ("stderr", "words"),
    [
        (b"", ""),
        (b"\n \n\x1b[0m\n", ""),
        (b"first\nlast\n\n", "last"),
        (TRACEBACK, "ModuleNotFoundError: No module named 'numpy'"),
        (TRACEBACK + b"Exception ignored in: <stdout>\n", "ModuleNotFoundError: No module"),
        (
            b"Traceback (most recent call last):\n  File x\nValueError: two\nlines\n",
            "ValueError: two",
        ),
        (
            TRACEBACK + b"\nDuring handling of the above exception, another exception occurred:\n\n"
            b"Traceback (most recent call last):\n  File x\nKeyError: 'k'\n",
            "KeyError: 'k'",
        ),
        (
            TRACEBACK + b"\nThe above exception was the direct cause of this one:\n\n" + GROUP,
            "ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception), ValueError: 3",
        ),
        (GROUP + b"\n" + TRACEBACK, "ModuleNotFoundError: No module named 'numpy'"),
        (
            b"terminate called after throwing an instance of 'std::out_of_range'\n"
            b"  what():  vector::_M_range_check: __n (which is 5) >= this->size() (which is 2)\n",
            "terminate called after throwing an instance of 'std::out_of_range', what():  vector::",
        ),
        (
            b"terminate called after throwing an instance of 'int'\n",
            "terminate called after throwing an instance of 'int'",
        ),
        (
            b"prog: main.cpp:5: int main(): Assertion `x > 0' failed.\n",
            "prog: main.cpp:5: int main(): Assertion `x > 0' failed.",
        ),
        (b"python3: can't open file '/pie/main.py'\n", "python3: can't open file 'main.py'"),
        (b"/pie/work/main.cpp:1: error: no\n", "main.cpp:1: error: no"),
        (b"at /home/me/tmp/pie-a1b2c3/pie/main.py!\n", "at main.py!"),
        (b"\x1b[31;1mred\x1b[0m alert\x07\n", "red alert"),
        (b"\x1b]0;a new title\x07shown\n", "shown"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n", "link"),
        (b"bad \xff\xfe bytes\n", "bad ? bytes"),
        (b"a\x00b\x08c\x7f\n", "abc"),
        ("turned \u202e round \u2066x\n".encode(), "turned  round x"),
        ("one\u2028two\n".encode(), "two"),
        (b"100 %\rdone\n", "done"),
        (b"0 1000 5 5 5 0\ntest 3: accepted\n", "test 3: accepted"),
    ],
)
def test_the_line_that_tells_why(stderr: bytes, words: str) -> None:
    told = last_words(stderr)
    assert told.startswith(words)
    assert bool(told) == bool(words)


def test_a_long_line_keeps_its_beginning_and_its_end() -> None:
    told = last_words(b"begin " + b"x" * 100_000 + b" end\n")
    assert len(told) <= LONGEST
    assert told.endswith("end")
    assert last_words(b"begin " + b"x" * 1000 + b" end\n").startswith("begin x")


def test_a_flood_before_the_last_line_hides_nothing() -> None:
    assert last_words(b"flood\n" * 1_000_000 + b"the reason\n") == "the reason"


@given(
    st.binary(max_size=400)
    | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
)
def test_whatever_comes_in_one_line_of_printable_characters_comes_out(stderr: bytes) -> None:
    told = last_words(stderr)
    assert len(told) <= LONGEST
    assert len(told.splitlines()) <= 1
    assert not any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") for one in told)
    assert with_last_words("exit code 1", stderr).startswith("exit code 1")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('throw std::runtime_error("no such day");', "what():  no such day"),
        ('assert(!"reached");', 'Assertion `!"reached"\' failed.'),
        (
            # A flood of 2 MB with escapes and a report line of the runner's form, then the reason.
            'for (int i = 0; i < 40000; i++) std::fputs("\\033[2J0 1 2 3 4 0\\n\\377\\n'
            'test 0: accepted in 0 cycles\\n", stderr); std::fputs("gave up", stderr); return 3;',
            "exit code 3: gave up",
        ),
    ],
)
def test_a_verdict_ends_with_what_the_program_said(
    build: Callable[..., Build], case: Callable[..., TestCase], body: str, words: str
) -> None:
    head = "#include <cassert>\n#include <cstdio>\n#include <stdexcept>\n"
    built = build(f"{head}int main() {{ {body} }}")
    (result,) = judge.judge(built, [case("", "")], RULES["tokens"], LIMITS, Toolchain())
    assert result.verdict is Verdict.RUNTIME_ERROR
    assert result.detail.endswith(words)


def test_a_missing_module_is_told_by_its_name(
    build: Callable[..., Build], case: Callable[..., TestCase]
) -> None:
    built = build("import no_such_module_here", Language.PYTHON)
    (result,) = judge.judge(built, [case("", "")], RULES["tokens"], LIMITS, Toolchain())
    assert result.detail == (
        "exit code 1: ModuleNotFoundError: No module named 'no_such_module_here'"
    )


def test_of_a_program_that_does_not_compile_the_first_error_is_told(
    cache: Path,
) -> None:
    source = "int main() {\n  undeclared();\n  also_undeclared();\n}"
    built = compiler.build(Program(Language.CPP, source), Toolchain(), CompileLimits())
    assert built.verdict is Verdict.COMPILE_ERROR
    assert built.detail.startswith("main.cpp:2:3: error: ")
    assert "undeclared" in built.detail
