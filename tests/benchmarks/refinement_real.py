"""Every system of `pie refine` on real programs and recorded answers of real models.

    python tests/benchmarks/refinement_real.py FOLDER [--kind python|cpp] [--rows N]
        [--only STRATEGY]... [--kills N] [--machine NAME]

Function tasks with the rounds and answers that models were recorded in (LDB, Reflexion, COFFE), and
pairs of C++ programs with recorded answers, all of ../shared/data. Each strategy runs on each of
the two: once, again with nothing kept, and once more killed N times in the middle (five unless
said). Printed, a line of JSON each: how chains ended, the table by iteration, seconds of wall
clock, and whether the files of the three runs are the same bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pie.core.run_folder import encode
from pie.core.tasks.building import asserted_tests, head_of

DATA = Path(__file__).parents[2].parent / "shared" / "data"
SYSTEMS = (
    "soap",
    "perfcodegen",
    "ecco-self-refine",
    "ecco-exec-refine",
    "ecco-nl-exec-refine",
    "sbllm",
)
FILES = ("turns.jsonl", "refined.jsonl", "iterations.jsonl", "summary.json")
MEASURED = ("measured/pairs.jsonl", "measured/tasks.jsonl", "measured/measurements.jsonl")


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.open(encoding="utf-8")]


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_bytes(b"".join(map(encode, rows)))
    return path


def make_tasks(data: Path, folder: Path, most: int) -> list[str]:
    """Write function tasks and what models answered to them; return the options of `pie refine`.

    One half are tasks that models were recorded with in rounds (LDB), whose public tests are those
    that the models were shown; of several runs the one with the most rounds. The other half are
    tasks with several answers (GPT-4o, Llama, then those of Reflexion's runs), whose public tests
    are the first two. The private tests are the data set's.
    """
    functions = {one["task_id"]: one for one in lines_of(data / "python_functions.jsonl")}
    rounds: dict[str, dict[str, Any]] = {}
    for one in lines_of(data / "answers_for_replay" / "ldb_rounds.jsonl"):
        known = rounds.get(one["task_id"])
        if known is None or len(one["rounds"]) > len(known["rounds"]):
            rounds[one["task_id"]] = one
    several = {}
    for one in lines_of(data / "answers_for_replay" / "reflexion_runs.jsonl"):
        if one["task_id"] not in rounds and len(one["answers"]) > 2:
            several[one["task_id"]] = one
    tasks, recorded = [], []
    for group in (rounds, several):
        names = [name for name in group if name in functions]
        for name in names[: most // 2]:
            function, run = functions[name], group[name]
            task = _task(function, run.get("visible_tests"))
            if len(task["private_tests"]) > 0 and len(task["public_tests"]) > 0:
                tasks.append(task)
                answers = _answers(function, run)
                recorded.append({"problem_id": name, "src_code": "", "generated_answers": answers})
    write(folder / "answers.jsonl", recorded)
    return [
        *("--tasks", str(write(folder / "tasks.jsonl", tasks))),
        *("--model", f"replay:{folder / 'answers.jsonl'}"),
    ]


def _task(function: dict[str, Any], shown: Sequence[str] | None) -> dict[str, Any]:
    entry_point = function["entry_point"]
    tests = asserted_tests(function["tests"], entry_point, "private")
    public = tests[:2]
    if shown is not None:
        public = asserted_tests("\n".join(shown), entry_point, "public")
    human_eval = function["dataset"] == "openai_humaneval"
    return {
        "task_id": function["task_id"],
        "language": "python",
        "prompt": function["prompt"],
        "entry_point": entry_point,
        "prelude": head_of(function["prompt"], entry_point) if human_eval else "",
        "references": [function["canonical_solution"]],
        "public_tests": public,
        "private_tests": tests if shown is not None else tests[2:],
    }


def _answers(function: dict[str, Any], run: dict[str, Any]) -> list[str]:
    if "rounds" in run:
        return [*(one["answer"] for one in run["rounds"]), run["final_answer"]]
    written = [one["answer"] for one in run["answers"]]
    head = f"def {function['entry_point']}"
    whole = [text if head in text else run["prompt"] + text for text in written]
    return [*(one["text"] for one in function["answers"].values()), *whole]


def make_pairs(data: Path, folder: Path, most: int) -> list[str]:
    """Write rows of C++ programs with more than one test; return the options of `pie refine`.

    The file is its own recording: turn t takes the row's answer t.
    """
    rows = [one for one in lines_of(data / "cpp_generations.jsonl") if len(one["tests"]) > 1]
    pairs = write(folder / "pairs.jsonl", rows[:most])
    return [
        *("--pairs", str(pairs), "--testcases", str(data / "test_cases"), "--public", "1"),
        *("--model", f"replay:{pairs}"),
    ]


class Runs:
    """Runs of `pie refine`, each with a cache that its name tells."""

    def __init__(self, folder: Path, rows: Sequence[str], strategy: str) -> None:
        self._folder = folder
        self._words = ["refine", *rows, "--strategy", strategy]

    def start(self, name: str, *more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", "from pie.cli import main; main()", *self._words]
        cache = self._folder.parent / f"cache-{name}"
        return subprocess.Popen(
            [*command, "--out", str(self._folder / name), *more],
            env={**os.environ, "PIE_CACHE": str(cache)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def whole(self, name: str) -> tuple[dict[str, Any], float]:
        """Run to the end; return what it printed, and its seconds."""
        begin = time.monotonic()
        process = self.start(name, "--json")
        out, err = process.communicate()
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(self._words)} ended with {process.returncode}: {err}")
        document: dict[str, Any] = json.loads(out)
        return document, time.monotonic() - begin

    def killed(self, name: str, times: int, seconds: float) -> int:
        """Kill a run at random moments within `seconds`, then finish it; return the kills."""
        chance, kills = random.Random(f"{self._words}"), 0
        for _time in range(times):
            process = self.start(name)
            time.sleep(chance.uniform(0.05, 0.3) * seconds)
            if process.poll() is None:
                kills += 1
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        self.whole(name)
        return kills

    def bytes_of(self, name: str) -> dict[str, bytes]:
        """Return the files that answers and measurements decide alone."""
        paths = {one: self._folder / name / one for one in (*FILES, *MEASURED)}
        return {one: path.read_bytes() for one, path in paths.items() if path.exists()}


def try_one(folder: Path, rows: Sequence[str], strategy: str, kills: int) -> dict[str, Any]:
    """Run a strategy three times; return what is printed of it."""
    runs = Runs(folder, rows, strategy)
    document, seconds = runs.whole("whole")
    _again, seconds_again = runs.whole("again")
    done = runs.killed("killed", kills, seconds_again)
    expected = runs.bytes_of("whole")
    assert len(expected) == len(FILES) + 2
    return {
        "strategy": strategy,
        "rows": folder.parent.name,
        "tasks": document["tasks"],
        "turns": document["turns"],
        "stops": {name: number for name, number in document["stops"].items() if number},
        "fates": {name: number for name, number in document["fates"].items() if number},
        "profiles_missing": document["profiles_missing"],
        "correct": [_value(one["best_at"][-1]["correct"]) for one in document["by_iteration"]],
        "speedup": [_value(one["best_at"][-1]["speedup"]) for one in document["by_iteration"]],
        "seconds": round(seconds, 1),
        "seconds_from_nothing": round(seconds_again, 1),
        "same_again": expected == runs.bytes_of("again"),
        "killed": done,
        "same_after_kills": expected == runs.bytes_of("killed"),
    }


def _value(estimate: dict[str, Any] | None) -> float | None:
    return None if estimate is None else round(estimate["value"], 4)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--only", action="append", choices=SYSTEMS)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--kind", action="append", choices=("python", "cpp"))
    parser.add_argument("--machine", default="auto")
    asked = parser.parse_args()
    makers = {"python": make_tasks, "cpp": make_pairs}
    for kind in asked.kind or makers:
        folder = asked.folder.absolute() / kind
        folder.mkdir(parents=True, exist_ok=True)
        rows = [*makers[kind](DATA, folder, asked.rows), "--machine", asked.machine]
        for strategy in asked.only or SYSTEMS:
            print(json.dumps(try_one(folder / strategy, rows, strategy, asked.kills)), flush=True)


if __name__ == "__main__":
    main()
