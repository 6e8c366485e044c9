"""Which answers are preferred to which."""

import pytest

from pie.core.metrics.pair_result import Generation
from pie.core.metrics.standing import UnsupportedAs
from pie.core.training.preferences import Answer, Rules, preferences
from sim.verdict import Verdict


def accepted(code: str, seconds: float) -> Answer:
    return Answer(code, Generation(Verdict.ACCEPTED, seconds))


def failed(code: str, verdict: Verdict = Verdict.WRONG_ANSWER) -> Answer:
    return Answer(code, Generation(verdict, None))


def codes(answers: list[Answer], **rules: object) -> list[tuple[str, str]]:
    found = preferences(answers, Rules(**rules))  # type: ignore[arg-type]
    return [(one.chosen.code, one.rejected.code) for one in found]


def test_faster_is_preferred_to_slower_the_largest_ratio_first() -> None:
    answers = [accepted("slow", 8.0), accepted("fast", 1.0), accepted("middle", 2.0)]
    assert codes(answers) == [("fast", "slow"), ("middle", "slow"), ("fast", "middle")]
    assert [one.ratio for one in preferences(answers, Rules())] == [8.0, 4.0, 2.0]


def test_a_difference_below_the_threshold_is_none() -> None:
    assert codes([accepted("a", 1.0), accepted("b", 1.099)]) == []
    assert codes([accepted("a", 0.1), accepted("b", 0.11)]) == [("a", "b")]
    assert codes([accepted("a", 1.0), accepted("b", 1.9)], min_ratio=2.0) == []


def test_a_row_gives_no_more_than_its_share() -> None:
    answers = [accepted(str(power), 2.0**power) for power in range(5)]
    assert codes(answers, per_row=2) == [("0", "4"), ("0", "3")]


def test_a_text_that_was_sampled_twice_counts_once() -> None:
    answers = [accepted("fast", 1.0), accepted("slow", 2.0)] * 3
    assert codes(answers) == [("fast", "slow")]


def test_failed_programs_are_rejected_only_when_asked_for_and_never_chosen() -> None:
    answers = [failed("wrong"), accepted("right", 1.0), failed("cheat", Verdict.TAMPERING)]
    assert codes(answers) == []
    assert codes(answers, failed=True) == [("right", "wrong"), ("right", "cheat")]
    assert codes([failed("wrong"), failed("cheat")], failed=True) == []


@pytest.mark.parametrize("mark", ["below_start", "differs", "memorised"])
def test_a_mark_that_earns_nothing_is_a_failure_and_never_chosen(mark: str) -> None:
    marked = Answer("m", Generation(Verdict.ACCEPTED, 0.1, None, frozenset({mark})))
    answers = [accepted("slow", 8.0), accepted("fast", 1.0), marked]
    assert codes(answers) == [("fast", "slow")]
    assert codes(answers, failed=True) == [("fast", "slow"), ("fast", "m")]
    kept = Answer("k", Generation(Verdict.ACCEPTED, 0.1, None, frozenset({"suspicious"})))
    assert codes([accepted("slow", 8.0), kept]) == [("k", "slow")]


def test_a_program_that_the_machine_cannot_measure_is_rejected_unless_left_out() -> None:
    answers = [accepted("right", 1.0), failed("threads", Verdict.UNSUPPORTED), failed("wrong")]
    assert codes(answers, failed=True) == [("right", "threads"), ("right", "wrong")]
    assert codes(answers, failed=True, unsupported=UnsupportedAs.LEFT_OUT) == [("right", "wrong")]


@pytest.mark.parametrize("verdict", [Verdict.NOT_MEASURED, Verdict.NO_CODE])
def test_what_nobody_knows_takes_no_part(verdict: Verdict) -> None:
    assert codes([accepted("right", 1.0), failed("unknown", verdict)], failed=True) == []


@pytest.mark.parametrize("rules", [{"min_ratio": 1.0}, {"min_ratio": float("nan")}, {"per_row": 0}])
def test_rules_that_mean_nothing_are_refused(rules: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="not"):
        Rules(**rules)  # type: ignore[arg-type]
