"""Tests of values made by a data set's Python text, in the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.evaluation import EvaluationError, evaluate, returned_values
from sim.limits import Limits
from sim.toolchain import Toolchain

SMALL = Limits(max_instructions=400_000_000, memory_bytes=128 << 20, output_bytes=1 << 20)


def made(text: str, given: Any = None) -> Any:
    return evaluate(text, given, Toolchain(), SMALL)


def test_plain_values_go_in_and_come_out() -> None:
    value = {"a": [1, (2.5, None)], 3: {4}, "big": 10**5000}
    assert made("def main(given):\n    print('noise')\n    return given", value) == value


def test_chance_is_the_same_each_time() -> None:
    text = "import random\ndef main(given):\n    return random.random(), hash('a')"
    assert made(text) == made(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("def main(given): return 1 / 0", "ZeroDivisionError: division by zero"),
        ("x =", "SyntaxError"),
        ("x = 1", "KeyError: 'main'"),
        ("def main(given): return object()", "unmarshallable object"),
        ("def main(given): return len", "unmarshallable object"),
        ("def main(given): return (lambda: 0).__code__", "no plain value"),
        ("def main(given):\n    while True: pass", "2 s of CPU time"),
        ("def main(given): return bytearray(1 << 30)", "MemoryError"),
        ("def main(given): return 'x' * (2 << 20)", "more than 1 MiB"),
        ("import os\ndef main(given): os._exit(0)", "no plain value"),
        ("import os\ndef main(given): os.kill(os.getpid(), 9)", "kill"),
    ],
)
def test_what_gives_no_value_is_one_sentence(text: str, why: str) -> None:
    with pytest.raises(EvaluationError, match=why):
        made(text)


def test_the_text_sees_nothing_of_the_host(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    text = f"import os\ndef main(given): return os.path.exists({str(secret)!r})"
    assert made(text) is False


def test_each_call_has_arguments_of_its_own_and_one_failure_is_one() -> None:
    program = "def f(values, last):\n    values.append(last)\n    return values[0] / last\n"
    calls = [[[1], 1], [[1], 0], [[4], 2]]
    found = returned_values(program, "f", calls, Toolchain())
    assert found == [(True, 1.0), (False, "ZeroDivisionError: division by zero"), (True, 2.0)]
    method = "class Solution:\n    def g(self, x):\n        return x\n"
    assert returned_values(method, "Solution().g", [[3]], Toolchain()) == [(True, 3)]
    with pytest.raises(EvaluationError, match="name 'h' is not defined"):
        returned_values(program, "h", [[1]], Toolchain())
