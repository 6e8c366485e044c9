"""Costs now against costs kept in a file: what a repository's tests ask after each change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pie.core.problem import InputError
from pie.core.report.pair_rows import read_pairs_and_rows
from pie.core.run_folder import load_json, save_json
from pie.core.wording import count, one_line

SCHEMA_VERSION = 1
KIND = "baseline"
FACTOR = 1.01
"""A program is slower or faster from this factor on: costs are exact, so little is enough."""
_NAMED = 5


@dataclass(frozen=True)
class Costs:
    """The programs of one measurement."""

    seconds: Mapping[str, float | None]
    """By name; None where a program has no number (it does not compile, answers wrong, ...)."""
    measured_on: tuple[str, ...]
    """Machine and fingerprint of the numbers, one for each language."""

    def save(self, path: Path) -> None:
        """Keep them as a baseline, whole or not at all."""
        told = {"schema_version": SCHEMA_VERSION, "kind": KIND}
        save_json(path, {**told, "measured_on": self.measured_on, "seconds": dict(self.seconds)})


class Moved(StrEnum):
    """What became of a program since the baseline."""

    FASTER = "faster"
    SAME = "same"
    SLOWER = "slower"
    BROKEN = "without a number now"
    MENDED = "with a number again"
    NEW = "new"
    GONE = "gone"


@dataclass(frozen=True)
class History:
    """Costs now against a baseline."""

    moved: Mapping[str, tuple[Moved, float | None]]
    """By name: what became of it, and its time now over its time before."""

    @property
    def regressed(self) -> bool:
        """Whether a program is slower, or has lost its number."""
        return any(one in (Moved.SLOWER, Moved.BROKEN) for one, _factor in self.moved.values())

    def names(self, wanted: Moved) -> list[str]:
        """Return the programs of a kind, those that changed most first."""
        found = [
            (factor or 1.0, name) for name, (one, factor) in self.moved.items() if one is wanted
        ]
        found.sort(key=lambda one: (-one[0] if wanted is Moved.SLOWER else one[0], one[1]))
        return [name for _factor, name in found]

    def line(self) -> str:
        """Say it in one line, as for a pull request: what is worse comes first."""
        parts = []
        for wanted in (
            Moved.SLOWER,
            Moved.BROKEN,
            Moved.FASTER,
            Moved.MENDED,
            Moved.NEW,
            Moved.GONE,
        ):
            names = self.names(wanted)
            if names:
                shown = ", ".join(self._named(name) for name in names[:_NAMED])
                more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
                parts.append(f"{len(names)} {wanted.value} ({shown}{more})")
        same = len(self.names(Moved.SAME))
        parts.append(f"{same} as before")
        return f"{count(len(self.moved), 'program')}: {'; '.join(parts)}"

    def _named(self, name: str) -> str:
        factor = self.moved[name][1]
        return one_line(name) if factor is None else f"{one_line(name)} {factor:.3f} times the time"

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON has it."""
        programs = {
            name: {"moved": one.value, "factor": factor}
            for name, (one, factor) in self.moved.items()
        }
        return {
            "schema_version": SCHEMA_VERSION,
            "line": self.line(),
            "regressed": self.regressed,
            "programs": programs,
        }


def compare_costs(before: Costs, now: Costs, factor: float, *, across: bool = False) -> History:
    """Compare costs with a baseline's.

    InputError where they were measured on different things, unless `across` asks for that.
    """
    if before.measured_on != now.measured_on and not across:
        raise InputError(
            f"the baseline was measured on {_listed(before)}, and this on {_listed(now)}",
            "make the baseline anew with --update, or compare nevertheless with --across",
        )
    names = dict.fromkeys([*before.seconds, *now.seconds])
    return History({name: _moved(name, before.seconds, now.seconds, factor) for name in names})


def _moved(
    name: str,
    before: Mapping[str, float | None],
    now: Mapping[str, float | None],
    factor: float,
) -> tuple[Moved, float | None]:
    if name not in before:
        return Moved.NEW, None
    if name not in now:
        return Moved.GONE, None
    old, new = before[name], now[name]
    if old is None or new is None:
        same = old is None and new is None
        return (Moved.SAME if same else Moved.BROKEN if new is None else Moved.MENDED), None
    ratio = new / old
    if ratio >= factor:
        return Moved.SLOWER, ratio
    return (Moved.FASTER if ratio * factor <= 1 else Moved.SAME), ratio


def _listed(costs: Costs) -> str:
    return " and ".join(costs.measured_on) or "an unknown machine"


def read_costs(path: Path) -> Costs:
    """Read what `pie measure --export` or `pie simulate` wrote, or a baseline.

    InputError for anything else.
    """
    if path.is_dir():
        return _of_run(path)
    told = load_json(path)
    if told.get("kind") == KIND:
        seconds = told.get("seconds")
        found = seconds if isinstance(seconds, dict) else {}
    else:
        programs = told.get("programs")
        found = {}
        for one in programs if isinstance(programs, list) else []:
            if isinstance(one, dict):
                found[str(one.get("program"))] = one.get("seconds")
    labels = told.get("measured_on")
    numbers = all(one is None or _is_seconds(one) for one in found.values())
    if not found or not numbers or not isinstance(labels, list):
        raise InputError(
            f"{path} holds no costs", "give what `pie measure --export FILE.json` or --out wrote"
        )
    return Costs(found, tuple(sorted(map(str, labels))))


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _of_run(run: Path) -> Costs:
    pairs = run / "pairs.jsonl"
    if not pairs.exists():
        raise InputError(f"{run} is no run with rows", "give a run folder of `pie simulate`")
    seconds: dict[str, float | None] = {}
    labels: set[str] = set()
    for number, (pair, row) in enumerate(read_pairs_and_rows(pairs), start=1):
        labels.add(str(row.get("measured_on")))
        name = f"row {number} ({pair.name})"
        seconds[f"{name} source"] = pair.src_seconds
        seconds[f"{name} target"] = pair.tgt_seconds
        for place, one in enumerate(pair.generations):
            seconds[f"{name} generation {place + 1}"] = one.seconds
    return Costs(seconds, tuple(sorted(labels)))
