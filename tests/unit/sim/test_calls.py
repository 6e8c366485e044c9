"""Tests that are calls: what is written for them, and what is said of what comes back."""

from pathlib import Path

import pytest

from sim import calls, values
from sim.calls import AllChecks, SameValue
from sim.errors import InputError
from sim.program import Language, Program, TestCase, TestKind
from sim.verdict import Verdict


def framed(value, kind=b"V"):
    data = value if isinstance(value, bytes) and kind != b"V" else values.encode(value)
    return calls.FRAME + kind + len(data).to_bytes(8, "little") + data


def difference(comparison, value, expected, folder):
    test = calls.call_test("0", folder, [], expected, comparison=comparison)
    return comparison.difference(test, framed(value))


NAN = float("nan")


@pytest.mark.parametrize(
    ("comparison", "value", "expected", "same"),
    [
        (SameValue(), [1, (2, "a")], [1, (2, "a")], True),
        (SameValue(), True, 1, True),
        (SameValue(), 1.0, 1, True),
        (SameValue(), [1], (1,), False),
        (SameValue(any_sequence=True), [1, (2,)], (1, [2]), True),
        (SameValue(), {1: 2, 3: 4}, {3: 4, 1: 2}, True),
        (SameValue(), {1: 2}, {1: 2, 3: 4}, False),
        (SameValue(), "1", 1, False),
        (SameValue(), None, False, False),
        (SameValue(), NAN, NAN, True),
        (SameValue(absolute=1e9), NAN, 1.0, False),
        (SameValue(absolute=1e9), 1.0, NAN, False),
        (SameValue(relative=1.0), float("inf"), 1.0, False),
        (SameValue(), float("inf"), float("inf"), True),
        (SameValue(absolute=1e-6), [1.0000001], [1.0], True),
        (SameValue(absolute=1e-6), [1.00001], [1.0], False),
        (SameValue(relative=1e-6), 1e12 + 1, 1e12, True),
        (SameValue(absolute=2, relative=1), 10, 11, False),  # whole numbers are exact
        (SameValue(absolute=0.1), 10**400, 1.0, False),
        (SameValue(any_order=True), [3, 1, 2], [1, 2, 3], True),
        (SameValue(any_order=True), [3, 1, 1], [1, 1, 3], True),
        (SameValue(any_order=True), [1, 1, 3], [1, 3, 3], False),
        (SameValue(any_order=True), [1, 2], [1, 2, 2], False),
        (SameValue(any_order=True), [[2, 1]], [[1, 2]], False),
        (SameValue(through=("set",)), [2, 1, 1], {1, 2}, True),
        (SameValue(through=("sorted",)), (2, 1), [1, 2], True),
        (SameValue(through=("len",)), [2, 1], 2, True),
        (SameValue(through=("sorted",)), 5, [5], False),
    ],
)
def test_what_is_the_same_value(comparison, value, expected, same, tmp_path):
    assert (difference(comparison, value, expected, tmp_path) == "") is same


def test_each_comparison_is_part_of_a_tests_identity(tmp_path):
    tests = [
        calls.call_test("0", tmp_path, [1], 2, comparison=one)
        for one in (SameValue(), SameValue(absolute=1e-6), SameValue(any_order=True), None)
    ]
    assert len({repr(test.identity) for test in tests}) == 3
    other = calls.call_test("other name", tmp_path, [1], 2)
    assert other.identity == tests[0].identity
    for arguments in ([2], [1, 1], [[1]]):
        assert calls.call_test("0", tmp_path, arguments, 2).identity != other.identity
    for more in ({"keywords": {"a": 1}}, {"shapes": ["TreeNode"]}, {"returns": "argument 0"}):
        assert calls.call_test("0", tmp_path, [1], 2, **more).identity != other.identity


def test_a_text_on_standard_input_keeps_its_identity():
    test = TestCase("0", Path("a"), None, "given", "wanted")
    assert test.identity == ("given", "wanted")
    assert test.kind is TestKind.STDIN


def test_the_expected_value_is_not_in_what_the_guest_gets(tmp_path):
    test = calls.call_test("0", tmp_path, [1, "x"], "the expected value")
    assert b"expected value" not in test.input_path.read_bytes()
    request = values.decode(test.input_path.read_bytes())
    assert request == ("call", [1, "x"], {}, [], "")


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (framed([1]), None),
        (b"", Verdict.RUNTIME_ERROR),
        (framed([1])[:-1], Verdict.RUNTIME_ERROR),
        (framed([1]) + b"\n", Verdict.TAMPERING),
        (framed([1]) + framed([1]), Verdict.TAMPERING),
        (b"hello" + framed([1]), Verdict.TAMPERING),
        (b"hello", Verdict.TAMPERING),
        (framed([1]).replace(b"V", b"X", 1), Verdict.TAMPERING),
        (framed(b"a Foo", b"N"), Verdict.WRONG_ANSWER),
        (calls.FRAME + b"V\1\0\0\0\0\0\0\0?", Verdict.WRONG_ANSWER),
        (calls.FRAME + b"V" + b"\xff" * 8, Verdict.RUNTIME_ERROR),
    ],
)
def test_what_came_instead_of_a_value_has_a_verdict(given, verdict):
    problem = calls.problem(given)
    assert (problem and problem[0]) == verdict


def test_a_class_name_cannot_break_the_line():
    told = calls.problem(framed(b"a Foo\n\x1b[31mBar", b"N"))
    assert told is not None
    assert "\n" not in told[1]
    assert "\x1b" not in told[1]


@pytest.mark.parametrize(
    ("count", "expected", "right"),
    [
        ((2, 0), 2, True),
        ((1, 0), 2, False),
        ((3, 0), 2, False),
        ((2, 1), 2, False),
        ((0, 0), 0, False),
        ((5, 0), 0, True),
        ((-1, 0), 0, False),
        (2, 2, False),
        (("2", 0), 2, False),
    ],
)
def test_the_checks_that_ran_are_counted(count, expected, right, tmp_path):
    test = calls.block_test("0", tmp_path, "assert f(1)\n" * expected or "pass")
    assert (AllChecks().difference(test, framed(count)) == "") is right


def test_an_entry_point_is_part_of_a_program():
    plain = Program(Language.PYTHON, "x")
    assert plain.digest != Program(Language.PYTHON, "x", "f").digest
    assert plain.digest == Program(Language.PYTHON, "x", "").digest


def test_what_is_no_plain_value_is_refused(tmp_path):
    with pytest.raises(InputError, match="plain value"):
        calls.call_test("0", tmp_path, [object()], 1)


@pytest.mark.parametrize(("held", "right"), [(0, False), (1, True), (4, True)])
def test_a_block_with_a_loop_runs_its_other_checks_at_least(held, right, tmp_path):
    text = "for n in range(3):\n    assert f(n)\nassert f(3)"
    test = calls.block_test("0", tmp_path, text)
    assert (AllChecks().difference(test, framed((held, 0))) == "") is right


def test_many_elements_in_any_order_are_compared_in_linear_time() -> None:
    """A hundred thousand would otherwise be looked for among a hundred thousand."""
    same = SameValue(any_order=True)
    numbers = list(range(100_000))
    assert same._unordered(numbers[::-1], numbers) == ""
    near = SameValue(any_order=True, absolute=1e-3)
    fractions = [float(number) for number in range(1000)]
    moved = [*fractions[:500], *(one + 1e-4 for one in fractions[:499:-1])]
    assert near._unordered(moved, fractions) == ""
    assert "the element 1, which" in same._unordered([1, 1, 2], [1, 2, 2])
    assert same._unordered([1.0, True], [1, 1]) == ""
    assert "5000 of the elements" in same._unordered(numbers[5000:10000], numbers[:5000])
