"""What PIE's arguments mean, and what is said about the others."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Any

import pytest

from pie.compat import arguments
from pie.compat.simulator import PieEnvironment
from sim import machines
from sim.errors import InputError

DEFAULTS = {
    name: parameter.default
    for name, parameter in inspect.signature(PieEnvironment.__init__).parameters.items()
    if name != "self"
}


def said(on: str = "gem5", **given: Any) -> list[str]:
    values = {**DEFAULTS, **given}
    return list(arguments.notices(values, machines.machine(on)))


def test_on_gem5_pies_defaults_need_no_word_but_on_the_loader_that_is_left_out() -> None:
    (sentence,) = said()
    assert "make(link='dynamic') measures as PIE did" in sentence
    assert said(link="static") == said(link="dynamic") == []


def test_arguments_of_the_container_are_named_together_in_one_sentence() -> None:
    (sentence,) = said(link="static", port=8888, use_logical_cpus=True, api_key="secret")
    assert "port=8888" in sentence
    assert "use_logical_cpus=True" in sentence
    assert "have no effect" in sentence
    assert "secret" not in sentence


def test_another_machine_than_gem5_is_said() -> None:
    assert "machine 'cachegrind', not gem5's (no gem5 is configured)" in said("cachegrind")[0]
    tuned = said("cachegrind", cpu_type="Tuned", machine="cachegrind")
    assert "so it was asked" in tuned[0]
    assert "cpu_type='Tuned' has no effect" in tuned[1]


def test_seconds_become_budgets_and_are_said() -> None:
    assert (
        "budget of 120,000,000 simulated instructions"
        in said(link="static", timeout_seconds_gem5=120)[0]
    )
    assert said(link="static", timeout_seconds_gem5=120, max_instructions=5) == []
    assert "timeout_seconds_binary=3" in said(link="static", timeout_seconds_binary=3)[0]
    assert arguments.native_budget(10) == 2_000_000_000


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_no_time_is_no_limit(seconds: float) -> None:
    with pytest.raises(InputError, match="no time limit"):
        arguments.simulated_budget(seconds)


def test_flags_are_those_of_pie_simulate_with_the_submissions_own_after_them() -> None:
    assert arguments.flags("-O3", "--std=c++17", None) == ("-O3", "-std=c++17")
    assert arguments.flags("-O2", "--std=c++20", "-march=x86-64-v3 -DX='a b'") == (
        *("-O2", "-std=c++20", "-march=x86-64-v3", "-DX=a b"),
    )
    assert arguments.flags("-O3", "", "") == ("-O3",)
    for bad in ("-o x", "'"):
        with pytest.raises(InputError):
            arguments.flags("-O3", "--std=c++17", bad)


def test_a_set_of_processors_is_read_as_docker_reads_it() -> None:
    mine = sorted(os.sched_getaffinity(0))
    assert arguments.processors(None) == frozenset()
    assert arguments.processors(f"{mine[0]}-{mine[-1]}") == frozenset(mine)
    assert arguments.processors(f"{mine[-1]},9999") == {mine[-1]}
    for bad in ("all", "9999"):
        with pytest.raises(InputError):
            arguments.processors(bad)


def test_test_cases_are_found_by_argument_variable_settings_or_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PIE_TESTCASES", raising=False)
    settings = tmp_path / "config.toml"
    settings.write_text("")
    monkeypatch.setenv("PIE_CONFIG", str(settings))
    with pytest.raises(InputError, match="PIE_TESTCASES"):
        arguments.testcases_folder(None)
    for name in ("merged_test_cases", "by_settings", "by_variable", "given"):
        (tmp_path / name).mkdir()
    assert arguments.testcases_folder(None).name == "merged_test_cases"
    settings.write_text(f'testcases = "{tmp_path}/by_settings"')
    assert arguments.testcases_folder(None).name == "by_settings"
    monkeypatch.setenv("PIE_TESTCASES", str(tmp_path / "by_variable"))
    assert arguments.testcases_folder(None).name == "by_variable"
    assert arguments.testcases_folder("given").name == "given"
    with pytest.raises(InputError, match="nowhere does not exist"):
        arguments.testcases_folder("nowhere")


def test_tests_are_numbers_or_their_texts_each_once() -> None:
    assert arguments.test_numbers([3, "0", 3, "12"]) == [3, 0, 12]
    for bad in ([], "01", [1.5], ["x"], None, 3):
        with pytest.raises(InputError, match=r"\[0, 1\]"):
            arguments.test_numbers(bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [0, -1, 15, True, "64", 64.0])
def test_a_limit_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(InputError, match=r"memory_limit=.*16 MiB or more"):
        arguments.at_least(value, 16, "memory_limit", "MiB")
    arguments.at_least(16, 16, "memory_limit", "MiB")
    arguments.at_least(None, 1, "max_instructions", "instructions")
