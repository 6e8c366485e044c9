"""Run folders for the page: made up but whole, with every kind of verdict and hostile texts."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from pie.core.report.explanation import GROUPS
from sim.program import Language, Program

HOSTILE = (
    "</script><script>window.broken = 1</script>",
    "<img src=x onerror='window.broken = 2'>",
    "<!--<script>",
    "\u202e reversed \u2066 isolated \u200b nothing \x1b[31m red \u0000 nul",
    "]]> &lt;b&gt; {{head}} {{script}}",
    "\ud800 half a letter",
)
VERDICTS = ("accepted", "accepted", "accepted", "wrong_answer", "compile_error", "time_limit")


def make_run(
    folder: Path,
    rows: int,
    *,
    generations: int = 3,
    seed: int = 1,
    texts: list[list[str]] | None = None,
    tests: int = 3,
) -> Path:
    """Write a run of so many rows; `texts`: source, target and answers of each row in turn."""
    folder.mkdir(parents=True)
    dice = random.Random(seed)
    made = [_row(dice, number, generations, texts, tests) for number in range(rows)]
    manifest = {
        "schema_version": 1,
        "machine": {"name": "skylake", "fingerprint": "f00d" * 8, "threads": 1},
        "rows": rows,
        "rows_left_out": 2,
        "pairs_file": "made-up.jsonl",
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with (folder / "pairs.jsonl").open("w") as pairs:
        pairs.writelines(json.dumps(row) + "\n" for row, _programs in made)
    with (folder / "measurements.jsonl").open("w") as lines:
        for row, programs in made:
            for text, seconds, verdict in programs:
                lines.writelines(_lines(dice, row, text, seconds, verdict, tests))
    return folder


def _row(
    dice: random.Random, number: int, generations: int, texts: list[list[str]] | None, tests: int
) -> tuple[dict[str, Any], list[tuple[str, float | None, str]]]:
    given = texts[number % len(texts)] if texts else None
    programs: list[tuple[str, float | None, str]] = []
    for role in range(2 + generations):
        verdict = "accepted" if role == 0 and number % 9 else dice.choice(VERDICTS)
        seconds = dice.lognormvariate(-6 - (role > 0), 1) if verdict == "accepted" else None
        hostile = f"// {HOSTILE[number % len(HOSTILE)]}\n"
        text = given[role % len(given)] if given else _program(dice, role) + hostile
        programs.append((text, seconds, verdict))
    (source, src_seconds, src_verdict), (target, tgt_seconds, tgt_verdict), *answers = programs
    name = HOSTILE[number % len(HOSTILE)] if number % 7 == 3 else ""
    row = {
        "problem_id": f"p{number // 2:05}{name}",
        "src_id": f"s{number}{name}",
        "tgt_id": f"t{number}",
        "language": "cpp",
        "src_code": source,
        "tgt_code": target,
        "generated_answers": [text for text, _seconds, _verdict in answers],
        "src_agg_runtime": src_seconds,
        "tgt_agg_runtime": tgt_seconds,
        "src_verdict": src_verdict,
        "tgt_verdict": tgt_verdict,
        "src_detail": "" if src_verdict == "accepted" else HOSTILE[0],
        "tgt_detail": "",
        "generations": [
            {
                "agg_runtime": seconds,
                "verdict": verdict,
                "detail": "",
                "tests_passed": tests if verdict == "accepted" else 1,
                "tests": tests,
            }
            for _text, seconds, verdict in answers
        ],
    }
    return row, programs


def _program(dice: random.Random, role: int) -> str:
    body = "".join(
        f'    for (int i = 0; i < {dice.randrange(9)}; i++) total += "text"[i]; // {line}\n'
        for line in range(dice.randrange(3, 30))
    )
    return f"#include <cstdio>\nint main() {{\n\tlong total = {role};\n{body}\treturn 0;\n}}\n"


def _slots(dice: random.Random, cycles: int) -> dict[str, int]:
    """Where the cycles went: four slots each, by cause."""
    causes = [cause for group in GROUPS.values() for cause in group]
    slots = {f"slots_{cause}": 4 * dice.randrange(cycles // len(causes)) for cause in causes}
    slots["slots_retiring"] += 4 * cycles - sum(slots.values())
    return slots


def _lines(
    dice: random.Random,
    row: dict[str, Any],
    text: str,
    seconds: float | None,
    verdict: str,
    tests: int,
) -> list[str]:
    about = {"problem_id": row["problem_id"], "program": Program(Language.CPP, text).digest}
    if verdict == "compile_error":
        line = {**about, "test": None, "verdict": verdict, "seconds": None, "cycles": None}
        return [json.dumps({**line, "instructions": None, "counters": {}}) + "\n"]
    lines = []
    for test in range(tests):
        part = None if seconds is None else seconds / tests
        line = {**about, "test": str(test), "verdict": verdict, "seconds": part}
        line |= {
            "cycles": None if part is None else int(part * 3.5e9),
            "instructions": None if part is None else dice.randrange(10**5, 10**8),
            "counters": {} if part is None else _slots(dice, int(part * 3.5e9)),
        }
        lines.append(json.dumps(line) + "\n")
    return lines
