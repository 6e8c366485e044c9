"""Samples: a line for each answer, with `task_id` and `solution` or `completion`, as EvalPlus has.

`solution` is a whole program; `completion` goes on where the task's prompt ends. Several lines of
one task are its samples, in the order of the file. `model`, where it is there, tells whose it is.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pie.core.plan import LeftOut
from pie.core.problem import InputError, RowProblem
from pie.core.rows import parse_object, read_lines
from pie.core.tasks.task import Answer, VisibleTask


@dataclass(frozen=True)
class Sample:
    """One line of a file of samples."""

    task_id: str
    solution: str | None
    completion: str | None
    model: str = ""

    def answer(self, task: VisibleTask) -> Answer:
        """Return the program that it is; without one an empty program, judged as `no_code`."""
        if self.solution is None and self.completion is not None:
            return Answer(task.completed(self.completion), self.model)
        return Answer(self.solution or "", self.model)


def parse_sample(data: bytes) -> Sample:
    """Check one line; RowProblem says in one sentence what is wrong with it."""
    fields = parse_object(data)
    if not isinstance(fields.get("task_id"), str | int) or isinstance(fields["task_id"], bool):
        raise RowProblem("task_id is neither a string nor an integer")
    if "solution" not in fields and "completion" not in fields:
        raise RowProblem("the sample has neither solution nor completion")
    for name in ("solution", "completion", "model"):
        if not isinstance(fields.get(name), str | None):
            raise RowProblem(f"{name} is not a string")
    return Sample(
        str(fields["task_id"]),
        fields.get("solution"),
        fields.get("completion"),
        fields.get("model") or "",
    )


def sample_line(task_id: str, solution: str | None, **more: Any) -> dict[str, Any]:
    """Return a line of a file of samples."""
    return {"task_id": task_id, "solution": solution, **more}


@dataclass
class Samples:
    """Where the samples of each task stand in a file: a few bytes for each."""

    path: Path
    offsets: dict[str, array[int]] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    sha256: str = ""
    lines: dict[str, int] = field(default_factory=dict)
    """The line of each task's first sample."""

    def answers(self, task: VisibleTask) -> tuple[Answer, ...]:
        """Return a task's answers; InputError when the file changed meanwhile."""
        return tuple(sample.answer(task) for sample in self._read(task.task_id))

    def _read(self, task_id: str) -> Iterator[Sample]:
        if task_id not in self.offsets:
            return
        try:
            with self.path.open("rb") as file:
                for offset in self.offsets[task_id]:
                    file.seek(offset)
                    yield parse_sample(file.readline().removeprefix(b"\xef\xbb\xbf"))
        except (OSError, RowProblem) as error:
            raise InputError(
                f"the samples {self.path} changed while they were measured ({error})",
                "run the command again",
            ) from error


def read_samples(path: Path, option: str = "--samples") -> Samples:
    """Read and check the lines of a file of samples. InputError when none can be used."""
    made = Samples(path)
    whole = hashlib.sha256()
    for line in read_lines(path, option):
        whole.update(line.data)
        try:
            sample = parse_sample(line.data)
        except RowProblem as problem:
            made.left_out.append(LeftOut(line.number, str(problem)))
            continue
        made.offsets.setdefault(sample.task_id, array("Q")).append(line.offset)
        made.lines.setdefault(sample.task_id, line.number)
    made.sha256 = whole.hexdigest()
    if not made.offsets:
        why = f" (line {made.left_out[0].line}: {made.left_out[0].reason})" if made.left_out else ""
        raise InputError(
            f"the file of samples {path} has no sample that can be used{why}",
            "give lines with task_id and solution or completion",
        )
    return made
