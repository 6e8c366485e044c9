"""The split adds up, tells the five parts, and turns large shares into advice with numbers."""

from __future__ import annotations

import pytest

from pie.core.report.explanation import GROUPS, Explanation, explain, lines

COUNTS = {
    "instructions": 9000,
    "micro_operations": 12000,
    "l1i_misses": 7,
    "l1d_misses": 300,
    "l2_misses": 200,
    "l3_misses": 100,
    "mispredictions": 90,
    "decode_redirects": 3,
    "replays": 2,
    "loads": 1000,
    "stores": 500,
    "system_calls": 4,
}
CAUSES = [cause for group in GROUPS.values() for cause in group]


def counters(**slots: int) -> dict[str, float]:
    return {**COUNTS, **{f"slots_{cause}": slots.get(cause, 0) for cause in CAUSES}}


def told(cycles: int, *runs: dict[str, float]) -> Explanation:
    found = explain(list(runs), cycles)
    assert found is not None
    return found


def test_the_five_parts_add_up_to_one() -> None:
    split = told(10, counters(retiring=12, fetch=9, branch=3, l1=5, chain=11)).split
    assert list(split) == ["retiring", "front end", "bad speculation", "memory", "core"]
    assert sum(split.values()) == pytest.approx(1.0)


def test_runs_are_summed() -> None:
    found = told(20, counters(memory=30, retiring=10), counters(retiring=40))
    assert found.split["memory"] == pytest.approx(30 / 80)
    assert found.counters["l3_misses"] == 200


def test_advice_names_the_dominating_causes_first_with_their_numbers() -> None:
    advice = told(10, counters(branch=20, memory=16, retiring=4)).advice
    assert "50% went to 90 mispredicted branches, one in 100 instructions" in advice[0]
    assert "40% went to waiting for main memory (100 misses" in advice[1]
    assert len(advice) == 3


def test_a_small_cause_gets_no_advice() -> None:
    assert len(told(25, counters(chain=95, order=5)).advice) == 1


@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_has_advice_in_one_sentence(cause: str) -> None:
    (sentence,) = told(10, counters(**{cause: 40})).advice
    assert sentence.startswith("100%")
    assert sentence.endswith(".")


def test_counters_without_a_split_are_not_explained() -> None:
    assert explain([COUNTS], 10) is None
    assert explain([], 0) is None


def test_the_lines_show_counts_and_shares() -> None:
    text = "\n".join(lines("a.cpp", told(10, counters(division=40))))
    assert "9,000 instructions, 12,000 micro-operations" in text
    assert "core 100.0%" in text
