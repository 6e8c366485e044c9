"""`pie refine` as a user runs it: recorded answers, real measurements, one table at the end."""

import json
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import BROKEN, FAST, SLOW, WRONG, Pie, row, sums, write_rows
from tests.e2e.pages import REPOSITORY

pytest.importorskip("tree_sitter_cpp")

MIDDLE = SLOW.replace("k < 100", "k < 10")
FILES = ("turns.jsonl", "refined.jsonl", "iterations.jsonl", "summary.json")


def fenced(program: str) -> str:
    return f"Here is a faster version:\n\n```cpp\n{program}```\n"


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    made = [row("first"), row("second", FAST), row("third", WRONG)]
    made = [{**one, "tests": sums(3, 40, 7, 11)} for one in made]
    return write_rows(tmp_path / "test.jsonl", *made)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    answers = {
        "first": [fenced(MIDDLE), "I cannot.", fenced(WRONG), fenced(FAST)],
        "second": [fenced(BROKEN), fenced(SLOW)],
        "third": [fenced(FAST)],
    }
    slow = {"first": SLOW, "second": FAST, "third": WRONG}
    lines = [row(name, slow[name], generated_answers=answers[name]) for name in answers]
    return write_rows(tmp_path / "recorded.jsonl", *lines)


def asking(rows: Path, recorded: Path, out: str, *more: str) -> list[str]:
    words = ["refine", "--pairs", str(rows), "--public", "2", "--model", f"replay:{recorded}"]
    return [*words, "--machine", "counts", "--out", out, *more]


def test_soap_from_recorded_answers_to_its_table(pie: Pie, rows: Path, recorded: Path) -> None:
    done = pie(*asking(rows, recorded, "run", "--strategy", "soap", "--json"))
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    assert document["stops"] == {**document["stops"], "exhausted": 2, "finished": 1}
    assert document["fates"] == {
        **document["fates"], "kept": 2, "no_program": 1, "wrong": 2, "not_faster": 1
    }  # fmt: skip
    correct = [one["best_at"][0]["correct"]["value"] for one in document["by_iteration"]]
    # The third row's program fails its public tests, which SOAP leaves alone.
    assert correct == [pytest.approx(2 / 3)] * 6
    speedups = [one["best_at"][0]["speedup"]["value"] for one in document["by_iteration"]]
    assert speedups[0] == 1
    assert speedups[1] < speedups[4]
    assert speedups == sorted(speedups)
    # The same numbers in PIE's form, and SOAP's own table of the same programs.
    told = json.loads(pie("report", "run", "--style", "pie", "--json").stdout)
    lines = told["parts"][0]["lines"]
    assert [one["name"] for one in lines] == [f"iteration {number}" for number in range(6)]
    assert [one["cells"]["speedup"]["value"] for one in lines] == speedups
    assert [one["cells"]["correct"]["value"] for one in lines] == correct
    told = json.loads(pie("report", "run", "--style", "soap", "--json").stdout)
    changes = told["parts"][2]["lines"][3]["cells"]
    assert changes["programs"] == 2
    before, after = (changes[f"seconds_{when}"]["value"] for when in ("before", "after"))
    assert changes["seconds_reduction"] == pytest.approx(100 * (before - after) / before)
    assert after < before


def test_the_same_bytes_again_after_kills_in_the_middle(
    pie: Pie,
    rows: Path,
    recorded: Path,
    start_pie: Callable[..., Any],
    tmp_path: Path,
) -> None:
    words = ["--strategy", "perfcodegen", "--samples", "2"]
    whole = pie(*asking(rows, recorded, "whole", *words))
    assert whole.returncode == 0, whole.stderr
    for patience in (1.0, 2.0):
        killed = start_pie(*asking(rows, recorded, "killed", *words))
        time.sleep(patience)
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait()
    again = pie(*asking(rows, recorded, "killed", *words))
    assert again.returncode == 0, again.stderr
    for name in FILES:
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert [line for line in again.stdout.splitlines() if "best@" in line] == [
        line for line in whole.stdout.splitlines() if "best@" in line
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--strategy", "sope"], "there is no strategy sope; did you mean soap?"),
        (["--strategy", "soap", "--max-cost", "1"], "--max-cost needs the prices of tokens"),
        (["--strategy", "soap", "--public", "4"], "no row of"),
        (["--strategy", "soap", "--public", "0"], "--public"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    pie: Pie, rows: Path, recorded: Path, words: list[str], message: str
) -> None:
    done = pie(*asking(rows, recorded, "run", *words))
    assert done.returncode in (1, 2)
    assert message in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


def test_what_is_refined_must_be_named(pie: Pie) -> None:
    done = pie("refine", "--strategy", "soap", "--public", "1")
    assert done.returncode == 2
    assert "give --pairs FILE, --tasks FILE, or --from RUN" in done.stderr


def test_strategies_are_listed(pie: Pie) -> None:
    done = pie("refine", "--pairs", "none.jsonl", "--strategy", "list")
    assert done.returncode == 0
    assert {line.split()[0] for line in done.stdout.splitlines()} >= {
        "soap",
        "perfcodegen",
        "sbllm",
    }


def test_tasks_from_their_first_program_on(pie: Pie, tmp_path: Path) -> None:
    slow = "def total(n):\n    s = 0\n    for i in range(n + 1):\n        s += i\n    return s\n"
    fast = "def total(n):\n    return n * (n + 1) // 2\n"
    task = {
        "task_id": "total",
        "language": "python",
        "prompt": "Add the numbers from 1 to n.",
        "entry_point": "total",
        "references": [fast],
        "public_tests": [{"args": [10], "expected": 55}],
        "private_tests": [{"args": [2000], "expected": 2001000}],
    }
    answers = [f"```python\n{text}```\n" for text in (slow, fast)]
    recorded = {"problem_id": "total", "src_code": "", "generated_answers": answers}
    tasks = write_rows(tmp_path / "tasks.jsonl", task)
    model = write_rows(tmp_path / "recorded.jsonl", recorded)
    words = ["refine", "--tasks", str(tasks), "--strategy", "soap", "--rounds", "1", "--out", "run"]
    done = pie(*words, "--model", f"replay:{model}", "--machine", "counts", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["fates"]["kept"] == 2
    ratios = [one["perfcodegen"][0]["speedup_ratio_of_sums"] for one in document["by_iteration"]]
    assert ratios[0]["value"] < 0.5
    assert ratios[1]["value"] == pytest.approx(1, rel=0.01)
    told = (tmp_path / "run" / "turns.jsonl").read_text()
    assert "total(10)" in told
    assert "2001000" not in told


def test_a_run_goes_on_from_an_earlier_ones_answers(
    pie: Pie, rows: Path, recorded: Path, tmp_path: Path
) -> None:
    words = ["generate", "--pairs", str(rows), "--samples", "1", "--out", "sampled"]
    assert pie(*words, "--model", f"replay:{recorded}").returncode == 0
    answers = ["--public", "2", "--model", f"replay:{recorded}", "--machine", "counts"]
    asked = ["refine", "--from", "sampled", "--strategy", "ecco-exec-refine", *answers]
    done = pie(*asked, "--out", "refined", "--json")
    assert done.returncode == 0, done.stderr
    first = json.loads((tmp_path / "refined/versions.jsonl").read_text().splitlines()[0])
    # ECCO's first request edits the program that the chain starts from: the sampled one.
    turn = json.loads((tmp_path / "refined/turns.jsonl").read_text().splitlines()[0])
    assert MIDDLE in turn["prompt"]
    assert first["stop"] == "finished"
    rows_too = pie(*asked, "--pairs", str(rows), "--out", "joined", "--json")
    assert rows_too.returncode == 0, rows_too.stderr
    for name in FILES:
        assert (tmp_path / "joined" / name).read_bytes() == (
            tmp_path / "refined" / name
        ).read_bytes()
    # Its rows name what was shown: the next run shows and judges by the same, without an option.
    more = ["--strategy", "perfcodegen-tips", "--rounds", "3", "--model", f"replay:{recorded}"]
    on = pie("refine", "--from", "refined", *more, "--machine", "counts", "--out", "on")
    assert on.returncode == 0, on.stderr
    assert "has no step that --rounds repeats" in on.stderr
    before, after = (
        [json.loads(line) for line in (tmp_path / name / "refined.jsonl").open()]
        for name in ("refined", "on")
    )
    for one, next_one in zip(before, after, strict=True):
        assert len(one["public_tests"]) == 2
        for name in ("public_tests", "tests"):
            assert one[name] == next_one[name]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "nothing"], "nothing does not exist; check the path given to --from"),
        (["--from", "."], "the folder . holds no answers"),
        (["--pairs", "test.jsonl", "--from", "test.jsonl"], "it has 0 answers, and --from needs"),
        (["--pairs", "test.jsonl", "--index", "."], "shows no patterns, which --index is for"),
        (["--pairs", "test.jsonl", "--max-cost", "1"], "--max-cost needs the prices of tokens"),
    ],
)
def test_what_cannot_be_refined_is_said_in_a_sentence(
    pie: Pie, rows: Path, recorded: Path, words: list[str], said: str
) -> None:
    more = ["--strategy", "soap", "--public", "2", "--model", f"replay:{recorded}"]
    done = pie("refine", *words, *more, "--machine", "counts")
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_limit_ends_a_run_and_prints_the_line_that_goes_on(
    pie: Pie, rows: Path, environment: dict[str, str]
) -> None:
    from tests.model_server import ModelServer

    with ModelServer(text=lambda _body: fenced(MIDDLE)) as server:
        environment |= {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "none"}
        words = ["refine", "--pairs", str(rows), "--public", "2", "--model", "openai:scripted"]
        words += ["--machine", "counts", "--strategy", "perfcodegen", "--out", "run"]
        ended = pie(*words, "--max-total-tokens", "200", env=environment)
        assert ended.returncode == 4, ended.stderr
        assert "ended by the limit of cost or tokens" in ended.stderr
        hint = ended.stderr.strip().splitlines()[-1].split()
        asked = len(server.bodies)
        assert hint[:2] == ["pie", "refine"]
        assert "--max-total-tokens" not in hint
        done = pie(*hint[1:], env=environment)
        assert done.returncode == 0, done.stderr
        assert len(server.bodies) > asked
        assert set(server.attempts.values()) == {1}, "nothing was asked twice"
        last = done.stdout.strip().splitlines()[-1]
        assert last.startswith("Measure the last iteration elsewhere with: pie simulate")
        again = pie(*last.partition(": pie ")[2].split(), "--machine", "counts", env=environment)
        assert again.returncode == 0, again.stderr


def test_turns_become_training_rows_by_the_next_commands(
    pie: Pie, rows: Path, recorded: Path, tmp_path: Path
) -> None:
    done = pie(*asking(rows, recorded, "run", "--strategy", "soap"))
    assert done.returncode == 0, done.stderr
    made = pie("finetune", "data", "--from", "run", "--format", "ecco-execution", "-o", "r.jsonl")
    assert made.returncode == 0, made.stderr
    (first, *_more) = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert SLOW in first["prompt"]
    assert MIDDLE in first["completion"]
    words = ["--format", "plain", "--min-ratio", "1.001", "-o", "p.jsonl"]
    made = pie("finetune", "preferences", "run", *words)
    assert made.returncode == 0, made.stderr
    chosen = [
        json.loads(line)["chosen"] for line in (tmp_path / "p.jsonl").read_text().splitlines()
    ]
    assert chosen
    assert all(WRONG not in one for one in chosen)


def test_soaps_profile_points_at_the_line_that_the_faster_version_changes(
    pie: Pie, tmp_path: Path
) -> None:
    """The example of docs/refinement.md, line by line."""
    lines = (REPOSITORY / "examples/test.jsonl").read_text().splitlines()
    (example,) = [one for one in map(json.loads, lines) if one["problem_id"] == "prime_counts"]
    pairs = write_rows(tmp_path / "one.jsonl", example)
    answer = fenced(example["tgt_code"])
    recorded = write_rows(tmp_path / "said.jsonl", {**example, "generated_answers": [answer]})
    cases = REPOSITORY / "examples/test_cases"
    words = ["--public", "10", "--strategy", "soap", "--model", f"replay:{recorded}"]
    done = pie("refine", "--pairs", pairs, "--testcases", cases, *words, "--out", "run", "--json")
    assert done.returncode == 0, done.stderr
    (turn,) = [json.loads(line) for line in (tmp_path / "run/turns.jsonl").read_text().splitlines()]
    assert turn["fate"] == "kept"
    page = (REPOSITORY / "docs/refinement.md").read_text()
    numbers, costliest = zip(*(_table(text) for text in (turn["prompt"], page)), strict=True)
    assert numbers[0] == numbers[1]
    assert costliest[0] == costliest[1] == "if (x % d == 0) return false;"
    assert costliest[0] not in example["tgt_code"]


def _table(text: str) -> tuple[list[int], str]:
    """Return the line numbers of the cost by line in a text, and the costliest line."""
    table = text.partition("The line_profiler results are:")[2].partition("The memory profiler")[0]
    rows = re.findall(r"^ +(\d+) +\d+ +([\d.]+) +[\d.]+ +[\d.]+ +(.*)$", table, re.MULTILINE)
    assert rows
    costs = {content: float(time) for _number, time, content in rows}
    return [int(number) for number, *_rest in rows], max(costs, key=costs.__getitem__)
