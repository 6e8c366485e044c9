"""From verdicts and runs to PIE's numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from pie.compat import scoring
from pie.compat.scoring import Timing
from sim.jobs import MeasuredRun
from sim.procedure import Outcome, TestOutcome
from sim.program import Build, Language
from sim.verdict import Verdict, worst

OK, WRONG, LIMIT = Verdict.ACCEPTED, Verdict.WRONG_ANSWER, Verdict.TIME_LIMIT
OURS = Verdict.NOT_MEASURED
BUILD = Build(Language.CPP, "digest", size=1)


def run(cycles: int = 3500, verdict: Verdict = OK, **counters: float) -> MeasuredRun:
    return MeasuredRun(verdict, "", cycles, 1000, cycles / 3.5e9, counters)


def outcome(*tests: tuple[Verdict, MeasuredRun | None]) -> Outcome:
    made = tuple(TestOutcome(str(n), verdict, "", one) for n, (verdict, one) in enumerate(tests))
    return Outcome(worst(one.verdict for one in made), "", made, BUILD)


def timing(
    one: Outcome, tests: Sequence[int] = (0, 1), *, stop: bool = True, repeated: bool = False
) -> Timing:
    return scoring.timing(one, tests, stop_at_failure=stop, repeated=repeated)


def test_an_accepted_program_takes_the_sum_over_its_tests() -> None:
    one = outcome((OK, run(3500)), (OK, run(7000)))
    assert scoring.accuracies(one, (0, 1)) == {"0": 1.0, "1": 1.0}
    made = timing(one)
    assert made.tc2time == {0: 1e-6, 1: 2e-6}
    assert made.agg_runtime == pytest.approx(3e-6)
    assert made.agg_stdev == 0
    assert made.tc2success == {0: True, 1: True}
    assert made.tc2stats[1]["sim_seconds_precise"] == 2e-6


def test_gem5s_seconds_are_its_ticks_as_pie_divides_them() -> None:
    stats = scoring.statistics_of(run(3500, ticks=1001000))
    assert stats["sim_seconds_precise"] == stats["sim_ticks"] / stats["sim_freq"] == 1.001e-6
    assert (stats["sim_insts"], stats["system.cpu.numCycles"]) == (1000, 3500)


@pytest.mark.parametrize("verdict", [WRONG, Verdict.RUNTIME_ERROR, Verdict.TAMPERING])
def test_a_program_that_fails_natively_has_its_accuracy_and_no_test_with_a_time(
    verdict: Verdict,
) -> None:
    one = outcome((OK, None), (verdict, None))
    assert scoring.accuracies(one, (0, 1)) == {"0": 1.0, "1": 0.0}
    assert timing(one) == Timing(math.inf, 0, {}, {}, {})
    assert timing(one, repeated=True).agg_stdev == math.inf


def test_tests_after_a_native_time_limit_count_as_failed() -> None:
    one = outcome((LIMIT, None))
    assert scoring.accuracies(one, (0, 1)) == {"0": 0.0, "1": 0.0}
    assert timing(one).agg_runtime == math.inf


def test_what_does_not_compile_is_right_nowhere() -> None:
    one = Outcome(Verdict.COMPILE_ERROR, "error")
    assert scoring.accuracies(one, (4, 7)) == {"4": 0.0, "7": 0.0}
    assert timing(one, (4, 7)) == Timing(math.inf, 0, {}, {}, {})


@pytest.mark.parametrize(("stop", "last"), [(True, math.inf), (False, 1e-6)])
def test_after_a_failure_in_the_simulator_the_rest_is_skipped_only_if_so_asked(
    stop: bool, last: float
) -> None:
    one = outcome((OK, run()), (LIMIT, run(5, LIMIT)), (OK, run()))
    assert scoring.accuracies(one, (0, 1, 2)) == {"0": 1.0, "1": 1.0, "2": 1.0}
    made = timing(one, (0, 1, 2), stop=stop)
    assert made.tc2time == {0: 1e-6, 1: math.inf, 2: last}
    assert made.tc2success == {0: True, 1: False, 2: not stop}
    assert set(made.tc2stats) == ({0} if stop else {0, 2})
    assert made.agg_runtime == math.inf


def test_our_own_failure_is_no_time_at_all_and_never_a_slow_program() -> None:
    one = outcome((OK, run()), (OURS, None))
    assert scoring.accuracies(one, (0, 1)) == {"0": 1.0, "1": 1.0}
    made = timing(one)
    assert math.isnan(made.tc2time[1])
    assert math.isnan(made.agg_runtime)
    whole = Outcome(OURS, "the host broke")
    assert all(map(math.isnan, scoring.accuracies(whole, (0, 1)).values()))
    assert math.isnan(timing(whole).agg_runtime)


def test_a_program_of_a_pair_names_its_tests_also_when_it_failed() -> None:
    one = scoring.of_pair(timing(outcome((OK, None), (WRONG, None))), (0, 1))
    assert one.tc2time == {0: math.inf, 1: math.inf}
    assert one.tc2success == {0: False, 1: False}
    fine = timing(outcome((OK, run()), (OK, run())))
    assert scoring.of_pair(fine, (0, 1)) == fine


def test_repeated_runs_give_their_samples_and_the_deviation_of_their_sums() -> None:
    def repeated(*samples: float) -> MeasuredRun:
        named = {f"cpu_seconds_{n:02}": one for n, one in enumerate(samples, 1)}
        return MeasuredRun(
            OK, "", None, None, 0.25, {**named, "cpu_seconds": 9, "cpu_seconds_min": 9}
        )

    made = timing(outcome((OK, repeated(0.25, 0.5)), (OK, repeated(1.0, 1.25))), repeated=True)
    assert made.tc2stats == {0: [0.25, 0.5], 1: [1.0, 1.25]}
    assert made.agg_runtime == 0.5
    assert made.agg_stdev == 0.25  # of 1.25 and 1.75
