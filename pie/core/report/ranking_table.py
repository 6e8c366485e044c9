"""A ranking as lines that fit a terminal of 60 columns or more."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pie.core.report.ranking import Entry, Ranking
from pie.core.wording import escaped

NARROWEST = 60
_SHORTEST_NAME = 12
_GAP = "  "
_MOST_INPUTS = 20
"""Inputs that have a line of their own: those that cost the base most."""
NONE = "-"


@dataclass(frozen=True)
class _Column:
    title: str
    cell: Callable[[Entry], str]
    rank: int
    """Columns of a higher rank go first where there is no room."""


def table(ranking: Ranking, width: int) -> list[str]:
    """Return the programs as lines, the fastest first, none wider than `width` columns."""
    width = max(width, NARROWEST)
    entries = [*ranking.measured, *ranking.failed]
    columns = [
        _Column(ranking.unit, lambda one: cost(ranking, one.seconds, one.cycles), 0),
        _Column("ratio", lambda one: times(ranking.ratio(one)), 0),
        _Column("instructions", lambda one: whole(one.instructions), 2),
        _Column("IPC", lambda one: _ipc(one.instructions_per_cycle), 3),
        _Column("memory", lambda one: _memory(one.peak_bytes), 4),
        _Column("start", lambda one: _share(one.startup_share), 5),
        _Column("verdict", lambda one: one.verdict.value.replace("_", " "), 1),
    ]
    if ranking.unit == "instructions":
        del columns[2:4]
    names = [escaped(one.name) for one in entries]
    while True:
        cells = [[column.cell(one) for one in entries] for column in columns]
        wide = [
            max(len(column.title), *map(len, texts))
            for column, texts in zip(columns, cells, strict=True)
        ]
        room = width - sum(wide) - len(_GAP) * len(columns)
        longest = max(len("program"), *map(len, names))
        if room >= min(longest, 32) or max(column.rank for column in columns) < 2:
            break
        columns.remove(max(columns, key=lambda column: column.rank))
    first = min(longest, max(room, _SHORTEST_NAME))
    header = [column.title for column in columns]
    lines = [_line("program", first, header, wide)]
    for place, name in enumerate(names):
        lines.append(_line(name, first, [texts[place] for texts in cells], wide))
    return lines


def by_input(ranking: Ranking, width: int) -> list[str]:
    """Return a line for each input, with what each program costs on it; none for one input."""
    entries = ranking.measured
    if not entries or len(entries[0].inputs) < 2:
        return []
    width = max(width, NARROWEST)
    shown = sorted(
        range(len(entries[0].inputs)), key=lambda place: -(entries[0].inputs[place].seconds or 0)
    )
    more = len(shown) - _MOST_INPUTS
    shown = sorted(shown[:_MOST_INPUTS])
    names = [escaped(entries[0].inputs[place].name) for place in shown]
    columns = []
    for entry in entries:
        costs = [entry.inputs[place] for place in shown]
        columns.append([cost(ranking, one.seconds, one.cycles) for one in costs])
    longest = max(len("input"), *map(len, names))
    titles = [_short(escaped(entry.name), 16) for entry in entries]
    wide = [max(len(title), *map(len, texts)) for title, texts in zip(titles, columns, strict=True)]
    fitting = len(wide)
    while fitting > 1 and _needed(wide[:fitting]) + min(longest, 24) > width:
        fitting -= 1
    first = min(longest, max(_SHORTEST_NAME, width - _needed(wide[:fitting])))
    lines = [_line("input", first, titles[:fitting], wide)]
    for place, name in enumerate(names):
        lines.append(_line(name, first, [texts[place] for texts in columns[:fitting]], wide))
    if more > 0:
        lines.append(f"... and {more} inputs that cost less")
    if fitting < len(wide):
        left = len(wide) - fitting
        lines.append(f"... and {left} slower programs (--json has all)")
    return lines


def reasons(ranking: Ranking, width: int) -> list[str]:
    """Return why programs have no number, wrapped, a paragraph for each."""
    lines: list[str] = []
    for one in ranking.failed:
        why = f": {one.reason}" if one.reason else ""
        verdict = one.verdict.value.replace("_", " ")
        lines += wrapped(escaped(f"{one.name}: {verdict}{why}"), width, "  ")
    return lines


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Return a text as lines of at most `width` columns; paths are broken only if they must."""
    return textwrap.wrap(
        text,
        max(width, NARROWEST),
        subsequent_indent=indent,
        break_on_hyphens=False,
    ) or [""]


def cost(ranking: Ranking, seconds: float | None, cycles: int | None) -> str:
    """Return a cost in the machine's unit: a count of instructions is no time."""
    if ranking.unit == "instructions":
        return whole(cycles)
    return NONE if not seconds else duration(seconds)


def duration(seconds: float) -> str:
    """Return a time with four digits and its unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.4g} {unit}"
    return f"{seconds / 1e-9:.4g} ns"


def whole(number: int | None) -> str:
    """Return a count with its thousands apart."""
    return NONE if number is None else f"{number:,}"


def times(ratio: float | None) -> str:
    """Return a ratio as a report writes it."""
    return NONE if ratio is None else f"{ratio:.3f}"


def _ipc(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def _memory(value: int | None) -> str:
    return NONE if not value else f"{value / (1 << 20):.1f} MiB"


def _share(value: float | None) -> str:
    return NONE if value is None else f"{value:.0%}"


def _needed(wide: Sequence[int]) -> int:
    return sum(wide) + len(_GAP) * len(wide)


def _line(name: str, first: int, cells: Sequence[str], wide: Sequence[int]) -> str:
    parts = [_short(name, first).ljust(first)]
    parts += [text.rjust(room) for text, room in zip(cells, wide, strict=False)]
    return _GAP.join(parts).rstrip()


def _short(name: str, room: int) -> str:
    """Cut a name in front: what tells files apart is mostly at the end."""
    return name if len(name) <= room else "..." + name[-(room - 3) :]
