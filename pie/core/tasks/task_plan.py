"""Reads a file of tasks before anything is measured: which can be used, how much work they are."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from pie.core.plan import LeftOut
from pie.core.problem import InputError, RowProblem
from pie.core.rows import read_lines
from pie.core.tasks.samples import Samples
from pie.core.tasks.task import Answer, Task, parse_task
from pie.core.tasks.task_cases import cases_of
from sim.program import Language, Program, TestCase, TestKind, digest_of
from sim.toolchain import Toolchain


@dataclass(frozen=True)
class PlannedTask:
    """A task with its programs and tests, as they are measured."""

    task: Task
    answers: tuple[Answer, ...]
    cases: list[TestCase]

    def programs(self) -> list[Program]:
        """Return the reference solutions, then the answers."""
        visible = self.task.visible
        texts = [*self.task.references, *(one.solution for one in self.answers)]
        return [visible.program(text) for text in texts]


@dataclass
class TaskPlan:
    """What a file of tasks holds, and the samples of its tasks."""

    path: Path
    toolchain: Toolchain
    samples: Samples | None = None
    sha256: str = ""
    tests_digest: str = ""
    offsets: array[int] = field(default_factory=lambda: array("Q"))
    """Where each usable task begins."""
    lines: array[int] = field(default_factory=lambda: array("Q"))
    """The line of each."""
    left_out: list[LeftOut] = field(default_factory=list)
    lost_samples: list[LeftOut] = field(default_factory=list)
    """Samples of no task of the file, and lines that are none."""
    programs: int = 0
    """Distinct programs."""
    runs: int = 0
    """Distinct (program, test)."""
    languages: list[Language] = field(default_factory=list)
    answers: int = 0
    without_reference: int = 0
    blocks: int = 0
    """Tests that are blocks of assertions."""
    calls: int = 0
    """Tests that are no text on standard input, blocks among them."""

    @property
    def tasks(self) -> int:
        """Number of usable tasks."""
        return len(self.offsets)

    def read(self) -> Iterator[PlannedTask]:
        """Yield the usable tasks again, in order; InputError when the file changed meanwhile."""
        try:
            with self.path.open("rb") as file:
                for offset in self.offsets:
                    file.seek(offset)
                    yield self._planned(file.readline().removeprefix(b"\xef\xbb\xbf"))
        except (OSError, RowProblem) as error:
            raise InputError(
                f"the file of tasks {self.path} changed while it was measured ({error})",
                "run the command again",
            ) from error

    def _planned(self, line: bytes) -> PlannedTask:
        task = parse_task(line)
        answers = task.answers if self.samples is None else self.samples.answers(task.visible)
        return PlannedTask(task, answers, cases_of(task, self.toolchain))


def plan_tasks(
    path: Path, toolchain: Toolchain, samples: Samples | None = None, limit: int | None = None
) -> TaskPlan:
    """Read and check the lines of a file of tasks. InputError when no task can be used.

    With a limit, the file is taken to end after that many lines that are not blank. A task that
    cannot be used is left out, and so is a sample that belongs to no task.
    """
    made = TaskPlan(path, toolchain, samples)
    whole, tests = hashlib.sha256(), hashlib.sha256()
    seen: dict[str, int] = {}
    programs: set[str] = set()
    lines = 0
    for line in islice(read_lines(path, "--tasks"), limit):
        lines += 1
        whole.update(line.data)
        try:
            planned = made._planned(line.data)
            task_id = planned.task.task_id
            if task_id in seen:
                raise RowProblem(f"the task {task_id} stands on line {seen[task_id]} already")
        except RowProblem as problem:
            made.left_out.append(LeftOut(line.number, str(problem)))
            continue
        seen[task_id] = line.number
        made.offsets.append(line.offset)
        made.lines.append(line.number)
        identities = [case.identity for case in planned.cases]
        tests.update(digest_of(identities).encode())
        _count(planned, made, programs)
    made.sha256, made.tests_digest = whole.hexdigest(), tests.hexdigest()
    made.programs = len(programs)
    _refuse_nothing(made, lines)
    if samples is not None:
        made.lost_samples = _lost(samples, None if limit else seen)
    return made


def _count(planned: PlannedTask, made: TaskPlan, programs: set[str]) -> None:
    task = planned.task
    own = {program.digest for program in planned.programs()}
    programs |= own
    made.runs += len(own) * len(planned.cases)
    made.answers += len(planned.answers)
    made.without_reference += not task.references
    made.calls += sum(case.kind is not TestKind.STDIN for case in planned.cases)
    made.blocks += sum(case.kind.value == "block" for case in planned.cases)
    if task.language not in made.languages:
        made.languages.append(task.language)


def _refuse_nothing(made: TaskPlan, lines: int) -> None:
    if lines == 0:
        raise InputError(
            f"the file of tasks {made.path} is empty", "give a JSONL file with a task a line"
        )
    if made.tasks == 0:
        first = made.left_out[0]
        raise InputError(
            f"no task of {made.path} can be used (line {first.line}: {first.reason})",
            "mend the tasks (docs/tasks.md)",
        )


def _lost(samples: Samples, tasks: dict[str, int] | None) -> list[LeftOut]:
    """Return the samples that cannot be used; of an unknown task the first stands for all.

    None: not all tasks were read, so that none is known to be unknown.
    """
    lost = list(samples.left_out)
    for task_id, offsets in samples.offsets.items():
        if tasks is not None and task_id not in tasks:
            more = f" ({len(offsets)} samples)" if len(offsets) > 1 else ""
            reason = f"there is no task {task_id[:80]!r}{more}"
            lost.append(LeftOut(samples.lines[task_id], reason))
    return sorted(lost, key=lambda one: one.line)
