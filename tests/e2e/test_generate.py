"""Sampling by the command line: nothing lost, nothing asked twice, and the numbers from it."""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import FAST, SLOW, WRONG, Pie, Row, row, sums, write_rows
from tests.model_server import Fault, ModelServer, injected

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    kept = {name: text for name, text in environment.items() if "OPENAI" not in name}
    return {**kept, "OPENAI_API_KEY": "sk-secret-of-the-test"}


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def rows(number: int) -> list[Row]:
    return [row(f"p{at}", slow=SLOW + f"// {at}\n") for at in range(number)]


def fenced(code: str) -> str:
    return f"It doesn't need a loop:\n\n```cpp\n{code}```\nHope it helps!"


@pytest.mark.slow
@pytest.mark.prove
def test_a_thousand_requests_survive_faults_and_a_kill_and_each_is_answered_once(
    pie: Pie, start_pie: Start, tmp_path: Path
) -> None:
    pairs = write_rows(tmp_path / "test.jsonl", *rows(125))
    with ModelServer(fault=injected) as server:
        command = (
            *("generate", "--pairs", pairs, "--model", "openai:m", "--base-url", server.url),
            *("--samples", 8, "--concurrency", 64, "--timeout", 5, "--out", tmp_path / "run"),
        )
        killed = start_pie(*command)
        answers = tmp_path / "run" / "answers.jsonl"
        deadline = time.monotonic() + 6000
        while not answers.exists() or answers.read_bytes().count(b"\n") < 300:
            assert time.monotonic() < deadline
            assert killed.poll() is None, killed.communicate()
            time.sleep(0.02)
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
        kept = answers.read_bytes()
        assert not (tmp_path / "run" / "generations.jsonl").exists()
        whole = kept[: kept.rindex(b"\n") + 1]
        answers.write_bytes(whole + b'{"key": "0123')  # as a kill within a write leaves it
        done = pie(*command)
    assert done.returncode == 0, done.stderr
    stored = answers.read_bytes()
    assert stored.startswith(whole), "what was on the disk is still there"
    records = lines_of(answers)
    assert len(records) == 1000
    assert len({one["key"] for one in records}) == 1000
    assert Counter(one["sample"] for one in records) == dict.fromkeys(range(8), 125)
    asked = [name for name, times in server.answered.items() if times > 1]
    assert len(asked) <= 64 + 50, "only what was under way at the kill, or late, is asked again"
    made = lines_of(tmp_path / "run" / "generations.jsonl")
    assert [one["src_id"] for one in made] == [f"p{at}-slow" for at in range(125)]
    names = [line for one in made for line in one["generated_answers"]]
    assert len(set(names)) == 1000, "each has the answer to its own prompt and seed"
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert (summary["tokens_in"], summary["tokens_out"]) == (100_000, 20_000)
    everything = b"".join(one.read_bytes() for one in (tmp_path / "run").iterdir())
    assert b"sk-secret" not in everything


def test_an_interrupted_run_says_how_to_go_on(start_pie: Start, pie: Pie, tmp_path: Path) -> None:
    pairs = write_rows(tmp_path / "test.jsonl", *rows(4))
    slow = Fault(delay_seconds=60)
    stopped = []
    with ModelServer(
        fault=lambda body, _n: slow if body["seed"] and not stopped else None
    ) as server:
        command = (
            *("generate", "--pairs", pairs, "--model", "openai:m", "--base-url", server.url),
            *("--samples", 2, "--out", "run"),
        )
        running = start_pie(*command)
        deadline = time.monotonic() + 600
        while len(server.answered) < 4:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.5)
        running.send_signal(signal.SIGINT)
        _out, err = running.communicate(timeout=300)
        assert running.returncode == 130
        assert "every answer is kept in run. Go on with:" in err
        stopped.append(True)
        assert pie(*command).returncode == 0
    assert len(lines_of(tmp_path / "run" / "answers.jsonl")) == 8
    assert set(server.answered.values()) == {1}


def test_replayed_answers_measured_and_reported_give_the_numbers_counted_by_hand(
    pie: Pie, tmp_path: Path
) -> None:
    """Four problems, two samples each.

    a: a wrong one, then the fast one: optimised at 2, not at 1. b: the fast one, then prose.
    c: the slow one itself, then an empty answer: correct, not faster. d: nothing is right.
    """
    answers = {
        "a": [fenced(WRONG), fenced(FAST)],
        "b": [FAST, "I cannot make it faster."],
        "c": [fenced(SLOW), ""],
        "d": [fenced("int main() { return undeclared; }\n"), "```cpp\nint main() {\n"],
    }
    made = [row(name, tests=sums(5, 300)) for name in answers]
    pairs = write_rows(tmp_path / "test.jsonl", *made)
    recorded = write_rows(
        tmp_path / "recorded.jsonl",
        *({**one, "generated_answers": answers[one["problem_id"]]} for one in made),
    )
    generated = pie(
        *("generate", "--pairs", pairs, "--model", f"replay:{recorded}", "--samples", 2),
        *("--out", "sampled", "--json"),
    )
    assert generated.returncode == 0, generated.stderr
    found = json.loads(generated.stdout)["found"]
    assert {name: times for name, times in found.items() if times} == {
        "fenced": 4,
        "whole": 1,
        "empty": 1,
        "no_program": 1,
        "incomplete": 1,
    }
    measured = pie("simulate", "--pairs", "sampled/generations.jsonl", "--out", "run", "--json")
    assert measured.returncode == 0, measured.stderr
    result = {one["problem_id"]: one for one in json.loads(measured.stdout)["pairs"]}
    verdicts = {
        name: [generation["verdict"] for generation in one["generations"]]
        for name, one in result.items()
    }
    assert verdicts == {
        "a": ["wrong_answer", "accepted"],
        "b": ["accepted", "no_code"],
        "c": ["accepted", "no_code"],
        "d": ["compile_error", "no_code"],
    }
    report = json.loads(pie("report", "run", "--json").stdout)
    first, second = report["best_at"]
    speedup = result["b"]["speedup"]
    assert speedup > 1.1
    assert first["optimised"]["value"] == 1 / 4
    assert second["optimised"]["value"] == 2 / 4
    assert first["correct"]["value"] == 2 / 4
    assert second["correct"]["value"] == 3 / 4
    assert first["speedup"]["value"] == pytest.approx((1 + speedup + 1 + 1) / 4)
    assert second["speedup"]["value"] == pytest.approx((speedup + speedup + 1 + 1) / 4)


def test_a_model_that_does_not_answer_is_one_sentence(pie: Pie, tmp_path: Path) -> None:
    pairs = write_rows(tmp_path / "test.jsonl", *rows(2))
    done = pie(
        *("generate", "--pairs", pairs, "--model", "openai:m", "--out", "run"),
        *("--base-url", "http://127.0.0.1:9/v1"),
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("pie: the model openai:m answered nothing (no c")


def test_rows_without_all_answers_are_not_measured_but_named_and_asked_again(
    pie: Pie, tmp_path: Path
) -> None:
    pairs = write_rows(tmp_path / "test.jsonl", *rows(3))
    broken = [True]

    def one_bad(body: dict[str, Any], _attempt: int) -> Fault | None:
        bad = broken[0] and "// 1\n" in body["messages"][1]["content"] and body["seed"] == 1
        return Fault(status=400, body=b'{"error": {"message": "filtered"}}') if bad else None

    with ModelServer(fault=one_bad) as server:
        command = (
            *("generate", "--pairs", pairs, "--model", "openai:m", "--base-url", server.url),
            *("--samples", 2, "--out", "run"),
        )
        done = pie(*command)
        assert done.returncode == 4
        assert "no answer: HTTP 400: filtered (1 request)" in done.stderr
        made = lines_of(tmp_path / "run" / "generations.jsonl")
        assert [one["problem_id"] for one in made] == ["p0", "p2"]
        (missing,) = lines_of(tmp_path / "run" / "unanswered.jsonl")
        assert (missing["problem_id"], missing["answers_missing"]) == ("p1", 1)
        broken[0] = False
        assert pie(*command).returncode == 0
    assert len(lines_of(tmp_path / "run" / "generations.jsonl")) == 3
    assert sum(server.answered.values()) == 6, "the five that were there are not asked again"


def test_a_prompt_beyond_the_context_is_counted_as_no_code_with_its_reason(
    pie: Pie, tmp_path: Path
) -> None:
    made = [row("short"), row("long", slow=SLOW + "// padding\n" * 2000)]
    pairs = write_rows(tmp_path / "test.jsonl", *made)
    with ModelServer() as server:
        done = pie(
            *("generate", "--pairs", pairs, "--model", "openai:m", "--base-url", server.url),
            *("--samples", 2, "--context", 2000, "--out", "run"),
        )
    assert done.returncode == 0, done.stderr
    assert "1 row whose prompt exceeds 976 tokens even without examples" in done.stderr
    assert sum(server.attempts.values()) == 2, "it was not sent"
    _short, long = lines_of(tmp_path / "run" / "generations.jsonl")
    assert long["generated_answers"] == [None, None]
    assert [one["found"] for one in long["sampling"]["samples"]] == ["prompt_too_long"] * 2


def test_another_configuration_does_not_get_into_a_runs_folder(pie: Pie, tmp_path: Path) -> None:
    pairs = write_rows(tmp_path / "test.jsonl", row("a"))
    recorded = write_rows(tmp_path / "r.jsonl", row("a", generated_answers=[FAST, FAST, FAST]))
    command = ("generate", "--pairs", pairs, "--model", f"replay:{recorded}", "--out", "run")
    assert pie(*command, "--samples", 2).returncode == 0
    other = pie(*command, "--samples", 2, "--temperature", 0.2)
    assert other.returncode == 1
    assert "setting.sampling.temperature: " in other.stderr
    assert pie(*command, "--samples", 3).returncode == 0, "more samples only add to it"
    (made,) = lines_of(tmp_path / "run" / "generations.jsonl")
    assert len(made["generated_answers"]) == 3
    assert len(lines_of(tmp_path / "run" / "answers.jsonl")) == 3
