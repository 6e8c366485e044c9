"""Outliers in length."""

from collections import Counter

from pie.core.dataset.lengths import cutoff


def test_of_a_thousand_the_longest_five_are_above() -> None:
    lengths = Counter(range(1, 1001))
    longest = cutoff(lengths)
    assert longest == 995
    assert sum(length > longest for length in lengths) == 5


def test_of_few_none_is_above() -> None:
    assert cutoff(Counter(range(1, 200))) == 199
    assert cutoff(Counter([10, 1_000_000])) == 1_000_000


def test_equal_lengths_stay_together() -> None:
    assert cutoff(Counter({5: 100, 9: 900}), 50) == 9


def test_nothing_has_no_cutoff() -> None:
    assert cutoff(Counter()) is None
