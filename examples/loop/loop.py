"""The loop, closed on a small scale: measure, train with score tags, sample, measure again.

    make loop                              about ten minutes on two cores, no GPU, no network
    python examples/loop/loop.py --toy     the same steps in a minute; its numbers mean nothing

A proof that the pipeline works, and no more: the programs are generated, the model is tiny and
starts from random weights. It asks whether the tag steers speed: on problems that were not trained
on, is what the model writes faster for 10/10 than for 1/10, and than what a model writes that was
trained on the same pairs without tags? And does speed rise with the tag from 1 to 10, for each of
five seeds of sampling? The exit code is 0 if so, 3 if not.

Every step but the making of programs and model is a command of `pie`, printed before it runs.
The same command again goes on where this one was stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import families  # noqa: E402
import table  # noqa: E402
import tiny_model  # noqa: E402

TOKENS = 48
"""Of an answer, at most; a right one has a dozen."""
PIE = [sys.executable, "-c", "from pie.cli import main; main()"]


@dataclass(frozen=True)
class Sizes:
    """How much of everything."""

    trained: int
    """Problems to train on."""
    unseen: int
    """Others to ask about."""
    samples: int
    seeds: int
    """Of sampling, for all ten tags."""
    graded: int
    """Unseen problems that are asked about with all ten tags."""
    steps: int
    width: int


FULL = Sizes(trained=48, unseen=32, samples=8, seeds=5, graded=16, steps=700, width=128)
TOY = Sizes(trained=2, unseen=2, samples=2, seeds=2, graded=2, steps=4, width=32)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/loop"), help="folder for everything")
    parser.add_argument("--machine", default="auto", help="of `pie simulate`")
    parser.add_argument("--toy", action="store_true", help="one minute, to try the steps only")
    given = parser.parse_args()
    sizes = TOY if given.toy else FULL
    out: Path = given.out
    machine = ["--machine", given.machine]
    began = time.monotonic()

    say("1. Programs composed of stages, with tests; some problems are kept unseen")
    write_programs(out, sizes)

    say("2. Measure every program to train on")
    pie("dataset", "import", out / "submissions.jsonl", "-o", out / "imported.jsonl")
    cases = ["--testcases", out / "test_cases"]
    measured = out / "measured.jsonl"
    pie("dataset", "measure", out / "imported.jsonl", *cases, "-o", measured, *machine)

    say("3. Pairs of any two solutions, tagged by how fast the second one is")
    write_pairs(measured, out / "pairs.jsonl")
    tagged = out / "tagged.jsonl"
    pie("dataset", "tag", out / "pairs.jsonl", "--among", measured, "-o", tagged)

    say("4. The same pairs as rows to train on, with and without tags")
    rows = {"tags": out / "rows.tags.jsonl", "plain": out / "rows.plain.jsonl"}
    data = ["finetune", "data", "--pairs", tagged, "--format"]
    pie(*data, "perf-conditioned", "--out", rows["tags"])
    pie(*data, "plain", "--out", rows["plain"])

    say("5. A model of random weights, trained twice: same start, steps and seed")
    base = out / "base"
    if not (base / "config.json").is_file():
        made = tiny_model.make(
            base, list(rows.values()), vocabulary=1500, width=sizes.width, layers=2
        )
        say(f"   {made:,} parameters")
    recipe = out / "recipe.yaml"
    text = (HERE / "recipe.yaml").read_text("utf-8")
    recipe.write_text(text.replace("max_steps: 700", f"max_steps: {sizes.steps}"), "utf-8")
    start = ["finetune", "run", "--config", recipe, "--model", base]
    together(
        [*start, "--train", path, "--output", out / f"model.{name}"] for name, path in rows.items()
    )

    say("6. Sample on unseen problems, and measure what was written")
    asked = {
        "10/10": ("tags", ["--strategy", "perf-conditioned", "--score", "10"]),
        "1/10": ("tags", ["--strategy", "perf-conditioned", "--score", "1"]),
        "plain": ("plain", ["--strategy", "finetuned"]),
    }
    labels = {name: name.replace("/10", "") for name in asked}
    limits = ["--samples", sizes.samples, "--temperature", "0.7", "--max-new-tokens", TOKENS]
    together(
        [
            *["generate", "--pairs", out / "unseen.jsonl", *how, *limits, "--batch-size", "256"],
            *["--model", f"hf:{out / f'model.{model}' / 'model'}"],
            *["--out", out / f"sampled.{labels[name]}"],
        ]
        for name, (model, how) in asked.items()
    )
    folders = {name: out / f"run.{label}" for name, label in labels.items()}
    for name, folder in folders.items():
        found = out / f"sampled.{labels[name]}" / "generations.jsonl"
        pie("simulate", "--pairs", found, *cases, *machine, "--out", folder)

    say("7. The same with each tag from 1 to 10")
    rows_of_tags, graded = out / "rows.graded.jsonl", out / "run.graded"
    sampling = ["--format", "perf-conditioned", "--sampling", "--limit", sizes.graded]
    tags = ",".join(map(str, table.TAGS))
    data = ["finetune", "data", "--pairs", out / "unseen.jsonl", *sampling, "--tags", tags]
    pie(*data, "--out", rows_of_tags)
    limits = ["--samples", sizes.seeds, *limits[2:]]  # sample i has the seed i
    pie(
        *["generate", "--pairs", rows_of_tags, *limits, "--batch-size", "256"],
        *["--model", f"hf:{out / 'model.tags' / 'model'}", "--out", out / "sampled.graded"],
    )
    joined = out / "graded.jsonl"
    pie("merge", out / "sampled.graded" / "generations.jsonl", "--out", joined)
    pie("simulate", "--pairs", joined, *cases, *machine, "--out", graded)

    say("8. Report")
    for folder in folders.values():
        pie("report", folder)
    pie("report", graded, "--by-tag")
    result = table.result(folders, sizes.samples, graded)
    result["seconds"] = round(time.monotonic() - began, 1)
    result["cpu_seconds"] = round(sum(os.times()[:4]), 1)
    (out / "result.json").write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    print(table.markdown(result))
    say(f"{result['seconds']:.0f} s, {result['cpu_seconds']:.0f} s of CPU; {out / 'result.json'}")
    return 0 if result["the_tag_steers_speed"] or given.toy else 3


def write_programs(out: Path, sizes: Sizes) -> None:
    """Write submissions to train on, rows to ask about, and the tests of all."""
    trained = families.problems(sizes.trained, seed=1)
    unseen = families.problems(sizes.unseen, seed=2, apart_from=trained)
    for problem in (*trained, *unseen):
        folder = out / "test_cases" / problem.id
        folder.mkdir(parents=True, exist_ok=True)
        for number, (given, expected) in enumerate(problem.tests()):
            (folder / f"input.{number}.txt").write_text(given)
            (folder / f"output.{number}.txt").write_text(expected)
    write(out / "submissions.jsonl", submissions(trained))
    write(out / "unseen.jsonl", map(row, unseen))


def submissions(problems: Sequence[families.Problem]) -> Iterable[dict[str, Any]]:
    for problem in problems:
        for number, code in enumerate(problem.solutions()):
            yield {
                "submission_id": f"{problem.id}.{number}",
                "problem_id": problem.id,
                "user_id": f"u{number}",
                "date": number,
                "language": "C++",
                "status": "Accepted",
                "code": code,
            }


def row(problem: families.Problem) -> dict[str, Any]:
    """Return a row of PIE's form: a slow program, and the fastest, which no model sees."""
    return {
        "src_id": f"{problem.id}.source",
        "tgt_id": f"{problem.id}.0",
        "problem_id": problem.id,
        "src_code": problem.source(),
        "tgt_code": problem.solutions()[0],
        "tests": list(range(len(families.INPUTS))),
    }


def write_pairs(measured: Path, out: Path) -> None:
    """Pair every two accepted solutions of a problem, faster or slower."""
    by_problem: dict[str, list[dict[str, Any]]] = {}
    for line in measured.read_text("utf-8").splitlines():
        solution = json.loads(line)
        if solution["verdict"] == "accepted":
            by_problem.setdefault(solution["problem_id"], []).append(solution)
    write(
        out,
        (
            {
                "src_id": src["submission_id"],
                "tgt_id": tgt["submission_id"],
                "problem_id": problem_id,
                "src_code": src["code"],
                "tgt_code": tgt["code"],
                "tests": src["tests"],
                "src_agg_runtime": src["agg_runtime"],
                "tgt_agg_runtime": tgt["agg_runtime"],
                "measured_on": src["measured_on"],
            }
            for problem_id, solutions in by_problem.items()
            for src in solutions
            for tgt in solutions
            if src is not tgt
        ),
    )


def write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), "utf-8")


def pie(*arguments: object) -> None:
    """Run a command of `pie`; end with its exit code if it fails."""
    ended(start(arguments))


def together(commands: Iterable[Sequence[object]]) -> None:
    """Run commands of `pie` two at a time, each on its half of the processors."""
    waiting = list(commands)
    while waiting:
        begun = [start(words, share=2) for words in waiting[:2]]
        waiting = waiting[2:]
        for one in begun:
            ended(one)


def start(arguments: Sequence[object], share: int = 1) -> subprocess.Popen[bytes]:
    words = [str(one) for one in arguments]
    say(f"$ pie {shlex.join(words)}")
    threads = max(1, len(os.sched_getaffinity(0)) // share)
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    return subprocess.Popen([*PIE, *words], stdout=sys.stderr, env=environment)


def ended(command: subprocess.Popen[bytes]) -> None:
    code = command.wait()
    if code:
        say(f"loop: that ended with exit code {code}; the same command again goes on from there")
        raise SystemExit(code)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
