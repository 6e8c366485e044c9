"""The numbers of a data set."""

from collections import Counter

import pytest

from pie.core.dataset.card import Card, mean_of, median_of, shared_problems


def test_means_and_medians_of_counted_lengths() -> None:
    values = Counter([1, 1, 2, 10])
    assert (mean_of(values), median_of(values)) == (3.5, 1.5)
    assert median_of(Counter([1, 2, 7])) == 2
    assert (mean_of(Counter()), median_of(Counter())) == (None, None)


def letters(code: str, _language: str) -> int:
    return len(code)


def row(problem: str, src: str, tgt: str, **more: object) -> dict[str, object]:
    return {"problem_id": problem, "src_code": src, "tgt_code": tgt, **more}


def test_a_card_has_the_tables_of_pie() -> None:
    card = Card("train")
    card.add(row("p1", "aaaa", "bb", tests=[0, 1], user_id="u"), 2.0, letters)
    card.add(row("p1", "aa", "b", tests=[0]), 8.0, letters)
    card.add(row("p2", "aaa", "b", tests=[0], target_reward_updated_pct_bin="10"), 1.0, letters)
    made = card.as_dict()
    assert (made["problems"], made["pairs"], made["users"]) == (2, 3, 1)
    assert (made["src_length_mean"], made["src_length_median"]) == (3.0, 3.0)
    assert made["tgt_length_mean"] == pytest.approx(4 / 3)
    assert made["tests_per_problem_median"] == 1.5
    assert made["speedup_mean"] == pytest.approx(11 / 3)
    assert made["speedup_median"] == 2.0
    assert made["optimised_share"] == pytest.approx(2 / 3)
    assert made["score_tags"][10] == 1


def test_an_empty_card_has_no_averages() -> None:
    made = Card("none").as_dict()
    assert made["pairs"] == 0
    assert made["speedup_mean"] is None
    assert made["score_tags"] is None


def test_problems_in_two_files_are_told() -> None:
    left, right = Card("train"), Card("test")
    for card in (left, right):
        card.add(row("p1", "a", "b"), None, letters)
    left.add(row("p2", "a", "b"), None, letters)
    assert shared_problems([left, right]) == [("train", "test", 1)]
    assert shared_problems([left]) == []


@pytest.mark.parametrize("tag", ["²", "٣", "11", "0", "9" * 5000, "", None, [], 2.5])
def test_a_tag_that_is_none_of_the_ten_is_no_tag(tag: object) -> None:
    card = Card("train")
    card.add(row("p1", "aaaa", "bb", target_reward_updated_pct_bin=tag), 2.0, letters)
    assert card.as_dict()["score_tags"] is None
