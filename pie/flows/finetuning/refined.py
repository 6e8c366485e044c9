"""A run of `pie refine` as training rows: what was kept, and how it fared on the private tests.

The rows hold programs, verdicts, seconds and memory. No input and no output of a private test is
read here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice, zip_longest
from pathlib import Path
from typing import Any

from pie.core.dataset.manifest import Counts
from pie.core.dataset.table import Writer
from pie.core.metrics.pair_result import Generation
from pie.core.problem import InputError
from pie.core.report.pair_rows import ReportError, read_rows
from pie.core.run_folder import load_json
from pie.core.training.formats import Format, Shown
from pie.core.training.refined import KeptProgram, RefinedChain, distinct, shown_runs
from pie.flows.finetuning.candidates import Candidate, leave_out
from sim.program import Language
from sim.verdict import Verdict

KIND = "refinement"
VERSIONS = "versions.jsonl"
_NAMES = ("problem_id", "src_id", "tgt_id", "task_id", "sample")


def is_refinement(run: Path) -> bool:
    """Tell whether a folder is a run of `pie refine`."""
    manifest = run / "manifest.json"
    return manifest.is_file() and load_json(manifest).get("kind") == KIND


def candidates(
    run: Path,
    kind: Format,
    tests_shown: int,
    limit: int | None,
    counts: Counts,
    listed: Writer,
    *,
    strict: bool,
) -> Iterator[Candidate]:
    """Yield the rows of a run in one format; what gives none is counted and listed.

    A chain gives a row for each improvement: the program before, and the one after it. Of
    `ecco-trajectory` it gives one: its accepted programs at 0, 33 and 66 % of the way.
    """
    for chain in read_chains(run, tests_shown, limit):
        rows = _rows(chain, kind)
        counts.rows_in += max(1, len(rows))
        if not rows:
            few = "fewer_than_three_programs"
            reason = few if kind is Format.ECCO_TRAJECTORY else "nothing_improved"
            leave_out(counts, listed, chain.place, reason, strict)
        yield from rows


def _rows(chain: RefinedChain, kind: Format) -> list[Candidate]:
    if kind is Format.ECCO_TRAJECTORY:
        found = chain.trajectory()
        if found is None:
            return []
        shown = Shown(chain.language, tuple(one.code for one in found.shown))
        return [Candidate(chain.place, shown, found.target.code, chain.about)]
    return [
        Candidate(
            chain.place,
            Shown(
                chain.language,
                (before.program,),
                runs=before.runs if kind is Format.ECCO_EXECUTION else (),
            ),
            after.program,
            chain.about,
        )
        for before, after in chain.improvements()
    ]


def read_chains(
    run: Path, tests_shown: int = 0, limit: int | None = None
) -> Iterator[RefinedChain]:
    """Yield every chain of a run in its order; `limit`: of the first tasks only.

    InputError for a folder that is no finished run of `pie refine`.
    """
    for _task, chains in tasks_of(run, tests_shown, limit):
        yield from chains


def tasks_of(
    run: Path, tests_shown: int = 0, limit: int | None = None
) -> Iterator[tuple[str, list[RefinedChain]]]:
    """Yield every task by its name, with its chains."""
    if not is_refinement(run):
        raise InputError(f"{run} is no run of `pie refine`", "give the folder of one")
    path = run / VERSIONS
    measured = _measured(run)
    if not path.is_file() or measured is None:
        raise InputError(
            f"the run {run} is not finished: its programs were not measured on private tests",
            "run the same `pie refine` again, to its end",
        )
    lines = (line for _number, line in read_rows(path) if isinstance(line, dict))
    groups = ((str(name), list(group)) for name, group in groupby(lines, _task))
    try:
        for group, results in islice(zip_longest(groups, measured), limit):
            if group is None or results is None:
                raise _torn(run)
            name, chains = group
            yield name, [_chain(run, one, chains, results, tests_shown) for one in chains]
    except ReportError as error:
        raise InputError(str(error), "run the same `pie refine` again") from error


def _task(line: Mapping[str, Any]) -> object:
    return line.get("task")


def _measured(run: Path) -> Iterator[list[Generation]] | None:
    """Return each task's results on its private tests, by iteration, then sample."""
    for name, answers, seconds in (
        ("tasks.jsonl", "answers", "seconds"),
        ("pairs.jsonl", "generations", "agg_runtime"),
    ):
        path = run / "measured" / name
        if path.is_file():
            return (
                [Generation(Verdict(one["verdict"]), one[seconds]) for one in row[answers]]
                for _number, row in read_rows(path)
                if isinstance(row, dict)
            )
    return None


def _chain(
    run: Path,
    line: Mapping[str, Any],
    chains: Sequence[Mapping[str, Any]],
    results: Sequence[Generation],
    tests_shown: int,
) -> RefinedChain:
    iterations: Sequence[Mapping[str, Any]] = line["iterations"]
    sample = int(line["sample"])
    if len(results) != len(iterations) * len(chains):
        raise _torn(run)
    kept = [
        KeptProgram(
            str(one["program"]),
            results[number * len(chains) + sample],
            shown_runs((one["evidence"] or {}).get("tests", ()), tests_shown),
        )
        if one["program"] is not None
        else None
        for number, one in enumerate(iterations)
    ]
    return RefinedChain(
        f"task {line['task']}, chain {sample}",
        Language(line["language"]),
        distinct(kept),
        {name: line[name] for name in _NAMES if name in line},
    )


def _torn(run: Path) -> InputError:
    return InputError(
        f"the measurements of {run} do not fit its programs", "run the same `pie refine` again"
    )
