"""What the steps of `pie dataset` print: counts that add up, the card, and how far they are."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pie.cli.display import wanted
from pie.cli.exits import Exit, printing, say, show
from pie.core.wording import one_line

if TYPE_CHECKING:
    from pie.flows.simulate import Progress

_QUIET_SECONDS = 2.0
_LINE_SECONDS = 5.0


class Ticker:
    """Says now and then how far a step is; nothing for the first two seconds."""

    def __init__(self) -> None:
        self._start = self._last = time.monotonic()
        self._number = 0

    def rows(self, number: int, of: str) -> None:
        """Take note of rows that were read; fewer than before are those of the next pass."""
        if number < self._number:
            self._start = time.monotonic()
        self._number = number
        if self._due():
            rate = number / (time.monotonic() - self._start)
            say(f"pie: {number:,} rows, {rate:,.0f} a second (at {of})")

    def runs(self, progress: Progress) -> None:
        """Take note of programs that were measured."""
        if self._due():
            spent = time.monotonic() - self._start
            measured = progress.tally.run.get("measure", 0)
            reused = progress.tally.reused.get("measure", 0)
            left = ""
            if progress.planned and progress.rows:
                seconds = spent / progress.rows * (progress.planned - progress.rows)
                left = f", about {seconds:,.0f} s left"
            say(
                f"pie: {progress.rows:,} done, {measured:,} runs measured and {reused:,} reused, "
                f"{measured / spent:,.1f} a second{left}"
            )

    def _due(self) -> bool:
        now = time.monotonic()
        if not wanted():
            return False
        if now - self._start < _QUIET_SECONDS or now - self._last < _LINE_SECONDS:
            return False
        self._last = now
        return True


def print_step(manifest: dict[str, Any], as_json: bool) -> int:
    """Print where every row of a step went; return the exit code."""
    with printing():
        if as_json:
            sys.stdout.write(json.dumps(manifest, indent=2) + "\n")
        else:
            _print_counts(manifest)
    missed = sum(one["left_out"].get("not_measured", 0) for one in manifest["counts"])
    if missed:
        say(f"pie: {missed} could not be measured; the same command tries these again")
        return Exit.NOT_MEASURED
    return Exit.OK


def print_strength(document: dict[str, Any], as_json: bool) -> int:
    """Print how strong the tests of each problem are; return the exit code."""
    with printing():
        if as_json:
            sys.stdout.write(json.dumps(document, indent=2) + "\n")
            return Exit.OK
        totals = document["totals"]
        print(f"{'problem':<40} {'mutants':>8} {'killed':>8} {'with made':>10} {'start':>7}")
        for problem, one in document["problems"].items():
            shares = [one[name] / one["mutants"] for name in ("killed", "killed_with_made")]
            start = one["start_share_given"]
            shown = "-" if start is None else f"{start:.0%}"
            print(
                f"{one_line(problem):<40} {one['mutants']:>8} {shares[0]:>8.0%} {shares[1]:>10.0%} "
                f"{shown:>7}"
            )
        shares = [totals[name] / totals["mutants"] for name in ("killed", "killed_with_made")]
        print(
            f"{totals['killed']} of {totals['mutants']} mutants are killed ({shares[0]:.1%}), "
            f"with made tests {totals['killed_with_made']} ({shares[1]:.1%}). Under 90 % are "
            f"{totals['problems_under_90_percent']} of {totals['problems']} problems; "
            f"{totals['of_these_risen']} of these rise."
        )
    return Exit.OK


def _print_counts(manifest: dict[str, Any]) -> None:
    print(f"{manifest['step']}: {manifest['output']['name']}")
    for one in manifest["counts"]:
        print(f"  {one['in']:>12,} {one['unit']} in")
        for reason, number in one["left_out"].items():
            print(f"  {-number:>12,} {reason}")
        print(f"  {one['out']:>12,} {one['unit']} out")
    for name in ("rows", "problems", "near_duplicates", "tags", "verdicts"):
        value = manifest.get(name)
        if isinstance(value, dict):
            shown = ", ".join(f"{key} {number:,}" for key, number in value.items() if number)
            print(f"  {name}: {shown or 'none'}")
    if manifest.get("measured") is False:
        print("  WARNING: the runtimes are the table's own and were not measured here")


_TABLES: Sequence[tuple[str, Sequence[tuple[str, str]]]] = (
    ("Number of unique problem ids (PIE, table 6)", (("problems", "Unique Problem IDs"),)),
    ("Number of pairs (PIE, table 7)", (("pairs", "Pairs"),)),
    (
        "Lengths in {unit} (PIE, table 8)",
        (
            ("src_length_mean", "Mean src"),
            ("tgt_length_mean", "Mean tgt"),
            ("src_length_median", "Median src"),
            ("tgt_length_median", "Median tgt"),
        ),
    ),
    (
        "Pairs and tests",
        (
            ("users", "Users"),
            ("pairs_per_problem_mean", "Pairs/problem"),
            ("pairs_per_problem_most", "Most"),
            ("tests_per_problem_median", "Median tests/problem"),
            ("left_out", "Rows left out"),
        ),
    ),
    (
        "Speedup, source / target",
        (
            ("speedup_mean", "Mean"),
            ("speedup_geometric_mean", "Geo.mean"),
            ("speedup_median", "Median"),
            ("speedup_p90", "90 %"),
            ("optimised_share", "Share >= 1.10"),
        ),
    ),
)


def print_card(card: dict[str, Any], as_json: bool) -> None:
    """Print the tables of a data set."""
    with printing():
        if as_json:
            sys.stdout.write(json.dumps(card, indent=2) + "\n")
            return
        from rich import box
        from rich.table import Table
        from rich.text import Text

        for title, columns in _TABLES:
            show(Text(title.format(unit=card["length_unit"])))
            table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
            table.add_column("Dataset", no_wrap=True)
            for _key, name in columns:
                table.add_column(name, justify="right", no_wrap=True)
            for one in card["files"]:
                cells = [_cell(one[key]) for key, _name in columns]
                table.add_row(Text(one["name"]), *cells)
            show(table)
        for one in card["files"]:
            if one["score_tags"]:
                tags = ", ".join(f"{tag}: {number}" for tag, number in one["score_tags"].items())
                show(Text(f"{one['name']}, score tags: {tags}"))
            machines = ", ".join(one["measured_on"]) or "nothing, there are no pairs"
            show(Text(f"{one['name']}, measured on: {machines}"))
        for shared in card["shared_problems"]:
            names = " and ".join(shared["files"])
            show(Text(f"! {names} share problems: {shared['problems']}", style="yellow"))


def _cell(value: float | int | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
