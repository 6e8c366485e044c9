"""docs/rewards.md says what every verdict is worth; the code must say the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from pie.core.metrics.metrics import (
    Exclusion,
    exclusion_at_k,
    is_correct_at_k,
    is_judged_at_k,
    speedup_at_k,
)
from pie.core.metrics.pair_result import Generation, PairResult
from pie.core.metrics.standing import UnsupportedAs
from pie.core.report.startup import Net
from pie.core.testing.fuzzed_rows import FuzzedOutcome
from pie.core.testing.fuzzing import Fuzzed
from pie.rewards import Scale, reward_of
from pie.rewards.scale import Cost
from pie.rewards.worth import Rules, has_baseline, judge
from sim.jobs import MeasuredRun
from sim.procedure import Outcome, TestOutcome
from sim.verdict import Verdict

PAGE = Path(__file__).parents[3] / "docs" / "rewards.md"
MARKS = {"suspicious", "differs", "memorised", "within_layout_noise", "below_start"}
Cells = tuple[str, ...]


def tables() -> list[dict[str, Cells]]:
    """Return each table of the page: the first column's name -> the other cells."""
    found: list[dict[str, Cells]] = []
    before = ""
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("| `"):
            name, *cells = (cell.strip() for cell in line.strip("| ").split("|"))
            if not before.startswith("| `"):
                found.append({})
            found[-1][name.strip("`")] = tuple(cells)
        before = line
    return found


def of_row(source: Verdict, answer: Verdict) -> PairResult:
    def seconds(verdict: Verdict) -> float | None:
        return 1.0 if verdict is Verdict.ACCEPTED else None

    generation = Generation(answer, 0.5 if answer is Verdict.ACCEPTED else None)
    return PairResult("p", source, seconds(source), Verdict.ACCEPTED, 1.0, (generation,))


def chosen(cell: str, unsupported: UnsupportedAs) -> str:
    """Return a cell's words under a choice: `usual (`left-out`: otherwise)`."""
    usual, _, otherwise = cell.partition(" (`left-out`: ")
    return otherwise.rstrip(")") if otherwise and unsupported == "left-out" else usual


def said_reward(verdict: Verdict, unsupported: UnsupportedAs) -> str:
    accepted = verdict is Verdict.ACCEPTED
    values = {
        reward_of(verdict, 2.0 if accepted else None, scale, unsupported=unsupported)
        for scale in Scale
    }
    if accepted:
        return "by its speedup" if values == {2.0} else "?"
    return {frozenset({0.0}): "0", frozenset({None}): "none"}[frozenset(values)]


def said_speed(verdict: Verdict, unsupported: UnsupportedAs) -> str:
    pair = of_row(Verdict.ACCEPTED, verdict)
    if exclusion_at_k(pair, 1, unsupported) is not None:
        return "row left out"
    return {1.0: "failed: 1x", 2.0: "by its speedup"}[speedup_at_k(pair, 1)]


def said_correct(verdict: Verdict, unsupported: UnsupportedAs) -> str:
    pair = of_row(Verdict.ACCEPTED, verdict)
    if not is_judged_at_k(pair, 1, unsupported):
        return "row left out"
    return "correct" if is_correct_at_k(pair, 1) else "wrong"


def said_source(verdict: Verdict, unsupported: UnsupportedAs) -> str:
    reason = exclusion_at_k(of_row(verdict, Verdict.ACCEPTED), 1, unsupported)
    return {
        None: "baseline",
        Exclusion.NO_BASELINE: "no baseline",
        Exclusion.UNSUPPORTED_REFERENCE: "no baseline",
        Exclusion.NOT_MEASURED: "row left out",
    }[reason]


def test_the_page_has_every_verdict_and_every_mark_once_and_no_mark_is_a_verdict() -> None:
    verdicts, marks = tables()
    assert set(verdicts) == set(Verdict)
    assert set(marks) == MARKS
    assert not MARKS & set(Verdict)


@pytest.mark.parametrize("unsupported", list(UnsupportedAs))
@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_verdict_is_worth_what_the_page_says(
    verdict: Verdict, unsupported: UnsupportedAs
) -> None:
    cells = tables()[0][verdict.value]
    says = (said_reward, said_speed, said_correct, said_source)
    assert tuple(chosen(cell, unsupported) for cell in cells) == tuple(
        say(verdict, unsupported) for say in says
    )


def outcome(cycles: int) -> Outcome:
    run = MeasuredRun(Verdict.ACCEPTED, cycles=cycles)
    return Outcome(Verdict.ACCEPTED, tests=(TestOutcome("0", Verdict.ACCEPTED, run=run),))


@pytest.mark.parametrize("cost", list(Cost))
def test_an_answer_that_costs_no_more_than_an_empty_program_is_worth_nothing(cost: Cost) -> None:
    found = judge(outcome(1000), outcome(90), Net(900), Net(-10), Rules(cost=cost))
    assert (found.reward, found.marks, found.net_speedup) == (0.0, {"below_start"}, None)
    assert found.speedup == 1000 / 90
    assert judge(outcome(1000), outcome(100), Net(900), Net(0), Rules(cost=cost)).reward == 0.0


@pytest.mark.parametrize("memorised", ["", "it holds the outputs"])
def test_an_answer_that_differs_on_a_made_input_is_worth_nothing(memorised: str) -> None:
    def fuzzed(differing: int) -> Outcome:
        found = Fuzzed(20, differing)
        return FuzzedOutcome(**vars(outcome(100)), fuzzed=found, memorised=memorised)

    bad = judge(outcome(1000), fuzzed(1), Net(900), Net(50), Rules())
    marks = {"differs", "memorised"} if memorised else {"differs"}
    assert (bad.reward, bad.marks) == (0.0, marks)
    assert judge(outcome(1000), fuzzed(0), Net(900), Net(900), Rules()).reward == 1.0


def test_a_reward_is_net_unless_gross_is_asked_for() -> None:
    pair = (outcome(1000), outcome(300), Net(800), Net(100))
    net = judge(*pair, Rules(Scale.RATIO))
    assert (net.reward, net.net_speedup, net.speedup) == (8.0, 8.0, 1000 / 300)
    assert judge(*pair, Rules(Scale.RATIO, cost=Cost.GROSS)).reward == 1000 / 300
    unknown = judge(outcome(1000), outcome(250), None, None, Rules(Scale.RATIO))
    assert unknown.reward == 4.0


def test_nothing_is_faster_than_a_source_that_costs_no_more_than_an_empty_program() -> None:
    pair = (outcome(100), outcome(110), Net(0), Net(10))
    assert judge(*pair, Rules()).reward is None
    assert not has_baseline(pair[0], pair[2], Rules())
    assert judge(*pair, Rules(Scale.RATIO, cost=Cost.GROSS)).reward == 100 / 110
