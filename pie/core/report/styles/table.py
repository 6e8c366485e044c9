"""A paper's table as plain values: columns, lines of numbers with intervals, and what to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from pie.core.metrics.estimate import Estimate
from pie.core.metrics.metrics import OPTIMISED_THRESHOLD
from pie.core.metrics.score import NOT_MEASURED_LIMIT
from pie.core.metrics.standing import UnsupportedAs
from pie.core.report.styles.subject import Subject

SCHEMA_VERSION = 1
AT = (1, 8, 20)
"""k of Best@k where all samples were drawn anew: PIE's and PerfCodeGen's."""
UNBIASED_AT = (1, 2, 5, 10, 20, 50, 100)
"""k of the unbiased estimators."""


class Form(StrEnum):
    """How a number is written for people."""

    COUNT = "count"
    SHARE = "share"
    """Between 0 and 1; shown in percent."""
    POINTS = "points"
    """0 to 100."""
    RATIO = "ratio"
    SECONDS = "seconds"
    MEGABYTES = "megabytes"
    MEGABYTE_SECONDS = "megabyte_seconds"
    PERCENT = "percent"
    """A number of percent that may be negative."""


@dataclass(frozen=True)
class Column:
    """One number of each line."""

    key: str
    title: str
    form: Form


Number = Estimate | float | int | None


@dataclass(frozen=True)
class Line:
    """The numbers of one group; None where there is none."""

    name: str
    cells: Mapping[str, Number]


@dataclass(frozen=True)
class Part:
    """One table of a report."""

    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Tables:
    """What a style has made of a run."""

    parts: tuple[Part, ...]
    notes: tuple[str, ...]
    """What is unknown or left out, a line each."""
    definitions: str


@dataclass(frozen=True)
class About:
    """What a style must know of the run besides its rows."""

    machine: str
    unsupported: UnsupportedAs = UnsupportedAs.FAILED
    threshold: float = OPTIMISED_THRESHOLD
    not_measured_limit: float = NOT_MEASURED_LIMIT
    of_tasks: bool = True
    of_refinement: bool = False


class Style(Protocol):
    """Makes tables of subjects that it is given one at a time."""

    def add(self, subject: Subject) -> None:
        """Take what the tables need of a task or row."""

    def tables(self) -> Tables:
        """Return the tables of what was added."""


@dataclass(frozen=True)
class StyleReport:
    """A run in the form of one paper, with all that is needed to judge it."""

    schema_version: int
    style: str
    run: str
    source: str
    """The file of tasks or pairs."""
    machine: str
    fingerprint: str
    refused: bool
    """Whether numbers are withheld, since too much was not measured through our own failure."""
    parts: tuple[Part, ...]
    notes: tuple[str, ...]
    definitions: str


@dataclass
class Left:
    """Counts what a table leaves out, and says it in the order of the first."""

    reasons: dict[str, int] = field(default_factory=dict)

    def add(self, reason: str, number: int = 1) -> None:
        """Count `number` things that are left out for a reason."""
        if number:
            self.reasons[reason] = self.reasons.get(reason, 0) + number

    def notes(self) -> list[str]:
        """Return a line for each reason: `{n}` stands for the number."""
        return [reason.format(n=number) for reason, number in self.reasons.items()]


def ordered(groups: Sequence[str]) -> list[str]:
    """Return the groups by name, iterations by number."""

    def key(name: str) -> tuple[str, int]:
        head, _, last = name.rpartition(" ")
        return (head, int(last)) if head == "iteration" and last.isdigit() else (name, 0)

    return sorted(groups, key=key)
