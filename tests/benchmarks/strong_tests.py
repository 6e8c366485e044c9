"""How strong the tests of real problems are, and whether honest programs are accused.

    python tests/benchmarks/strong_tests.py DATA FOLDER [--problems N] [--mutants N] [--answers N]

DATA has pairs.jsonl, cpp_generations.jsonl and test_cases/. On a sample of problems, drawn by the
seed: made tests, mutants killed before and after, false alarms (each of two accepted programs of a
pair as an answer to the other), and real answers of models that are accepted and differ.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PIE = [sys.executable, "-c", "from pie.cli import main; main()"]


def pie(*words: object) -> str:
    began = time.monotonic()
    done = subprocess.run([*PIE, *map(str, words)], stdout=subprocess.PIPE, text=True, check=False)
    seconds = time.monotonic() - began
    print(
        f"$ pie {' '.join(map(str, words))}   ({seconds:.0f} s, exit code {done.returncode})",
        flush=True,
    )
    return done.stdout


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.open()]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


def marked(run: Path, show: int) -> None:
    accepted = fuzzed = differs = memorised = 0
    changed = sides = 0
    for row in rows_of(run / "pairs.jsonl"):
        for one in row["generations"]:
            if one["verdict"] != "accepted":
                continue
            accepted += 1
            fuzzed += "fuzz" in one
            if row["src_net_runtime"] and one["net_runtime"]:
                sides += 1
                gross = row["src_agg_runtime"] / one["agg_runtime"] >= 1.1
                changed += gross != (row["src_net_runtime"] / one["net_runtime"] >= 1.1)
            if "differs" in one["marks"]:
                differs += 1
                memorised += "memorised" in one["marks"]
                if differs <= show:
                    found = one["fuzz"]
                    print("  ", row["problem_id"], row.get("src_id"), found["differing"], "of",
                          found["inputs"], found["detail"][:100], repr(found["input"][:80]),
                          found.get("memorised", ""))  # fmt: skip
    print(f"{accepted} accepted answers, {fuzzed} fuzzed: {differs} differ, {memorised} memorised")
    print(f"at 10 % {changed} of {sides} decisions change sides from gross to net")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--problems", type=int, default=40)
    parser.add_argument("--answers", type=int, default=20, help="rows of cpp_generations.jsonl")
    parser.add_argument("--mutants", type=int, default=10, help="of a problem")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(given.seed)
    every = rows_of(given.data / "pairs.jsonl")
    problems = sorted({one["problem_id"] for one in every})
    chosen = set(draw.sample(problems, min(given.problems, len(problems))))
    rows = [one for one in every if one["problem_id"] in chosen]
    pairs = write(given.folder / "pairs.jsonl", rows)
    cases = ("--testcases", given.data / "test_cases")
    strong = given.folder / "strong"

    print(pie("dataset", "strengthen", "--pairs", pairs, *cases, "--out", strong))
    print((strong / "README.md").read_text())
    told = ("--strengthened", strong, "--mutants", given.mutants, "--json")
    document = json.loads(pie("dataset", "strength", "--pairs", pairs, *cases, *told))
    (given.folder / "strength.json").write_text(json.dumps(document, indent=1))
    print(json.dumps(document["totals"], indent=1))

    turned = [
        {**one, "src_code": one[f"{a}_code"], "tgt_code": one[f"{a}_code"],
         "generated_answers": [one[f"{b}_code"]]}
        for one in rows
        for a, b in (("src", "tgt"), ("tgt", "src"))
    ]  # fmt: skip
    honest = write(given.folder / "honest.jsonl", turned)
    measuring = ("--machine", "counts", "--fuzz", 50)
    pie("simulate", "--pairs", honest, *cases, *measuring, "--out", given.folder / "honest")
    print("honest programs:")
    marked(given.folder / "honest", 50)

    if given.answers:
        answered = rows_of(given.data / "cpp_generations.jsonl")
        sample = draw.sample(answered, min(given.answers, len(answered)))
        asked = write(given.folder / "answers.jsonl", sample)
        pie("simulate", "--pairs", asked, *cases, *measuring, "--out", given.folder / "answers")
        print("answers of models:")
        marked(given.folder / "answers", 50)


if __name__ == "__main__":
    main()
