"""Which lines of a C++ program asked for memory: the tool's chains of callers, told by line.

An allocation belongs to the innermost caller in the user's own file, so that what a container asks
for belongs to the line that filled it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sim.annotation import answers, chains, own_line
from sim.elf_symbols import symbols
from sim.program import Build

_CHAIN = re.compile(rb"^==\d+== PIE-ALLOCATIONS (\d+) (\d+)((?: [0-9a-f]+)*)$", re.MULTILINE)
_GIVERS = ("malloc", "calloc", "realloc", "memalign", "aligned_alloc", "posix_memalign")


@dataclass(frozen=True)
class Allocations:
    """How often memory was asked for, and how much of it in all."""

    calls: int = 0
    bytes: int = 0

    def __add__(self, other: Allocations) -> Allocations:
        return Allocations(self.calls + other.calls, self.bytes + other.bytes)


Chains = dict[tuple[int, ...], Allocations]
"""By the addresses to which the callers return, the innermost first."""


def option(build: Build) -> str:
    """Return the tool's option that follows what a build asks for."""
    found = symbols(build.path.read_bytes(), _GIVERS)
    places = (found.get(name, (0, 0))[0] for name in _GIVERS)
    return "--allocations=" + ",".join(f"{place:x}" for place in places)


def read_chains(log: bytes) -> Chains:
    """Read what the tool wrote."""
    found: Chains = {}
    for match in _CHAIN.finditer(log):
        callers = tuple(int(text, 16) for text in match[3].split())
        found[callers] = found.get(callers, Allocations()) + Allocations(
            int(match[1]), int(match[2])
        )
    return found


def by_line(build: Build, found: Chains, count: int) -> dict[int, Allocations]:
    """Sum allocations over lines of the source, which has `count`; 0: nobody in it asked.

    MissingTool without binutils' addr2line.
    """
    # A call's own instruction lies before the address to which it returns.
    ordered = sorted({address - 1 for callers in found for address in callers})
    places = chains(answers(build, ordered), ordered) if ordered else {}
    lines: dict[int, Allocations] = defaultdict(Allocations)
    for callers, asked in found.items():
        lines[_line(callers, places, count)] += asked
    return dict(lines)


def _line(callers: Sequence[int], places: dict[int, list[tuple[str, str]]], count: int) -> int:
    lines = (own_line(places.get(address - 1, []), count) for address in callers)
    return next((line for line in lines if line), 0)
