"""Writes the run folders of small tasks and pairs whose costs are given by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.machine import CLOCK_HZ
from sim.program import Language, Program, digest_of

Costs = dict[str, float | None]
"""Seconds by test; None: it met its limit of time there."""
SECOND = CLOCK_HZ


@dataclass
class One:
    """One program: its verdict, what it costs on each test, and its memory in MB and MB s."""

    costs: Costs = field(default_factory=dict)
    verdict: str = "accepted"
    peak: float | None = None
    held: float | None = None
    model: str = ""
    counters: dict[str, float] = field(default_factory=dict)
    on: dict[str, str] = field(default_factory=dict)
    """Other verdicts than accepted, by test."""


def ok(*seconds: float, **more: Any) -> One:
    """Return a correct program with a cost for each test, `private.0` onwards."""
    return One({f"private.{number}": one for number, one in enumerate(seconds)}, **more)


def wrong(**more: Any) -> One:
    """Return a program that fails its first test."""
    return One({"private.0": None}, "wrong_answer", on={"private.0": "wrong_answer"}, **more)


def _lines(one: One, about: dict[str, Any], cycles: bool) -> list[dict[str, Any]]:
    counters = dict(one.counters)
    if one.peak is not None:
        counters["memory_peak_bytes"] = one.peak * 1e6
    if one.held is not None:
        counters["memory_byte_seconds"] = one.held * 1e6 / len(one.costs)
    lines = []
    for test, seconds in one.costs.items():
        bad = "time_limit" if seconds is None else "accepted"
        lines.append(
            {
                **about,
                "test": test,
                "verdict": one.on.get(test, bad),
                "cycles": round(seconds * SECOND) if seconds and cycles else None,
                "seconds": seconds,
                "counters": counters if seconds is not None else {},
            }
        )
    return lines or [{**about, "test": None, "verdict": one.verdict, "counters": {}}]


def tasks_run(
    folder: Path,
    tasks: Sequence[dict[str, Any]],
    *,
    machine: str = "counts",
    iterations: int = 0,
    planned: int | None = None,
) -> Path:
    """Write a run of tasks: each with `references`, `answers` and fields of its row."""
    rows, measured = [], []
    for number, task in enumerate(tasks):
        name = task.get("task_id", f"task {number}")
        made: dict[str, list[dict[str, Any]]] = {"references": [], "answers": []}
        for role in ("references", "answers"):
            for place, one in enumerate(task.get(role, [])):
                digest = digest_of(name, role, place)
                about = {"task_id": name, "program": digest, "role": f"{role}_{place}"}
                measured += _lines(one, about, machine != "native")
                made[role].append(
                    {"program": digest, "verdict": one.verdict, "model": one.model or None}
                )
        extra = {key: value for key, value in task.items() if key not in made}
        rows.append({"task_id": name, **extra, **made})
    run = folder / "measured" if iterations else folder
    manifest = {
        "kind": "tasks",
        "machine": {"name": machine, "fingerprint": "f00d", "deterministic": machine != "native"},
        "tasks_file": "tasks.jsonl",
        "tasks": len(rows) if planned is None else planned,
        "tasks_left_out": 0,
    }
    _save(run, manifest, "tasks.jsonl", rows, measured)
    if iterations:
        _refinement(folder, iterations)
    return folder


def pairs_run(
    folder: Path, pairs: Sequence[Sequence[One]], *, iterations: int = 0, problem: str = ""
) -> Path:
    """Write a run of pairs, each a source, a target and answers."""
    rows, measured = [], []
    for number, (src, tgt, *answers) in enumerate(pairs):
        texts = [f"{number} {place}" for place in range(2 + len(answers))]
        name = problem or f"p{number}"
        for place, one in enumerate((src, tgt, *answers)):
            digest = Program(Language.CPP, texts[place]).digest
            about = {"problem_id": name, "program": digest, "role": str(place)}
            measured += _lines(one, {**about, "src_id": str(number)}, True)
        rows.append(
            {
                "problem_id": name,
                "src_code": texts[0],
                "tgt_code": texts[1],
                "generated_answers": texts[2:],
                "tests": list(range(len(src.costs) or 1)),
                "src_verdict": src.verdict,
                "tgt_verdict": tgt.verdict,
                "generations": [{"verdict": one.verdict} for one in answers],
            }
        )
    run = folder / "measured" if iterations else folder
    manifest = {
        "schema_version": 1,
        "machine": {"name": "skylake", "fingerprint": "f00d", "deterministic": True},
        "pairs_file": "pairs.jsonl",
        "rows": len(rows),
        "rows_left_out": 0,
    }
    _save(run, manifest, "pairs.jsonl", rows, measured)
    if iterations:
        _refinement(folder, iterations)
    return folder


def _refinement(folder: Path, iterations: int) -> None:
    (folder / "manifest.json").write_text(json.dumps({"kind": "refinement"}))
    (folder / "summary.json").write_text(json.dumps({"iterations": iterations}))


def _save(
    run: Path,
    manifest: dict[str, Any],
    name: str,
    rows: Sequence[dict[str, Any]],
    measured: Sequence[dict[str, Any]],
) -> None:
    run.mkdir(parents=True, exist_ok=True)
    (run / "manifest.json").write_text(json.dumps(manifest))
    (run / name).write_text("".join(json.dumps(one) + "\n" for one in rows))
    (run / "measurements.jsonl").write_text("".join(json.dumps(one) + "\n" for one in measured))
