"""Why answers fail to make a program faster, and which kinds of edit make it how much faster.

The first table is PIE's Table 5 (A.4): of all generated programs that do not optimise their source,
how many failed to compile, got which share of the tests wrong, or were correct and slower, of the
same speed, or faster by less than the threshold. PIE's bounds overlap at 95 % wrong; here 95 %
belongs to the worst class. Added are an answer without a program, which PIE counts nowhere, and
a program whose output or cost changed between runs or that tampered.

"The same speed" is not defined by PIE; here it is a speedup that reads 1.00 (from 0.995 to below
1.005). A test that was not run since an earlier one had used up its time counts as wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pie.core.metrics.averages import geometric_mean, mean, median
from pie.core.metrics.metrics import OPTIMISED_THRESHOLD, is_optimised
from pie.core.metrics.pair_result import Generation, PairResult
from pie.core.metrics.standing import Standing, UnsupportedAs, standing
from pie.core.problem import RowProblem
from pie.core.report.edit_kinds import EditKind, kind_between
from pie.core.report.pair_rows import ReportError
from pie.core.report.program_features import Features, features_of
from pie.core.rows import language_of, parse_answers
from sim.verdict import Verdict

SCHEMA_VERSION = 1
SAME_SPEED = (0.995, 1.005)
"""Speedups from the first to below the second are the same speed."""


class Failing(StrEnum):
    """Why a generated program does not optimise its source; in PIE's order, ours at the end."""

    COMPILE_ERROR = "failed to compile"
    WRONG_95 = "compiled, 95-100% of tests wrong"
    WRONG_75 = "compiled, over 75 and under 95% of tests wrong"
    WRONG_25 = "compiled, over 25 to 75% of tests wrong"
    WRONG_0 = "compiled, up to 25% of tests wrong (at least one)"
    SLOWER = "correct, slower than the source"
    SAME = "correct, same speed as the source"
    BELOW_THRESHOLD = "correct, faster, but not by the threshold"
    NO_CODE = "no program in the answer"
    UNRELIABLE = "output or cost changed, or it tampered"
    UNSUPPORTED = "does what the machine cannot measure"


class NotCounted(StrEnum):
    """Why a generated program is in neither number."""

    NOT_MEASURED = "not measured through our own failure"
    UNSUPPORTED_SOURCE = "source does what the machine cannot measure"
    UNSUPPORTED = "does what the machine cannot measure, and left out"
    NO_BASELINE = "source not accepted, so nothing to compare with"


@dataclass(frozen=True, slots=True)
class FailureLine:
    """One line of the first table; the shares of all lines add up to 1."""

    reason: Failing
    programs: int
    share: float


@dataclass(frozen=True, slots=True)
class KindLine:
    """Speedups (source / program, not clamped) of the accepted programs of one kind of edit."""

    kind: EditKind
    programs: int
    optimised: float
    """Share with at least the threshold."""
    mean: float
    median: float
    geometric_mean: float


@dataclass(frozen=True, slots=True)
class ErrorAnalysis:
    """What became of every generated program, and speedups by kind of edit."""

    schema_version: int
    threshold: float
    generated: int
    optimised: int
    failed: int
    not_counted: Mapping[NotCounted, int]
    """`generated` = `optimised` + `failed` + these."""
    failures: tuple[FailureLine, ...]
    generated_by_kind: tuple[KindLine, ...]
    human_by_kind: tuple[KindLine, ...]
    """The same of the pairs' targets."""
    definitions: str
    unsupported: UnsupportedAs = UnsupportedAs.FAILED
    """What a generated program counts as that the machine cannot measure."""


def analyse(
    rows: Iterable[tuple[PairResult, Mapping[str, object]]],
    threshold: float = OPTIMISED_THRESHOLD,
    unsupported: UnsupportedAs = UnsupportedAs.FAILED,
) -> ErrorAnalysis:
    """Analyse the finished rows of a run, one at a time. ReportError for a row without its codes.

    Every generation counts, whatever its place among the samples.
    """
    failures: Counter[Failing] = Counter()
    not_counted: Counter[NotCounted] = Counter()
    optimised = generated = 0
    by_kind: dict[EditKind, list[float]] = {}
    human: dict[EditKind, list[float]] = {}
    for pair, row in rows:
        generated += len(pair.generations)
        outcomes = [
            outcome(pair, one, told, threshold, unsupported)
            for one, told in zip(pair.generations, _told(row), strict=True)
        ]
        optimised += sum(one is None for one in outcomes)
        failures.update(one for one in outcomes if isinstance(one, Failing))
        not_counted.update(one for one in outcomes if isinstance(one, NotCounted))
        _add_kinds(pair, row, by_kind, human)
    failed = sum(failures.values())
    return ErrorAnalysis(
        SCHEMA_VERSION,
        threshold,
        generated,
        optimised,
        failed,
        {reason: not_counted[reason] for reason in NotCounted},
        tuple(
            FailureLine(reason, failures[reason], failures[reason] / failed if failed else 0.0)
            for reason in Failing
        ),
        _lines(by_kind, threshold),
        _lines(human, threshold),
        _definitions(threshold),
        unsupported,
    )


def outcome(
    pair: PairResult,
    one: Generation,
    told: Mapping[str, object],
    threshold: float,
    unsupported: UnsupportedAs = UnsupportedAs.FAILED,
) -> Failing | NotCounted | None:
    """Return why a generation does not optimise its source; None when it does."""
    if Verdict.NOT_MEASURED in (one.verdict, pair.src_verdict):
        return NotCounted.NOT_MEASURED
    if pair.src_verdict == Verdict.UNSUPPORTED:
        return NotCounted.UNSUPPORTED_SOURCE
    if standing(one.verdict, unsupported) is Standing.LEFT_OUT:
        return NotCounted.UNSUPPORTED
    if pair.src_seconds is None:
        return NotCounted.NO_BASELINE
    if one.seconds is not None:
        return _of_a_correct_one(pair.src_seconds, one.seconds, threshold)
    named = {
        Verdict.NO_CODE: Failing.NO_CODE,
        Verdict.COMPILE_ERROR: Failing.COMPILE_ERROR,
        Verdict.NONDETERMINISTIC: Failing.UNRELIABLE,
        Verdict.TAMPERING: Failing.UNRELIABLE,
        Verdict.UNSUPPORTED: Failing.UNSUPPORTED,
    }
    if one.verdict in named:
        return named[one.verdict]
    tests, passed = told.get("tests"), told.get("tests_passed")
    if not (isinstance(tests, int) and isinstance(passed, int) and 0 <= passed < tests):
        raise ReportError(
            f"row {pair.name}: a generation is {one.verdict} and {passed} of {tests} tests passed"
        )
    return of_wrong_share(tests - passed, tests)


def of_wrong_share(wrong: int, tests: int) -> Failing:
    """Return the class of a program that got some tests wrong; integers, so bounds are exact."""
    if 100 * wrong >= 95 * tests:
        return Failing.WRONG_95
    if 100 * wrong > 75 * tests:
        return Failing.WRONG_75
    return Failing.WRONG_25 if 100 * wrong > 25 * tests else Failing.WRONG_0


def _of_a_correct_one(before: float, after: float, threshold: float) -> Failing | None:
    if is_optimised(before, after, threshold):
        return None
    speedup = before / after
    if speedup < SAME_SPEED[0]:
        return Failing.SLOWER
    return Failing.SAME if speedup < SAME_SPEED[1] else Failing.BELOW_THRESHOLD


def _told(row: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    generations = row.get("generations") or []
    assert isinstance(generations, list)  # `pair_from_row` has checked it
    return generations


def _add_kinds(
    pair: PairResult,
    row: Mapping[str, object],
    by_kind: dict[EditKind, list[float]],
    human: dict[EditKind, list[float]],
) -> None:
    """Add the speedups of a row's accepted programs to their kinds of edit."""
    if pair.src_seconds is None:
        return
    source, target = row.get("src_code"), row.get("tgt_code")
    answers = _answers(pair, row.get("generated_answers"))
    if not isinstance(source, str) or not isinstance(target, str):
        raise ReportError(f"row {pair.name}: src_code or tgt_code is missing")
    if len(answers) != len(pair.generations):
        raise ReportError(
            f"row {pair.name}: {len(answers)} generated_answers but "
            f"{len(pair.generations)} generations"
        )
    try:
        language = language_of(str(row.get("language") or "cpp"))
    except RowProblem as problem:
        raise ReportError(f"row {pair.name}: {problem}") from problem
    known: dict[str, Features] = {}

    def features(code: str) -> Features:
        if code not in known:
            known[code] = features_of(code, language)
        return known[code]

    for code, one in zip(answers, pair.generations, strict=True):
        if one.seconds is not None:
            kind = kind_between(features(source), features(code))
            by_kind.setdefault(kind, []).append(pair.src_seconds / one.seconds)
    if pair.tgt_seconds is not None:
        kind = kind_between(features(source), features(target))
        human.setdefault(kind, []).append(pair.src_seconds / pair.tgt_seconds)


def _answers(pair: PairResult, value: object) -> tuple[str, ...]:
    if value is None or isinstance(value, str):
        return parse_answers(value)
    if isinstance(value, list) and all(one is None or isinstance(one, str) for one in value):
        return parse_answers(value)
    raise ReportError(f"row {pair.name}: generated_answers is no list of programs")


def _lines(speedups: Mapping[EditKind, list[float]], threshold: float) -> tuple[KindLine, ...]:
    return tuple(
        KindLine(
            kind,
            len(found),
            mean([is_optimised(one, 1.0, threshold) for one in found]),
            mean(found),
            median(found),
            geometric_mean(found),
        )
        for kind in EditKind
        if (found := speedups.get(kind, []))
    )


def _definitions(threshold: float) -> str:
    return (
        f"failures: all generated programs whose speedup is under {threshold:g} or that are not "
        f"correct, their shares add up to 100%; same speed: a speedup from {SAME_SPEED[0]} to "
        f"below {SAME_SPEED[1]}; a test not run after a time limit counts as wrong; speedups by "
        "kind of edit: source / program of the accepted programs, not clamped; kinds: by rules "
        "over the syntax trees, see pie.core.report.edit_kinds."
    )
