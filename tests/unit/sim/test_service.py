"""A command that stays and answers lines: what it says, and what becomes of one that does not."""

from __future__ import annotations

import sys
import time

import pytest

from sim.errors import MachineFailure
from sim.process import Service

ECHO = """import sys
for line in sys.stdin:
    print("a\\nb" + line, end="")
    print("END", len(line), flush=True)
"""


def service(code: str) -> Service:
    return Service([sys.executable, "-c", code], env={})


def test_answers_come_one_by_one_with_what_was_said_before_each() -> None:
    echo = service(ECHO)
    for word in ("x", "longer", "y" * 200_000):
        echo.send(word)
        text, last = echo.read_until(b"END ", 600.0, 1 << 20)
        assert text == f"a\nb{word}\n".encode()
        assert last == f"END {len(word) + 1}".encode()
    echo.kill()


def test_several_answers_in_one_breath_are_kept_apart() -> None:
    both = service("import time; print('END 1\\nmore\\nEND 2', flush=True); time.sleep(60)")
    assert both.read_until(b"END ", 60.0, 1000) == (b"", b"END 1")
    assert both.read_until(b"END ", 60.0, 1000) == (b"more\n", b"END 2")
    both.kill()


def test_one_that_ends_is_our_failure_with_its_last_words() -> None:
    ended = service("import sys; print('half'); sys.exit('no more memory')")
    with pytest.raises(MachineFailure, match="no more memory"):
        ended.read_until(b"END ", 60.0, 1000)


def test_one_that_is_gone_fails_when_it_is_asked_next() -> None:
    echo = service("import sys; sys.stdin.readline()")
    echo.send("x")
    time.sleep(0.2)
    echo.send("y")
    with pytest.raises(MachineFailure):
        echo.read_until(b"END ", 60.0, 1000)


def test_silence_and_floods_are_ended() -> None:
    with pytest.raises(MachineFailure, match="no answer in 1 s"):
        service("import time; time.sleep(600)").read_until(b"END ", 1.0, 1000)
    with pytest.raises(MachineFailure, match="too long an answer"):
        service("while True: print('x' * 1000)").read_until(b"END ", 600.0, 1 << 20)
