"""Recorded answers of two models as tasks and samples, for every style of `pie report`.

    python tests/benchmarks/task_styles.py FOLDER [--sample N] [--seed S]

Of ../shared/data it writes into FOLDER, each with its samples:

    functions.jsonl   tests and two stress tests of each function; canonical and faster references
    levels.jsonl      ENAMEL's inputs: two of level 0, one each of levels 1 to 3
    programs.jsonl    programs on standard input with up to five tests and two stress tests

With --sample, N tasks of each, drawn by the seed. Measure with `pie simulate --tasks
FOLDER/X.jsonl --samples FOLDER/X_samples.jsonl`, then `pie report RUN --style STYLE`.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import python_functions

from pie.core.answers.extraction import extract
from pie.core.problem import RowProblem
from pie.core.run_folder import encode
from pie.core.tasks.building import asserted_tests, head_of
from pie.core.tasks.loaders.context import Context, Loaded
from pie.core.tasks.loaders.generated import enamel, stress_calls
from pie.core.tasks.samples import sample_line
from sim.program import Language

DATA = Path(__file__).parents[2].parent / "shared" / "data"
STRESS = 2
TESTS = 5
REFERENCES = 5
LEVELS = ("level.0.0", "level.0.1", "level.1.0", "level.2.0", "level.3.0")
Row = dict[str, Any]


def function(row: Row) -> Row:
    """Return a function with its tests, stress tests and all solutions that the data has."""
    entry_point, reference = row["entry_point"], row["canonical_solution"]
    others = [one["code"] for one in row.get("other_solutions") or []]
    fine = [one["args_expr"] for one in row["stress_tests"] if not one.get("canonical_failed")]
    tests = asserted_tests(row["tests"], entry_point, "private")
    tests += stress_calls(fine[:STRESS], reference, entry_point, Context(), Loaded())
    # ENAMEL's references for two tasks fail the tests by another reading of the task.
    best = row["best_known_solution"] if row.get("best_known_passes_tests") else None
    human_eval = row["dataset"] == "openai_humaneval"
    return {
        "task_id": row["task_id"],
        "language": "python",
        "prompt": row["prompt"],
        "entry_point": entry_point,
        "prelude": head_of(row["prompt"], entry_point) if human_eval else "",
        "references": list(dict.fromkeys([reference, *([best] if best else []), *others])),
        "public_tests": [],
        "private_tests": tests,
    }


def levels(row: Row) -> Row | None:
    """Return a function with ENAMEL's inputs by level; None where they are too large."""
    if not row.get("enamel"):
        return None
    helpers = (DATA / "other" / "enamel_datautils.py.txt").read_text("utf-8")
    given = {
        **row["enamel"],
        "task_id": row["task_id"],
        "prompt": row["prompt"],
        "entry_point": row["entry_point"],
        "input_levels": str(row["enamel"]["input_levels"]),
        "reference_solution": row["best_known_solution"],
    }
    try:
        task = enamel(given, Context(helpers=helpers, largest=2_000_000)).task
    except RowProblem as problem:
        print(f"{row['task_id']}: no levels ({problem})")
        return None
    assert task is not None
    task["private_tests"] = [one for one in task["private_tests"] if one["name"] in LEVELS]
    if len(task["private_tests"]) < len(LEVELS):
        print(f"{row['task_id']}: {len(task['private_tests'])} of {len(LEVELS)} levels' inputs")
    return task


def program(row: Row) -> Row | None:
    """Return a program on standard input with its tests; None where it has none."""
    best = row["best_solution"]
    people = [one["code"] for one in row.get("solutions") or [] if one.get("passes_tests", True)]
    tests = [
        {"name": f"private.{number}", "input": one["input"], "output": one["output"]}
        for number, one in enumerate(row["tests"][:TESTS])
    ]
    whole = [one for one in row["stress_tests"] if one.get("input") and one.get("output")]
    tests += [
        {"name": f"stress.{number}", "input": one["input"], "output": one["output"]}
        for number, one in enumerate(whole[:STRESS])
    ]
    if not tests:
        return None
    task = {
        "task_id": row["task_id"],
        "language": "python",
        "prompt": row["question"],
        "references": list(dict.fromkeys([best, *people]))[:REFERENCES],
        "public_tests": [],
        "private_tests": tests,
    }
    if row["dataset"] == "deepmind/code_contests":
        task["compare"] = {"rule": "code_contests"}
    return task


def program_samples(row: Row) -> Iterator[Row]:
    """Yield each model's answer to a program's task as a sample."""
    for model, answer in row["answers"].items():
        found = extract(answer["text"], Language.PYTHON, prompt=row["model_prompt"])
        yield sample_line(row["task_id"], found.code, model=model)


SETS: dict[str, tuple[str, Callable[[Row], Row | None], Callable[[Row], Iterator[Row]]]] = {
    "functions": ("python_functions.jsonl", function, python_functions.samples_of),
    "levels": ("python_functions.jsonl", levels, python_functions.samples_of),
    "programs": ("python_programs.jsonl", program, program_samples),
}


def main() -> None:
    words = argparse.ArgumentParser(description="Make tasks and samples for the styles of reports.")
    words.add_argument("folder", type=Path)
    words.add_argument("--sample", type=int, default=0, help="so many tasks of each; 0: all")
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    given = words.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for name in given.sets:
        file, make, answers = SETS[name]
        rows = [json.loads(line) for line in (DATA / file).open(encoding="utf-8")]
        made = {}
        if given.sample:
            usable = [row for row in rows if name != "levels" or row.get("enamel")]
            rows = random.Random(given.seed).sample(usable, min(given.sample, len(usable)))
        for row in rows:
            task = make(row)
            if task is not None:
                made[row["task_id"]] = task
        (given.folder / f"{name}.jsonl").write_bytes(b"".join(map(encode, made.values())))
        lines = [one for row in rows if row["task_id"] in made for one in answers(row)]
        (given.folder / f"{name}_samples.jsonl").write_bytes(b"".join(map(encode, lines)))
        print(f"{name}: {len(made)} tasks, {len(lines)} samples")


if __name__ == "__main__":
    main()
