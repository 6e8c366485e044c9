"""Where two machines disagree about the same answers: two runs of the same tasks and samples.

    python tests/benchmarks/style_agreement.py RUN OTHER [RUN OTHER ...]

Of the answers that both runs accept: whether each is efficient (COFFE), its DPS (EvalPerf), and its
cost beside the first reference (SOAP's NET), on both; and which answers the two tell otherwise.
"""

from __future__ import annotations

import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

from pie.core.metrics.reference_levels import differential_score, is_efficient
from pie.core.report.styles.chosen_tests import chosen_tests
from pie.core.report.styles.evalperf import ladder
from pie.core.report.styles.open_run import open_run
from pie.core.report.styles.subject import Subject

CLOSE = 1.1
"""Below this factor two costs are near one another."""


@dataclass(frozen=True)
class Told:
    """What one machine says of an answer."""

    ratio: float
    """Cost of the answer over that of the first reference."""
    efficient: bool
    margin: float
    """Cost of the answer over that of the fastest reference, on the tests that compare."""
    dps: float | None


def told_of(subject: Subject) -> dict[tuple[str, str, int], Told]:
    """Return what a run says of a task's accepted answers."""
    found = {}
    _kind, chosen = chosen_tests(subject)
    references = [cost for one in subject.references if (cost := one.cost(chosen)) is not None]
    costs, scores = ladder(subject.references, subject.scores, chosen)
    first = None if subject.reference is None else subject.reference.cost()
    for label, answers in subject.answers.items():
        for number, one in enumerate(answers):
            own, whole = one.cost(chosen), one.cost()
            if own is None or whole is None or first is None:
                continue
            found[subject.name, label, number] = Told(
                whole / first,
                is_efficient(own, min(references)),
                own / min(references),
                differential_score(own, costs, scores).dps if len(costs) > 1 else None,
            )
    return found


def compare(one: Path, other: Path) -> None:
    """Print how two runs agree."""
    left, right = (
        {
            key: told
            for subject in open_run(run).subjects()
            for key, told in told_of(subject).items()
        }
        for run in (one, other)
    )
    both = sorted(left.keys() & right.keys())
    print(f"{one.name} and {other.name}: {len(both)} answers accepted on both")
    if not both:
        return
    factors = [
        max(left[key].ratio / right[key].ratio, right[key].ratio / left[key].ratio) for key in both
    ]
    ninth = sorted(factors)[int(0.9 * len(factors))]
    print(
        f"  NET of an answer differs by a factor of {statistics.median(factors):.3f} in the "
        f"median, {ninth:.3f} at the 90th percentile, {max(factors):.3f} at most"
    )
    turned = [
        key
        for key in both
        if (left[key].ratio > CLOSE and right[key].ratio < 1 / CLOSE)
        or (left[key].ratio < 1 / CLOSE and right[key].ratio > CLOSE)
    ]
    print(f"  faster on one and slower on the other, by {CLOSE:g} or more: {len(turned)}")
    for key in turned:
        print(f"    {key[0]} {key[1]}: {left[key].ratio:.3f} and {right[key].ratio:.3f}")
    unlike = [key for key in both if left[key].efficient != right[key].efficient]
    near = [key for key in unlike if 1 / CLOSE < right[key].margin < CLOSE]
    print(
        f"  efficient on one alone: {len(unlike)}; of these {len(near)} within {CLOSE:g} of the "
        f"fastest reference on {other.name}"
    )
    for key in unlike:
        if key not in near:
            print(f"    {key[0]} {key[1]}: {left[key].margin:.3f} and {right[key].margin:.3f}")
    scored = [key for key in both if left[key].dps is not None and right[key].dps is not None]
    other_dps = [key for key in scored if left[key].dps != right[key].dps]
    print(f"  another DPS: {len(other_dps)} of {len(scored)}")


def main() -> None:
    runs = [Path(name) for name in sys.argv[1:]]
    if len(runs) < 2 or len(runs) % 2:
        sys.exit(__doc__)
    for one, other in zip(runs[::2], runs[1::2], strict=True):
        compare(one, other)


if __name__ == "__main__":
    main()
