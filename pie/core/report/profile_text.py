"""Profiles as text: cost by line in the form of line_profiler, as SOAP's prompts show it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pie.core.prompting.token_budget import BYTES_PER_TOKEN
from sim.line_costs import FunctionLines, LineCost
from sim.machine import CLOCK_HZ
from sim.machines.counts import Counts
from sim.profile import WHOLE_FILE, Profile
from sim.program import Language
from sim.verdict import Verdict

FILE = "main.py"
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_LONGEST_LINE = 200
_NANOSECOND = 1e-9

CountTokens = Callable[[str], int]


def estimated_tokens(text: str) -> int:
    """Return tokens of a text by its bytes: an estimate on the safe side."""
    return -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)


@dataclass(frozen=True)
class Cut:
    """How much of a profile is shown: its cheapest lines are dropped first."""

    tokens: int | None = None
    """At most so many, as `count` counts them; None: any number."""
    lines: int | None = None
    """At most so many lines of the program."""
    count: CountTokens = estimated_tokens


@dataclass(frozen=True)
class _Row:
    text: str
    rank: int
    """What it cost; -1 for a line that was never come to."""


@dataclass(frozen=True)
class _Table:
    above: tuple[str, ...]
    rows: tuple[_Row, ...]


def time_profile(profile: Profile, source: str, cut: Cut | None = None) -> str:
    """Return what the lines of a program cost, function by function, as line_profiler prints it.

    Times are simulated nanoseconds, on the machine `counts` instructions. Where lines are dropped,
    or the program ended badly, the last lines say so.
    """
    counts = profile.machine == Counts.name
    unit = "1 instruction" if counts else f"{_NANOSECOND:g} s"
    texts = _lines_of(source, profile)
    tables = [_time_table(one, texts, profile) for one in profile.functions if one.cycles]
    foot = [*_elsewhere(profile), *_how_it_ended(profile)]
    return _shown([f"Timer unit: {unit}", ""], tables, foot, cut or Cut())


def _elsewhere(profile: Profile) -> list[str]:
    """Say what the code outside of the user's file cost, which no line has."""
    cycles = profile.cycles - sum(one.cycles for one in profile.functions)
    if profile.language is not Language.CPP or cycles <= 0 or not profile.elsewhere:
        return []
    names = ", ".join(name for name, _cycles in profile.elsewhere)
    return [f"{100 * cycles / profile.cycles:.1f} % of the time is in library code: {names}"]


def memory_profile(profile: Profile, source: str, cut: Cut | None = None) -> str:
    """Return the memory in use line by line, function by function, as memory_profiler prints it.

    Memory is what the program has touched, in whole pages, with the interpreter's own. Of C++ it is
    what each line asked for: calls and bytes in all, in the form of `time_profile`.
    """
    texts = _lines_of(source, profile)
    table = _allocation_table if profile.language is Language.CPP else _memory_table
    tables = [table(one, texts, profile) for one in profile.functions if one.lines]
    return _shown([], tables, _how_it_ended(profile), cut or Cut())


def _memory_table(function: FunctionLines, texts: Sequence[str], profile: Profile) -> _Table:
    head = ("Line #", "Mem usage", "Increment", "Occurrences", "Line Contents")
    first = max(1, function.first)
    columns, ranks = [], []
    for number in _numbers(function, texts, profile):
        cost = function.lines.get(number)
        shown, rank = ("", "", ""), -1
        if cost is not None:
            shown = _mebibytes(cost.memory_bytes), _mebibytes(cost.grown_bytes), str(cost.hits)
            rank = abs(cost.grown_bytes)
        elif number == first:  # where it was called, as memory_profiler has it
            shown = _mebibytes(function.entered_bytes), _mebibytes(function.entered_bytes), ""
        columns.append((str(number), *shown, _line(texts, number)))
        ranks.append(rank)
    above = (*_place(function, "Filename"), "")
    return _table(above, head, columns, ranks, (6, 12, 12, 10), (1, 1, 2, 3))


def _allocation_table(function: FunctionLines, texts: Sequence[str], profile: Profile) -> _Table:
    head = ("Line #", "Calls", "Bytes", "Per Call", "% Bytes", "Line Contents")
    total = sum(cost.allocated_bytes for cost in function.lines.values())
    columns, ranks = [], []
    for number in _numbers(function, texts, profile):
        cost = function.lines.get(number, LineCost())
        shown = ("", "", "", "")
        if cost.allocations:
            each = f"{cost.allocated_bytes / cost.allocations:.1f}"
            share = f"{100 * cost.allocated_bytes / max(1, total):.1f}"
            shown = str(cost.allocations), str(cost.allocated_bytes), each, share
        columns.append((str(number), *shown, _line(texts, number)))
        ranks.append(cost.allocated_bytes if cost.allocations else -1)
    above = (f"Total allocated: {total} bytes", *_place(function, "File"), "")
    return _table(above, head, columns, ranks, (6, 9, 12, 8, 8), (1, 1, 1, 1, 2))


def _mebibytes(size: int) -> str:
    return f"{size / (1 << 20):.3f} MiB"


def as_plain(profile: Profile, source: str) -> dict[str, Any]:
    """Return a profile as plain values, with the text of each line."""
    texts = _lines_of(source, profile)
    return {
        "machine": profile.machine,
        "verdict": profile.verdict.value,
        "detail": profile.detail,
        "cycles": profile.cycles,
        "functions": [
            {
                "function": one.name,
                "line": max(1, one.first),
                "cycles": one.cycles,
                "lines": [
                    {"line": number, "text": _line(texts, number), **asdict(cost)}
                    for number, cost in sorted(one.lines.items())
                    if 0 < number <= len(texts)
                ],
            }
            for one in profile.functions
        ],
    }


def _time_table(function: FunctionLines, texts: Sequence[str], profile: Profile) -> _Table:
    counts = profile.machine == Counts.name
    total = profile.cycles if profile.language is Language.CPP else function.cycles
    unit = 1.0 if counts else 1 / CLOCK_HZ / _NANOSECOND
    spent = f"{total} instructions" if counts else f"{total / CLOCK_HZ:g} s"
    head = ("Line #", "Hits", "Time", "Per Hit", "% Time", "Line Contents")
    columns, ranks = [], []
    for number in _numbers(function, texts, profile):
        cost = function.lines.get(number)
        shown = ("", "", "", "") if cost is None else _time_columns(cost, unit, total)
        columns.append((str(number), *shown, _line(texts, number)))
        ranks.append(-1 if cost is None else cost.cycles)
    above = (f"Total time: {spent}", *_place(function, "File"), "")
    return _table(above, head, columns, ranks, (6, 9, 12, 8, 8), (1, 1, 1, 1, 2))


def _place(function: FunctionLines, word: str) -> tuple[str, ...]:
    if function.name == WHOLE_FILE:
        return (f"{word}: {WHOLE_FILE}",)
    return f"{word}: {FILE}", f"Function: {function.name} at line {max(1, function.first)}"


def _time_columns(cost: LineCost, unit: float, total: int) -> tuple[str, str, str, str]:
    time = cost.cycles * unit
    each = f"{time / cost.hits:.1f}" if cost.hits else ""
    return str(cost.hits), f"{time:.1f}", each, f"{100 * cost.cycles / max(1, total):.1f}"


def _numbers(function: FunctionLines, texts: Sequence[str], profile: Profile) -> list[int]:
    """Return the lines of a function without those of functions within it, which have their own."""
    first, last = max(1, function.first), min(function.last, len(texts))
    within = {
        number
        for one in profile.functions
        if one is not function and first <= one.first and one.last <= function.last
        for number in range(one.first, one.last + 1)
    }
    numbers = range(first, last + 1)
    return [number for number in numbers if number not in within or number in function.lines]


def _table(
    above: tuple[str, ...],
    head: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    ranks: Sequence[int],
    least: Sequence[int],
    gaps: Sequence[int],
) -> _Table:
    """Lay columns out to the right, at least so wide and so far apart; the last one to the left."""
    longest = [max(len(row[column]) for row in (head, *rows)) for column in range(len(least))]
    widths = [max(size) for size in zip(least, longest, strict=True)]

    def line(row: tuple[str, ...]) -> str:
        cells = zip(row[:-1], widths, gaps, strict=True)
        return (
            "".join(f"{cell:>{width}}" + " " * gap for cell, width, gap in cells) + row[-1]
        ).rstrip()

    title = line(head)
    shown = [_Row(line(row), rank) for row, rank in zip(rows, ranks, strict=True)]
    return _Table((*above, title, "=" * len(title)), tuple(shown))


def _lines_of(source: str, profile: Profile) -> list[str]:
    """Return the source's lines, as the interpreter counts them, or the compiler."""
    lines = source.split("\n") if profile.language is Language.CPP else _LINE_ENDS.split(source)
    return lines if lines[-1] else lines[:-1]


def _line(texts: Sequence[str], number: int) -> str:
    """Return a line of the source, safe to print, with its indentation."""
    text = texts[number - 1].expandtabs(4)[:_LONGEST_LINE]
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _how_it_ended(profile: Profile) -> list[str]:
    if profile.verdict is Verdict.ACCEPTED:
        return []
    detail = f" ({profile.detail})" if profile.detail else ""
    return [
        f"The program did not come to its end: {profile.verdict}{detail} on {profile.test}. "
        "This is what was seen until then."
    ]


def _shown(head: list[str], tables: Sequence[_Table], foot: list[str], cut: Cut) -> str:
    """Return the tables with as many of the costliest lines as there is room for."""
    ranked = sorted(
        ((row.rank, -place, -number), (place, number))
        for place, table in enumerate(tables)
        for number, row in enumerate(table.rows)
    )
    order = [where for _rank, where in reversed(ranked)]

    def text(kept: int) -> str:
        chosen = set(order[:kept])
        lines = list(head)
        for place, table in enumerate(tables):
            rows = [row.text for n, row in enumerate(table.rows) if (place, n) in chosen]
            if rows:
                lines += [*table.above, *rows, ""]
        if dropped := len(order) - kept:
            lines.append(f"({dropped} lines that cost less are not shown)")
        return "\n".join([*lines, *foot]).rstrip("\n") + "\n"

    most = len(order) if cut.lines is None else min(cut.lines, len(order))
    if cut.tokens is None or cut.count(text(most)) <= cut.tokens:
        return text(most)
    low, high = 0, most  # `low` lines fit, or none do; `high` do not
    while high - low > 1:
        middle = (low + high) // 2
        if cut.count(text(middle)) <= cut.tokens:
            low = middle
        else:
            high = middle
    return text(low)
