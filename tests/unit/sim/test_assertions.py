"""Assertions of data sets: which become calls, and how the others are counted."""

import ast

import pytest

from sim import assertions
from sim.calls import SameValue
from sim.errors import InputError


@pytest.mark.parametrize(
    ("text", "arguments", "expected", "comparison"),
    [
        ("assert f(1, [2]) == 3", [1, [2]], 3, SameValue()),
        ("assert 3 == f(1)", [1], 3, SameValue()),
        ("assert f(-1) is None", [-1], None, SameValue()),
        ("assert f(1)", [1], True, SameValue()),
        ("assert not f(1)", [1], False, SameValue()),
        ("assert f(10**9 + 7, [0] * 3) == 'a' 'b'", [10**9 + 7, [0] * 3], "ab", SameValue()),
        ("assert abs(f(3) - 2.5) < 1e-6", [3], 2.5, SameValue(absolute=1e-6)),
        ("assert abs(2.5 - f(3)) <= 0.1", [3], 2.5, SameValue(absolute=0.1)),
        ("assert math.isclose(f(3), 2.5, rel_tol=0.001)", [3], 2.5, SameValue(relative=0.001)),
        ("assert set(f((1, 2))) == set((2, 1))", [(1, 2)], {1, 2}, SameValue(through=("set",))),
        ("assert tuple(sorted(f(1))) == (1,)", [1], (1,), SameValue(through=("sorted", "tuple"))),
        ("assert f(1) == 2, 'message'", [1], 2, SameValue()),
    ],
)
def test_an_assertion_of_plain_values_becomes_a_call(text, arguments, expected, comparison):
    (call,), rest = assertions.calls_of(text, "f")
    assert (call.arguments, call.expected, call.comparison) == (arguments, expected, comparison)
    assert rest == ""


@pytest.mark.parametrize(
    "text",
    [
        "assert f(1) != 2",
        "assert f(x) == 2",
        "assert f(1) == g(1)",
        "assert f(1) == f(2)",
        "assert f(f(1)) == 2",
        "assert f(1) == 2 == 2",
        "assert f(1) == 9 ** 9 ** 9",
        "assert f('a' * 10**12) == 1",
        "assert f(1).x == 2",
        "assert g(f(1)) == 2",
        "assert f(1) is x",
        "assert set(f(1))",
        "assert f(1) == {**{}}",
        "for i in range(3):\n    assert f(i) == i",
        "try:\n    f(1)\nexcept ValueError:\n    pass\nelse:\n    assert False",
    ],
)
def test_any_other_assertion_is_left_for_the_guest(text):
    calls, rest = assertions.calls_of(text, "f")
    assert calls == []
    assert ast.dump(ast.parse(rest)) == ast.dump(ast.parse(text))


def test_a_bare_assertion_asks_whether_the_value_counts_as_true():
    calls, _rest = assertions.calls_of("assert f(1)\nassert not f(2)\nassert f(3) == True", "f")
    assert [(one.expected, one.returns) for one in calls] == [
        (True, "bool"),
        (False, "bool"),
        (True, ""),
    ]


def test_the_function_check_is_taken_apart():
    text = """
METADATA = {}
def check(candidate):
    assert candidate(1) == 2
    for i in range(3):
        assert candidate(i) == i + 1
    assert True
"""
    calls, rest = assertions.calls_of(text, "f")
    assert [one.arguments for one in calls] == [[1]]
    assert "candidate(i)" in rest
    assert "candidate(1)" not in rest
    whole = "def check(candidate):\n    assert candidate(1) == 2\n"
    assert assertions.calls_of(whole + "check(f)\n", "f")[1] == ""


@pytest.mark.parametrize(
    ("text", "checks"),
    [
        ("assert f(1)\nassert f(2) == 3", 2),
        ("def check(candidate):\n    assert candidate(1)\n    assert candidate(2)\ncheck(f)", 2),
        ("def check(candidate):\n    assert candidate(1)", 0),
        ("for i in range(9):\n    assert f(i)", 0),
    ],
)
def test_each_assertion_is_a_check(text, checks):
    block = assertions.counted(text)
    assert block.checks == checks
    assert block.more is (checks < text.count("assert "))
    assert not any(isinstance(one, ast.Assert) for one in ast.walk(ast.parse(block.text)))


@pytest.mark.parametrize("text", ["assert f(", "assert \0"])
def test_what_is_no_python_is_refused(text):
    for read in (assertions.counted, lambda text: assertions.calls_of(text, "f")):
        with pytest.raises(InputError, match="no Python"):
            read(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [(" [1, 2.5, -3] ", [1, 2.5, -3]), ("{'a': (None, True)}", {"a": (None, True)})],
)
def test_an_expression_has_a_value(text, value):
    assert assertions.value_of(text) == value
    for wrong in ("f(1)", "[x for x in y]", "1 if x else 2", "10 ** 10000000"):
        with pytest.raises(ValueError):
            assertions.value_of(wrong)


OBJECTS = """
solution = Solution()
root = TreeNode(3)
root.left = TreeNode(9)
root.right = TreeNode(20, TreeNode(15), right=TreeNode(7))
assert solution.f(root) == 3
head = ListNode(1, ListNode(2))
head.next.next = ListNode(3)
result = solution.f(head, [ListNode(4), ListNode(5)])
assert result == ListNode(6)
nums = [1, 2]
k = 2
assert solution.f(nums, k) == 3
assert solution.f([], k) == 4
"""


def test_objects_that_a_text_makes_step_by_step_are_values() -> None:
    calls, rest = assertions.calls_of(OBJECTS, "solution.f")
    assert rest == ""
    assert [(one.arguments, one.expected, one.shapes, one.returns) for one in calls] == [
        ([[3, 9, 20, None, None, 15, 7]], 3, ("TreeNode",), ""),
        ([[1, 2, 3], [[4], [5]]], [6], ("ListNode", "list[ListNode]"), "ListNode"),
        ([[1, 2], 2], 3, (), ""),
        ([[], 2], 4, (), ""),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "head = ListNode(1)\nhead.next = head\nassert f(head) == 1",  # without end
        "a = ListNode(TreeNode(1))\nassert f(a) == 1",
        "a = ListNode(1, 2, 3)\nassert f(a) == 1",
        "a = f(1)\nb = a\nassert a.val == 1",
        "a = [1]\nfor i in range(2):\n    a.append(i)\nassert f(a) == 1",
        "a = 1\ndel a\nassert f(a) == 1",
        "a = 1\na += 1\nassert f(a) == 1",
        "a = [1]\na[0] = 2\nassert f(a) == 1",
        "a, b = 1, 2\nassert f(a) == 1",
        "assert f(unknown) == 1",
    ],
)
def test_what_is_not_followed_stays_in_the_guest(text: str) -> None:
    calls, rest = assertions.calls_of(text, "f")
    assert calls == []
    assert "assert" in rest


def test_what_an_earlier_call_may_have_changed_is_asserted_in_the_guest_with_it() -> None:
    calls, rest = assertions.calls_of("a = [1]\nassert f(a) == 1\nassert f(a) == 2\n", "f")
    assert [(one.arguments, one.expected) for one in calls] == [([[1]], 1)]
    assert rest == "a = [1]\nassert f(a) == 1\nassert f(a) == 2\n"
