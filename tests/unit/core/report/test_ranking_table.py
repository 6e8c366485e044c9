"""The table of `pie measure`: it fits every terminal, and no program hides another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pie.core.report.ranking import Entry, InputCost, Ranking, against, disagreement
from pie.core.report.ranking_table import by_input, reasons, table
from sim.verdict import Verdict


def entry(name: str, seconds: float | None, inputs: int = 1, reason: str = "") -> Entry:
    verdict = Verdict.ACCEPTED if seconds else Verdict.COMPILE_ERROR
    cycles = int(seconds * 3.5e9) if seconds else None
    costs = tuple(
        InputCost(f"input.{place}", verdict, seconds and seconds / inputs, cycles)
        for place in range(inputs)
    )
    return Entry(name, verdict, reason, seconds, cycles, cycles, 1 << 20, 0.25, costs)


def ranking(*entries: Entry, reference: int | None = None, unit: str = "time") -> Ranking:
    return Ranking(entries, "skylake", unit, reference)


THREE = (entry("a.cpp", 0.2), entry("b.cpp", None, reason="error: x"), entry("c.cpp", 0.05))


def test_the_fastest_comes_first_with_the_ratio_one_and_a_broken_one_is_a_line() -> None:
    _title, *lines = table(ranking(*THREE), 120)
    assert [line.split()[0] for line in lines] == ["c.cpp", "a.cpp", "b.cpp"]
    assert "1.000" in lines[0]
    assert "4.000" in lines[1]
    assert lines[2].endswith("compile error")


def test_a_named_reference_has_the_ratio_one() -> None:
    _title, first, second, _third = table(ranking(*THREE, reference=0), 120)
    assert "0.250" in first
    assert "1.000" in second


def test_a_reference_without_a_number_leaves_no_ratio() -> None:
    assert ranking(*THREE, reference=1).ratio(THREE[0]) is None


def test_why_a_program_has_no_number_is_told() -> None:
    assert reasons(ranking(*THREE), 80) == ["b.cpp: compile error: error: x"]


@pytest.mark.parametrize("width", [60, 70, 80, 100, 120, 160, 200])
@pytest.mark.parametrize("unit", ["time", "instructions"])
def test_every_line_fits_and_program_and_ratio_are_always_there(width: int, unit: str) -> None:
    long = "a/very/long/path/to/some/folder/of/programs/that/goes/on/and/on/program.cpp"
    entries = [entry(f"{place}{long}", 10.0**-place, 30) for place in range(7)]
    entries.append(entry(long, None, reason="word " * 60))
    made = ranking(*entries, unit=unit)
    lines = table(made, width)
    assert "ratio" in lines[0]
    assert "verdict" in lines[0]
    assert all("program.cpp" in line for line in lines[1:])
    for line in [*lines, *by_input(made, width), *reasons(made, width)]:
        assert len(line) <= width


def test_a_wide_terminal_shows_every_column() -> None:
    title = table(ranking(*THREE), 100)[0].split()
    assert title == [
        "program", "time", "ratio", "instructions", "IPC", "memory", "start", "verdict",
    ]  # fmt: skip


def test_one_input_has_no_table_of_its_own() -> None:
    assert by_input(ranking(*THREE), 80) == []


def test_each_input_is_a_line_and_what_does_not_fit_is_said() -> None:
    entries = [entry(f"program_{place}.cpp", 0.1 + place, 25) for place in range(9)]
    lines = by_input(ranking(*entries), 60)
    assert lines[1].split()[0] == "input.0"
    assert lines[-2] == "... and 5 inputs that cost less"
    assert "slower programs" in lines[-1]


def test_a_name_cannot_steer_the_terminal() -> None:
    lines = table(ranking(entry("a\x1b[31m\u202e.cpp", 0.1), entry("b", 0.2)), 80)
    assert not {"\x1b", "\u202e"} & set("".join(lines))


@given(st.floats(1e-6, 1e3), st.floats(1e-6, 1e3))
def test_equal_programs_are_never_one_point_zero_times_faster(one: float, other: float) -> None:
    fast, slow = sorted([one, other])
    told = against(entry("fast", fast), entry("slow", slow), "slow (1 s)")
    assert "1.000 times" not in told
    assert ("faster" in told) == (f"{slow / fast:.3f}" != "1.000")


def test_a_processor_that_ranks_otherwise_is_told() -> None:
    model = ranking(entry("a", 1.0), entry("b", 2.0))
    assert "disagrees" in disagreement(model, ranking(entry("a", 1.5), entry("b", 1.0)), 0.05)
    told = disagreement(model, ranking(entry("a", 1.5), entry("b", 1.0)), 0.05)
    assert "b is 1.50 times faster than a there" in told


@pytest.mark.parametrize(("b", "noise"), [(3.0, 0.0), (0.97, 0.05), (0.999, 0.0)])
def test_what_the_processor_cannot_tell_apart_is_no_disagreement(b: float, noise: float) -> None:
    model = ranking(entry("a", 1.0), entry("b", 2.0))
    assert " agrees " in disagreement(model, ranking(entry("a", 1.0), entry("b", b)), noise)


def test_what_the_model_cannot_tell_apart_is_no_disagreement_either() -> None:
    model = ranking(entry("a", 1.0), entry("b", 1.001), entry("c", None))
    processor = ranking(entry("a", 2.0), entry("b", 1.0), entry("c", 0.1))
    assert " agrees " in disagreement(model, processor, 0.0)
