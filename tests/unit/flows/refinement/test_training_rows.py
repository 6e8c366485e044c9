"""Turns of a refinement run as training rows: what improved, and nothing of a private test."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pie.core.metrics.pair_result import Generation
from pie.core.problem import InputError
from pie.core.training.formats import Format
from pie.core.training.preferences import Rules
from pie.flows.finetuning import data, preferences
from pie.flows.finetuning.candidates import Request
from sim.verdict import Verdict
from tests.unit.core.refinement.scripted import evidence, fenced, written
from tests.unit.flows.refinement.scripted_run import ScriptedModel, request, row, run, write

pytestmark = pytest.mark.usefixtures("machine")

WORDS = ("cost 70", "wrong", "cost 50", "cost 50.0", "cost 20")


def by_turn(asked: Any) -> str:
    return fenced(written(WORDS[min(asked.sample, len(WORDS) - 1)]))


def refined(tmp_path: Path, *rows: dict[str, Any], strategy: str = "soap", **more: Any) -> Path:
    """Run by script; the measurement of the private tests is what the programs say."""
    pairs = write(tmp_path / "rows.jsonl", list(rows) or [row(0)])
    more = {"model": ScriptedModel(by_turn), **more}
    folder = run(request(pairs, strategy=strategy, **more)).folder
    (folder / "measured").mkdir()
    lines = []
    for line in (folder / "iterations.jsonl").read_text().splitlines():
        made = json.loads(line)
        found = [private(one) for one in made["generated_answers"]]
        made["generations"] = [
            {"verdict": one.verdict, "agg_runtime": one.seconds} for one in found
        ]
        lines.append(made)
    write(folder / "measured/pairs.jsonl", lines)
    return folder


def private(program: str | None) -> Generation:
    """Programs that say `cost 20` pass the public tests, and no private one."""
    if program is None:
        return Generation(Verdict.NO_CODE, None)
    if "cost 20" in program:
        return Generation(Verdict.WRONG_ANSWER, None)
    made = evidence(program)
    return Generation(made.verdict, made.cost)


def rows_of(folder: Path, tmp_path: Path, **changes: Any) -> list[dict[str, Any]]:
    out = tmp_path / "rows.out.jsonl"
    data.run(Request(pairs=None, out=out, refined=folder, **changes))
    return [json.loads(line) for line in out.read_text().splitlines()]


def test_a_row_for_each_program_that_passes_its_private_tests_and_gains(tmp_path):
    made = rows_of(refined(tmp_path), tmp_path, format=Format.ECCO)
    assert [one["completion"].strip() for one in made] == [written("cost 70"), written("cost 50")]
    assert written("slow") in made[0]["prompt"]
    assert written("cost 70") in made[1]["prompt"]
    assert made[0]["problem_id"] == "p0"
    assert made[0]["sample"] == 0


def test_the_execution_that_is_shown_is_that_of_the_public_tests(tmp_path):
    first, second = rows_of(refined(tmp_path), tmp_path, format=Format.ECCO_EXECUTION)
    assert "0.025" in first["prompt"]  # a quarter of the slow program's 100 ms
    assert "0.0175" in second["prompt"]
    assert "8192" in second["prompt"]


def test_a_trajectory_needs_three_programs_that_pass_their_private_tests(tmp_path):
    (made,) = rows_of(refined(tmp_path), tmp_path, format=Format.ECCO_TRAJECTORY)
    assert made["completion"].strip() == written("cost 50")
    shown = [made["prompt"].index(written(one)) for one in ("slow", "cost 70")]
    assert shown == sorted(shown)
    (tmp_path / "short").mkdir()
    short = refined(tmp_path / "short", rounds=1)
    with pytest.raises(InputError, match="fewer_than_three_programs"):
        rows_of(short, tmp_path / "short", format=Format.ECCO_TRAJECTORY)


@pytest.mark.parametrize("kind", [Format.PLAIN, Format.ECCO, Format.ECCO_EXECUTION])
@pytest.mark.parametrize("strategy", ["soap", "ecco-nl-exec-refine", "perfcodegen", "sbllm"])
def test_nothing_of_a_private_test_is_in_a_training_row(tmp_path, kind, strategy):
    rows = [row(number, words) for number, words in enumerate(["slow", "wrong", "crash"])]
    folder = refined(tmp_path, *rows, strategy=strategy)
    text = json.dumps(rows_of(folder, tmp_path, format=kind))
    if not strategy.startswith("ecco"):  # of which one row's two programs are no preference
        out = tmp_path / "preferences.jsonl"
        preferences.build(preferences.Request(folder, out, Rules(failed=True), Format.PLAIN))
        text += out.read_text()
    assert re.findall(r"(?:given|wanted)\dx[23]", text) == []


def test_a_preference_is_between_two_answers_to_the_same_prompt(tmp_path):
    folder = refined(tmp_path, strategy="sbllm", rounds=1)
    out = tmp_path / "preferences.jsonl"
    manifest = preferences.build(preferences.Request(folder, out, Rules()))
    made = [json.loads(line) for line in out.read_text().splitlines()]
    assert manifest["preferences"] == len(made) == 1
    assert made[0]["ratio"] == pytest.approx(1.4)
    assert written("slow") in made[0]["prompt"][-1]["content"]
    assert written("cost 50") in made[0]["chosen"][0]["content"]
    assert written("cost 70") in made[0]["rejected"][0]["content"]


def test_a_program_that_fails_its_private_tests_is_never_chosen(tmp_path):
    folder = refined(tmp_path)
    out = tmp_path / "preferences.jsonl"
    preferences.build(preferences.Request(folder, out, Rules(failed=True), Format.PLAIN))
    made = [json.loads(line) for line in out.read_text().splitlines()]
    assert made
    assert all("cost 20" not in one["chosen"] for one in made)
    assert any("cost 20" in one["rejected"] for one in made)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"pairs": Path("pairs.jsonl")}, "--pairs and --from"),
        ({"hq": True}, "--hq belongs to a file of pairs"),
        ({"run": Path("run")}, "--run belongs"),
        ({"sampling": True}, "--sampling belongs"),
        ({"format": Format.PERF_CONDITIONED}, "--format perf-conditioned belongs"),
        ({"refined": Path("nothing")}, "is no run of `pie refine`"),
    ],
)
def test_what_does_not_fit_a_refinement_run_is_named(tmp_path, changes, named):
    asked = {"pairs": None, "out": tmp_path / "out.jsonl", "refined": tmp_path, **changes}
    with pytest.raises(InputError, match=re.escape(named)):
        data.run(Request(**asked))


def test_a_run_that_was_not_measured_says_what_to_do(tmp_path):
    folder = refined(tmp_path)
    (folder / "measured/pairs.jsonl").unlink()
    with pytest.raises(InputError, match="not finished"):
        rows_of(folder, tmp_path, format=Format.ECCO)
