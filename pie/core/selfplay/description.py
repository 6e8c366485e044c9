"""What a problem asks for, in words: a field of its row, or a file such as CodeNet's HTML page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from pie.core.problem import InputError

FIELDS = ("problem_description", "description")
"""Of a row, in the order in which they win."""
_ENDINGS = (".html", ".md", ".txt")
_BLOCKS = frozenset(
    [f"h{level}" for level in range(1, 7)]
    + ["br", "dd", "div", "dl", "dt", "hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul"]
)


class Descriptions:
    """The descriptions of a folder: `PROBLEM.html`, `.md` or `.txt`."""

    def __init__(self, folder: Path | None) -> None:
        """InputError when a folder is given and is none."""
        if folder is not None and not folder.is_dir():
            raise InputError(
                f"the folder of descriptions {folder} does not exist",
                "check the path given to --descriptions",
            )
        self._folder = folder

    def of(self, problem_id: str, fields: Mapping[str, Any]) -> str:
        """Return a problem's description; empty when nothing says one."""
        for name in FIELDS:
            text = fields.get(name)
            if isinstance(text, str) and text.strip():
                return text.strip()
        if self._folder is None or "/" in problem_id or "\0" in problem_id:
            return ""
        for ending in _ENDINGS:
            path = self._folder / f"{problem_id}{ending}"
            if path.is_file():
                text = path.read_text("utf-8", "replace")
                return plain_text(text) if ending == ".html" else text.strip()
        return ""


def plain_text(html: str) -> str:
    """Return the text of a page, its blocks on lines of their own."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    lines = [re.sub(r"[ \t\f\v]+", " ", line).strip() for line in "".join(parser.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """Take a section of no known kind for a comment, as browsers do."""
        try:
            return super().parse_marked_section(i, report)
        except AssertionError:
            return self.parse_bogus_comment(i)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style")
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._hidden = max(0, self._hidden - 1)
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)
