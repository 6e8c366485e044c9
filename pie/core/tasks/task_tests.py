"""The tests of a task: text on standard input, a call, or a block of assertions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pie.core.problem import RowProblem

_SHARED = frozenset({"name"})
_STDIN = frozenset({"input", "output"})
_SETTINGS = ("absolute", "relative", "any_order", "any_sequence", "through", "shapes", "returns")
_VALUES = ("args", "args_text", "kwargs", "kwargs_text", "expected", "expected_text")
_CALL = frozenset((*_VALUES, *_SETTINGS))
_BLOCK = frozenset({"assertions", "checks"})
_THROUGH = ("set", "frozenset", "sorted", "list", "tuple", "len")
_LONGEST_NAME = 60


@dataclass(frozen=True)
class StdinTest:
    """What a program reads, and what it must print."""

    name: str
    input: str
    output: str | None
    """None: only its end is judged, or the checker needs no answer."""


@dataclass(frozen=True)
class CallTest:
    """A call of the entry point, and the value that it must return.

    Values stand as JSON has them, or as the text of a Python expression of plain values: literals,
    their sums and products (tuples, sets, long lists, not-a-number).
    """

    name: str
    arguments: list[Any] | str
    keywords: Mapping[str, Any] | str
    expected: Any
    expected_text: str | None
    """Not None: the expected value as text, in place of `expected`."""
    shapes: tuple[str, ...] = ()
    returns: str = ""
    absolute: float = 0.0
    relative: float = 0.0
    any_order: bool = False
    any_sequence: bool = False
    through: tuple[str, ...] = ()


@dataclass(frozen=True)
class BlockTest:
    """Assertions that run in the guest, for what cannot be a call."""

    name: str
    assertions: str
    checks: int = 0
    """So many must run and hold; 0: as many as run exactly once."""


TaskTest = StdinTest | CallTest | BlockTest


@dataclass(frozen=True)
class PublicTests:
    """Tests that anybody may see: a model, too."""

    tests: tuple[TaskTest, ...] = field(default=())


@dataclass(frozen=True)
class PrivateTests:
    """Tests that decide; no step that asks a model is given them."""

    tests: tuple[TaskTest, ...] = field(default=())


def parse_tests(value: object, where: str, entry_point: str) -> tuple[TaskTest, ...]:
    """Read a list of tests; RowProblem names the first that cannot be used.

    Tests without a name get `public.K` or `private.K`.
    """
    if value is None:
        return ()
    if not isinstance(value, list):
        raise RowProblem(f"{where} is not a list")
    kind = where.removesuffix("_tests")
    made = []
    for number, one in enumerate(value):
        try:
            made.append(_test(one, f"{kind}.{number}", entry_point))
        except RowProblem as problem:
            raise RowProblem(f"{where}[{number}] {problem}") from problem
    names = [one.name for one in made]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise RowProblem(f"{where} has two tests named {twice!r}")
    return tuple(made)


def _test(value: object, name: str, entry_point: str) -> TaskTest:
    if not isinstance(value, dict):
        raise RowProblem("is not an object")
    given = value.get("name", name)
    if not isinstance(given, str) or not given.isprintable() or len(given) > _LONGEST_NAME:
        raise RowProblem("has a name that is no short printable text")
    if "assertions" in value:
        return _block(value, given, entry_point)
    if "input" in value:
        return _stdin(value, given, entry_point)
    if "args" in value or "args_text" in value:
        return _call(value, given, entry_point)
    raise RowProblem("has neither input, nor args, nor assertions")


def _stdin(value: dict[str, Any], name: str, entry_point: str) -> StdinTest:
    _known(value, _STDIN)
    given, wanted = value["input"], value.get("output")
    if not isinstance(given, str) or not isinstance(wanted, str | None):
        raise RowProblem("has an input or output that is not a string")
    if entry_point:
        raise RowProblem(
            "is text on standard input, but the task has an entry_point: give its arguments as "
            "args, or leave entry_point out"
        )
    return StdinTest(name, given, wanted)


def _block(value: dict[str, Any], name: str, entry_point: str) -> BlockTest:
    _known(value, _BLOCK)
    text, checks = value["assertions"], value.get("checks", 0)
    if not isinstance(text, str) or not isinstance(checks, int) or checks < 0:
        raise RowProblem("has assertions that are no text, or checks that are no count")
    if not entry_point:
        raise RowProblem("is a block of assertions, but the task has no entry_point: name one")
    return BlockTest(name, text, checks)


def _call(value: dict[str, Any], name: str, entry_point: str) -> CallTest:
    _known(value, _CALL)
    if not entry_point:
        raise RowProblem("is a call, but the task has no entry_point: name the function")
    for one in ("args", "kwargs", "expected"):
        if one in value and f"{one}_text" in value:
            raise RowProblem(f"has both {one} and {one}_text")
    arguments = value["args"] if "args" in value else value["args_text"]
    keywords = value.get("kwargs", value.get("kwargs_text", {}))
    if not isinstance(arguments, list if "args" in value else str):
        raise RowProblem("has args that are no list, or an args_text that is no text")
    if not isinstance(keywords, str if "kwargs_text" in value else dict):
        raise RowProblem("has kwargs that are no object, or a kwargs_text that is no text")
    if "expected" not in value and "expected_text" not in value:
        raise RowProblem("has no expected value")
    text = value.get("expected_text")
    if not isinstance(text, str | None):
        raise RowProblem("has an expected_text that is no text")
    through, shapes = value.get("through", []), value.get("shapes", [])
    if not isinstance(through, list) or not all(one in _THROUGH for one in through):
        raise RowProblem(f"has a through that is no list of {', '.join(_THROUGH)}")
    if not isinstance(shapes, list) or not all(isinstance(one, str) for one in shapes):
        raise RowProblem("has shapes that are no list of texts")
    returns = value.get("returns", "")
    if not isinstance(returns, str):
        raise RowProblem("has a returns that is no text")
    return CallTest(
        name,
        arguments,
        keywords,
        value.get("expected"),
        text,
        tuple(shapes),
        returns,
        _tolerance(value, "absolute"),
        _tolerance(value, "relative"),
        _flag(value, "any_order"),
        _flag(value, "any_sequence"),
        tuple(through),
    )


def _known(value: dict[str, Any], names: frozenset[str]) -> None:
    """Refuse what this kind of test does not have: a misspelt setting would change nothing."""
    for name in value:
        if name not in names | _SHARED:
            raise RowProblem(f"has the unknown field {name[:40]!r}")


def _tolerance(value: dict[str, Any], name: str) -> float:
    number = value.get(name, 0.0)
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < 1e300:
        raise RowProblem(f"has an {name} tolerance that is no number from 0 on")
    return float(number)


def _flag(value: dict[str, Any], name: str) -> bool:
    given = value.get(name, False)
    if not isinstance(given, bool):
        raise RowProblem(f"has an {name} that is neither true nor false")
    return given
