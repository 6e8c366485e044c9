"""`pie finetune push` and `pull`: what a run trained, with a card of recipe and measurement."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from finetune import hub, merge
from finetune.card import Table, card
from pie.core.report.report import read_report
from pie.core.report.report_formats import as_markdown

__all__ = ["card_of", "pull", "push"]

pull = hub.pull


def push(
    run: Path, name: str, measured: Sequence[Path], model: Path | None = None, *, private: bool
) -> str:
    """Upload a run's result, or `model` in its place, and return the address of the commit.

    `measured` are runs of `pie simulate` of the model's answers, whose reports go into the card.
    """
    folder, text = _made(run, measured, model)
    return hub.push(folder, name, text, private=private)


def card_of(run: Path, measured: Sequence[Path], model: Path | None = None) -> str:
    """Return the card that `push` would upload."""
    return _made(run, measured, model)[1]


def _made(run: Path, measured: Sequence[Path], model: Path | None) -> tuple[Path, str]:
    folder = model or merge.within(run)
    tables = [Table(path.resolve().name, _table(path)) for path in measured]
    return folder, card(run, (folder / "adapter_config.json").is_file(), tables)


def _table(run: Path) -> str:
    """Return a run's report without its heading, which is a path of this machine."""
    return as_markdown(read_report(run)).partition("\n")[2].strip()
