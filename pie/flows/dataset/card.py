"""`pie dataset card`: the tables of one or several pairs files side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pie.core.dataset.card import Card, shared_problems
from pie.core.dataset.manifest import Counts, limited
from pie.core.dataset.program_length import program_length
from pie.core.dataset.table import require_file
from pie.flows.dataset.rows import pair_rows, speedup


def read_cards(files: Sequence[Path], unit: str, limit: int | None = None) -> dict[str, Any]:
    """Return the numbers of each file, and the problems that two share. InputError says what lacks.

    `unit` is what lengths are counted in (`pie.core.dataset.program_length`); `limit`: only the
    first rows of each file.
    """
    length = program_length(unit)
    for path in files:
        require_file(path)
    cards = []
    for path in files:
        card, counts = Card(path.stem), Counts()
        for record in pair_rows(path, counts, limit=limit):
            card.add(record.fields, speedup(record), length)
        card.broken = counts.left_out.total()
        cards.append(card)
    return {
        "schema_version": 1,
        "length_unit": unit,
        **limited(limit),
        "files": [card.as_dict() for card in cards],
        "shared_problems": [
            {"files": [one, other], "problems": number}
            for one, other, number in shared_problems(cards)
        ],
    }
