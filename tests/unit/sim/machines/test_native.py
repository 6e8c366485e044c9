"""The protocol of the real CPU, by the worked example of PerfCodeGen's trimming."""

from sim.machines.native import trimmed_mean


def test_twelve_runs_are_trimmed_to_the_ten_in_the_middle() -> None:
    assert trimmed_mean([9.9, *[1.0] * 10, 0.1]) == 1.0


def test_too_few_runs_to_trim_are_averaged_whole() -> None:
    assert trimmed_mean([1.0, 3.0]) == 2.0
