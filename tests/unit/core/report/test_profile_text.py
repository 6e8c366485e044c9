"""Profiles as text: the form of line_profiler, cut to a budget, and how a program ended."""

from __future__ import annotations

import pytest

from pie.core.report.profile_text import (
    Cut,
    estimated_tokens,
    memory_profile,
    time_profile,
)
from sim.line_costs import FunctionLines, LineCost
from sim.profile import WHOLE_FILE, Profile
from sim.program import Language
from sim.verdict import Verdict

SOURCE = """def f(n):
    total = 0
    for i in range(n):
        total += i
    return total

f(3)
"""
FUNCTION = FunctionLines(
    1,
    5,
    "f",
    {2: LineCost(1, 35), 3: LineCost(4, 70), 4: LineCost(3, 210), 5: LineCost(1, 35)},
)
MODULE = FunctionLines(1, 7, "<module>", {1: LineCost(1, 35), 7: LineCost(1, 385)})


def test_a_function_has_the_form_of_line_profiler() -> None:
    """Its own output for such a function, but for the decorator and the times."""
    assert time_profile(Profile(Language.PYTHON, "skylake", (FUNCTION,)), SOURCE) == (
        "Timer unit: 1e-09 s\n"
        "\n"
        "Total time: 1e-07 s\n"
        "File: main.py\n"
        "Function: f at line 1\n"
        "\n"
        "Line #      Hits         Time  Per Hit   % Time  Line Contents\n"
        "==============================================================\n"
        "     1                                           def f(n):\n"
        "     2         1         10.0     10.0     10.0      total = 0\n"
        "     3         4         20.0      5.0     20.0      for i in range(n):\n"
        "     4         3         60.0     20.0     60.0          total += i\n"
        "     5         1         10.0     10.0     10.0      return total\n"
    )


def test_on_the_counting_machine_time_is_instructions() -> None:
    text = time_profile(Profile(Language.PYTHON, "counts", (FUNCTION,)), SOURCE)
    assert "Timer unit: 1 instruction\n" in text
    assert "Total time: 350 instructions\n" in text
    assert "     4         3        210.0     70.0     60.0          total += i\n" in text


@pytest.mark.parametrize("kept", [1, 2, 5, 7])
def test_the_cheapest_lines_are_dropped_first_and_counted(kept: int) -> None:
    profile = Profile(Language.PYTHON, "skylake", (FUNCTION, MODULE))
    text = time_profile(profile, SOURCE, Cut(lines=kept))
    shown = [line for line in text.splitlines() if line[:6].strip().isdigit()]
    assert len(shown) == kept
    assert f"({8 - kept} lines that cost less are not shown)" in text
    assert any(line.endswith("  f(3)") for line in shown)  # the costliest
    if kept == 1:
        assert "Function: f at" not in text  # nothing of it is shown


@pytest.mark.parametrize("tokens", [150, 200, 250, 1000])
def test_a_budget_of_tokens_is_kept_and_used(tokens: int) -> None:
    profile = Profile(Language.PYTHON, "skylake", (FUNCTION, MODULE))
    text = time_profile(profile, SOURCE, Cut(tokens=tokens))
    assert estimated_tokens(text) <= tokens
    whole = time_profile(profile, SOURCE)
    if estimated_tokens(whole) <= tokens:
        assert text == whole
    else:
        shown = len([line for line in text.splitlines() if line[:6].strip().isdigit()])
        more = time_profile(profile, SOURCE, Cut(lines=shown + 1))
        assert estimated_tokens(more) > tokens


def test_a_program_that_ended_badly_says_so_at_the_end() -> None:
    profile = Profile(
        Language.PYTHON, "skylake", (FUNCTION,), 0, Verdict.RUNTIME_ERROR, "IndexError", "inline.0"
    )
    last = time_profile(profile, SOURCE).splitlines()[-1]
    assert last == (
        "The program did not come to its end: runtime_error (IndexError) on inline.0. "
        "This is what was seen until then."
    )


def test_lines_that_the_source_does_not_have_are_not_shown() -> None:
    """A program can make code objects with any line."""
    forged = FunctionLines(3, 1 << 19, "f", {3: LineCost(1, 5), 1 << 19: LineCost(1, 10**9)})
    text = time_profile(Profile(Language.PYTHON, "skylake", (forged,)), SOURCE)
    assert len(text.splitlines()) < 20
    assert "\x1b" not in time_profile(
        Profile(Language.PYTHON, "skylake", (FUNCTION,)), SOURCE.replace("+=", "\x1b")
    )


def test_a_function_within_has_its_lines_in_its_own_table_alone() -> None:
    text = time_profile(Profile(Language.PYTHON, "skylake", (FUNCTION, MODULE)), SOURCE)
    assert text.count("total += i") == 1
    assert text.count("def f(n):") == 2  # it is a line of the module, too


def test_memory_has_the_form_of_memory_profiler() -> None:
    lines = {2: LineCost(1, 35, 35, 9 << 20, 1 << 20), 3: LineCost(4, 70, 70, 9 << 20, -(1 << 19))}
    function = FunctionLines(1, 3, "f", lines, 8 << 20)
    assert memory_profile(Profile(Language.PYTHON, "skylake", (function,)), SOURCE) == (
        "Filename: main.py\n"
        "Function: f at line 1\n"
        "\n"
        "Line #    Mem usage    Increment  Occurrences   Line Contents\n"
        "=============================================================\n"
        "     1    8.000 MiB    8.000 MiB                def f(n):\n"
        "     2    9.000 MiB    1.000 MiB            1       total = 0\n"
        "     3    9.000 MiB   -0.500 MiB            4       for i in range(n):\n"
    )


def test_of_cpp_memory_is_what_lines_asked_for_and_the_rest_of_the_time_is_told() -> None:
    lines = {2: LineCost(7, 35, 35, 0, 0, 2, 300), 3: LineCost(4, 70, 70, 0, 0, 1, 100)}
    profile = Profile(
        Language.CPP,
        "counts",
        (FunctionLines(1, 3, WHOLE_FILE, lines),),
        210,
        elsewhere=(("malloc", 100), ("memcpy", 5)),
    )
    time, memory = time_profile(profile, "a\nb\nc\n"), memory_profile(profile, "a\nb\nc\n")
    assert "Total time: 210 instructions\nFile: main.cpp\n\nLine #" in time
    assert "     3         4         70.0     17.5     33.3  c\n" in time
    assert time.endswith("50.0 % of the time is in library code: malloc, memcpy\n")
    assert "Total allocated: 400 bytes\n" in memory
    assert "     2         2          300    150.0     75.0  b\n" in memory
