"""What a run says: read from its folder, in one pass, however far the run has come."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

from pie.core.marks import Mark
from pie.core.metrics.bootstrap import LEVEL, RESAMPLES
from pie.core.metrics.metrics import (
    OPTIMISED_THRESHOLD,
    Exclusion,
    fuzzed_of,
    human_as_generation,
    net_of,
)
from pie.core.metrics.pair_result import (
    ROLES,
    PairResult,
    add_marks,
    add_verdicts,
    no_verdicts,
)
from pie.core.metrics.score import NOT_MEASURED_LIMIT, Score, Tallies
from pie.core.metrics.standing import UnsupportedAs
from pie.core.report.made_inputs import MadeInputs
from pie.core.report.measuring import read_measuring
from pie.core.report.native_agreement import NativeAgreement, read_native
from pie.core.report.pair_rows import ReportError, read_pairs
from pie.core.wording import count

__all__ = ["Report", "ReportError", "RowCounts", "build_report", "read_report"]

SCHEMA_VERSION = 1
T = TypeVar("T")
V = TypeVar("V")
_COUNTED = {
    UnsupportedAs.FAILED: "counted as failed",
    UnsupportedAs.LEFT_OUT: "their rows left out",
}
_MOST_NAMED = 10
"""Most numbers that one remark lists."""
FEW_PROBLEMS = 10
"""Below this number of problems a percentile interval is too narrow to go without a remark."""

_REASONS = {
    Exclusion.NOT_MEASURED: "not measured through our own failure",
    Exclusion.UNSUPPORTED_REFERENCE: "whose source or target the machine cannot measure",
    Exclusion.UNSUPPORTED: "left out for an answer that the machine cannot measure",
    Exclusion.NO_BASELINE: "without a baseline (source not accepted)",
    Exclusion.TARGET_NOT_ACCEPTED: "whose target was not accepted",
    Exclusion.NO_GENERATIONS: "without generations",
}


_MARKS = {
    Mark.BELOW_START: "cost no more than an empty program, and have no net speedup",
    Mark.DIFFERS: "accepted on the tests, and printing something else than the source on a made "
    "input",
    Mark.MEMORISED: "of these, holding the tests' outputs, or a constant shrunk to the tests",
}
"""What a report says of programs with a mark; `suspicious` has a sentence of its own."""


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Rows of the data set; `planned` = `finished` + `missing`."""

    planned: int
    finished: int
    missing: int
    left_out: int
    """Rows that could not be read or used, and are not among the planned ones."""


@dataclass(frozen=True, slots=True)
class Report:
    """The metrics of a run, with all that is needed to judge them. Made of JSON-able values."""

    schema_version: int
    machine: str
    fingerprint: str
    """Everything that could change a number; runs that differ in it are not comparable."""
    pairs_file: str
    rows: RowCounts
    problems: int
    """Distinct problems of the finished rows."""
    verdicts: Mapping[str, Mapping[str, int]]
    """Programs by role and verdict, also with zero."""
    human: Score
    """PIE's human reference: source / target, not clamped."""
    human_at_1: Score
    """The target scored as a model's only generation, so that it compares with `best_at`."""
    best_at: tuple[Score, ...]
    """k = 1 up to the largest number of generations of a row; empty when no row has any."""
    notes: tuple[str, ...]
    """What a reader must know before quoting a number."""
    definitions: str
    native: NativeAgreement | None = None
    """Whether the host's processor agrees; None where nothing was compared."""
    unsupported: UnsupportedAs = UnsupportedAs.FAILED
    """What a generated program counts as that the machine cannot measure."""

    @property
    def scores(self) -> tuple[Score, ...]:
        """All lines, in the order of display."""
        return (self.human, self.human_at_1, *self.best_at)

    @property
    def refused(self) -> bool:
        """Whether numbers are withheld, since too much was not measured through our own failure."""
        return any(score.refusal for score in self.scores)


def read_report(
    run: Path,
    *,
    threshold: float = OPTIMISED_THRESHOLD,
    not_measured_limit: float = NOT_MEASURED_LIMIT,
    unsupported: UnsupportedAs = UnsupportedAs.FAILED,
    limit: int | None = None,
) -> Report:
    """Report on a run folder, also on one that is empty or still growing.

    `limit`: only the first rows. ReportError, with the place, when it is no run folder or a file
    in it is damaged.
    """
    path = run / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ReportError(
            f"{run} is not a run folder: it has no manifest.json; "
            "give the folder that `pie simulate --out` wrote"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise ReportError(f"{path}: cannot be read ({error})") from error
    if isinstance(manifest, dict) and manifest.get("kind") == "generations":
        from pie.core.test_cases import measuring_command

        raise ReportError(
            f"{run} holds answers that are not measured yet; "
            f"run `{measuring_command(run / 'generations.jsonl', _asked_for(manifest))}` "
            "and report on its folder"
        )
    if isinstance(manifest, dict) and manifest.get("kind") == "refinement":
        raise ReportError(
            f"{run} is a refinement; report on {run / 'measured'}, or give --style, which has a "
            "line for each iteration"
        )
    if isinstance(manifest, dict) and manifest.get("kind") == "tasks":
        raise ReportError(f"{run} is a run of tasks, and this report is of pairs")
    pairs = run / "pairs.jsonl"
    # A run that was stopped before its first row has no such file yet.
    finished = read_pairs(pairs, limit) if pairs.exists() else ()
    report = build_report(
        finished,
        manifest,
        threshold=threshold,
        not_measured_limit=not_measured_limit,
        unsupported=unsupported,
        limit=limit,
    )
    measuring = read_measuring(run / "measurements.jsonl")
    return replace(
        report,
        notes=(*report.notes, *measuring.sentences),
        native=read_native(run / "native.jsonl", limit),
    )


def build_report(
    pairs: Iterable[PairResult],
    manifest: Mapping[str, object],
    *,
    threshold: float = OPTIMISED_THRESHOLD,
    not_measured_limit: float = NOT_MEASURED_LIMIT,
    unsupported: UnsupportedAs = UnsupportedAs.FAILED,
    limit: int | None = None,
) -> Report:
    """Report on finished rows, keeping a few numbers of each.

    `threshold` is the speedup from which a row counts in %Opt; `not_measured_limit` the share of
    rows that we may fail to measure before a line's numbers are refused; `unsupported` what a
    generated program counts as that the machine cannot measure. `limit`: the pairs are no more than
    so many, whatever the run has.
    """
    version = _entry(manifest, "schema_version", int)
    if version != 1:
        raise ReportError(f"manifest.json has schema_version {version}; this program reads 1")
    machine = _entry(manifest, "machine", dict)
    whole = _entry(manifest, "rows", int)
    planned = whole if limit is None else min(whole, limit)
    # The target of a pair is a reference, also where it is scored as a generation.
    human, human_at_1 = Tallies.of(threshold), Tallies.of(threshold, UnsupportedAs.LEFT_OUT)
    best_at = [Tallies.of(threshold, unsupported)]
    verdicts = no_verdicts()
    marks: Counter[tuple[str, str]] = Counter()
    made = MadeInputs(bool(manifest.get("fuzz")))
    problems: set[str] = set()
    finished = most = 0
    for pair in pairs:
        finished += 1
        problems.add(pair.problem_id)
        add_verdicts(verdicts, pair)
        add_marks(marks, pair)
        net = net_of(pair)
        fuzzed = fuzzed_of(pair) if made.seen(pair) else None
        human.add_human_ratio(pair, net)
        net_target = human_as_generation(net) if net else None
        human_at_1.add_best_at_k(human_as_generation(pair), net_target, None, 1)
        most = max(most, len(pair.generations))
        while len(best_at) < most:
            # All rows so far have fewer generations, so that one more makes no difference to them.
            best_at.append(deepcopy(best_at[-1]))
        for k, tally in enumerate(best_at, start=1):
            tally.add_best_at_k(pair, net, fuzzed, k)
    if finished > planned:
        raise ReportError(
            f"pairs.jsonl has {finished} rows but manifest.json plans {planned}: "
            "the files are not of one run"
        )
    rows = RowCounts(planned, finished, planned - finished, _entry(manifest, "rows_left_out", int))
    scores = [
        human.score("human", not_measured_limit=not_measured_limit),
        human_at_1.score("human@1", 1, not_measured_limit),
    ]
    scores += [
        tally.score(f"best@{k}", k, not_measured_limit)
        for k, tally in enumerate(best_at[:most], start=1)
    ]
    return Report(
        schema_version=SCHEMA_VERSION,
        machine=_entry(machine, "name", str),
        fingerprint=_entry(machine, "fingerprint", str),
        pairs_file=_entry(manifest, "pairs_file", str),
        rows=rows,
        problems=len(problems),
        verdicts=verdicts,
        human=scores[0],
        human_at_1=scores[1],
        best_at=tuple(scores[2:]),
        notes=(
            *weaker_sandbox(manifest),
            *([f"only the first {planned} of {whole} rows"] if planned < whole else []),
            *_notes(rows, len(problems), scores),
            *_marked(marks),
            *made.notes(),
        ),
        definitions=_definitions(threshold, unsupported),
        unsupported=unsupported,
    )


def _asked_for(manifest: Mapping[str, object]) -> Path:
    return Path(str(manifest.get("pairs_file") or ""))


def _entry(record: object, key: str, kind: type[T]) -> T:
    value = record.get(key) if isinstance(record, Mapping) else None
    if not isinstance(value, kind):
        raise ReportError(f"manifest.json has no proper {key} (a value of type {kind.__name__})")
    return value


def weaker_sandbox(manifest: Mapping[str, object]) -> Iterable[str]:
    """Say which walls around a run were weaker than they could be."""
    setting = manifest.get("setting")
    if isinstance(setting, Mapping) and setting.get("sandbox") == "partial":
        yield (
            "measured in the weaker sandbox (no bubblewrap): a program could read the host's "
            "files, also expected outputs"
        )
    if isinstance(setting, Mapping) and setting.get("memory") == "address space":
        yield "memory was limited as address space, since no control group could be made"


def _notes(rows: RowCounts, problems: int, scores: Sequence[Score]) -> Iterable[str]:
    if rows.missing:
        yield (
            f"unfinished: {rows.missing} of {rows.planned} rows are missing "
            f"({rows.missing / rows.planned:.1%}); the numbers are of the first {rows.finished}"
        )
    if rows.left_out:
        were = "was" if rows.left_out == 1 else "were"
        yield f"{count(rows.left_out, 'row')} of the file could not be used and {were} left out"
    if problems == 1:
        yield "all rows are of one problem, and intervals are over problems: there is none"
    elif 1 < problems < FEW_PROBLEMS:
        yield f"intervals over only {problems} problems are rough, and rather too narrow"
    for reason, text in _REASONS.items():
        excluded = {score.name: score.excluded[reason] for score in scores}
        yield from _per_score(f"rows excluded, {text}", excluded)
    if any(score.correct and score.judged != score.scored for score in scores):
        yield from _per_score("rows in %Correct", {score.name: score.judged for score in scores})
    refusals = [(name, text) for name, text in _ranges({s.name: s.refusal for s in scores}) if text]
    for name, text in refusals[:_MOST_NAMED]:
        yield f"{name}: no numbers, since {text}"
    if len(refusals) > _MOST_NAMED:
        yield f"no numbers in {len(refusals) - _MOST_NAMED} more ranges of best@k"


def _marked(marks: Counter[tuple[str, str]]) -> Iterable[str]:
    """A remark for each mark that a program of the run has."""
    for mark, text in _MARKS.items():
        of_roles = [count(marks[role, mark], role) for role in ROLES if marks[role, mark]]
        if of_roles:
            yield f"{mark}: {', '.join(of_roles)} {text}"


def _per_score(what: str, numbers: Mapping[str, int]) -> Iterable[str]:
    """One remark for all scores, instead of one each; none when all numbers are zero."""
    if len(set(numbers.values())) == 1 and any(numbers.values()):
        yield f"{what}: {next(iter(numbers.values()))} in every line"
    elif any(numbers.values()):
        each = [f"{number} of {name}" for name, number in _ranges(numbers) if number]
        if len(each) > _MOST_NAMED:
            between = len(each) - _MOST_NAMED
            each = [*each[: _MOST_NAMED - 1], f"({between} more numbers)", each[-1]]
        yield f"{what}: {', '.join(each)}"


def _ranges(values: Mapping[str, V]) -> list[tuple[str, V]]:
    """Return names and values, with three or more neighbours of one value as `first to last`."""
    found: list[tuple[str, V]] = []
    for value, group in groupby(values.items(), key=itemgetter(1)):
        names = [name for name, _value in group]
        # human and human@1 are other kinds of lines, and stay by themselves.
        apart = [name for name in names if not name.startswith("best@")]
        best = names[len(apart) :]
        if len(best) > 2:
            best = [f"{best[0]} to {best[-1]}"]
        found += [(name, value) for name in (*apart, *best)]
    return found


def _definitions(threshold: float, unsupported: UnsupportedAs) -> str:
    return (
        "speedup: source / fastest accepted one of the first k generations (all of them when a row "
        "has fewer), at least 1, and 1 when none is accepted; "
        f"%Opt: share of the n rows with a speedup of {threshold:g} or more; "
        "%Correct: share of rows with an accepted generation; "
        "human: source / target, below 1 where the target is slower; "
        "human@1: the target scored as a generation; "
        "net: without the start of the process, an empty program built and measured the same way, "
        "on each test; "
        "fuzzed: an answer that differs from its source on a made input counts as wrong; "
        f"generated programs that the machine cannot measure: {_COUNTED[unsupported]}; "
        f"interval: {LEVEL:.0%}, {RESAMPLES} bootstrap resamples of problems."
    )
