"""Which tests stay."""

import pytest

from pie.core.dataset.table import Record
from pie.core.dataset.test_sources import LONGEST_TEST, SourceTest
from pie.core.dataset.verification import decide, merge, references
from sim.verdict import Verdict

OK, WRONG, SLOW = Verdict.ACCEPTED, Verdict.WRONG_ANSWER, Verdict.TIME_LIMIT
OURS, NO_BUILD = Verdict.NOT_MEASURED, Verdict.COMPILE_ERROR


@pytest.mark.parametrize(
    ("verdicts", "reason"),
    [
        ([OK, OK, OK], ""),
        ([OK], ""),
        ([OK, OK, WRONG], ""),
        ([OK, OK, SLOW], ""),
        ([OK, WRONG], "programs_disagree"),
        ([OK, SLOW], "over_budget"),
        ([SLOW, SLOW, SLOW], "over_budget"),
        ([SLOW, WRONG], "over_budget"),
        ([SLOW, WRONG, WRONG], "programs_disagree"),
        ([OK, NO_BUILD], ""),
        ([NO_BUILD], "no_reference"),
        ([], "no_reference"),
        ([OK, OK, OURS], "not_measured"),
        ([Verdict.RUNTIME_ERROR, OK, OK], ""),
    ],
)
def test_a_test_stays_when_more_than_half_agree(verdicts: list[Verdict], reason: str) -> None:
    assert decide(verdicts) == reason


def test_of_equal_inputs_the_first_stays() -> None:
    tests = [
        SourceTest("codenet", 0, b"1 2\n", b"3\n"),
        SourceTest("public", 0, b"1 2", b"3"),
        SourceTest("public", 1, b"1 2 \n\n", b"4\n"),
        SourceTest("public", 2, b"1\n2\n", b"3\n"),
        SourceTest("public", 3, b"9", None),
        SourceTest("public", 4, b"9", b"x" * (LONGEST_TEST + 1)),
    ]
    assert [reason for _test, reason in merge(tests)] == [
        "",
        "duplicate_input",
        "conflicting_output",
        "",
        "no_expected_output",
        "too_large",
    ]


def test_references_are_of_different_users_and_the_same_whatever_the_order() -> None:
    group = [Record("", {"submission_id": f"s{n}", "user_id": f"u{n % 4}"}) for n in range(40)]
    chosen = references(group, 3)
    assert len({one.fields["user_id"] for one in chosen}) == 3
    again = references(group[::-1], 3)
    assert [one.fields for one in again] == [one.fields for one in chosen]
    assert len(references(group, 9)) == 4
