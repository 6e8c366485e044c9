"""PIE's environment on the embedded machine: what a script of PIE's sees."""

from __future__ import annotations

import inspect
import math
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pie.compat import drop_in, simulator
from pie.compat.simulator import CompatibilityWarning, PieEnvironment, PiePairResult
from sim.errors import InputError
from sim.procedure import Outcome
from sim.verdict import Verdict

REPOSITORY = Path(__file__).parents[3]
SLOW = """#include <cstdio>
int main() {
    int n;
    if (scanf("%d", &n) != 1) return 1;
    volatile long sum = 0;
    for (int i = 1; i <= n; i++) for (int k = 0; k < 100; k++) sum = sum + (k == 0 ? i : 0);
    printf("%ld\\n", (long) sum);
}
"""
FAST = """#include <cstdio>
int main() {
    long n;
    if (scanf("%ld", &n) != 1) return 1;
    printf("%ld\\n", n * (n + 1) / 2);
}
"""
HALF = FAST.replace("n * (n + 1) / 2", "n < 10 ? n * (n + 1) / 2 : 0")
TRUSTED: dict[str, Any] = {"machine": "cachegrind", "trust_programs": True}
BROKEN = "int main() { return undeclared; }\n"


@pytest.fixture(scope="module", autouse=True)
def cache(
    tmp_path_factory: pytest.TempPathFactory, fresh_cache: Callable[[Path], Path]
) -> Iterator[None]:
    folder = fresh_cache(tmp_path_factory.mktemp("cache"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIE_CACHE", str(folder))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tests")
    (made / "p00001").mkdir()
    for index, n in enumerate((3, 40, 500)):
        (made / "p00001" / f"input.{index}.txt").write_text(f"{n}\n")
        (made / "p00001" / f"output.{index}.txt").write_text(f"{n * (n + 1) // 2}\n")
    return made


@pytest.fixture(scope="module")
def env(folder: Path, cache: None) -> Iterator[PieEnvironment]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = simulator.make(
            machine="cachegrind", trust_programs=True, testcases_dir=folder, workers=2
        )
    yield made
    made.teardown()


def test_the_signatures_are_pies() -> None:
    """Names, order and defaults as in PIE's gem5/simulator.py."""

    def of(function: Any) -> dict[str, Any]:
        parameters = inspect.signature(function).parameters.values()
        required = inspect.Parameter.empty
        return {
            one.name: ... if one.default is required else one.default
            for one in parameters
            if one.kind is not inspect.Parameter.KEYWORD_ONLY and one.name != "self"
        }

    assert list(of(PieEnvironment).items()) == [
        ("arch", "X86-skylake"),
        ("cpuset_cpus", None),
        ("working_dir", "/home/working_dir"),
        ("use_logical_cpus", False),
        ("workers", -1),
        ("threaded", False),
        ("gem5_acc_threshold", 0.95),
        ("port", 4000),
        ("cstd", "--std=c++17"),
        ("optimization_flag", "-O3"),
        ("cpu_type", "Verbatim"),
        ("timeout_seconds_binary", 10),
        ("timeout_seconds_gem5", 60),
        ("api_key", None),
        ("verbose", False),
        ("do_run_without_container", False),
        ("exit_early_on_fail", True),
    ]
    tail = {"testcases": ..., "problem_id": ..., "timing_env": ..., "override_flags": None}
    assert of(PieEnvironment.submit_single_submission) == {"code": ..., **tail}
    assert of(PieEnvironment.submit_single_submission_pair) == {
        "code_v0": ...,
        "code_v1": ...,
        **tail,
    }
    lists = {"testcases_list": ..., "problem_id_list": ..., "timing_env": ...}
    assert of(PieEnvironment.submit_multiple_single_submissions) == {
        "code_list": ...,
        **lists,
        "override_flags_list": None,
    }
    assert of(PieEnvironment.submit_multiple_dual_submissions) == {
        "code_list_v0": ...,
        "code_list_v1": ...,
        **lists,
        "override_flags_list_v0": None,
        "override_flags_list_v1": None,
    }
    assert of(PieEnvironment.teardown) == {"remove_container": True}


def test_a_right_program_has_a_time_on_each_test_and_their_sum(env: PieEnvironment) -> None:
    result = env.submit_single_submission(SLOW, [0, "2", 0], "p00001", "gem5")
    assert result.compilation is True
    assert result.accs == {"0": 1.0, "2": 1.0}
    assert result.mean_acc == 1.0
    assert result.tc2success == {0: True, 2: True}
    assert set(result.tc2time) == {0, 2}
    assert 0 < result.tc2time[0] < result.tc2time[2]
    assert result.agg_runtime == sum(result.tc2time.values())
    assert result.tc2stats[2]["sim_seconds_precise"] == result.tc2time[2]
    assert result.tc2time_binary is None
    assert (result.verdict, result.machine) == ("accepted", "cachegrind")


def test_wrong_empty_and_broken_programs_take_for_ever_and_lose_nobody_elses_result(
    env: PieEnvironment,
) -> None:
    codes = [FAST, BROKEN, HALF, "", FAST]
    results = env.submit_multiple_single_submissions(
        codes, [[0, 1]] * 5, ["p00001"] * 5, "gem5", [""] * 5
    )
    first, broken, half, empty, last = results
    assert first == last
    assert first.agg_runtime < math.inf
    assert [one.compilation for one in results] == [True, False, True, False, True]
    assert [one.mean_acc for one in results] == [1.0, 0.0, 0.5, 0.0, 1.0]
    for one in (broken, half, empty):
        assert one.agg_runtime == math.inf
        assert one.tc2time == one.tc2success == {}
    assert half.accs == {"0": 1.0, "1": 0.0}
    assert "test 1" in half.detail


def test_a_pair_has_both_and_the_fast_one_is_faster(env: PieEnvironment) -> None:
    result = env.submit_single_submission_pair(SLOW, FAST, [1, 2], "p00001", "gem5")
    assert isinstance(result, PiePairResult)
    assert result.compilation_v0
    assert result.compilation_v1
    assert result.agg_runtime_v0 > result.agg_runtime_v1
    same = env.submit_single_submission_pair(SLOW, SLOW, [1, 2], "p00001", "gem5")
    assert same.tc2time_v0 == same.tc2time_v1 == result.tc2time_v0


def test_of_a_pair_the_flags_are_for_both_and_lists_of_flags_for_each(env: PieEnvironment) -> None:
    for_both = env.submit_single_submission_pair(SLOW, SLOW, [2], "p00001", "gem5", "-O0")
    (each,) = env.submit_multiple_dual_submissions(
        [SLOW], [SLOW], [[2]], ["p00001"], "gem5", override_flags_list_v1=["-O0"]
    )
    assert for_both.tc2time_v0 == for_both.tc2time_v1 == each.tc2time_v1
    assert each.agg_runtime_v0 < each.agg_runtime_v1


def test_both_timings_stand_beside_each_other(env: PieEnvironment) -> None:
    result = env.submit_single_submission(FAST, [0, 1], "p00001", "both")
    assert result.agg_runtime < math.inf
    assert result.tc2stats_binary is not None
    assert {test: len(times) for test, times in result.tc2stats_binary.items()} == {0: 12, 1: 12}
    assert result.agg_runtime_binary is not None
    assert 0 < result.agg_runtime_binary < 1
    wrong = env.submit_single_submission(HALF, [0, 1], "p00001", "both")
    assert wrong.agg_runtime == wrong.agg_runtime_binary == math.inf
    assert wrong.tc2time_binary == {}
    binary = env.submit_single_submission_pair(FAST, FAST, [0], "p00001", "binary")
    assert binary.agg_runtime_binary_v0 is None
    assert len(binary.tc2stats_v1[0]) == 12
    assert binary.machine == "native"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"testcases": [0, 7]}, r"submission 0 \(p00001\): test 7 is not there"),
        ({"testcases": []}, "no test"),
        ({"problem_id": "p09999"}, "has no test cases"),
        ({"problem_id": "../p00001"}, "not a folder name"),
        ({"timing_env": "hyperfine"}, "choose one of gem5, binary, both"),
        ({"code": None}, "is no text"),
        ({"override_flags": "-march=native"}, "other code on every host"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    env: PieEnvironment, changes: dict[str, Any], words: str
) -> None:
    given = {"code": FAST, "testcases": [0], "problem_id": "p00001", "timing_env": "gem5"}
    with pytest.raises(InputError, match=words) as error:
        env.submit_single_submission(**{**given, **changes})
    assert error.value.remedy or "choose" in str(error.value)


def test_lists_of_other_lengths_are_refused(env: PieEnvironment) -> None:
    with pytest.raises(InputError, match="2, 1, 2, 2 items"):
        env.submit_multiple_single_submissions([FAST] * 2, [[0]], ["p00001"] * 2, "gem5")
    assert env.submit_multiple_single_submissions([], [], [], "gem5") == []


def test_unknown_arguments_of_make_are_refused(folder: Path) -> None:
    with pytest.raises(NotImplementedError, match="'ARM' is not supported; use arch='X86-skylake'"):
        simulator.make(arch="ARM")
    for bad in (
        {"link": "both"},
        {"compare": "near"},
        {"cpu_type": "Atom"},
        {"machine": "abacus"},
        {"cpuset_cpus": "9999"},
        {"optimization_flag": "-o x"},
        {"testcases_dir": "nowhere"},
        {"timeout_seconds_gem5": 0},
    ):
        with pytest.raises(InputError):
            simulator.make(**{**TRUSTED, "testcases_dir": folder, **bad})


def test_what_cannot_be_honoured_is_said_once_at_the_callers_line(folder: Path) -> None:
    with pytest.warns(CompatibilityWarning) as told:
        env = simulator.make(
            machine="cachegrind", trust_programs=True, testcases_dir=folder, port=8888
        )
    assert ["port=8888 has no effect" in str(one.message) for one in told] == [True, False]
    assert {one.filename for one in told} == {__file__}
    env.gem5_acc_threshold = 0.5
    with pytest.warns(CompatibilityWarning, match="only programs that pass all tests") as told:
        env.submit_multiple_single_submissions([HALF, HALF], [[0, 1]] * 2, ["p00001"] * 2, "gem5")
    assert len(told) == 1
    assert told[0].filename == __file__
    env.teardown()


def test_after_teardown_nothing_is_taken_and_a_second_teardown_is_fine(folder: Path) -> None:
    with pytest.warns(CompatibilityWarning):
        env = simulator.make(**TRUSTED, testcases_dir=folder)
    assert env.wait_for_connection()
    env.teardown(remove_container=False)
    env.teardown()
    assert not env.test_connection()
    with pytest.raises(InputError, match="torn down"):
        env.submit_single_submission(FAST, [0], "p00001", "gem5")


def test_our_own_failure_is_nan_and_said_and_tried_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.warns(CompatibilityWarning):
        env = simulator.make(**TRUSTED, testcases_dir=folder)

    def broken(procedures: Any, *, alone: bool) -> list[list[Outcome]]:
        return [[Outcome(Verdict.NOT_MEASURED, "the host broke")] for _ in procedures]

    monkeypatch.setattr(env._session, "run", broken)
    with pytest.warns(CompatibilityWarning, match="the host broke"):
        result = env.submit_single_submission(FAST, [0], "p00001", "gem5")
    assert math.isnan(result.agg_runtime)
    assert math.isnan(result.mean_acc)
    assert result.verdict == "not_measured"
    monkeypatch.undo()
    assert env.submit_single_submission(FAST, [0], "p00001", "gem5").mean_acc == 1.0
    env.teardown()


@pytest.mark.parametrize(
    "asking",
    ["from pie.compat import simulator", "import simulator", "from gem5 import simulator"],
)
def test_a_script_without_a_main_guard_runs_unchanged_and_once(
    folder: Path, tmp_path: Path, asking: str
) -> None:
    (tmp_path / "script.py").write_text(
        f"{asking}\n"
        "open('started', 'a').write('once')\n"
        "env = simulator.make(arch='X86-skylake', optimization_flag='-O3')\n"
        f"results = env.submit_multiple_single_submissions([{FAST!r}] * 2, [[0, 1], [1, 2]], "
        "['p00001'] * 2, 'gem5')\n"
        "assert results[0].tc2time[1] == results[1].tc2time[1]\n"
        "print(results[0].agg_runtime, results[0].mean_acc)\n"
    )
    places = [str(REPOSITORY), *([] if "compat" in asking else drop_in.__path__)]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(places),
        "PIE_TESTCASES": str(folder),
        "PIE_GEM5": "",
    }
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    runtime, accuracy = done.stdout.split()
    assert 0 < float(runtime) < 1
    assert accuracy == "1.0"
    assert done.stderr.count("CompatibilityWarning") == 1
    assert "not gem5's (no gem5 is configured)" in done.stderr
    assert (tmp_path / "started").read_text() == "once"


def test_cachegrind_is_taken_on_the_callers_word_only(folder: Path) -> None:
    with pytest.raises(InputError, match="trust_programs=True"):
        simulator.make(machine="cachegrind", testcases_dir=folder)
