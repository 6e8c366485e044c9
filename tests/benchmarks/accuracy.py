"""How far a run's cycles are from a real gem5's, run by run and pair by pair.

Usage: accuracy.py RUN_FOLDER GOLDEN_JSONL, where GOLDEN has `sha` (first 16 hex digits of SHA-256
of the source), `problem_id`, `test`, `pair` (`src_id|tgt_id`), `role` and `cycles`.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim.program import Language, Program


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def figures(errors: Sequence[float]) -> dict[str, Any]:
    """Return the median, 90th percentile and worst of relative errors, in percent."""
    if not errors:
        return {"n": 0}
    percent = [round(100 * quantile(errors, share), 2) for share in (0.5, 0.9, 1.0)]
    return {"n": len(errors), "median_%": percent[0], "p90_%": percent[1], "worst_%": percent[2]}


def main() -> None:
    run, golden_file = Path(sys.argv[1]), Path(sys.argv[2])
    digests: dict[str, str] = {}
    for line in (run / "pairs.jsonl").open():
        row = json.loads(line)
        for code in (row["src_code"], row["tgt_code"]):
            digest = Program(Language.CPP, code).digest
            digests[digest] = hashlib.sha256(code.encode()).hexdigest()[:16]
    ours: dict[tuple[str, str, str], int] = {}
    for line in (run / "measurements.jsonl").open():
        one = json.loads(line)
        if one["cycles"] is not None:
            ours[digests[one["program"]], one["problem_id"], str(one["test"])] = one["cycles"]
    errors, long_errors, pairs = [], [], {}
    for line in golden_file.open():
        gold = json.loads(line)
        mine = ours.get((gold.get("sha", ""), gold.get("problem_id", ""), str(gold.get("test"))))
        if mine is None:
            continue
        error = abs(mine / gold["cycles"] - 1)
        errors.append(error)
        if gold["insts"] > 2_500_000:
            long_errors.append(error)
        pairs.setdefault((gold["pair"], gold["test"]), {})[gold["role"]] = (mine, gold["cycles"])
    speedups, agree = [], 0
    for both in pairs.values():
        if len(both) == 2:
            (mine_src, gold_src), (mine_tgt, gold_tgt) = both["src"], both["tgt"]
            mine_up, gold_up = mine_src / mine_tgt, gold_src / gold_tgt
            speedups.append(abs(mine_up / gold_up - 1))
            agree += (mine_up >= 1.1) == (gold_up >= 1.1)
    print(
        json.dumps(
            {
                "cycles": figures(errors),
                "cycles_over_2.5M_instructions": figures(long_errors),
                "speedup_of_a_pair": figures(speedups),
                "agree_on_10%_faster_%": round(100 * agree / max(1, len(speedups)), 2),
            }
        )
    )


if __name__ == "__main__":
    main()
