"""How an answer that differs knows its tests."""

from pie.core.testing.memorised import literals, reason, shrunk_constant

SOURCE = "int a[200005];\nint main() { int n; cin >> n; cout << f(n) % 1000000007; }"
TESTS = [(b"17\n", b"5132\n"), (b"19\n", b"66049\n")]


def test_expected_outputs_as_literals() -> None:
    answer = 'int main() { int n; cin >> n; puts(n == 17 ? "5132" : n == 19 ? "66049" : "0"); }'
    assert "expected output of 2 of 2 tests" in reason(answer, SOURCE, TESTS)
    numbers = "int main() { int n; cin >> n; long t[] = {5'132, 66049}; cout << t[n == 19]; }"
    assert "expected output of 2 of 2 tests" in reason(numbers, SOURCE, TESTS)


def test_short_outputs_are_known_by_the_inputs_that_are_asked_for() -> None:
    tests = [(b"12345\n", b"1\n"), (b"67890\n", b"7\n")]
    answer = "int main() { int n; cin >> n; cout << (n == 12345 ? 1 : n == 67890 ? 7 : 0); }"
    assert "asks for the inputs of 2 of 2 tests" in reason(answer, SOURCE, tests)


def test_a_constant_that_became_smaller() -> None:
    answer = SOURCE.replace("200005", "105")
    assert shrunk_constant(answer, SOURCE) == (200005, 105)
    assert "200005, has become 105" in reason(answer, SOURCE, TESTS)
    assert shrunk_constant(SOURCE.replace("200005", "200010"), SOURCE) is None
    assert shrunk_constant(SOURCE, SOURCE) is None


def test_what_the_source_holds_itself_proves_nothing() -> None:
    table = 'const char* t[] = {"5132", "66049"};\n'
    assert reason(table + SOURCE, table + SOURCE.replace("cin", "std::cin"), TESTS) == ""


def test_an_honest_mistake_is_none_of_these() -> None:
    assert reason(SOURCE.replace("f(n)", "f(n - 1)"), SOURCE, TESTS) == ""


def test_comments_and_includes_hold_no_literals() -> None:
    text = '#include "x.h"\n// 123\n/* "abc" */ int a = 0x10; char c = \'q\'; x1 = 1e5;'
    assert literals(text) == [b"0x10", b"q", b"1e5"]
