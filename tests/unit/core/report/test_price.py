"""The price of a run, by rates that BENCHMARKS.md has."""

import re
from pathlib import Path

import pytest

from pie.core.report.price import price

BENCHMARKS = Path(__file__).parents[4] / "BENCHMARKS.md"


def test_pies_evaluation_costs_what_the_measured_sample_says() -> None:
    programs, tests = 9780, 104
    found = price("skylake", programs, programs, programs * tests)
    assert found is not None
    text = BENCHMARKS.read_text()
    (hours,) = re.findall(r"s a program and ([\d.]+) hours of CPU time", text)
    assert found.core_hours == pytest.approx(float(hours), rel=0.05)
    assert found.cores_for(0.5) == 15
    assert found.sentence(0.5).endswith("; within 0.5 hours on 15 cores")


def test_one_core_is_the_least_and_scripts_are_not_compiled() -> None:
    found = price("counts", 0, 10, 100)
    assert found is not None
    assert found.cores_for(1000) == 1
    assert found.sentence(1000).endswith("on 1 core")
    assert found.disk_bytes < 1_000_000
    assert "within" not in found.sentence(None)


@pytest.mark.parametrize("machine", ["native", "gem5", "cachegrind", "judge0"])
def test_where_the_program_decides_there_is_no_price(machine: str) -> None:
    assert price(machine, 1, 1, 1) is None
