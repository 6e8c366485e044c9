"""Programs of ../shared/data with two models' answers: made into tasks with their stress tests.

    python tests/benchmarks/python_programs.py FOLDER

Writes FOLDER/tasks.jsonl and FOLDER/samples.jsonl. `pie dataset check --tasks` judges the best
solutions, `pie simulate --tasks --samples` measures. Stress inputs are those whose text and output
the data holds. Prints what was left out.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pie.core.answers.extraction import extract
from pie.core.run_folder import encode
from pie.core.tasks.samples import sample_line
from sim.program import Language

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "python_programs.jsonl"
MOST_SOLUTIONS = 3


def task_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as a task: its best solution first, then accepted ones of its source."""
    more = [one for one in row.get("solutions") or [] if one.get("passes_tests")]
    texts = [one.get("code") or one.get("solution") for one in more[:MOST_SOLUTIONS]]
    return {
        "task_id": row["task_id"],
        "language": "python",
        "prompt": row["question"],
        "references": [row["best_solution"], *(text for text in texts if text)],
        "public_tests": [
            {"input": one["input"], "output": one["output"]} for one in row["tests"][:1]
        ],
        "private_tests": [
            *({"input": one["input"], "output": one["output"]} for one in row["tests"][1:]),
            *(
                {"name": f"stress.{number}", "input": one["input"], "output": one["output"]}
                for number, one in enumerate(row["stress_tests"])
                if "input" in one and "output" in one
            ),
        ],
        "compare": {"rule": "code_contests"} if row["task_id"].startswith("cc_") else {},
    }


def samples_of(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each model's answer as a sample."""
    for model, answer in row["answers"].items():
        found = extract(answer["text"], Language.PYTHON, prompt=row["model_prompt"])
        recorded = answer["passes_tests"]
        yield sample_line(row["task_id"], found.code, model=model, recorded=recorded)


def main(folder: Path) -> None:
    rows = [json.loads(line) for line in DATA.open(encoding="utf-8")]
    folder.mkdir(parents=True, exist_ok=True)
    tasks = [task_of(row) for row in rows]
    (folder / "tasks.jsonl").write_bytes(b"".join(map(encode, tasks)))
    samples = [one for row in rows for one in samples_of(row)]
    (folder / "samples.jsonl").write_bytes(b"".join(map(encode, samples)))
    stress = sum(len(row["stress_tests"]) for row in rows)
    kept = sum("stress" in one.get("name", "") for task in tasks for one in task["private_tests"])
    known = Counter(bool(row["best_passes_tests"]) for row in rows)
    print(
        f"{len(tasks)} tasks, {sum(len(row['tests']) for row in rows)} tests, {kept} of {stress} "
        f"stress tests; best solutions that pass by the data: {known[True]}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
