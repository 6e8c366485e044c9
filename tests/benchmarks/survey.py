"""Real programs on the default machine: verdicts, causes of `unsupported`, disagreements, marks.

Usage: survey.py FOLDER PAIRS [SHARE [JOBS]]. A sample of the rows of PAIRS (fixed seed; SHARE, such
as 0.25, default all) goes to FOLDER, is measured by `pie simulate`, and told. The same command
again goes on with it. Sources and targets are expected to be accepted, unless the row holds a
judge's status (`aizu_*_status`); answers are expected to be what `aizu_status` says of them.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from judge_agreement import STATES, kind

SEED = 11
Row = dict[str, Any]


def sample(pairs: Path, share: float, to: Path) -> int:
    """Write a sample of the rows, in the order of the file; return how many the file has."""
    lines = pairs.read_text("utf-8").splitlines(keepends=True)
    wanted = random.Random(SEED).sample(range(len(lines)), max(1, round(share * len(lines))))
    to.write_text("".join(lines[at] for at in sorted(wanted)), "utf-8")
    return len(lines)


def programs(row: Row) -> Iterator[tuple[str, str, str, str]]:
    """Yield (role, our verdict with its detail, the expected verdict, code) of each program."""
    for role in ("src", "tgt"):
        status = row.get(f"aizu_{role}_status", "STATE_ACCEPTED")
        detail = row.get(f"{role}_detail") or ""
        yield role, f"{row[f'{role}_verdict']}: {detail}", status, row[f"{role}_code"]
    states = row.get("aizu_status") or [""] * len(row.get("generations", []))
    codes = row.get("generated_answers", [])
    made = row.get("generations", [])
    for number, (one, status, code) in enumerate(zip(made, states, codes, strict=True)):
        yield f"answer {number}", f"{one['verdict']}: {one.get('detail') or ''}", status, code


def told(run: Path) -> Row:
    """Return the figures of one run."""
    verdicts: dict[str, Counter[str]] = defaultdict(Counter)
    causes: Counter[str] = Counter()
    disagree: dict[str, list[str]] = defaultdict(list)
    for row in map(json.loads, (run / "pairs.jsonl").open()):
        for role, ours, status, code in programs(row):
            verdict, _, detail = ours.partition(": ")
            verdicts["answers" if role.startswith("answer") else "sources and targets"][
                verdict
            ] += 1
            if verdict == "unsupported":
                causes[detail] += 1
            found = kind(verdict, STATES.get(status, ""), status, code)
            if found not in ("same verdict", "the judge gave no verdict"):
                disagree[found].append(f"{row['src_id']} {role}: {status} / {verdict}: {detail}")
    native = [json.loads(line) for line in (run / "native.jsonl").open()]
    marks = [line for line in native if line["kind"] == "pair"]
    total = sum(verdicts.values(), Counter())
    return {
        "programs": total.total(),
        "verdicts": {name: dict(found.most_common()) for name, found in verdicts.items()},
        "unsupported_percent": round(100 * total["unsupported"] / max(1, total.total()), 3),
        "unsupported": dict(causes),
        "compared": len(marks),
        "eligible": sum(one["eligible"] for one in marks),
        "suspicious": [one for one in marks if one["suspicious"]],
        "disagreements": {name: len(lines) for name, lines in disagree.items()},
        "examples": dict(disagree),
    }


def main() -> None:
    folder, pairs = Path(sys.argv[1]), Path(sys.argv[2])
    share = float(sys.argv[3]) if len(sys.argv) > 3 else 1.0
    folder.mkdir(parents=True, exist_ok=True)
    rows = sample(pairs, share, folder / pairs.name)
    run = folder / pairs.stem
    command = "from pie.cli import main; main()"
    measure = ("simulate", "-m", "skylake", "-j", sys.argv[4] if len(sys.argv) > 4 else "0")
    where = ("--pairs", folder / pairs.name, "--testcases", pairs.absolute().parent / "test_cases")
    # Its table is not read; code 4 says that some programs could not be measured, told below.
    subprocess.run(
        [sys.executable, "-c", command, *measure, *map(str, where), "--out", str(run)],
        stdout=subprocess.DEVNULL,
        check=False,
    )
    figures = told(run)
    examples = figures.pop("examples")
    print(json.dumps({"file": pairs.name, "rows_of_file": rows, "share": share} | figures))
    for name, lines in examples.items():
        print(f"\n# {name}: {len(lines)}", *lines, sep="\n", file=sys.stderr)


if __name__ == "__main__":
    main()
