"""Two questions to a run: does length hinder (PIE A.4), and does the tag asked for steer speed?

`by_length`: PIE reports correlations of the length of source and description with "average
accuracy" and "average speedup" without a formula. Here accuracy is the mean over a row's answers of
the share of tests passed, as PIE's code counts it, and speedup the mean over them of
max(1, source / answer), 1 for one that is not accepted. `by_tag` is an addition of ours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pie.core.answers.merging import asked_score
from pie.core.metrics.averages import mean
from pie.core.metrics.bootstrap import Cluster, mean_interval
from pie.core.metrics.correlation import Correlation, Point, correlation
from pie.core.metrics.estimate import Estimate
from pie.core.metrics.metrics import net_of
from pie.core.metrics.pair_result import Generation, PairResult
from pie.core.metrics.standing import Standing, UnsupportedAs, standing

Rows = Iterable[tuple[PairResult, Mapping[str, Any]]]
DESCRIPTIONS = ("problem_description", "description")
"""Fields of a row that hold the text of its problem."""


@dataclass(frozen=True, slots=True)
class ByLength:
    """Correlations over rows, lengths in characters."""

    rows: int
    left_out: Mapping[str, int]
    source_accuracy: Correlation
    source_speedup: Correlation
    description_accuracy: Correlation | None
    """None where no row has the text of its problem."""
    description_speedup: Correlation | None
    source_net_speedup: Correlation | None = None
    """Without the start of the process; None where no row has net times."""
    description_net_speedup: Correlation | None = None


@dataclass(frozen=True, slots=True)
class TagLine:
    """What was asked for with one tag."""

    tag: int
    answers: int
    correct: Estimate
    """Share of accepted answers."""
    speedup: Estimate
    """Mean over answers of max(1, source / answer); 1 for one that is not accepted."""
    accepted_speedup: float | None
    """Mean of source / answer over the accepted ones alone, not clamped."""
    net_speedup: Estimate | None = None
    """As `speedup`, without the start of the process; None where no answer has net times."""


@dataclass(frozen=True, slots=True)
class ByTag:
    """Speed got against tag asked for, over answers."""

    answers: int
    left_out: Mapping[str, int]
    lines: tuple[TagLine, ...]
    tag_speedup: Correlation
    """Of the clamped speedups of all answers."""
    tag_accepted_speedup: Correlation
    """Of the accepted ones alone."""


def by_length(rows: Rows, unsupported: UnsupportedAs = UnsupportedAs.FAILED) -> ByLength:
    """Correlate lengths with what became of each row's answers."""
    left_out: dict[str, int] = defaultdict(int)
    points: dict[str, list[Point]] = defaultdict(list)
    number = 0
    for pair, row in rows:
        number += 1
        answers = _scored(pair, row, unsupported)
        if isinstance(answers, str):
            left_out[answers] += 1
            continue
        accuracy = mean([one[1] for one in answers])
        speedup = mean([one[2] for one in answers])
        lengths = {"source": len(str(row.get("src_code") or ""))}
        text = next((row[name] for name in DESCRIPTIONS if isinstance(row.get(name), str)), None)
        if text is not None:
            lengths["description"] = len(text)
        for name, length in lengths.items():
            points[f"{name} accuracy"].append((pair.problem_id, length, accuracy))
            points[f"{name} speedup"].append((pair.problem_id, length, speedup))
            net = _net_speedups(pair, row, unsupported)
            if net is not None:
                points[f"{name} net"].append((pair.problem_id, length, mean(net)))
    described = bool(points["description accuracy"])
    return ByLength(
        number,
        dict(left_out),
        correlation(points["source accuracy"]),
        correlation(points["source speedup"]),
        correlation(points["description accuracy"]) if described else None,
        correlation(points["description speedup"]) if described else None,
        *(correlation(points[f"{name} net"]) if points[f"{name} net"] else None
          for name in ("source", "description")),
    )  # fmt: skip


def by_tag(rows: Rows, unsupported: UnsupportedAs = UnsupportedAs.FAILED) -> ByTag:
    """Group answers by the tag that was asked for."""
    left_out: dict[str, int] = defaultdict(int)
    groups: dict[int, list[tuple[str, Generation, float, float]]] = defaultdict(list)
    nets: dict[int, list[tuple[str, float]]] = defaultdict(list)
    for pair, row in rows:
        tags = list(_tags(row, len(pair.generations)))
        answers = _scored(pair, row, unsupported)
        if isinstance(answers, str):
            left_out[answers] += len(tags)
            continue
        for tag, net in zip(tags, _net_speedups(pair, row, unsupported) or (), strict=False):
            if tag is not None:
                nets[tag].append((pair.problem_id, net))
        for tag, (answer, _accuracy, speedup) in zip(tags, answers, strict=True):
            if tag is None:
                left_out["no tag is known"] += 1
                continue
            ratio = (pair.src_seconds or 0) / answer.seconds if answer.seconds else 0.0
            groups[tag].append((pair.problem_id, answer, speedup, ratio))
    everyone = [(problem, float(tag), speedup, ratio)
                for tag, group in groups.items()
                for problem, _answer, speedup, ratio in group]  # fmt: skip
    return ByTag(
        len(everyone),
        dict(left_out),
        tuple(_line(tag, groups[tag], nets[tag]) for tag in sorted(groups, reverse=True)),
        correlation((problem, tag, speedup) for problem, tag, speedup, _ratio in everyone),
        correlation((problem, tag, ratio) for problem, tag, _speedup, ratio in everyone if ratio),
    )


def _net_speedups(
    pair: PairResult, row: Mapping[str, Any], unsupported: UnsupportedAs
) -> list[float] | None:
    """Return each answer's clamped net speedup; None where the row has no net baseline."""
    net = net_of(pair)
    answers = "" if net is None else _scored(net, row, unsupported)
    return None if isinstance(answers, str) else [speedup for _one, _accuracy, speedup in answers]


def _scored(
    pair: PairResult, row: Mapping[str, Any], unsupported: UnsupportedAs
) -> list[tuple[Generation, float, float]] | str:
    """Return each answer with accuracy and clamped speedup, or why the row has none."""
    if not pair.generations:
        return "no answers"
    if pair.src_seconds is None:
        return "source not accepted"
    if any(standing(one.verdict, unsupported) is Standing.LEFT_OUT for one in pair.generations):
        return "an answer is not measured"
    given = row.get("generations")
    details = given if isinstance(given, list) else []
    scored = []
    for answer, told in zip(pair.generations, details, strict=True):
        tests, passed = told.get("tests") or 1, told.get("tests_passed") or 0
        accuracy = 1.0 if answer.seconds is not None else min(1.0, passed / tests)
        speedup = 1.0 if answer.seconds is None else max(1.0, pair.src_seconds / answer.seconds)
        scored.append((answer, accuracy, speedup))
    return scored


def _tags(row: Mapping[str, Any], answers: int) -> Iterator[int | None]:
    """Yield the tag that each answer was asked for."""
    sampling = row.get("sampling")
    samples = sampling.get("samples") if isinstance(sampling, Mapping) else None
    whole = asked_score(row)
    for at in range(answers):
        sample = samples[at] if isinstance(samples, list) and at < len(samples) else None
        tag = sample.get("score", whole) if isinstance(sample, Mapping) else whole
        yield tag if isinstance(tag, int) and not isinstance(tag, bool) else None


def _line(
    tag: int, group: list[tuple[str, Generation, float, float]], nets: list[tuple[str, float]]
) -> TagLine:
    accepted = [ratio for _problem, answer, _speedup, ratio in group if answer.seconds is not None]
    correct = [(problem, float(one.seconds is not None)) for problem, one, _s, _r in group]
    return TagLine(
        tag,
        len(group),
        _mean_of(correct),
        _mean_of([(problem, speedup) for problem, _answer, speedup, _ratio in group]),
        mean(accepted) if accepted else None,
        _mean_of(nets) if nets else None,
    )


def _mean_of(values: list[tuple[str, float]]) -> Estimate:
    clusters: dict[str, Cluster] = {}
    for problem, value in values:
        before = clusters.get(problem, Cluster(0.0, 0))
        clusters[problem] = Cluster(before.total + value, before.rows + 1)
    return Estimate(mean([value for _problem, value in values]), mean_interval(clusters))
