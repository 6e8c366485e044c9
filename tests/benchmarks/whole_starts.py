"""How many measured runs need a start of their own, why, and where the tests of real programs part.

Usage: whole_starts.py PAIRS_JSONL TESTS_FOLDER PROGRAMS [MOST_TESTS]. Programs are drawn evenly
from the file. For each: whether all its tests ran from one start; the system call at which they
part; the share of its instructions that lies before it, of the first test. `counts` runs them: it
parts tests as `skylake` does, in less time. A program that meets the script's budget before its
tests part is over, and needs none. Prints a JSON object.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from collections import Counter, defaultdict
from pathlib import Path

from sim import process
from sim.compiler import build
from sim.ended import Ended
from sim.errors import SimError
from sim.limits import CompileLimits, Limits
from sim.machines.counts import Counts
from sim.machines.tool_runs import ToolRuns
from sim.program import Language, Program
from sim.toolchain import Toolchain

LIMITS, TOOLCHAIN = Limits(max_instructions=50_000_000), Toolchain()
BEGINNINGS = ("bits/stdc++.h", "iostream")
CALLS = {0: "read", 1: "write", 5: "fstat", 16: "ioctl", 231: "exit_group", 262: "newfstatat"}

whole: list[Path] = []
messages: list[tuple[str, ...]] = []


def watch() -> None:
    """Note each start of a test's own, and what a server says before its first test."""
    run, message = ToolRuns.run, process.TestServer.message

    def own(self: ToolRuns, build: object, stdin: Path, *rest: object) -> Ended:
        whole.append(stdin)
        return run(self, build, stdin, *rest)  # type: ignore[arg-type]

    def told(self: process.TestServer, guard_seconds: float) -> tuple[str, ...]:
        words = message(self, guard_seconds)
        messages.append(words)
        return words

    ToolRuns.run = own  # type: ignore[assignment,method-assign]
    process.TestServer.message = told  # type: ignore[method-assign]


def main() -> None:
    pairs, tests, wanted = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    most = int(sys.argv[4]) if len(sys.argv) > 4 else 4
    process.become_subreaper()
    watch()
    rows = [json.loads(line) for line in pairs.open()]
    sources = list(
        {row[f"{role}_code"]: row["problem_id"] for row in rows for role in ("src", "tgt")}.items()
    )
    runs = programs = 0
    causes: Counter[str] = Counter()
    parting: dict[str, Counter[str]] = defaultdict(Counter)
    shared: dict[str, list[float]] = defaultdict(list)
    for source, problem in sources[:: max(1, len(sources) // wanted)][:wanted]:
        inputs = sorted((tests / problem).glob("input.*.txt"))[:most]
        built = build(Program(Language.CPP, source), TOOLCHAIN, CompileLimits())
        if built.verdict is not None or len(inputs) < 2:
            continue
        whole.clear()
        messages.clear()
        first = None
        with Counts().start(built, LIMITS, TOOLCHAIN) as measure:
            for path in inputs:
                try:
                    run = measure(path, LIMITS)
                except SimError as error:
                    causes[f"not measured: {error}"] += 1
                    continue
                first = first or run.instructions
        programs, runs = programs + 1, runs + len(inputs)
        kind = next((one for one in BEGINNINGS if f"<{one}>" in source), "other headers")
        ready = messages[0] if messages else ()
        if ready[:1] == ("ready",):
            parting[kind][CALLS.get(int(ready[2]), ready[2])] += 1
            if first:
                shared[kind].append(int(ready[1]) / first)
        if whole:
            why = "the server ended"
            if ready[:1] == ("whole",):
                why = " ".join(ready[1:])
            causes[why] += len(whole)
            print(problem, why, len(whole), file=sys.stderr)
    print(
        json.dumps(
            {
                "load": os.getloadavg()[0],
                "programs": programs,
                "runs": runs,
                "own_starts": dict(causes),
                "share": round(sum(causes.values()) / max(1, runs), 4),
                "parts_at": parting,
                "median_share_before": {
                    kind: round(statistics.median(values), 3) for kind, values in shared.items()
                },
            }
        )
    )


if __name__ == "__main__":
    main()
