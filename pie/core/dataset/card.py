"""What a data set holds: PIE's tables of A.5 for any pairs file, and what else a reader asks."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pie.core.dataset.score_tag import FIELD
from pie.core.metrics.averages import geometric_mean, mean
from pie.core.metrics.metrics import OPTIMISED_THRESHOLD

_TAGS = {str(tag): tag for tag in range(1, 11)}


def mean_of(values: Counter[int]) -> float | None:
    """Return the mean of counted integers; None when there is none."""
    total = values.total()
    return sum(value * times for value, times in values.items()) / total if total else None


def median_of(values: Counter[int]) -> float | None:
    """Return the median of counted integers, between the two middle ones; None without any."""
    total = values.total()
    if not total:
        return None
    places = ((total - 1) // 2, total // 2)
    found: list[int] = []
    below = 0
    for value in sorted(values):
        below += values[value]
        while len(found) < 2 and places[len(found)] < below:
            found.append(value)
    return sum(found) / 2


@dataclass
class Card:
    """The numbers of one file, added up row by row; memory for the distinct values."""

    name: str
    pairs: int = 0
    broken: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    users: set[str] = field(default_factory=set)
    languages: Counter[str] = field(default_factory=Counter)
    machines: Counter[str] = field(default_factory=Counter)
    src_lengths: Counter[int] = field(default_factory=Counter)
    tgt_lengths: Counter[int] = field(default_factory=Counter)
    tests: dict[str, int] = field(default_factory=dict)
    """Tests of each problem; the largest number, where rows differ."""
    tags: Counter[int] = field(default_factory=Counter)
    speedups: array[float] = field(default_factory=lambda: array("d"))

    def add(
        self, row: Mapping[str, Any], speedup: float | None, length: Callable[[str, str], int]
    ) -> None:
        """Take in one row; `length` is how long a program is."""
        problem_id = str(row["problem_id"])
        self.pairs += 1
        self.problems[problem_id] += 1
        if row.get("user_id") is not None:
            self.users.add(str(row["user_id"]))
        language = str(row.get("language") or "cpp")
        self.languages[language] += 1
        self.machines[str(row.get("measured_on") or "unknown")] += 1
        self.src_lengths[length(str(row["src_code"]), language)] += 1
        self.tgt_lengths[length(str(row["tgt_code"]), language)] += 1
        tests = row.get("tests")
        if isinstance(tests, list):
            self.tests[problem_id] = max(self.tests.get(problem_id, 0), len(tests))
        tag = row.get(FIELD)
        if str(tag) in _TAGS:
            self.tags[_TAGS[str(tag)]] += 1
        if speedup is not None:
            self.speedups.append(speedup)

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON-able values; None where there is nothing to average."""
        values = sorted(self.speedups)
        per_test = Counter(self.tests.values())
        return {
            "name": self.name,
            "problems": len(self.problems),
            "pairs": self.pairs,
            "left_out": self.broken,
            "users": len(self.users) or None,
            "pairs_per_problem_mean": self.pairs / len(self.problems) if self.problems else None,
            "pairs_per_problem_most": max(self.problems.values(), default=None),
            "src_length_mean": mean_of(self.src_lengths),
            "tgt_length_mean": mean_of(self.tgt_lengths),
            "src_length_median": median_of(self.src_lengths),
            "tgt_length_median": median_of(self.tgt_lengths),
            "tests_per_problem_median": median_of(per_test),
            "speedup_mean": mean(values) if values else None,
            "speedup_geometric_mean": geometric_mean(values) if values else None,
            "speedup_median": _quantile(values, 0.5),
            "speedup_p90": _quantile(values, 0.9),
            "optimised_share": _share(values),
            "languages": dict(sorted(self.languages.items())),
            "measured_on": dict(sorted(self.machines.items())),
            "score_tags": {tag: self.tags[tag] for tag in range(10, 0, -1)} if self.tags else None,
        }


def _quantile(values: list[float], share: float) -> float | None:
    """Return a quantile of sorted values, interpolated between the two beside it."""
    if not values:
        return None
    place = share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (place - low) * (values[high] - values[low])


def _share(values: list[float]) -> float | None:
    if not values:
        return None
    return sum(value >= OPTIMISED_THRESHOLD for value in values) / len(values)


def shared_problems(cards: list[Card]) -> list[tuple[str, str, int]]:
    """Return which two files share problems, and how many; a proper split has none."""
    found = []
    for index, one in enumerate(cards):
        for other in cards[index + 1 :]:
            both = len(one.problems.keys() & other.problems.keys())
            if both:
                found.append((one.name, other.name, both))
    return found
