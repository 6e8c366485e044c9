"""The engine's own cost a turn: many tasks of five turns from twenty programs that the store has.

    python tests/benchmarks/refinement_cost.py [TASKS]

A model that answers at once, and a machine whose results are all kept: what is left is the loop,
the prompts, the extraction, the look-ups and the files. Printed: CPU and wall milliseconds a turn,
and the driver's peak memory after each fifth of the tasks.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pie.core.models import Answer, Sampling
from pie.core.models import Request as ModelRequest
from pie.core.models.model import Event
from pie.core.prompting.prompts import Form, Prompt
from pie.core.refinement.prompting import Templates
from pie.core.refinement.strategy import load
from pie.flows.refinement.refine import plan, refine_all
from pie.flows.refinement.request import Progress, Request
from sim.machines.counts import Counts
from sim.setting import Setting

PROGRAM = """#include <cstdio>
int main() {
    int n, s = 0;
    scanf("%d", &n);
    for (volatile int i = 0; i < ROUNDS; i++) s += n;
    printf("%d\\n", n + s * 0);
}
"""


class AtOnce:
    """Answers each request with the next of the programs."""

    name = "benchmark:at-once"
    context: int | None = None
    counts = "bytes"
    parallel = "at once"
    by_row = False
    only_form = True

    def __init__(self, programs: Sequence[str]) -> None:
        self.programs = programs

    def best_form(self) -> Form:
        return Form.CHAT

    def trained_form(self) -> Form | None:
        return None

    def fingerprint(self) -> dict[str, Any]:
        return {"backend": "benchmark"}

    def count_tokens(self, prompt: Prompt) -> int:
        return len(prompt.text) // 3

    def answers(
        self, requests: Iterable[ModelRequest], sampling: Sampling
    ) -> Iterator[Sequence[Event]]:
        batch: list[Event] = []
        for one in requests:
            program = self.programs[int(one.key[:8], 16) % len(self.programs)]
            batch.append(Answer(one.key, f"Here it is:\n```cpp\n{program}```\n", "stop", 500, 200))
            if len(batch) == 64:
                yield batch
                batch = []
        if batch:
            yield batch


def main() -> None:
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    programs = [PROGRAM.replace("ROUNDS", str(10 * number)) for number in range(1, 21)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for rows in (20, tasks):  # the first run fills the store
            measure(folder, programs, rows)


def measure(folder: Path, programs: Sequence[str], tasks: int) -> None:
    pairs = folder / f"rows-{tasks}.jsonl"
    tests = [{"input": f"{n}\n", "output": f"{n}\n"} for n in (3, 4)]
    with pairs.open("w") as file:
        for number in range(tasks):
            row = {"problem_id": f"p{number}", "src_id": f"s{number}", "tgt_id": "t"}
            row |= {"src_code": programs[number % 20], "tgt_code": programs[0], "tests": tests}
            file.write(json.dumps(row) + "\n")
    strategy, templates = load("soap-unsupervised")
    request = Request(
        rows=pairs,
        templates=Templates(strategy, templates),
        model=AtOnce(programs),
        form=Form.CHAT,
        sampling=Sampling(),
        setting=Setting(Counts()),
        rounds=5,
        public=1,
        out=folder / f"run-{tasks}",
    )
    peaks: dict[int, int] = {}

    def show(progress: Progress) -> None:
        fifth = 5 * progress.done // max(1, tasks)
        peaks.setdefault(fifth, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)

    wall, cpu = time.monotonic(), time.process_time()
    done = refine_all(request, plan(request), lambda _path: None, show)
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    turns = done.summary["turns"]
    print(
        f"{tasks} tasks, {turns} turns: {1e3 * cpu / turns:.2f} ms of CPU a turn, "
        f"{1e3 * wall / turns:.2f} ms of wall clock, {wall:.0f} s in all; "
        f"peak MiB by fifth: {', '.join(map(str, peaks.values()))}; load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
