"""The commands of README.md and docs/*.md, as they stand there."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`(pie [^`\n]+)`(?!`)")
_FIRST = ("pie ", "make ", "python ", "export ", ". ", "pip ")


@dataclass(frozen=True)
class Command:
    """A command, its comment left away, and the page that it stands on."""

    page: str
    text: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text)


def commands(page: Path) -> list[Command]:
    """Return the commands of the page's fenced blocks for a shell, in their order."""
    found = []
    for language, block in _BLOCK.findall(page.read_text("utf-8")):
        if language not in ("", "sh"):
            continue
        for line in block.replace("\\\n", " ").splitlines():
            text = re.sub(r"\s+# .*$", "", line.removeprefix("$ ")).strip()
            if text.startswith(_FIRST):
                found.append(Command(page.name, " ".join(text.split())))
    return found


def mentioned(page: Path) -> list[Command]:
    """Return the commands within the page's prose, which may leave words out (...)."""
    return [Command(page.name, text) for text in _INLINE.findall(page.read_text("utf-8"))]
