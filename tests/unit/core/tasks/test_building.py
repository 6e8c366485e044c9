"""Tests of values and assertions of data sets as tests of a task."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pie.core.tasks.building import (
    asserted_tests,
    called_function,
    defines,
    head_of,
    is_json,
    plain_text,
    value_field,
    whole_program,
)
from pie.core.tasks.recorded import recorded_calls
from sim.assertions import value_of
from sim.errors import InputError
from sim.toolchain import Toolchain

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=3)
    | st.builds(complex, st.integers(-9, 9), st.integers(-9, 9)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
        | st.sets(st.integers(), max_size=3)
        | st.frozensets(st.text(max_size=2), max_size=3)
    ),
    max_leaves=8,
)


def same(one: Any, other: Any) -> bool:
    """Equality that knows types, signs of zero and not-a-number."""
    return repr(_ordered(one)) == repr(_ordered(other))


def _ordered(value: Any) -> Any:
    if isinstance(value, set | frozenset):
        return type(value).__name__, sorted(map(repr, value))
    if isinstance(value, list | tuple):
        return type(value)(map(_ordered, value))
    if isinstance(value, dict):
        return {key: _ordered(one) for key, one in value.items()}
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    if isinstance(value, complex):  # its text loses the sign of a zero
        return value.real + 0.0, value.imag + 0.0
    return value


@given(plain)
def test_a_value_as_text_is_read_as_it_was(value: Any) -> None:
    assert same(value_of(plain_text(value)), value)


@given(plain)
def test_a_value_as_a_field_is_read_as_it_was(value: Any) -> None:
    import json

    field = json.loads(json.dumps(value_field("args", value), allow_nan=False))
    back = value_of(field["args_text"]) if "args_text" in field else field["args"]
    assert same(back, value)


@pytest.mark.parametrize("value", [(1,), {1: 2}, {1}, b"", 2**60, math.inf, [math.nan], 1j])
def test_what_json_would_change_is_text(value: Any) -> None:
    assert not is_json(value)


def test_assertions_become_calls_and_what_cannot_stays_a_block() -> None:
    text = (
        "METADATA = {}\n"
        "def check(candidate):\n"
        "    assert True, 'constant'\n"
        "    assert candidate(1, 2) == 3\n"
        "    assert candidate((1,), {2}) == {'a': (1, 2)}\n"
        "    assert abs(candidate(0.5) - 0.25) < 1e-6\n"
        "    assert set(candidate([1])) == {1}\n"
        "    assert not candidate(4)\n"
        "    assert candidate(1, 2) == 3\n"
        "    for x in range(3):\n"
        "        assert candidate(x, x) == 2 * x\n"
    )
    tests = asserted_tests(text, "f", "private")
    assert tests[0] == {"name": "private.0", "args": [1, 2], "expected": 3}
    assert tests[1]["args_text"] == "[(1,), set([2])]"
    assert tests[1]["expected_text"] == "{'a': (1, 2)}"
    assert tests[2]["absolute"] == 1e-6
    assert tests[3]["through"] == ["set"]
    assert tests[4] == {
        "name": "private.4",
        "args": [4],
        "expected": False,
        "returns": "bool",
    }
    assert [one["name"] for one in tests[5:]] == ["private.block"]
    assert "check(f)" in tests[5]["assertions"]
    assert "constant" not in tests[5]["assertions"]


def test_assertions_that_are_all_calls_leave_no_block() -> None:
    assert len(asserted_tests("assert f(1) == 2\nassert f(b=2) == 3", "f", "public")) == 2
    assert asserted_tests("def check(candidate):\n    assert True\n", "f", "public") == []
    with pytest.raises(InputError, match="the assertions are no Python"):
        asserted_tests("assert f(", "f", "public")


def test_the_head_of_a_prompt() -> None:
    prompt = 'import math\n\ndef helper(x):\n    return x\n\ndef f(x):\n    """Text."""\n'
    assert head_of(prompt, "f") == "import math\ndef helper(x):\n    return x\n"
    assert head_of("def f(x):", "f") == ""
    assert head_of("no python at all", "f") == ""


def test_the_function_that_assertions_call() -> None:
    program = "def helper(x): return x\ndef f(x): return helper(x)\ng = f\n"
    assert called_function(program, "assert f(1) == 1") == "f"
    assert called_function(program, "assert h(1) == 1") == ""
    assert defines(program, "g")
    assert not defines(program, "h")


def test_a_docstring_that_does_not_fit_its_body_is_left_away() -> None:
    prompt = "def f(x):\n    '''\n    Text.\n    '''\n"
    assert whole_program(prompt, "    return x\n") == prompt + "    return x\n"
    for body in ("  return x\n", "\tfor y in x:\n\t\treturn y\n"):
        assert whole_program(prompt, body) == "def f(x):\n" + body
    assert whole_program("no", " python") == "no python"


def test_calls_of_a_loop_are_recorded_with_what_a_reference_returns() -> None:
    loop = "def check(candidate):\n    for x in range(3):\n        {}\ncheck(f)\n"
    reference = "def f(x):\n    return [x, x]\n"

    def recorded(assertion: str) -> list[dict[str, Any]] | None:
        return recorded_calls(loop.format(assertion), reference, "f", "private", Toolchain())

    plain = recorded("assert candidate(x) == [x, x]")
    assert plain is not None
    assert [(one["args"], one["expected"]) for one in plain] == [
        ([0], [0, 0]),
        ([1], [1, 1]),
        ([2], [2, 2]),
    ]
    wrapped = recorded("assert tuple(candidate(x)) == (x, x)")
    assert wrapped is not None
    assert wrapped[1]["through"] == ["tuple"]
    assert wrapped[1]["expected_text"] == "(1, 1)"
    for other in (
        "assert candidate(x) == [x]",  # it fails: the reference is no oracle
        "assert len(candidate(x)) == 2",
        "assert candidate(x)",
        "assert candidate(x) != [x]",
        "assert [x, x] == candidate(x)",
        "assert candidate(x) == candidate(x)",
        "assert candidate(candidate(x)) == [[x, x], [x, x]]",
    ):
        assert recorded(other) is None, other
