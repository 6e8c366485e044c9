"""The page as a file: one HTML document that needs nothing beside it, and no network."""

from __future__ import annotations

import base64
import hashlib
import os
from importlib.resources import files
from pathlib import Path

from pie.core.page.document import PageSource
from pie.core.page.packing import packed
from pie.core.problem import InputError

SCRIPTS = (
    "vendor/parts.js",
    "own/values.js",
    "own/elements.js",
    "own/unpack.js",
    "own/charts.js",
    "own/tables.js",
    "own/overview.js",
    "own/selection.js",
    "own/filters.js",
    "own/table.js",
    "own/difference.js",
    "own/highlight.js",
    "own/pair.js",
    "own/main.js",
)
"""In the order in which they are run: each uses what those before it define."""
LICENCES = ("vendor/LICENSE.highlight.js.txt", "vendor/LICENSE.diff.txt")
"""Of the parts that others wrote: they travel with the page."""
STYLES = ("own/page.css",)


def write_page(source: PageSource, path: Path) -> int:
    """Write the page whole or not at all, and return its bytes.

    Nothing of a run is written as HTML: what a program or a name holds is data, in letters that end
    no element, and the page shows it as text. InputError when the file cannot be written.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with scratch.open("w", encoding="ascii") as out:
            before, after = _frame()
            out.write(before)
            out.write(f'<script type="text/plain" id="head">{packed(source.head())}</script>\n')
            out.write(after)
            for first, block in source.blocks():
                out.write(f'<script type="text/plain" class="block" data-first="{first}">')
                out.write(packed(block) + "</script>\n")
            out.write("</body>\n</html>\n")
        scratch.replace(path)
    except OSError as error:
        raise InputError(
            f"the page {path} cannot be written ({error.strerror})", "name another file"
        ) from error
    finally:
        scratch.unlink(missing_ok=True)
    return path.stat().st_size


def asset(name: str) -> str:
    """Return the text of a part of the page."""
    return files("pie.core.page").joinpath("assets", *name.split("/")).read_text("utf-8")


def _frame() -> tuple[str, str]:
    """What stands before the run's numbers, and between them and the programs."""
    licences = "\n".join(asset(name) for name in LICENCES)
    script = "\n".join([f"/*\n{licences}*/", *(asset(name) for name in SCRIPTS)])
    style = "\n".join(asset(name) for name in STYLES)
    page = asset("page.html")
    # Only this script runs, whatever a run's data should become by a fault of ours.
    policy = f"script-src '{_digest(script)}'; style-src '{_digest(style)}'"
    page = page.replace("{{policy}}", f"default-src 'none'; {policy}; base-uri 'none'")
    before, after = page.replace("{{style}}", style).split("{{head}}\n")
    return before, after.replace("{{script}}", script)


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
