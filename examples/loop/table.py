"""The loop's result: each condition's scores with intervals, and the paired differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pie.core.metrics.paired_difference import paired_difference
from pie.core.metrics.score import Estimate, Tally
from pie.core.report.pair_rows import read_pairs

DIFFERENCES = (("10/10", "1/10"), ("10/10", "plain"))
NAMES = ("optimised", "speedup", "correct")


def result(folders: Mapping[str, Path], samples: int) -> dict[str, Any]:
    """Return scores and differences at Best@1 and Best@`samples`, and whether the tag steers speed.

    It does if the 95 % intervals of the paired differences in %Opt and Speedup at Best@1 lie above
    zero, against 1/10 and against the plain model.
    """
    pairs = {name: list(read_pairs(folder / "pairs.jsonl")) for name, folder in folders.items()}
    scores, differences = [], []
    for k in (1, samples):
        for name, rows in pairs.items():
            tally = Tally()
            for one in rows:
                tally.add_best_at_k(one, k)
            score = tally.score(f"best@{k}", k)
            scores.append(
                {
                    "asked": name,
                    "k": k,
                    "rows": score.scored,
                    **{key: _plain(getattr(score, key)) for key in NAMES},
                    "geometric_mean": _plain(score.geometric_mean),
                }
            )
        for first, second in DIFFERENCES:
            found = asdict(paired_difference(pairs[first], pairs[second], k))
            differences.append({"of": first, "minus": second, **found})
    steers = all(
        one[key] is not None and one[key]["interval"] and one[key]["interval"]["low"] > 0
        for one in differences
        if one["k"] == 1
        for key in ("optimised", "speedup")
    )
    return {"scores": scores, "differences": differences, "the_tag_steers_speed": steers}


def markdown(found: Mapping[str, Any]) -> str:
    """Return the result as two tables and a sentence."""
    lines = [
        "A proof of the pipeline on generated programs with a tiny model; 95 % bootstrap intervals "
        "over problems.",
        "",
        "| asked | Best@ | rows | %Opt | Speedup | geometric mean | %Correct |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in found["scores"]:
        cells = [one["asked"], one["k"], one["rows"]]
        cells += [_share(one["optimised"]), _number(one["speedup"])]
        cells += [_number(one["geometric_mean"]), _share(one["correct"])]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    lines += [
        "",
        "| paired difference | Best@ | rows | %Opt, points | Speedup | %Correct, points |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in found["differences"]:
        cells = [f"{one['of']} minus {one['minus']}", one["k"], one["rows"]]
        cells += [_share(one["optimised"]), _number(one["speedup"]), _share(one["correct"])]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    does = "steers" if found["the_tag_steers_speed"] else "does not steer"
    return "\n".join([*lines, "", f"At Best@1 the tag {does} speed."])


def _plain(estimate: Estimate | None) -> dict[str, Any] | None:
    return None if estimate is None else asdict(estimate)


def _share(estimate: Mapping[str, Any] | None) -> str:
    return _cell(estimate, 100, 1)


def _number(estimate: Mapping[str, Any] | None) -> str:
    return _cell(estimate, 1, 2)


def _cell(estimate: Mapping[str, Any] | None, factor: float, digits: int) -> str:
    if estimate is None:
        return "-"
    told = f"{estimate['value'] * factor:.{digits}f}"
    bounds = estimate["interval"]
    if bounds is None:
        return told
    return f"{told} [{bounds['low'] * factor:.{digits}f}, {bounds['high'] * factor:.{digits}f}]"
