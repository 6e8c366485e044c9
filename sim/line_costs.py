"""What each line of a program cost in a run, as the tool saw it (`sim/skylake/lines.c`).

A line of Python has the cost of what it calls, as line_profiler has it. Of a function that calls
itself, the innermost call's line has the cost, so that the lines of a function add up to what it
cost. A line of C++ has the cost of its own instructions. Names and line numbers are the program's
own: they are shown and never believed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

_FUNCTION = re.compile(
    rb"^==\d+== PIE-LINES (\d+) (\d+) (\d+) (\S+)((?: \d+,\d+,\d+,\d+,\d+,-?\d+)*)$", re.MULTILINE
)


@dataclass(frozen=True)
class LineCost:
    """One line of a function."""

    hits: int = 0
    """How often the function came to it, as `sys.settrace` tells of lines.

    Of C++: how often the instruction of the line was executed that was executed most often.
    """
    cycles: int = 0
    """Of the line and of all that it called; instructions on the machine `counts`."""
    own_cycles: int = 0
    """Without what the program's own functions cost that it called; equal to `cycles` of C++."""
    memory_bytes: int = 0
    """In use when it had been executed, at most; in whole pages, the interpreter's own included."""
    grown_bytes: int = 0
    """By so much memory grew while it was executed, in all; negative where it gave some back."""
    allocations: int = 0
    """Of C++: how often memory was asked for."""
    allocated_bytes: int = 0
    """Of C++: how much of it, in all."""

    def __add__(self, other: LineCost) -> LineCost:
        return LineCost(
            self.hits + other.hits,
            self.cycles + other.cycles,
            self.own_cycles + other.own_cycles,
            max(self.memory_bytes, other.memory_bytes),
            self.grown_bytes + other.grown_bytes,
            self.allocations + other.allocations,
            self.allocated_bytes + other.allocated_bytes,
        )


@dataclass(frozen=True)
class FunctionLines:
    """A function, or the module outside of all functions (`<module>`), with what its lines cost."""

    first: int
    """Line of its first decorator or `def`; 1 for the module, or 0."""
    last: int
    name: str
    lines: dict[int, LineCost]
    entered_bytes: int = 0
    """Memory in use when it was first called."""

    @property
    def cycles(self) -> int:
        """What was spent in it and in what it called."""
        return sum(line.cycles for line in self.lines.values())


def read_functions(log: bytes) -> list[FunctionLines]:
    """Read what the tool wrote of a run's lines; functions come in the order of their lines."""
    return joined(_read(log))


def _read(log: bytes) -> Iterable[FunctionLines]:
    for match in _FUNCTION.finditer(log):
        lines: dict[int, LineCost] = {}
        for entry in match[5].decode().split():
            number, *values = map(int, entry.split(","))
            lines[number] = lines.get(number, LineCost()) + LineCost(*values)
        yield FunctionLines(int(match[1]), int(match[2]), match[4].decode(), lines, int(match[3]))


def joined(functions: Iterable[FunctionLines]) -> list[FunctionLines]:
    """Return functions with the sums of equal ones: of several runs, threads or code objects."""
    lines: dict[tuple[int, int, str], dict[int, LineCost]] = defaultdict(
        lambda: defaultdict(LineCost)
    )
    entered: dict[tuple[int, int, str], int] = {}
    for one in functions:
        key = one.first, one.last, one.name
        entered.setdefault(key, one.entered_bytes)
        for number, cost in one.lines.items():
            lines[key][number] += cost
    return [FunctionLines(*key, dict(own), entered[key]) for key, own in sorted(lines.items())]
