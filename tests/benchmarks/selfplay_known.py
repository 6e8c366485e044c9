"""Whether self-play recognises real programs of a known problem, written by other people.

    python tests/benchmarks/selfplay_known.py DATA [--bases 6] [--inputs 8] [--mutate 4]

DATA holds `pairs.jsonl` and `test_cases/`. Every program of a base that is not the fastest one is
put forward as a proposal: all were accepted on the problem, so each does what the fastest does.
Prints the fate of each, and what was new though it should not be.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from pie.core.selfplay.description import Descriptions
from pie.core.selfplay.seeds import read_seeds
from sim.program import digest_of


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("data", type=Path)
    options.add_argument("--bases", type=int, default=6)
    options.add_argument("--inputs", type=int, default=8)
    options.add_argument("--mutate", type=int, default=4)
    asked = options.parse_args()
    pairs = asked.data / "pairs.jsonl"
    programs: dict[str, dict[str, None]] = defaultdict(dict)
    for line in pairs.read_text("utf-8").splitlines():
        row = json.loads(line)
        programs[row["problem_id"]].update({row["src_code"]: None, row["tgt_code"]: None})
    seeds, _left_out = read_seeds(pairs, Descriptions(None))
    order = sorted(seeds, key=lambda one: digest_of("base", 0, one.problem_id))
    enough = [one for one in order if len(one.tests) >= asked.inputs][: asked.bases]
    most = max(len(programs[one.problem_id]) for one in enough)
    with tempfile.TemporaryDirectory() as folder:
        recorded = Path(folder) / "proposer.jsonl"
        with recorded.open("w") as file:
            for call, base in enumerate(enough):
                texts = [text for text in programs[base.problem_id] if text != base.program.source]
                texts += ["no program"] * (most - len(texts))
                row = {"problem_id": "selfplay", "src_id": "propose", "tgt_id": str(call)}
                file.write(json.dumps({**row, "src_code": "", "generated_answers": texts}) + "\n")
        begin = time.monotonic()
        done = subprocess.run(
            [
                *(sys.executable, "-c", "from pie.cli import main; main()", "selfplay"),
                *("--seeds", str(pairs), "--model", f"replay:{recorded}"),
                *("--proposals", str(most * len(enough)), "--per-prompt", str(most)),
                *("--bases", str(len(enough)), "--inputs", str(asked.inputs)),
                *("--mutate", str(asked.mutate), "--out", f"{folder}/out", "--json"),
            ],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if not (Path(folder) / "out" / "proposals.jsonl").exists():
            raise SystemExit(done.returncode)
        # 1 where anything is new, since no faster versions are recorded.
        print(f"exit {done.returncode} after {time.monotonic() - begin:.0f} s")
        lines = (Path(folder) / "out" / "proposals.jsonl").read_text().splitlines()
        used = (Path(folder) / "out" / "bases.jsonl").read_text().splitlines()
        print(*used, sep="\n")
        fates = [json.loads(line) for line in lines]
        print(Counter(one["fate"] for one in fates))
        for one in fates:
            if one["fate"] not in ("no_program", "known_behaviour", "known_text", "same_text"):
                print(json.dumps(one))


if __name__ == "__main__":
    main()
