"""`pie measure --annotate` on a program of our own: its lines, and its cycles with -g."""

from __future__ import annotations

from pathlib import Path

import pytest

from pie.core.problem import InputError
from pie.flows.annotate import Line, LineCosts, annotate
from pie.flows.measure import compare
from sim.annotation import Counts
from sim.machines.skylake import Skylake
from sim.program import Language, Program
from sim.setting import Setting
from sim.toolchain import Toolchain

SOURCE = """#include <cstdio>
int main() {
    unsigned x = 1;
    for (int i = 0; i < 20000; i++)
        x = 1000003u / (x % 7 + 1) + i; // \x1b[2Jdivides
    std::printf("%u\\n", x);
}
"""


@pytest.fixture
def setting() -> Setting:
    found = Skylake().check()
    if not found.ok:
        pytest.skip(f"{found.problem}; {found.remedy}")
    return Setting(Skylake(), Toolchain(flags=("-O1",)))


@pytest.fixture
def costs(setting: Setting, tmp_path: Path) -> LineCosts:
    file = tmp_path / "a.cpp"
    file.write_text(SOURCE)
    done = compare([file], [], [], setting)
    cycles = done.outcomes[0].cycles
    assert cycles is not None
    return annotate("a.cpp", done.programs[0], done.cases, setting, cycles)


def test_the_line_that_divides_is_the_costliest(costs: LineCosts) -> None:
    assert costs.own[0].number == 5
    assert costs.own[0].counts.cycles > 0.75 * costs.cycles
    assert costs.own[0].counts.instructions >= 5 * 20000


def test_debug_information_changes_no_cycle(costs: LineCosts) -> None:
    assert costs.cycles == costs.measured_cycles
    assert costs.differs == ""


def test_all_lines_and_functions_add_up_to_the_runs_cycles(costs: LineCosts) -> None:
    every = [*costs.own, *costs.elsewhere]
    assert sum(line.counts.cycles for line in every) == costs.cycles


def test_the_table_is_as_long_as_asked_and_safe_to_print(costs: LineCosts) -> None:
    rows = costs.table(2)
    assert len(rows) == 2 + 2 + 2  # heading, names, lines, what is elsewhere, other lines
    assert "5: x = 1000003u" in rows[2]
    assert all(row.isprintable() for row in rows)


def test_cycles_that_no_shown_line_holds_are_told() -> None:
    own = tuple(Line(n, f"x{n}", Counts(cycles=100 * (4 - n))) for n in (1, 2, 3))
    costs = LineCosts("a", 1000, 1000, own, (Line(0, "printf", Counts(cycles=150)),))
    rows = costs.table(1)
    assert costs.untold == 1000 - 600 - 150
    assert rows[3].split()[0] == "15.0%"
    assert (rows[4].split()[0], rows[4].split("  ")[-1]) == ("30.0%", "in 2 more lines (--lines)")
    assert rows[5].strip() == "25.0% at addresses beyond the 8,192 costliest of a run"
    assert costs.as_dict()["cycles_of_addresses_not_kept"] == 250


def test_a_table_that_holds_every_cycle_says_nothing_of_a_rest() -> None:
    rows = LineCosts("a", 300, 300, (Line(1, "x", Counts(cycles=300)),), ()).table(5)
    assert len(rows) == 3


def test_a_script_cannot_be_annotated(setting: Setting) -> None:
    with pytest.raises(InputError, match="annotate C\\+\\+ programs"):
        annotate("a.py", Program(Language.PYTHON, "print(1)"), [], setting, 1)


def test_a_build_that_differs_is_told() -> None:
    assert "1,001 cycles instead of 1,000" in LineCosts("a", 1001, 1000, (), ()).differs
