"""Tables for notebooks: plain HTML in which every text is a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from pie.core.wording import escaped


def html_table(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a table whose first column is text and whose others are numbers."""
    head = "".join(f"<th>{_cell(title)}</th>" for title in titles)
    body = "".join(
        f"<tr>{''.join(_line(place, cell) for place, cell in enumerate(line))}</tr>"
        for line in lines
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def paragraph(text: str) -> str:
    """Return a text as a paragraph."""
    return f"<p>{_cell(text)}</p>"


def _line(place: int, cell: str) -> str:
    return f'<td style="text-align:{"right" if place else "left"}">{_cell(cell)}</td>'


def _cell(text: str) -> str:
    return escape(escaped(text))
