"""Tasks from their file to a report: measured, checked, asked for; with counts a test's cost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pie.cli.app import app
from pie.core.metrics.standing import UnsupportedAs
from pie.core.problem import InputError
from pie.core.report.task_report import read_task_report, task_report
from pie.core.report.task_report_formats import as_csv, as_markdown
from pie.flows.tasks import load, simulate
from sim.machines import machine
from sim.setting import Setting

SLOW = (
    "int main() { int n; std::cin >> n; long s = 0; for (volatile int i = 0; i <= n; ++i) s += i;"
)
HEAD = "#include <iostream>\n"
REFERENCE = f"{HEAD}{SLOW} std::cout << s; }}\n"
FAST = f"{HEAD}int main() {{ long n; std::cin >> n; std::cout << n * (n + 1) / 2; }}\n"
TASKS = [
    {
        "task_id": "sum",
        "language": "cpp",
        "prompt": "Sum the numbers up to n.",
        "references": [REFERENCE],
        "reference_scores": [100],
        "public_tests": [{"input": "3\n", "output": "6\n"}],
        "private_tests": [{"input": "20000\n", "output": "200010000\n"}],
    },
    {
        "task_id": "split",
        "language": "cpp",
        "references": [
            f"{HEAD}int main() {{ int n; std::cin >> n; std::cout << 1 << ' ' << n - 1; }}"
        ],
        "private_tests": [{"input": "5", "output": "1 4"}],
        "checker": {
            "language": "python",
            "code": "def check(i, e, o):\n    return sum(map(int, o.split())) == int(i)\n",
        },
    },
    {"task_id": "broken"},
]
SAMPLES = [
    {"task_id": "sum", "solution": FAST, "model": "a"},
    {"task_id": "sum", "solution": f"{HEAD}int main() {{ std::cout << 6; }}", "model": "a"},
    {"task_id": "sum", "solution": None, "model": "b"},
    {
        "task_id": "split",
        "solution": f"{HEAD}int main() {{ int n; std::cin >> n; std::cout << 2 << ' ' << n - 2; }}",
        "model": "a",
    },
    {"task_id": "split", "solution": f"{HEAD}int main() {{ std::cout << 'x'; }}", "model": "b"},
    {"task_id": "nobody", "solution": ""},
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A measured run of the tasks above."""
    folder = tmp_path_factory.mktemp("tasks")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PIE_CACHE", str(folder / "cache"))
        request = simulate.Request(
            write(folder / "tasks.jsonl", TASKS),
            Setting(machine("native")),
            write(folder / "samples.jsonl", SAMPLES),
            folder / "run",
            jobs=1,
        )
        simulate.simulate(request, simulate.plan(request), lambda _: None, lambda _: None)
    return folder / "run"


def rows_of(run: Path) -> dict[str, Any]:
    lines = (run / "tasks.jsonl").read_text().splitlines()
    return {row["task_id"]: row for row in map(json.loads, lines)}


def test_each_program_has_its_verdict(run: Path) -> None:
    rows = rows_of(run)
    assert list(rows) == ["sum", "split"]
    total, split = rows["sum"], rows["split"]
    assert [one["verdict"] for one in total["references"]] == ["accepted"]
    verdicts = [one["verdict"] for one in total["answers"]]
    assert verdicts == ["accepted", "wrong_answer", "no_code"]
    assert (total["public_tests"], total["private_tests"]) == (1, 1)
    # The second answer passes the public test and fails the private one.
    assert total["answers"][1]["tests_passed"] == 1
    assert total["references"][0]["speedup"] == 1.0
    # What a paper's report needs of the task stands in its row.
    assert total["reference_scores"] == [100]
    assert "hardness" not in total
    # A checker that breaks down says nothing of the answer.
    assert [one["verdict"] for one in split["answers"]] == ["accepted", "not_measured"]
    assert "ValueError" in split["answers"][1]["detail"]
    left_out = (run / "left_out.jsonl").read_text()
    assert json.loads(left_out) == {"line": 3, "reason": "the task has no test"}
    lost = json.loads((run / "samples_left_out.jsonl").read_text())
    assert lost["line"] == 6


def test_the_report_has_a_line_for_each_model(run: Path) -> None:
    report = read_task_report(run, json.loads((run / "manifest.json").read_text()))
    first, second = report.models
    assert (first.model, first.answers, first.scored, first.failed) == ("a", 3, 2, 1)
    assert first.pass_at[1].value == pytest.approx((0.5 + 1) / 2)
    assert first.pass_at[2].value == 1.0
    assert (first.pass_tasks[1], first.pass_tasks[2]) == (2, 1)
    assert first.compared == 2
    assert first.speedup is not None
    # Its own failure counts, ours does not.
    assert (second.answers, second.failed, second.left_out) == (2, 1, 1)
    assert second.pass_at[1].value == 0
    assert (second.speedup, second.ratio_of_sums) == (None, None)
    assert report.references == {"accepted": 2}
    assert "| a | 2 | 3 |" in as_markdown(report)
    assert as_csv(report).count("\n") == 4


def test_numbers_of_a_report_by_hand() -> None:
    def program(verdict: str, seconds: float | None, speedup: float | None) -> dict[str, Any]:
        return {"verdict": verdict, "seconds": seconds, "speedup": speedup, "model": ""}

    rows = [
        {
            "task_id": "a",
            "references": [program("accepted", 4.0, 1.0)],
            "answers": [program("accepted", 1.0, 4.0), program("accepted", 2.0, 2.0)],
        },
        {
            "task_id": "b",
            "references": [program("accepted", 1.0, 1.0)],
            "answers": [program("accepted", 1.0, 1.0), program("unsupported", None, None)],
        },
        {
            "task_id": "c",
            "references": [program("wrong_answer", None, None)],
            "answers": [program("accepted", 1.0, None), program("time_limit", None, None)],
        },
        {"task_id": "d", "references": [], "answers": []},
    ]
    manifest = {
        "machine": {"name": "counts", "fingerprint": "f"},
        "tasks_file": "tasks.jsonl",
        "tasks": 5,
        "tasks_left_out": 1,
    }
    report = task_report(rows, manifest, UnsupportedAs.FAILED)
    (score,) = report.models
    assert score.pass_at[1].value == pytest.approx((1 + 0.5 + 0.5) / 3)
    assert score.speedup is not None
    assert score.speedup.value == pytest.approx((3 + 1) / 2)
    assert score.geometric_mean is not None
    assert score.geometric_mean.value == pytest.approx(8**0.25)
    assert score.ratio_of_sums == pytest.approx(9 / 4)
    assert score.optimised is not None
    assert score.optimised.value == 0.5
    assert (score.compared, score.compared_tasks) == (3, 2)
    notes = " ".join(report.notes)
    for said in (
        "1 of 5 tasks are missing",
        "1 task of the file",
        "c (wrong_answer)",
        "without an",
    ):
        assert said in notes
    left = task_report(rows, manifest, UnsupportedAs.LEFT_OUT).models[0]
    assert left.pass_at[1].value == pytest.approx((1 + 1 + 0.5) / 3)


def test_the_same_command_again_measures_nothing_and_another_is_refused(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = run.parent
    monkeypatch.setenv("PIE_CACHE", str(folder / "cache"))
    before = (run / "tasks.jsonl").read_bytes()

    def again(samples: Path) -> simulate.Finished:
        request = simulate.Request(
            folder / "tasks.jsonl", Setting(machine("native")), samples, run, jobs=1
        )
        return simulate.simulate(request, simulate.plan(request), lambda _: None, lambda _: None)

    assert again(folder / "samples.jsonl").tally.run.get("measure", 0) == 0
    assert (run / "tasks.jsonl").read_bytes() == before
    other = write(folder / "other.jsonl", SAMPLES[:1])
    with pytest.raises(InputError, match="of another configuration"):
        again(other)


Invoke = Callable[..., Any]


@pytest.fixture
def invoke(run: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    monkeypatch.setenv("PIE_CACHE", str(run.parent / "cache"))
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_pie_report_knows_a_run_of_tasks(run: Path, invoke: Invoke) -> None:
    told = invoke("report", run, "--format", "json")
    assert told.exit_code == 0
    assert [one["model"] for one in json.loads(told.stdout)["models"]] == ["a", "b"]
    refused = invoke("report", run, "--errors")
    assert refused.exit_code == 1
    assert "--errors is a report of pairs" in refused.output
    assert "fail-under" in invoke("report", run, "--fail-under", "2").output


@pytest.mark.parametrize("style", ["pie", "perfcodegen", "soap", "ecco", "coffe", "sbllm"])
def test_a_papers_table_is_made_of_the_same_run(run: Path, invoke: Invoke, style: str) -> None:
    assert invoke("report", run, "--style", style).exit_code == 4  # one of seven is ours to mend
    told = invoke("report", run, "--style", style, "--not-measured-limit", "0.2", "--json")
    assert told.exit_code == 0, told.output
    document = json.loads(told.stdout)
    lines = {one["name"]: one["cells"] for one in document["parts"][0]["lines"]}
    assert set(lines) <= {"a", "b"}
    if style in ("soap", "ecco", "coffe"):
        assert lines["a"]["pass_at_1"]["value"] == pytest.approx((0.5 + 1) / 2)
        assert lines["a"]["tasks"] == 2
    if style == "soap":
        # The machine repeats runs, and the judge saw how much memory each took.
        assert lines["a"]["programs"] == 2
        assert lines["a"]["peak"]["value"] > 0.5
        assert lines["a"]["memory_time"] is None
        stability = document["parts"][-1]["lines"][0]["cells"]
        assert (stability["repeats"], stability["programs"]) == (12, 2)
    assert any("gives another number each time" in note for note in document["notes"])


def test_pie_dataset_check_judges_reference_solutions(run: Path, invoke: Invoke) -> None:
    checked = invoke("dataset", "check", "--tasks", run.parent / "tasks.jsonl", "--json")
    assert checked.exit_code == 3
    document = json.loads(checked.stdout)
    assert document["rows"] == {
        "lines": 3,
        "accepted": 2,
        "failed": 0,
        "not_drawn": 0,
        "left_out": 1,
    }
    bare = write(
        run.parent / "bare.jsonl", [{**TASKS[0], "references": [], "reference_scores": []}]
    )
    checked = invoke("dataset", "check", "--tasks", bare)
    assert "the task has no reference solution" in checked.output
    assert "either --pairs FILE or --tasks FILE" in invoke("dataset", "check").output


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--samples", "s"), "--samples answers tasks"),
        (("--tasks", "t", "--pairs", "p"), "--pairs belongs to pairs"),
        (("--tasks", "t", "--answers", "x"), "--answers belongs to pairs"),
        (("--tasks", "none.jsonl"), "none.jsonl does not exist"),
    ],
)
def test_options_that_do_not_fit(words: tuple[str, ...], why: str, invoke: Invoke) -> None:
    told = invoke("simulate", "-m", "native", *words)
    assert told.exit_code == 1
    assert why in told.output


def test_strict_names_the_first_bad_line(run: Path, invoke: Invoke) -> None:
    told = invoke("simulate", "-m", "native", "--strict", "--tasks", run.parent / "tasks.jsonl")
    assert "tasks.jsonl:3: the task has no test" in told.output


def test_what_generate_writes_simulate_takes(run: Path, invoke: Invoke, tmp_path: Path) -> None:
    answer = f"Sure:\n```cpp\n{FAST}```\n"
    replay = [{"problem_id": "sum", "src_code": "", "generated_answers": [answer, "none"]}]
    recorded = write(tmp_path / "replay.jsonl", replay)
    out = tmp_path / "out"
    words = ("--model", f"replay:{recorded}", "--samples", 2, "--out", out)
    told = invoke("generate", "--tasks", run.parent / "tasks.jsonl", *words)
    # The other task has no recorded answer.
    assert told.exit_code == 4, told.output
    samples = [json.loads(line) for line in (out / "samples.jsonl").read_text().splitlines()]
    assert [one["task_id"] for one in samples] == ["sum", "sum"]
    assert [one["found"] for one in samples] == ["fenced", "no_program"]
    assert samples[0]["solution"].strip() == FAST.strip()
    prompts = (out / "prompts.jsonl").read_text()
    assert "200010000" not in prompts
    told = invoke(
        "simulate",
        *("-m", "native", "--tasks", run.parent / "tasks.jsonl"),
        *("--samples", out / "samples.jsonl", "--dry-run"),
    )
    assert "2 tasks, 2 answers" in told.output
    for option in (("--pairs", "p"), ("--strategy", "cot")):
        told = invoke("generate", "--tasks", run.parent / "tasks.jsonl", *option, *words)
        assert f"{option[0]} belongs to pairs" in told.output
    assert "give either --pairs FILE or --tasks FILE" in invoke("generate", *words).output
    shown = invoke("generate", "--tasks", run.parent / "tasks.jsonl", "--dry-run")
    assert "Sum the numbers up to n." in shown.output


def test_loading_is_whole_or_not_at_all(tmp_path: Path, invoke: Invoke) -> None:
    row = {"problem_id": 1, "question": "q", "solutions": "[]"}
    good = {**row, "input_output": json.dumps({"inputs": ["1"], "outputs": ["1"]})}
    given = write(tmp_path / "apps.jsonl", [good, row, good, {**good, "problem_id": 2}])
    out = tmp_path / "tasks.jsonl"
    told = invoke("dataset", "tasks", given, "--from", "apps", "--out", out, "--json")
    assert told.exit_code == 3
    document = json.loads(told.stdout)
    assert (document["rows"], document["tasks"]) == (4, 2)
    assert [one["place"] for one in document["left_out"]] == ["line 2", "line 3"]
    assert "there is a task apps/1 already" in document["left_out"][1]["reason"]
    finished = load.run(load.Request("apps", str(given), out, limit=1), lambda *_: None)
    assert (finished.tasks, finished.as_published) == (1, False)
    before = out.read_bytes()
    bad = write(tmp_path / "bad.jsonl", [row])
    with pytest.raises(InputError, match=r"gives no task \(line 1: the field input_output"):
        load.run(load.Request("apps", str(bad), out), lambda *_: None)
    assert out.read_bytes() == before
    assert "choose one of humaneval" in invoke("dataset", "tasks", given, "--from", "x").output
