"""What one problem's measured submissions give: its pairs, and where every other program went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pie.core.dataset.near_duplicates import THRESHOLD, shingles
from pie.core.dataset.pair_selection import choose, programs, targets
from pie.core.dataset.table import Record
from pie.core.dataset.trajectory import IMPROVEMENT, Pair, Solution, in_range, moment, trajectories
from pie.core.differences import Difference
from pie.core.problem import InputError
from sim.verdict import Verdict

PER_USER = 10_000
"""PIE has no limit; this one is met by no user with fewer than 142 accepted programs, and keeps
somebody with thousands from filling the disk with pairs that grow with their square."""


@dataclass(frozen=True)
class Rules:
    """What makes a pair."""

    improvement: float = IMPROVEMENT
    near_duplicate: float = THRESHOLD
    """Two pairs are one when their sources and their targets are so similar."""
    longest: int | None = None
    """Characters of a program."""
    per_user: int = PER_USER
    """Most pairs of one user in a problem."""


@dataclass
class Sifted:
    """The pairs of one problem, and the counts of what was sifted."""

    pairs: list[Pair] = field(default_factory=list)
    fastest: Solution | None = None
    """Of all accepted programs, long ones too; of equal ones the first submitted."""
    solutions: int = 0
    dropped_programs: Counter[str] = field(default_factory=Counter)
    candidates: int = 0
    dropped_pairs: Counter[str] = field(default_factory=Counter)


def accepted(group: Sequence[Record]) -> Iterator[Record]:
    """Yield the accepted rows of one problem; InputError when they cannot be compared."""
    taken = [one for one in group if one.fields["verdict"] == Verdict.ACCEPTED.value]
    for name in ("measured_on", "tests", "language"):
        other = next((one for one in taken[1:] if one.fields[name] != taken[0].fields[name]), None)
        if other is not None:
            problem_id = group[0].fields["problem_id"]
            both = Difference(name, taken[0].fields[name], other.fields[name])
            raise InputError(
                f"the submissions of {problem_id} differ in {both}, so their runtimes say nothing",
                "measure them together with `pie dataset measure`",
            )
    yield from taken


def solutions(group: Sequence[Record]) -> list[Solution]:
    """Return the accepted programs of one problem with their cost: cycles where all have them.

    One with a runtime such as 5e-324 s is left out: its ratio to another is no finite number.
    """
    taken = list(accepted(group))
    if len({str(one.fields["submission_id"]) for one in taken}) < len(taken):
        raise InputError(
            f"two submissions of {group[0].fields['problem_id']} have the same submission_id",
            "give the file that `pie dataset measure` wrote, unchanged",
        )
    unit = "cycles" if all(one.fields["cycles"] for one in taken) else "agg_runtime"
    made = []
    for one in taken:
        row = one.fields
        try:
            name, user = str(row["submission_id"]), str(row["user_id"])
            times = float(row[unit]), float(row["agg_runtime"])
            if any(time > 0 and not in_range(time) for time in times):
                continue
            made.append(Solution(name, user, int(row["date"]), str(row["code"]), *times))
        except (TypeError, ValueError, OverflowError) as error:
            raise InputError(
                f"{one.place}: an accepted program without a proper runtime ({error})",
                "give the file that `pie dataset measure` wrote",
            ) from error
    return made


def sift(group: Sequence[Record], rules: Rules) -> Sifted:
    """Return the pairs of one problem, ordered by user and time."""
    found = Sifted()
    for one in group:
        if one.fields["verdict"] != Verdict.ACCEPTED.value:
            found.dropped_programs[str(one.fields["verdict"])] += 1
    everyone = solutions(group)
    found.solutions = len(everyone)
    out_of_range = len(group) - found.dropped_programs.total() - len(everyone)
    if out_of_range:
        found.dropped_programs["runtime_out_of_range"] += out_of_range
    found.fastest = min(everyone, key=lambda one: (one.cost, moment(one)), default=None)
    kept = [one for one in everyone if rules.longest is None or len(one.code) <= rules.longest]
    found.dropped_programs["too_long"] += len(everyone) - len(kept)
    users = [targets(one, rules.improvement) for one in trajectories(kept)]
    found.candidates = sum(len(one.open) * (len(one.open) - 1) // 2 for one in users)
    improving = sum(one.improving for one in users)
    found.dropped_pairs["no_improvement"] = found.candidates - improving
    if improving:
        language = str(group[0].fields["language"])
        known = {one.submission_id: shingles(one.code, language) for one in programs(users)}
        choice = choose(users, known, rules.near_duplicate, rules.per_user)
        found.pairs = choice.pairs
        found.dropped_pairs += choice.dropped
    return found


def pair_row(pair: Pair, about: Mapping[str, Any], fastest: Solution) -> dict[str, Any]:
    """Return a row of PIE's format. `about` is any accepted row of the problem.

    `target_reward` is fastest / target, as in PIE's published rows (0.0002134063 s over
    0.0002137555 s is stated there as 0.99837).
    """
    return {
        "src_id": pair.src.submission_id,
        "tgt_id": pair.tgt.submission_id,
        "problem_id": about["problem_id"],
        "user_id": pair.src.user_id,
        "language": about["language"],
        "src_code": pair.src.code,
        "tgt_code": pair.tgt.code,
        "tests": list(about["tests"]),
        "src_agg_runtime": pair.src.seconds,
        "tgt_agg_runtime": pair.tgt.seconds,
        "speedup": pair.speedup,
        "fastest_agg_runtime": fastest.seconds,
        "fastest_id": fastest.submission_id,
        "target_reward": fastest.cost / pair.tgt.cost,
        "src_status": "Accepted",
        "tgt_status": "Accepted",
        "measured_on": about["measured_on"],
    }
