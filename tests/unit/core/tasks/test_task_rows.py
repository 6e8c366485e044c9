"""What a run writes for a task."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from pie.core.report.native_agreement import read_native
from pie.core.run_folder import encode
from pie.core.tasks.task import parse_task
from pie.core.tasks.task_plan import PlannedTask
from pie.core.tasks.task_rows import task_native_lines
from sim.agreement import Cost, Start, agreement
from sim.procedure import Outcome
from sim.verdict import Verdict

TASK = {
    "task_id": "t/1",
    "prompt": "p",
    "references": ["print(1)\n"],
    "private_tests": [{"input": "", "output": "1"}],
    "answers": ["print(1)  \n", "print(+1)\n"],
}


def test_an_answer_that_the_processor_sees_otherwise_is_named(tmp_path: Path) -> None:
    task = parse_task(json.dumps(TASK).encode())
    planned = PlannedTask(task, task.answers, [])
    odd = agreement(Cost(1.0, 1.0), Cost(1.0, 0.01), Start(), 1, 3)
    fair = agreement(Cost(1.0, 1.0), Cost(0.5, 0.5), Start(), 1, 3)
    reference = Outcome(Verdict.ACCEPTED, program_digest="a")
    outcomes = [reference, replace(reference, native=odd), replace(reference, native=fair)]
    lines = list(task_native_lines(4, planned, outcomes))
    assert [(one["kind"], one["role"], one["suspicious"]) for one in lines] == [
        ("pair", "answer_0", True),
        ("pair", "answer_1", False),
    ]
    path = tmp_path / "native.jsonl"
    path.write_bytes(b"".join(map(encode, lines)))
    read = read_native(path)
    assert read is not None
    assert (read.compared, read.eligible, read.suspicious) == (2, 2, ("row 5, t/1, answer_0",))
