"""What a run writes for a task: its programs with their results, and a line a program and test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pie.core.result_rows import measurement_line
from pie.core.tasks.task_plan import PlannedTask
from sim.procedure import Outcome, TestOutcome
from sim.verdict import Verdict

KEPT = ("reference_scores", "hardness", "counts_in_enamel")
"""What a task says for the reports of EvalPerf and ENAMEL; stands in its row as it was read."""


def task_row(planned: PlannedTask, outcomes: Sequence[Outcome], machine: str) -> dict[str, Any]:
    """Return a task with the results of its reference solutions and its answers.

    Times are simulated (or measured) seconds summed over the task's tests, null unless accepted on
    all. `speedup` is the first reference against the program.
    """
    task, tests = planned.task, len(planned.cases)
    references = len(task.references)
    first = outcomes[0] if references else None
    return {
        "task_id": task.task_id,
        "language": task.language.value,
        "entry_point": task.visible.entry_point,
        "tests": tests,
        "public_tests": len(task.visible.tests.tests),
        "private_tests": len(task.private.tests),
        **{name: task.fields[name] for name in KEPT if name in task.fields},
        "references": [_program(one, first, tests) for one in outcomes[:references]],
        "answers": [
            {"sample": number, "model": answer.model, **_program(one, first, tests)}
            for number, (answer, one) in enumerate(
                zip(planned.answers, outcomes[references:], strict=True)
            )
        ],
        "measured_on": machine,
    }


def _program(one: Outcome, reference: Outcome | None, tests: int) -> dict[str, Any]:
    return {
        "program": one.program_digest,
        "verdict": one.verdict.value,
        "detail": one.detail,
        "seconds": one.seconds,
        "cycles": one.cycles,
        "instructions": instructions(one),
        "tests_passed": sum(test.verdict is Verdict.ACCEPTED for test in one.tests),
        "tests": tests,
        "speedup": None if reference is None else _speedup(reference, one),
    }


def instructions(one: Outcome) -> int | None:
    """Sum of the instructions over all tests; None unless accepted, where they are counted."""
    counted = [test.run.instructions for test in one.tests if test.run is not None]
    numbers = [number for number in counted if number is not None]
    if one.verdict is not Verdict.ACCEPTED or not numbers or len(numbers) != len(one.tests):
        return None
    return sum(numbers)


def _speedup(reference: Outcome, one: Outcome) -> float | None:
    if reference.cycles and one.cycles:
        return reference.cycles / one.cycles
    if reference.seconds and one.seconds:
        return reference.seconds / one.seconds
    return None


def roles(planned: PlannedTask) -> list[str]:
    """Return what each program of a task is there: `reference_0`, `answer_0`."""
    references = [f"reference_{k}" for k in range(len(planned.task.references))]
    return [*references, *(f"answer_{k}" for k in range(len(planned.answers)))]


def new_programs(
    planned: PlannedTask, outcomes: Sequence[Outcome]
) -> Iterator[tuple[str, Outcome]]:
    """Yield the distinct programs of a task with the first role that each has."""
    written: set[str] = set()
    for role, one in zip(roles(planned), outcomes, strict=True):
        if one.program_digest not in written:
            written.add(one.program_digest)
            yield role, one


def task_measurements(
    planned: PlannedTask, outcomes: Sequence[Outcome]
) -> Iterator[dict[str, Any]]:
    """Yield a line for each distinct program of a task and each of its tests."""
    for role, one in new_programs(planned, outcomes):
        about = {
            "task_id": planned.task.task_id,
            "program": one.program_digest,
            "role": role,
            "language": planned.task.language.value,
            "binary": one.build.digest if one.build is not None else "",
        }
        if not one.tests:
            nothing = measurement_line(TestOutcome("", one.verdict, one.detail))
            yield {**about, **nothing, "test": None}
        for test in one.tests:
            yield {**about, **measurement_line(test)}


def task_native_lines(
    number: int, planned: PlannedTask, outcomes: Sequence[Outcome]
) -> Iterator[dict[str, Any]]:
    """Yield what the host's processor says of each run, and of each program against the reference.

    The lines of `native.jsonl`; `number` is the task's in the order of the file, from 0 on.
    """
    for _role, one in new_programs(planned, outcomes):
        for test in one.tests:
            yield {
                "kind": "run",
                "task_id": planned.task.task_id,
                "program": one.program_digest,
                "test": test.test,
                "native_cpu_seconds": test.native_seconds,
                "peak_memory_bytes": test.peak_bytes or None,
                "host_seconds": test.run.host_seconds if test.run else None,
            }
    for role, one in zip(roles(planned), outcomes, strict=True):
        if one.native is not None:
            yield {
                "kind": "pair",
                "row": number,
                "problem_id": planned.task.task_id,
                "role": role,
                "program": one.program_digest,
                **one.native.as_dict(),
            }
