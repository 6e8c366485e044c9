"""`pie dataset build`: all steps in order, from a CodeNet folder or a table to the splits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pie.core.dataset.improvement_pairs import Rules
from pie.core.dataset.split import Split
from pie.core.dataset.submission import Wanted
from pie.core.problem import InputError
from pie.flows.dataset import cases, hq, measure, pairs, submissions, tag
from pie.flows.dataset import split as splitting
from pie.flows.dataset.measuring import Measuring
from pie.flows.simulate import Progress


@dataclass(frozen=True)
class Request:
    """From what, into which folder; everything else is as the single steps have it by default."""

    source: Path
    out: Path
    measuring: Measuring
    contests: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    from_table: bool = False
    """Take the table's own CPU times instead of measuring."""
    wanted: Wanted = field(default_factory=Wanted)
    split: Split = field(default_factory=Split)
    limit: int | None = None
    """Only the first rows of the source."""


def run(
    request: Request,
    tick: Callable[[int, str], None],
    show: Callable[[Progress], None],
) -> Iterator[dict[str, Any]]:
    """Do the steps one after the other, and yield the manifest of each; finished ones are kept."""
    out = request.out
    taken, measured = out / "submissions.parquet", out / "measured.parquet"
    tests = out / "test_cases"
    sifted, tagged = out / "pairs.parquet", out / "pairs.jsonl"
    taking = submissions.Request(request.source, taken, request.wanted, limit=request.limit)
    yield submissions.run(taking, tick)
    codenet = _codenet_tests(request.source)
    some_tests = bool(codenet or request.contests or request.folders)
    if some_tests:
        yield cases.run(
            cases.Request(
                taken,
                tests,
                request.measuring,
                codenet,
                request.contests,
                request.folders,
                references=0 if request.from_table else 5,
            ),
            show,
        )
    elif not request.from_table:
        raise InputError(
            f"{request.source} has no test cases of its own, and no others are given",
            "give --code-contests or --folder",
        )
    measuring = None if request.from_table else request.measuring
    on = tests if some_tests else None
    yield measure.run(measure.Request(taken, measured, on, measuring), show)
    found = pairs.run(pairs.Request(measured, sifted, Rules()), tick)
    yield found
    if not found["counts"][1]["out"]:
        raise InputError(
            f"no user of {request.source} has a later program that is faster",
            f"see the counts in {sifted}.manifest.json",
        )
    yield pairs.fastest(pairs.FastestRequest(measured, out / "fastest.jsonl"), tick)
    yield tag.run(tag.Request(sifted, measured, tagged), tick)
    yield splitting.run(splitting.Request(tagged, out / "splits", request.split), tick)
    yield hq.run(hq.Request(out / "splits" / "train.jsonl", out / "train_hq.jsonl"))


def _codenet_tests(source: Path) -> Path | None:
    return source if (source / "derived" / "input_output").is_dir() else None
