"""What a run cost for each address of its code, and the source lines that the addresses came from.

A line is the innermost one of the user's own file in the chain of inlined calls, so that what was
inlined from a library counts for the line that called it. Code that was not inlined into the file
counts for its function, as `elsewhere`. Debug information is the program's own: its texts are shown
and never believed.
"""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from sim import sandbox
from sim.errors import MachineFailure, MissingTool
from sim.program import Build
from sim.remedies import installing
from sim.sandbox import Allowance, Guest
from sim.scratch import ScratchFolder
from sim.toolchain import COMPILER_ENV

_LINE = re.compile(rb"^==\d+== PIE-ADDRESSES((?: [0-9a-f]+(?:,\d+){6})+)$", re.MULTILINE)
_PLACE = re.compile(r"^(?P<file>.*):(?P<line>\d+|\?)(?: \(discriminator \d+\))?$")
_OWN_FILE = re.compile(r"^(?:.*/)?main\.cpp$")
_ALLOWANCE = Allowance(60, 4 << 30, 64 << 20, 1 << 20, 64 << 20, 300.0)
_LONGEST_NAME = 80
MOST_ADDRESSES = 8192
"""So many addresses of a run, the costliest, fit into the log; the rest is the run's remainder."""


@dataclass(frozen=True)
class Counts:
    """What happened at an address, on a line or in a function."""

    cycles: int = 0
    instructions: int = 0
    l1d_misses: int = 0
    l2_misses: int = 0
    l3_misses: int = 0
    mispredictions: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            *(getattr(self, one.name) + getattr(other, one.name) for one in fields(Counts))
        )


@dataclass(frozen=True)
class Lines:
    """Counts by line of the user's file, and by function for all other code."""

    own: Mapping[int, Counts]
    elsewhere: Mapping[str, Counts]
    times: Mapping[int, int] = field(default_factory=dict)
    """How often the instruction of a line was executed that was executed most often."""


def read_addresses(log: bytes) -> dict[int, Counts]:
    """Read what the timing tool wrote for each address; no more than `MOST_ADDRESSES`."""
    found: dict[int, Counts] = {}
    for match in _LINE.finditer(log):
        for entry in match[1].decode().split():
            address, *numbers = entry.split(",")
            at = int(address, 16)
            found[at] = found.get(at, Counts()) + Counts(*map(int, numbers))
    return found


def lines_of(build: Build, addresses: Mapping[int, Counts], count: int) -> Lines:
    """Sum counts over source lines. MissingTool without binutils' addr2line.

    `build` holds debug information and is linked to fixed addresses; its source has `count` lines.
    """
    ordered = sorted(addresses)
    return summed(answers(build, ordered), ordered, addresses, count)


def answers(build: Build, ordered: Sequence[int]) -> str:
    """Return what addr2line says of addresses: each, then its pairs of function and place.

    MissingTool where it is not installed.
    """
    program = shutil.which("addr2line")
    if program is None:
        raise MissingTool("addr2line was not found", installing("binutils"))
    with ScratchFolder("lines") as scratch:
        asked = Path(scratch) / "addresses"
        asked.write_text("".join(f"{address:#x}\n" for address in ordered))
        ended = sandbox.run(
            Guest(
                program=program,
                argv=(program, "-a", "-f", "-i", "-C", "-e", "/pie/prog"),
                profile="compiler",
                read_only={"/pie/prog": str(build.path)},
                env=COMPILER_ENV,
                system=True,
            ),
            _ALLOWANCE,
            asked,
        )
    if not ended.ok:
        raise MachineFailure(f"addr2line could not read the debug build: {ended.reason}")
    return ended.stdout.decode("utf-8", "replace")


def chains(text: str, ordered: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """Return (function, place) of each address in addr2line's answer, the innermost first."""
    frames: dict[int, list[tuple[str, str]]] = {}
    known, current, function = set(ordered), None, None
    for line in text.splitlines():
        if re.fullmatch(r"0x[0-9a-f]{1,16}", line) and function is None:
            current = int(line, 16)
            frames[current] = []
        elif function is None:
            function = line
        else:
            if current in known and current is not None:
                frames[current].append((function, line))
            function = None
    return frames


def own_line(chain: Sequence[tuple[str, str]], count: int) -> int:
    """Return the innermost line of the user's file, which has `count` lines; 0: none.

    Binutils 2.40 takes that file for the file of a template that stands in a header, and a program
    may claim lines that it does not have: those are not its own.
    """
    places = (_own_line(place) for _function, place in chain)
    return next((number for number in places if 0 < number <= count), 0)


def summed(text: str, ordered: Sequence[int], addresses: Mapping[int, Counts], count: int) -> Lines:
    """Sum counts by addr2line's answer. The user's file has `count` lines."""
    own: dict[int, Counts] = defaultdict(Counts)
    elsewhere: dict[str, Counts] = defaultdict(Counts)
    times: dict[int, int] = defaultdict(int)
    frames = chains(text, ordered)
    for address in ordered:
        chain = frames.get(address, [])
        if number := own_line(chain, count):
            own[number] += addresses[address]
            times[number] = max(times[number], addresses[address].instructions)
        else:
            name = chain[-1][0] if chain else "??"
            shown = "".join(letter for letter in name if letter.isprintable())[:_LONGEST_NAME]
            elsewhere[shown] += addresses[address]
    return Lines(dict(own), dict(elsewhere), dict(times))


def _own_line(place: str) -> int:
    match = _PLACE.match(place)
    if match is None or not _OWN_FILE.match(match["file"]) or match["line"] == "?":
        return 0
    return int(match["line"])
