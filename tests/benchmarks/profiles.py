"""Profiles of real programs: is the costliest line changed in the faster version, and at what cost.

usage: profiles.py DATA [PAIRS [MACHINE [MILLIONS]]]

DATA holds python_pairs.jsonl, python_pairs_coffe.jsonl, pairs.jsonl and test_cases/. Of each file
the first PAIRS (10) rows count whose source takes 1 to MILLIONS (30) million instructions on the
row's costliest such test (C++: on the test that the data names), and whose target is at least 1.3
times as fast there. Of each source the lines are profiled on that test on MACHINE (skylake). The
costliest line is the one with the most cost of its own. It counts as changed if a diff deletes or
replaces it, or indents it otherwise. Beside it stands which share of all lines that were executed
is changed: what a line chosen at random would hit. Seconds are wall time with the build, the less
of two of each, a measured run and a profile in turn: a profile of C++ builds the program anew, with
debug information.
"""

from __future__ import annotations

import difflib
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim import compiler
from sim.errors import SimError
from sim.machine import Machine
from sim.machines.counts import Counts
from sim.machines.skylake import Skylake
from sim.profile import Profile, profile
from sim.program import Build, Language, Program, TestCase
from sim.setting import Setting
from sim.verdict import Verdict

FILES = {
    "python_pairs.jsonl": Language.PYTHON,
    "python_pairs_coffe.jsonl": Language.PYTHON,
    "pairs.jsonl": Language.CPP,
}
LEAST = 1_000_000
FASTER = 1.3
TIMES = 2


@dataclass(frozen=True)
class Chosen:
    """A pair whose target is faster, and the test on which that shows."""

    row: dict[str, Any]
    program: Program
    build: Build
    test: TestCase


def count(program: Program, path: Path, setting: Setting, most: int) -> int | None:
    build = compiler.build(program, setting.toolchain, setting.compile_limits)
    if build.verdict is not None:
        return None
    limits = setting.bounded(most).limits
    try:
        run = Counts().measure(build, path, limits, setting.toolchain)
    except SimError:
        return None
    return run.cycles if run.verdict is Verdict.ACCEPTED else None


def promising(row: dict[str, Any], most: int) -> bool:
    """Tell whether a row may do by the counts that the data has of it, if it has any."""
    if "ref_ir_test" not in row:
        return True
    source, target = row["ref_ir_src"], row["ref_ir_tgt"]
    return bool(LEAST <= source <= most and source >= FASTER * target)


def chosen(data: Path, name: str, setting: Setting, most: int) -> Iterator[Chosen]:
    language = FILES[name]
    with (data / name).open() as lines:
        for line in lines:
            row = json.loads(line)
            if not promising(row, most):
                continue
            source = Program(language, row["src_code"])
            folder = data / "test_cases" / row["problem_id"]
            costs = {}
            for number in [row["ref_ir_test"]] if "ref_ir_test" in row else row["tests"]:
                path = folder / f"input.{number}.txt"
                cost = count(source, path, setting, most)
                if cost is not None and cost >= LEAST:
                    costs[cost] = path
            if not costs:
                continue
            path = costs[max(costs)]
            target = count(Program(language, row["tgt_code"]), path, setting, most)
            if target is None or max(costs) < FASTER * target:
                continue
            build = compiler.build(source, setting.toolchain, setting.compile_limits)
            yield Chosen(row, source, build, TestCase(path.name, path, None, "", ""))


def changed_lines(source: str, target: str) -> set[int]:
    """Return the numbers of the source's lines that a diff deletes or replaces."""
    own = [line.rstrip() for line in source.split("\n")]
    other = [line.rstrip() for line in target.split("\n")]
    matcher = difflib.SequenceMatcher(None, own, other, autojunk=False)
    changed: set[int] = set()
    for what, first, last, _start, _end in matcher.get_opcodes():
        if what in ("delete", "replace"):
            changed.update(range(first + 1, last + 1))
    return changed


def costliest(found: Profile) -> tuple[int, int]:
    """Return (number, own cost) of the line with the most cost of its own."""
    own: dict[int, int] = {}
    for function in found.functions:
        for number, cost in function.lines.items():
            own[number] = own.get(number, 0) + cost.own_cycles
    number = max(own, key=lambda one: (own[one], -one))
    return number, own[number]


def seconds(work: Callable[[], object]) -> float:
    start = time.monotonic()
    work()
    return time.monotonic() - start


def look(one: Chosen, setting: Setting) -> tuple[bool, float, float]:
    """Return (the costliest line is changed, share of executed lines that are, profile's cost)."""
    machine, limits, toolchain = setting.machine, setting.limits, setting.toolchain
    runs, profiles = [], []

    def measured() -> None:
        build = compiler.build(one.program, toolchain, setting.compile_limits)
        machine.measure(build, one.test.input_path, limits, toolchain)

    found: list[Profile] = []

    def profiled() -> None:
        if one.program.language is Language.PYTHON:
            compiler.build(one.program, toolchain, setting.compile_limits)
        found.append(profile(one.program, one.build, [one.test], setting))

    for _ in range(TIMES + 1):  # the first of each starts an interpreter, or makes headers
        runs.append(seconds(measured))
        profiles.append(seconds(profiled))
    assert all(one == found[0] for one in found), "another profile of the same run"
    changed = changed_lines(one.program.source, one.row["tgt_code"])
    executed = {n for function in found[0].functions for n in function.lines}
    number, own = costliest(found[0])
    ratio = min(profiles[1:]) / min(runs[1:])
    share = len(changed & executed) / len(executed)
    text = one.program.source.split("\n")[number - 1].strip()[:60]
    print(
        f"{one.row['problem_id']:>18} line {number:>3} {own / max(1, found[0].cycles):>4.0%} "
        f"{'changed' if number in changed else 'kept':>7} ({share:.0%} of lines are) "
        f"{min(runs[1:]):>6.2f} s, profile {ratio:.2f} times  {text}",
        flush=True,
    )
    return number in changed, share, ratio


def main(data: Path, pairs: int, machine: Machine, most: int) -> None:
    setting = Setting(machine)
    for name in FILES:
        rows = []
        for one in chosen(data, name, setting, most):
            rows.append(look(one, setting))
            if len(rows) == pairs:
                break
        hits = sum(changed for changed, _share, _ratio in rows)
        by_chance = sum(share for _changed, share, _ratio in rows)
        ratios = sorted(ratio for _changed, _share, ratio in rows)
        print(
            f"{name} on {setting.machine.name}: the costliest line is changed in {hits} of "
            f"{len(rows)} (by chance {by_chance:.1f}); a profile costs "
            f"{ratios[len(ratios) // 2]:.2f} times the measured run in the median, "
            f"{ratios[-1]:.2f} at most",
            flush=True,
        )


if __name__ == "__main__":
    by_name: dict[str, Machine] = {"skylake": Skylake(), "counts": Counts()}
    main(
        Path(sys.argv[1]),
        int(sys.argv[2]) if len(sys.argv) > 2 else 10,
        by_name[sys.argv[3] if len(sys.argv) > 3 else "skylake"],
        1_000_000 * (int(sys.argv[4]) if len(sys.argv) > 4 else 30),
    )
