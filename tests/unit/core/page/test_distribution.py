import pytest

from pie.core.metrics.pair_result import Generation, PairResult
from pie.core.metrics.standing import UnsupportedAs
from pie.core.page.distribution import EDGES, THRESHOLDS, bin_of, lines_of
from sim.verdict import Verdict
from tests.unit.core.metrics.pie_means import optimised_share_at_k

FAILED = UnsupportedAs.FAILED


def pair(source: float, *answers: float | None, problem: str = "p") -> PairResult:
    return PairResult(
        problem,
        Verdict.ACCEPTED,
        source,
        Verdict.ACCEPTED,
        source / 2,
        tuple(
            Generation(Verdict.WRONG_ANSWER if one is None else Verdict.ACCEPTED, one)
            for one in answers
        ),
    )


@pytest.mark.parametrize(
    ("ratio", "low", "high"), [(1.0, 1.0, 1.1), (2.0, 2.0, 2.2), (1.99, 1.8, 2)]
)
def test_a_speedup_lies_in_its_bin(ratio: float, low: float, high: float) -> None:
    bin_ = bin_of(ratio)
    assert EDGES[bin_] <= ratio < EDGES[bin_ + 1]
    assert low <= EDGES[bin_]
    assert EDGES[bin_ + 1] <= high


@pytest.mark.parametrize("ratio", [1e-300, 1e300])
def test_what_lies_beyond_is_in_an_outer_bin(ratio: float) -> None:
    assert bin_of(ratio) == (0 if ratio < 1 else len(EDGES) - 2)


def test_every_scored_row_is_in_the_distribution_or_has_no_accepted_program() -> None:
    pairs = [pair(8, 4, 2), pair(8, None, None), pair(8, 16, None)]
    target, first, best = lines_of(pairs, 2, FAILED)
    assert (target.name, first.name, best.name) == ("human@1", "best@1", "best@2")
    for line in (target, first, best):
        assert sum(line.counts) + line.none_accepted == line.scored == 3
    assert best.none_accepted == 1
    assert best.counts[bin_of(4)] == best.counts[bin_of(0.5)] == 1


def test_the_shares_at_the_thresholds_are_those_of_the_metrics() -> None:
    pairs = [pair(8, 4, 2), pair(8, 7.9), pair(11, 10), pair(10, 1)]
    _target, _first, best = lines_of(pairs, 2, FAILED)
    told = best.as_dict()["optimised"]
    assert told == [optimised_share_at_k(pairs, 2, threshold) for threshold in THRESHOLDS]


def test_without_generations_there_are_targets_only() -> None:
    (target,) = lines_of([pair(8)], 0, FAILED)
    assert target.counts[bin_of(2)] == 1
