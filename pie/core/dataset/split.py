"""Which part of a data set a problem belongs to: never two, and the same for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pie.core.dataset.table import read
from pie.core.problem import InputError

PARTS = ("train", "val", "test")


@dataclass(frozen=True)
class Split:
    """How problems are dealt out.

    A problem's part is decided by a hash of its id and the seed alone, so that a new problem moves
    no other. The shares are of problems, and are met on average. PIE has 1,474, 77 and 41 problems.
    """

    val: float = 0.05
    test: float = 0.03
    seed: int = 0
    published: Mapping[str, str] = field(default_factory=dict)
    """Problems whose part is given; where there are any, all others have none."""
    clusters: Mapping[str, str] = field(default_factory=dict)
    """A problem to the name that stands for it and those that are the same problem."""

    def __post_init__(self) -> None:
        if not (self.val >= 0 and self.test >= 0 and self.val + self.test < 1):
            raise InputError(
                f"the shares {self.val} and {self.test} leave nothing to train on",
                "give --val and --test between 0 and 1, together below 1",
            )
        given: dict[str, str] = {}
        for problem_id in self.published:
            other = given.setdefault(self.clusters.get(problem_id, problem_id), problem_id)
            if self.published[other] != self.published[problem_id]:
                raise InputError(
                    f"{other} in {self.published[other]} and {problem_id} in "
                    f"{self.published[problem_id]} are the same problem",
                    "mend the published parts, or leave --same-problems out",
                )

    def part_of(self, problem_id: str) -> str | None:
        """Return train, val or test; None for a problem that the published split does not hold."""
        if self.published:
            return self.published.get(problem_id)
        name = self.clusters.get(problem_id, problem_id)
        text = f"{self.seed}\0{name}".encode("utf-8", "replace")
        digest = hashlib.blake2b(text, digest_size=8).digest()
        place = int.from_bytes(digest, "big") / 2**64
        if place < self.test:
            return "test"
        return "val" if place < self.test + self.val else "train"


def published(files: Mapping[str, Path]) -> dict[str, str]:
    """Return the part of each problem that files name: rows with problem_id, or an id a line.

    InputError when a problem is in two parts, or the files name none.
    """
    found: dict[str, str] = {}
    for part, path in files.items():
        for problem_id in _problems(path):
            if found.setdefault(problem_id, part) != part:
                raise InputError(
                    f"the problem {problem_id} is in {found[problem_id]} and in {part}",
                    "give files that share no problem",
                )
    if files and not found:
        names = ", ".join(map(str, files.values()))
        raise InputError(f"no problem is named in {names}", "give rows, or an id a line")
    return found


def _problems(path: Path) -> set[str]:
    if path.suffix.lower() not in (".jsonl", ".parquet"):
        try:
            lines = path.read_text("utf-8-sig").splitlines()
            return {line.strip() for line in lines} - {""}
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"the list {path} cannot be read ({error})", "check it") from error
    found = set()
    for record in read(path):
        name = record.fields.get("problem_id")
        if record.problem or name is None:
            raise InputError(
                f"{path}, {record.place}: {record.problem or 'problem_id is missing'}",
                "give rows with a problem_id, or a text file with an id a line",
            )
        found.add(str(name))
    return found


def clusters(path: Path) -> dict[str, str]:
    """Read groups of ids that are one problem, a group a line (CodeNet's identical problems).

    Groups that share an id are one.
    """
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the groups {path} cannot be read ({error})", "check it") from error
    for line in lines:
        names = line.replace(",", " ").split()
        for name in names[1:]:
            first, second = sorted((root(names[0]), root(name)))
            parent[second] = first
    return {name: root(name) for name in list(parent)}
