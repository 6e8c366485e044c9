"""What `pie selfplay` prints: where every answer and every program went."""

from __future__ import annotations

import json
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pie.cli.display import wanted
from pie.cli.exits import Exit, printing, say
from pie.core.wording import count

if TYPE_CHECKING:
    from pie.flows import simulate
    from pie.flows.generation import asking
    from pie.flows.selfplay.request import Told

_QUIET_SECONDS = 2.0
_LINE_SECONDS = 15.0


class Display:
    """Says which step a run is at and, now and then, how far."""

    def __init__(self) -> None:
        self._begin(0)

    def __enter__(self) -> Display:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def told(self) -> Told:
        """Return whom a run is to tell."""
        from pie.flows.selfplay.request import Told

        return Told(self._step, self._asked, self._ran)

    def _step(self, text: str, things: int) -> None:
        self._begin(things)
        say(f"pie: {text}")

    def _begin(self, things: int) -> None:
        self._things = things
        self._start = self._last = time.monotonic()

    def _asked(self, progress: asking.Progress) -> None:
        if not self._due():
            return
        done = progress.answered + progress.failed
        rate = (done - progress.reused) / (self._last - self._start)
        left = f", {(progress.wanted - done) / rate:.0f} s left" if rate else ""
        failed = f", {progress.failed} without answer" if progress.failed else ""
        say(
            f"pie: {progress.answered:,} of {progress.wanted:,} answers{failed}, "
            f"{rate:.1f} a second{left}"
        )

    def _ran(self, progress: simulate.Progress) -> None:
        if not self._due():
            return
        rate = progress.rows / (self._last - self._start)
        left = f", {(self._things - progress.rows) / rate:.0f} s left" if rate else ""
        say(f"pie: {progress.rows:,} of {self._things:,} done, {rate:.1f} a second{left}")

    def _due(self) -> bool:
        now = time.monotonic()
        if not wanted():
            return False
        if now - self._start < _QUIET_SECONDS or now - self._last < _LINE_SECONDS:
            return False
        self._last = now
        return True


def print_summary(summary: dict[str, Any], as_json: bool) -> int:
    """Print the counts, which add up; return the exit code."""
    with printing():
        if as_json:
            sys.stdout.write(json.dumps(summary, indent=2, allow_nan=False) + "\n")
        else:
            _print(summary)
    if not summary["missing"]:
        return Exit.OK
    for of, reasons in summary["failures"].items():
        for reason, number in list(reasons.items())[:5]:
            say(f"pie: no answer of the {of}: {reason} ({number})")
    say(f"pie: {summary['missing']} answers or runs are missing; the same command tries them again")
    return Exit.NOT_MEASURED


def _print(summary: dict[str, Any]) -> None:
    answers, programs = summary["counts"]
    if summary["bases_described"] < summary["bases"]:
        missing = summary["bases"] - summary["bases_described"]
        print(f"{missing} of {summary['bases']} problems were shown without a description")
    print(f"{answers['in']:,} answers: {answers['out']:,} new programs")
    _print_reasons(answers)
    print(f"{programs['in']:,} new programs in {summary['classes']:,} classes of equal behaviour")
    _print_reasons(programs)
    if refused := summary["versions"].get("unsupported", 0):
        print(f"{count(refused, 'version')} did what the machine cannot measure (final)")
    kept, classes = summary["kept"], summary["kept_classes"]
    print(f"{kept:,} pairs of {classes:,} classes kept: {summary['rows']}")


def _print_reasons(counts: dict[str, Any]) -> None:
    for reason, number in sorted(counts["left_out"].items(), key=lambda one: (-one[1], one[0])):
        print(f"  {number:>8,} {reason}")
