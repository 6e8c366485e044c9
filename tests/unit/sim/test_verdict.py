from __future__ import annotations

import itertools

import pytest

from sim.limits import Limits
from sim.verdict import Verdict, worst


@pytest.mark.parametrize("verdict", Verdict)
def test_anything_is_graver_than_accepted(verdict: Verdict) -> None:
    assert worst([Verdict.ACCEPTED, verdict, Verdict.ACCEPTED]) is verdict


@pytest.mark.parametrize("verdict", Verdict)
def test_tampering_is_graver_than_anything(verdict: Verdict) -> None:
    assert worst([verdict, Verdict.TAMPERING]) is Verdict.TAMPERING


@pytest.mark.parametrize(
    ("mild", "grave"),
    [
        (Verdict.NONDETERMINISTIC, Verdict.WRONG_ANSWER),
        (Verdict.WRONG_ANSWER, Verdict.RUNTIME_ERROR),
        (Verdict.RUNTIME_ERROR, Verdict.NOT_MEASURED),
        (Verdict.TIME_LIMIT, Verdict.RUNTIME_ERROR),
        (Verdict.RUNTIME_ERROR, Verdict.UNSUPPORTED),
        (Verdict.UNSUPPORTED, Verdict.NOT_MEASURED),
    ],
)
def test_the_graver_of_two_stands(mild: Verdict, grave: Verdict) -> None:
    assert worst([mild, grave]) is worst([grave, mild]) is grave


def test_every_verdict_has_a_rank_and_no_two_share_one() -> None:
    for one, other in itertools.permutations(Verdict, 2):
        assert worst([one, other]) is worst([other, one])


def test_of_no_verdicts_none_is_the_worst() -> None:
    with pytest.raises(ValueError, match="empty"):
        worst([])


def test_cpu_limits_are_far_beyond_what_the_budget_needs_and_never_zero() -> None:
    assert Limits(max_instructions=1).cpu_seconds == 1
    assert Limits(max_instructions=1).instrument_cpu_seconds == 20
    usual = Limits()
    assert usual.cpu_seconds == 10
    assert usual.instrument_cpu_seconds == 200
    assert Limits(max_instructions=2_000_000_001).cpu_seconds == 11
