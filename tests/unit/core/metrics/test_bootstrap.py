"""The interval over problems: always the same, of the right width, and quick."""

import math
import random
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pie.core.metrics.bootstrap import Cluster, Interval, draws, exponential, mean_interval

clusters = st.dictionaries(
    st.text(max_size=3),
    st.builds(lambda value, rows: Cluster(value * rows, rows), st.floats(0, 9), st.integers(1, 9)),
    min_size=2,
    max_size=12,
)


def normal_problems(problems: int, rows: int) -> dict[str, Cluster]:
    draw = random.Random(1)
    return {f"p{i}": Cluster(rows * draw.gauss(10, 2), rows) for i in range(problems)}


def test_the_interval_never_changes():
    known = {"a": Cluster(1.0, 1), "b": Cluster(4.0, 2), "c": Cluster(30.0, 3), "d": Cluster(8, 4)}
    assert mean_interval(known) == Interval(11 / 7, 94 / 11, 0.95)


def test_the_interval_does_not_depend_on_the_salt_of_hashes():
    program = (
        "from pie.core.metrics.bootstrap import *;"
        "print(mean_interval({c: Cluster(ord(c) % 7, 2) for c in set('abcdefgh')}))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": salt, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for salt in ("1", "2")
    }
    assert len(outputs) == 1


def test_one_problem_has_no_interval_however_many_rows():
    assert mean_interval({}) is None
    assert mean_interval({"p1": Cluster(500.0, 1000)}) is None


def test_the_width_is_that_of_the_normal_approximation():
    interval = mean_interval(normal_problems(400, rows=3))
    assert interval is not None
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * 2 / math.sqrt(400), rel=0.15)


def test_rows_of_one_problem_are_not_taken_for_independent():
    few, many = mean_interval(normal_problems(40, 1)), mean_interval(normal_problems(40, 1000))
    assert few is not None
    assert many is not None
    assert many.high - many.low == pytest.approx(few.high - few.low)


def test_problems_that_agree_leave_no_doubt():
    assert mean_interval({"a": Cluster(3, 3), "b": Cluster(1, 1)}) == Interval(1.0, 1.0, 0.95)


@settings(deadline=None)
@given(clusters)
def test_the_interval_stays_within_the_range_of_the_problems(problems):
    interval = mean_interval(problems, resamples=100)
    means = [cluster.total / cluster.rows for cluster in problems.values()]
    assert interval is not None
    assert min(means) - 1e-9 <= interval.low <= interval.high <= max(means) + 1e-9


@settings(deadline=None)
@given(clusters)
def test_a_higher_level_is_never_narrower(problems):
    narrow = mean_interval(problems, level=0.5, resamples=100)
    wide = mean_interval(problems, level=0.9, resamples=100)
    assert narrow is not None
    assert wide is not None
    assert wide.low <= narrow.low <= narrow.high <= wide.high


def test_a_mean_logarithm_becomes_a_geometric_mean():
    assert exponential(Interval(0.0, math.log(2), 0.95)) == Interval(1.0, 2.0, 0.95)
    assert exponential(None) is None


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, float("nan")])
def test_a_level_is_between_zero_and_one(level):
    with pytest.raises(ValueError, match="level"):
        mean_interval({}, level=level)


def test_a_problem_without_rows_is_an_error():
    with pytest.raises(ValueError, match="without rows"):
        mean_interval({"a": Cluster(0.0, 0), "b": Cluster(1.0, 1)})


def test_it_costs_little_more_than_drawing_and_adding():
    problems, uniform = normal_problems(40, rows=25), random.Random(1).random

    def plainly() -> None:
        values = [cluster.total for cluster in problems.values()]
        for _ in range(2_000):
            sum(values[int(uniform() * 40)] for _ in range(40))

    def cost(work: Callable[[], object]) -> float:
        """CPU seconds, the best of three."""
        spent = []
        for _ in range(3):
            draws.cache_clear()
            start = time.process_time()
            work()
            spent.append(time.process_time() - start)
        return min(spent)

    assert cost(lambda: mean_interval(problems, resamples=2_000)) < 20 * cost(plainly)
