"""`pie simulate` before anything runs: the plan, the folder's name, the line to go on with."""

import dataclasses
import json
import random
from pathlib import Path

import pytest

from pie.core.problem import InputError
from pie.flows.simulate import Progress, Request, plan, resume_line, run_folder_for
from sim.machines import machine
from sim.setting import Setting

GOOD = {
    "problem_id": "p",
    "src_code": "a",
    "tgt_code": "b",
    "tests": [{"input": "", "output": ""}],
}


def request(path: Path, *lines: str, strict: bool = False, out: Path | None = None) -> Request:
    path.write_text("".join(f"{line}\n" for line in lines))
    return Request(path, Setting(machine("cachegrind")), strict=strict, out=out)


def test_bad_rows_are_left_out_unless_strict(tmp_path: Path) -> None:
    lines = (json.dumps(GOOD), "broken", "{}")
    assert len(plan(request(tmp_path / "t.jsonl", *lines)).left_out) == 2
    with pytest.raises(
        InputError, match=r"t\.jsonl:2: the line is not JSON .*\(2 rows cannot be used\); mend them"
    ):
        plan(request(tmp_path / "t.jsonl", *lines, strict=True))


def test_answers_are_measured_on_cachegrind_on_the_users_word_only(tmp_path: Path) -> None:
    answered = json.dumps({**GOOD, "generated_answers": ["int main() {}"]})
    asked = request(tmp_path / "t.jsonl", json.dumps(GOOD), answered)
    with pytest.raises(InputError, match=r"forge its counts on cachegrind .*the machine 'counts'"):
        plan(asked)
    assert plan(dataclasses.replace(asked, trust_programs=True)).rows == 2
    assert plan(dataclasses.replace(asked, setting=Setting(machine("counts")))).rows == 2


def test_pairs_of_programs_alone_need_no_word(tmp_path: Path) -> None:
    assert plan(request(tmp_path / "t.jsonl", json.dumps(GOOD))).rows == 1


def test_strict_says_nothing_about_a_good_file(tmp_path: Path) -> None:
    assert plan(request(tmp_path / "t.jsonl", json.dumps(GOOD), strict=True)).rows == 1


def test_the_folder_is_named_after_file_machine_and_configuration(tmp_path: Path) -> None:
    asked = request(tmp_path / "mine.jsonl", json.dumps(GOOD))
    made = plan(asked)
    first = run_folder_for(asked, made, {"limits": 1})
    assert first.parent == Path("runs")
    assert first.name.startswith("mine-cachegrind-")
    assert run_folder_for(asked, made, {"limits": 1}) == first
    assert run_folder_for(asked, made, {"limits": 2}) != first
    other = request(tmp_path / "mine.jsonl", json.dumps({**GOOD, "src_code": "c"}))
    assert run_folder_for(other, plan(other), {"limits": 1}) != first
    given = dataclasses.replace(asked, out=Path("here"))
    assert run_folder_for(given, made, {"limits": 1}) == Path("here")


def test_the_resume_line_can_be_pasted_into_a_shell() -> None:
    line = resume_line(["simulate", "--pairs", "my pairs.jsonl", "--out", "it's"])
    assert line == """pie simulate --pairs 'my pairs.jsonl' --out 'it'"'"'s'"""


def test_progress_never_promises_less_than_nothing() -> None:
    progress = Progress(planned=2, runs=3)
    progress.tally.run["measure"] = 1
    progress.tally.reused["measure"] = 1
    assert progress.runs_left == 1
    progress.tally.run["measure"] = (
        9  # with the empty program's, and rows that ask for one program within other budgets
    )
    progress.rows = 1
    assert progress.runs_left == 1
    progress.rows = 2
    assert progress.runs_left == 0


@pytest.mark.parametrize("seed", range(5))
def test_the_time_left_is_right_within_a_factor_of_two_after_a_tenth(seed: int) -> None:
    """Compiling ahead of measuring, as rows under way do it, and costs as unequal as real ones."""
    dice = random.Random(seed)
    programs, tests = 200, 10
    jobs = []
    for program in range(programs + 16):
        if program < programs:
            jobs += [("build", 0.6), ("judge", 0.1)]
        if program >= 16:
            jobs += [("measure", dice.lognormvariate(-2, 1.2)) for _test in range(tests)]
    progress = Progress(runs=programs * tests, programs=programs, jobs=2)
    whole, spent = sum(seconds for _kind, seconds in jobs), 0.0
    for kind, seconds in jobs:
        progress.tally.count(progress.tally.run, kind)
        by_kind = progress.tally.host_seconds
        by_kind[kind] = by_kind.get(kind, 0.0) + seconds
        spent += seconds
        if 0.1 * whole < spent < 0.95 * whole:
            left = progress.seconds_left
            assert left is not None
            assert 0.5 < left * 2 / (whole - spent) < 2


def test_before_the_first_run_is_measured_nobody_knows_how_long_it_takes() -> None:
    progress = Progress(runs=10, programs=2)
    progress.tally.run["build"] = 1
    progress.tally.host_seconds["build"] = 3.0
    assert progress.seconds_left is None
    progress.tally.reused |= {"build": 1, "judge": 2, "measure": 10}
    assert progress.seconds_left == 0
