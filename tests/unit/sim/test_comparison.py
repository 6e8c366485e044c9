"""When is an output the expected one? One row a case."""

from __future__ import annotations

from typing import Any

import pytest

from sim import comparison
from sim.errors import InputError

BIG = b"9" * 5000


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (b"15\n", b"15"),
        (b"1 2\r\n3\t\n\n", b"1\n2 3\n"),
        (b"", b""),
        (b" \n", b""),
        (b"007", b"7"),
        (b"+7", b"7"),
        (b"-0", b"0"),
        (b"-0", b"+000"),
        (b"0.3333333", b"0.3333333333"),
        (b"1e-7", b"0.0"),
        (b"1234567.1", b"1234567.9"),  # within a millionth of it
        (b"3.0", b"3"),
        (b"3.", b"3"),
        (b".5", b"0.5"),
        (b"5e-1", b"0.5"),
        (b"3.0000001", b"3"),
        (b"9007199254740993", b"9007199254740993"),
        (BIG, BIG),
        (b"0" + BIG, BIG),
        (b"nan", b"nan"),  # the same word
        (b"inf", b"inf"),
        (b"Case #1: 0.50000001", b"Case #1: 0.5"),
        (b"\xff\xfe", b"\xff\xfe"),
    ],
)
def test_tokens_takes_as_equal(actual: bytes, expected: bytes) -> None:
    assert comparison.tokens(actual, expected) == ""


@pytest.mark.parametrize(
    ("actual", "expected", "why"),
    [
        (b"16", b"15", "token 1 is '16', expected '15'"),
        (b"1 2", b"1 2 3", "2 tokens, expected 3"),
        (b"1 2 3 4", b"1 2 3", "4 tokens, expected 3"),
        (b"", b"1", "0 tokens, expected 1"),
        (b"1", b"", "1 tokens, expected 0"),
        (b"9007199254740992", b"9007199254740993", "token 1"),
        (b"9007199254740992.0", b"9007199254740993", "token 1"),
        (b"100000000000000000001", b"100000000000000000002", "token 1"),
        (BIG, b"1" + BIG, "token 1"),
        (b"-7", b"7", "token 1"),
        (b"3.01", b"3", "token 1"),
        (b"1000000.5", b"1000000", "token 1"),  # an integer is meant: no relative room
        (b"0.50001", b"0.5", "token 1"),
        (b"1_000", b"1000", "token 1"),
        (b"0x10", b"16", "token 1"),
        ("\u0661\u0665".encode(), b"15", "token 1"),  # arabic-indic digits
        ("\uff11\uff15".encode(), b"15", "token 1"),  # full-width digits
        (b"nan", b"0.5", "token 1"),
        (b"0.5", b"nan", "token 1"),
        (b"NaN", b"nan", "token 1"),
        (b"inf", b"1e300", "token 1"),
        (b"1e400", b"1e401", "token 1"),
        (b"1e9999", b"2", "token 1"),
        (b"1e99999", b"1", "token 1"),
        (b"yes", b"YES", "token 1"),
        (b"1,5", b"1.5", "token 1"),
        (b"12", b"1 2", "token 1"),
        (b"\x0015", b"15", "token 1"),
    ],
)
def test_tokens_takes_as_different_and_says_where(actual: bytes, expected: bytes, why: str) -> None:
    assert why in comparison.tokens(actual, expected)


def test_a_long_token_is_shown_shortened_and_bytes_that_are_no_text_are_shown_escaped() -> None:
    shown = comparison.tokens(b"x" * 10_000 + b"\xff", b"y")
    assert len(shown) < 100
    assert "..." in shown
    assert "\\\\xff" in comparison.tokens(b"\xff", b"y")


@pytest.mark.parametrize(
    ("actual", "expected", "why"),
    [
        (b"15\n", b"15\n", ""),
        (b"15", b"15\n", "byte 3 differs (2 bytes, expected 3)"),
        (b"16\n", b"15\n", "byte 2 differs"),
        (b"", b"", ""),
        (b"1.0", b"1", "byte 2"),
    ],
)
def test_exact_compares_bytes(actual: bytes, expected: bytes, why: str) -> None:
    found = comparison.exact(actual, expected)
    assert found.startswith(why) if why else found == ""


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (b"15\nextra\nlines", b"15"),  # extra lines are free
        (b"9007199254740992", b"9007199254740993"),  # integers compared as floats
        (b"1_000", b"1000"),
        ("\u0661\u0665".encode(), b"15"),
        (b"0.5009", b"0.5"),
        (b"  15  ", b"15"),
    ],
)
def test_pie_accepts_what_the_published_script_accepts(actual: bytes, expected: bytes) -> None:
    assert comparison.pie(actual, expected) == ""


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (b"", b""),  # the script divides by the number of expected lines
        (b"1\n2", b"1\n3"),
        (b"1", b"1\n2"),
        (b"a  b", b"a b"),
        (b"nan", b"1"),
        (b"0.502", b"0.5"),
    ],
)
def test_pie_refuses_what_the_published_script_refuses(actual: bytes, expected: bytes) -> None:
    assert comparison.pie(actual, expected)


def test_rules_are_found_by_name_and_an_unknown_one_names_them_all() -> None:
    assert comparison.named("tokens") == comparison.SameOutput()
    known = r"'fuzzy'; choose one of tokens, code_contests, exact, pie"
    with pytest.raises(InputError, match=known):
        comparison.named("fuzzy")


@pytest.mark.parametrize(
    ("name", "options", "actual", "expected", "right"),
    [
        ("tokens", {}, b"YES", b"Yes", False),
        ("tokens", {"ignore_case": True}, b"YES 1.0000005", b"Yes 1", True),
        ("exact", {"ignore_case": True}, b"YES\n", b"yes\n", True),
        ("exact", {"ignore_case": True}, b"YES", b"yes\n", False),
        ("code_contests", {}, b"yes\t0.50001\v", b"YES 0.5", True),
        ("code_contests", {}, b"0.50002", b"0.5", False),
        # Absolute only, as published; but integers stay integers of any size.
        ("code_contests", {}, b"1000000.5001", b"1000000.5", False),
        ("code_contests", {}, b"9007199254740993", b"9007199254740992", False),
        ("code_contests", {"absolute": 0.1}, b"1.05", b"1.0", True),
        ("tokens", {"absolute": 0.0, "relative": 0.0}, b"0.50", b"0.5", True),
        ("tokens", {"absolute": 0.0, "relative": 0.0}, b"0.5000000001", b"0.5", False),
        ("tokens", {"absolute": 0.0, "relative": 0.01}, b"100.9", b"100.0", True),
        ("tokens", {"absolute": 0.0, "relative": 0.01}, b"101.1", b"100.0", False),
        # No relative tolerance widens an integer.
        ("tokens", {"relative": 0.5}, b"101", b"100", False),
        ("tokens", {"relative": 0.5}, b"100.4", b"100", False),
    ],
)
def test_settings_of_a_rule(
    name: str, options: dict[str, Any], actual: bytes, expected: bytes, right: bool
) -> None:
    assert (comparison.named(name, **options).between(actual, expected) == "") is right


@pytest.mark.parametrize(
    ("name", "options", "what"),
    [
        ("exact", {"absolute": 0.1}, "takes no absolute tolerance; compare by tokens"),
        ("pie", {"relative": 0.1}, "takes no relative tolerance"),
        ("pie", {"ignore_case": True}, "tells upper from lower case"),
        ("tokens", {"absolute": -1.0}, "-1.0 is no absolute tolerance; give a number"),
        ("tokens", {"relative": float("nan")}, "nan is no relative tolerance"),
        ("tokens", {"relative": float("inf")}, "inf is no relative tolerance"),
    ],
)
def test_settings_that_a_rule_cannot_have(name: str, options: dict[str, Any], what: str) -> None:
    with pytest.raises(InputError, match=what):
        comparison.named(name, **options)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"1 2\r\n3\t\n\n", b"1\n2 3\n"),
        (b"007 +7 -0", b"7 7 0"),
        (b"0.3333333", b"0.3333333333"),
        (b"0.666666", b"0.66666667"),
        (b"1e-7 -0.0", b"0.0 0"),
        (b"3.0 3. 2.9999999", b"3 3 3"),
        (b".5 5e-1", b"0.5 0.500"),
        (BIG, b"0" + BIG),
        (b" \n", b""),
    ],
)
def test_equal_outputs_have_one_form(one: bytes, other: bytes) -> None:
    assert comparison.one_form(one) == comparison.one_form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"9007199254740993", b"9007199254740992"),
        (b"1 2", b"12"),
        (b"0.5", b"0.5001"),
        (b"3", b"-3"),
        (b"1.5x", b"1.50x"),
        (b"nan", b"inf"),
        (b"1e999", b"1e998"),
    ],
)
def test_different_outputs_have_different_forms(one: bytes, other: bytes) -> None:
    assert comparison.one_form(one) != comparison.one_form(other)
