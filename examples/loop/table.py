"""The loop's result: scores with intervals, paired differences, and how speed goes with the tag."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pie.core.metrics.pair_result import PairResult
from pie.core.metrics.paired_difference import paired_difference
from pie.core.metrics.score import Estimate, Tally
from pie.core.report.pair_rows import read_pairs, read_pairs_and_rows
from pie.core.report.relations import by_tag

DIFFERENCES = (("10/10", "1/10"), ("10/10", "plain"))
NAMES = ("optimised", "speedup", "correct")
TAGS = tuple(range(1, 11))


def result(folders: Mapping[str, Path], samples: int, graded: Path) -> dict[str, Any]:
    """Return scores and differences at Best@1 and Best@`samples`, and whether the tag steers speed.

    It does if the 95 % intervals of the paired differences in %Opt and Speedup at Best@1 lie above
    zero, against 1/10 and against the plain model, and so does that of Spearman's coefficient of
    tag and speedup for every seed of `graded`, the run with all tags.
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
    seeds = list(of_seeds(graded))
    rises = all(
        (found := one["spearman"]) and found["interval"] and found["interval"]["low"] > 0
        for one in seeds
    )
    return {
        "scores": scores,
        "differences": differences,
        "seeds": seeds,
        "the_tag_steers_speed": steers and rises,
    }


def of_seeds(graded: Path) -> Iterator[dict[str, Any]]:
    """Yield how tag and speedup go together, for each seed of sampling and for all of them.

    Speedups are those of all answers, 1 for one that is not accepted; intervals are over problems.
    """
    whole = list(read_pairs_and_rows(graded / "pairs.jsonl"))
    seeds: dict[Any, list[tuple[PairResult, Mapping[str, Any]]]] = defaultdict(list)
    for pair, row in whole:
        sampling: Any = row["sampling"]
        told: Any = row["generations"]
        for seed in sorted({one["seed"] for one in sampling["samples"]}):
            places = [at for at, one in enumerate(sampling["samples"]) if one["seed"] == seed]
            drawn = [sampling["samples"][at] for at in places]
            only = replace(pair, generations=tuple(pair.generations[at] for at in places))
            about = {"sampling": {"samples": drawn}, "generations": [told[at] for at in places]}
            seeds[seed].append((only, {**row, **about}))
    for seed, rows in [*sorted(seeds.items()), ("all", whole)]:
        found = by_tag(rows)
        yield {
            "seed": seed,
            "answers": found.answers,
            "spearman": _plain(found.tag_speedup.spearman),
            "spearman_of_accepted": _plain(found.tag_accepted_speedup.spearman),
            "speedups": {str(one.tag): one.speedup.value for one in found.lines},
        }


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
    ends = (str(TAGS[0]), str(TAGS[-1]))
    lines += [
        "",
        "| seed of sampling | answers | Spearman of tag and speedup | of accepted answers | "
        "Speedup at 1/10 | at 10/10 |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in found["seeds"]:
        cells = [one["seed"], one["answers"], _number(one["spearman"])]
        cells += [_number(one["spearman_of_accepted"])]
        cells += [f"{one['speedups'][end]:.2f}" for end in ends]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    does = "steers" if found["the_tag_steers_speed"] else "does not steer"
    return "\n".join([*lines, "", f"At Best@1, and from 1 to 10, the tag {does} speed."])


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
