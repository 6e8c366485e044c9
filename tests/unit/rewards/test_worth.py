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
from pie.rewards import Scale, reward_of
from sim.verdict import Verdict

PAGE = Path(__file__).parents[3] / "docs" / "rewards.md"
MARKS = {"suspicious", "memorised", "within_layout_noise", "below_start"}
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
