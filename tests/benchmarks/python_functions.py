"""Function tasks of ../shared/data with two models' answers: made into tasks, judged, compared.

    python tests/benchmarks/python_functions.py FOLDER [--stress]

Writes FOLDER/tasks.jsonl and FOLDER/samples.jsonl (`pie simulate` takes both), judges every
reference solution and every answer on the tests of the data, and compares with the verdicts that
the data holds. Measures nothing.
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
from pie.core.tasks.building import asserted_tests, head_of
from pie.core.tasks.loaders.context import Context, Loaded
from pie.core.tasks.loaders.generated import stress_calls
from pie.core.tasks.samples import read_samples, sample_line
from pie.core.tasks.task_plan import PlannedTask, plan_tasks
from pie.flows.simulate import processors
from sim import machines
from sim.paths import cache_directory
from sim.procedure import Procedure, judged
from sim.program import Language
from sim.scheduler import Scheduler
from sim.setting import Setting
from sim.store import Store
from sim.verdict import Verdict

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "python_functions.jsonl"


def task_of(row: dict[str, Any], stress: bool) -> dict[str, Any]:
    """Return a row as a task: its canonical solution first, then the best known one."""
    entry_point, reference = row["entry_point"], row["canonical_solution"]
    tests = asserted_tests(row["tests"], entry_point, "private")
    if stress:
        expressions = [one["args_expr"] for one in row["stress_tests"]]
        tests += stress_calls(expressions, reference, entry_point, Context(), Loaded())
    best = row["best_known_solution"]
    human_eval = row["dataset"] == "openai_humaneval"
    return {
        "task_id": row["task_id"],
        "language": "python",
        "prompt": row["prompt"],
        "entry_point": entry_point,
        "prelude": head_of(row["prompt"], entry_point) if human_eval else "",
        "references": [reference, *([best] if best else [])],
        "public_tests": [],
        "private_tests": tests,
    }


def samples_of(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each model's answer as a sample, with the program that is found in it."""
    for model, answer in row["answers"].items():
        found = extract(
            answer["text"],
            Language.PYTHON,
            prompt=row["model_prompt"],
            entry_point=row["entry_point"],
        )
        yield sample_line(row["task_id"], found.code, model=model, recorded=answer["passes_tests"])


def main(folder: Path, stress: bool) -> None:
    rows = [json.loads(line) for line in DATA.open(encoding="utf-8")]
    folder.mkdir(parents=True, exist_ok=True)
    tasks, samples = folder / "tasks.jsonl", folder / "samples.jsonl"
    tasks.write_bytes(b"".join(encode(task_of(row, stress)) for row in rows))
    samples.write_bytes(b"".join(encode(one) for row in rows for one in samples_of(row)))
    setting = Setting(machines.machine("native"))
    made = plan_tasks(tasks, setting.toolchain, read_samples(samples))
    recorded = {
        (one["task_id"], one["model"]): one["recorded"]
        for one in map(json.loads, samples.open(encoding="utf-8"))
    }
    known = {row["task_id"]: row for row in rows}
    pending: list[PlannedTask] = []

    def procedures() -> Iterator[Procedure]:
        for planned in made.read():
            pending.append(planned)
            yield judged(planned.programs(), planned.cases, setting)

    verdicts: dict[str, Counter[str]] = {}
    agree: Counter[str] = Counter()
    with Scheduler(Store(cache_directory() / "results.sqlite"), processors()) as scheduler:
        for outcomes in scheduler.run(procedures()):
            planned = pending.pop(0)
            task_id, references = planned.task.task_id, len(planned.task.references)
            for number, one in enumerate(outcomes[:references]):
                name = ("canonical", "best known")[number]
                verdicts.setdefault(name, Counter())[one.verdict] += 1
                if one.verdict is not Verdict.ACCEPTED:
                    field = ("canonical_passes_tests", "best_known_passes_tests")[number]
                    data = known[task_id].get(field)
                    print(f"{task_id} {name}: {one.verdict} ({one.detail}); the data says {data}")
            for answer, one in zip(planned.answers, outcomes[references:], strict=True):
                verdicts.setdefault(answer.model, Counter())[one.verdict] += 1
                passes, said = one.verdict is Verdict.ACCEPTED, recorded[task_id, answer.model]
                agree["same" if passes == said else "other"] += 1
                if passes != said:
                    print(f"{task_id} {answer.model}: {one.verdict} ({one.detail}), data {said}")
    calls = made.runs
    print(f"{made.tasks} tasks, {made.blocks} blocks of assertions, {calls} runs; {dict(agree)}")
    for name, counts in verdicts.items():
        print(name, dict(counts))


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--stress" in sys.argv[2:])
