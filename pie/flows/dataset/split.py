"""`pie dataset split`: pairs into train, val and test, no problem and no near-duplicate in two."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pie.core.dataset.leakage import HeldOut
from pie.core.dataset.manifest import Counts, Step, limited
from pie.core.dataset.near_duplicates import THRESHOLD
from pie.core.dataset.output_lock import one_at_a_time
from pie.core.dataset.split import PARTS, Split, clusters, published
from pie.core.dataset.table import Writer, is_parquet, require_file
from pie.flows.dataset.rows import listing, pair_rows

NearDuplicates = Literal["remove", "count", "ignore"]


@dataclass(frozen=True)
class Request:
    """How to split, and into which folder."""

    pairs: Path
    out: Path
    split: Split
    published: Mapping[str, Path] = field(default_factory=dict)
    """Part to a file that names its problems."""
    same_problems: Path | None = None
    near_duplicates: NearDuplicates = "count"
    threshold: float = THRESHOLD
    fresh: bool = False
    limit: int | None = None
    """Only the first rows of the pairs."""


@one_at_a_time
def run(request: Request, tick: Callable[[int, str], None]) -> dict[str, Any]:
    """Write `train`, `val` and `test` into a folder; return the manifest.

    With `remove`, rows of training whose source or target is nearly a program of val or test are
    left out, and rows of val that are nearly one of test.
    """
    require_file(request.pairs)
    inputs = {"pairs": request.pairs, **{f"published.{k}": v for k, v in request.published.items()}}
    if request.same_problems is not None:
        inputs["same_problems"] = request.same_problems
    for path in inputs.values():
        require_file(path)
    parameters = {
        "val": request.split.val,
        "test": request.split.test,
        "seed": request.split.seed,
        "near_duplicates": request.near_duplicates,
        "threshold": request.threshold,
        **limited(request.limit),
    }
    ending = ".parquet" if is_parquet(request.pairs) else ".jsonl"
    paths = {part: request.out / f"{part}{ending}" for part in PARTS}
    step = Step("split", request.out, inputs, parameters)
    done = None if request.fresh else step.done()
    if done is not None:
        return done
    step.claim(*paths.values())
    split = Split(
        request.split.val,
        request.split.test,
        request.split.seed,
        published(request.published),
        clusters(request.same_problems) if request.same_problems else {},
    )
    held_out = _held_out(request, split, tick)
    counts = Counts("pairs")
    rows = dict.fromkeys(PARTS, 0)
    problems: dict[str, set[str]] = {part: set() for part in PARTS}
    near: dict[str, int] = {}
    with contextlib.ExitStack() as stack:
        listed = stack.enter_context(listing(request.out))
        writers = {
            part: stack.enter_context(Writer(path, like=request.pairs))
            for part, path in paths.items()
        }
        for record in pair_rows(request.pairs, counts, listed, request.limit):
            problem_id = str(record.fields["problem_id"])
            part = split.part_of(problem_id)
            if part is None:
                name = "not_in_the_published_split"
                counts.left_out[name] += 1
                listed.write({"place": record.place, "problem_id": problem_id, "reason": name})
                continue
            other = held_out.find(record.fields, part) if held_out and part != "test" else None
            if other is not None:
                name = f"{part}_near_{other}"
                near[name] = near.get(name, 0) + 1
                if request.near_duplicates == "remove":
                    counts.left_out[name] += 1
                    listed.write({"place": record.place, "problem_id": problem_id, "reason": name})
                    continue
            rows[part] += 1
            problems[part].add(problem_id)
            writers[part].write(record.fields)
            if counts.rows_in % 1000 == 0:
                tick(counts.rows_in, "rows")
    counts.rows_out = sum(rows.values())
    return step.finish(
        counts,
        rows=rows,
        problems={part: len(names) for part, names in problems.items()},
        near_duplicates=near if held_out else None,
    )


def _held_out(request: Request, split: Split, tick: Callable[[int, str], None]) -> HeldOut | None:
    """Read the programs of val and test, in a pass of its own; None when nobody asks."""
    if request.near_duplicates == "ignore":
        return None
    held_out, counts = HeldOut(), Counts()
    for record in pair_rows(request.pairs, counts, limit=request.limit):
        part = split.part_of(str(record.fields["problem_id"]))
        if part in ("val", "test"):
            held_out.add(record.fields, part)
        if counts.rows_in % 1000 == 0:
            tick(counts.rows_in, "rows")
    held_out.close(request.threshold)
    return held_out
