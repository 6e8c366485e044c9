"""`pie measure --annotate`: what each line of a program costs, on the timing model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pie.core.problem import InputError
from pie.core.report.profile_text import Cut, as_plain, memory_profile, time_profile
from pie.flows.measure import Compared
from pie.flows.profiles import profile_of
from sim import compiler
from sim.allocations import Allocations, Chains, by_line
from sim.annotation import MOST_ADDRESSES, Counts, lines_of
from sim.errors import MachineFailure
from sim.machines.counts import Counts as CountingMachine
from sim.machines.skylake import Skylake
from sim.profile import Profile
from sim.program import Language, Program, TestCase
from sim.setting import Setting
from sim.verdict import Verdict

_LONGEST_TEXT = 100
_LINES = 15
_NOTHING = Allocations()
_MOST_UNFINISHED = 50_000_000
"""Instructions of a program that was not accepted: it may never end."""
ANNOTATING = (Skylake.name, CountingMachine.name)
"""The machines that tell of lines."""


@dataclass(frozen=True)
class Line:
    """One line of the source (number from 1), or one function elsewhere (number 0)."""

    number: int
    text: str
    counts: Counts
    asked: Allocations = _NOTHING
    """The memory that it asked for."""


@dataclass(frozen=True)
class LineCosts:
    """A program's lines, the costliest first, summed over its inputs."""

    name: str
    cycles: int
    """Of the build with debug information."""
    measured_cycles: int
    """Of the build without."""
    own: tuple[Line, ...]
    elsewhere: tuple[Line, ...]
    asked_elsewhere: Allocations = _NOTHING
    """The memory that no line of the program asked for."""

    @property
    def differs(self) -> str:
        """Return one sentence where debug information has changed the cost; else nothing."""
        if self.cycles == self.measured_cycles:
            return ""
        return (
            f"with -g it takes {self.cycles:,} cycles instead of {self.measured_cycles:,}: "
            "the lines are those of the build with -g"
        )

    @property
    def untold(self) -> int:
        """Cycles of addresses beyond the costliest that the machine tells of a run."""
        told = sum((line.counts for line in (*self.own, *self.elsewhere)), Counts())
        return self.cycles - told.cycles

    def as_dict(self) -> dict[str, Any]:
        return {
            "program": self.name,
            "cycles": self.measured_cycles,
            "cycles_with_debug_information": self.cycles,
            "cycles_of_addresses_not_kept": self.untold,
            "lines": [_plain(line) for line in self.own],
            "elsewhere": [_plain(line) for line in self.elsewhere],
        }

    def table(self, most: int | None = None) -> list[str]:
        """Return the `most` costliest lines (None: 15) as text, with shares of all cycles."""
        most = most or _LINES
        rows = [f"{self.name}: {self.measured_cycles:,} cycles" + _clause(self.differs)]
        rows.append(
            f"{'cycles':>8} {'instructions':>14} {'L1D':>9} {'L2':>8} {'L3':>8} "
            f"{'mispredicted':>12} {'allocated':>13}  line"
        )
        for line in self.own[:most]:
            rows.append(f"{self._columns(line)}  {line.number:>4}: {line.text}")
        rest = sum((line.counts for line in self.elsewhere), Counts())
        if rest.cycles and self.elsewhere:
            largest = ", ".join(line.text for line in self.elsewhere[:3])
            shown = self._columns(Line(0, "", rest, self.asked_elsewhere))
            rows.append(f"{shown}  elsewhere, most in {largest}")
        hidden = sum((line.counts for line in self.own[most:]), Counts())
        if hidden.cycles:
            count = len(self.own) - most
            asked = sum((line.asked for line in self.own[most:]), _NOTHING)
            shown = self._columns(Line(0, "", hidden, asked))
            rows.append(f"{shown}  in {count:,} more lines (--lines)")
        if self.untold:
            share = f"{self.untold / max(1, self.cycles):>8.1%}"
            rows.append(f"{share} at addresses beyond the {MOST_ADDRESSES:,} costliest of a run")
        return rows

    def _columns(self, line: Line) -> str:
        one = line.counts
        return (
            f"{one.cycles / max(1, self.cycles):>8.1%} {one.instructions:>14,} "
            f"{one.l1d_misses:>9,} {one.l2_misses:>8,} {one.l3_misses:>8,} "
            f"{one.mispredictions:>12,} {line.asked.bytes:>13,}"
        )


@dataclass(frozen=True)
class ProfiledProgram:
    """A program's lines in the form of line_profiler, summed over its inputs."""

    name: str
    source: str
    profile: Profile

    def as_dict(self) -> dict[str, Any]:
        return {"program": self.name, **as_plain(self.profile, self.source)}

    def table(self, most: int | None = None) -> list[str]:
        """Return the `most` costliest lines (None: all), by cost and by memory."""
        cut = Cut(lines=most)
        tables = (text(self.profile, self.source, cut) for text in (time_profile, memory_profile))
        return [f"{self.name}:", *"\n".join(tables).splitlines()]


def lines_of_all(compared: Compared, setting: Setting) -> list[LineCosts | ProfiledProgram]:
    """Tell what the lines of measured programs cost, as far as each can be run.

    A C++ program is told of only where it was accepted, a Python program up to where it ended. On
    `skylake` a C++ program's lines have misses and mispredictions besides.
    """
    told: list[LineCosts | ProfiledProgram] = []
    for name, program, outcome in zip(
        compared.names, compared.programs, compared.outcomes, strict=True
    ):
        if outcome.build is None or outcome.build.verdict is not None:
            continue
        if program.language is Language.PYTHON or not isinstance(setting.machine, Skylake):
            accepted = outcome.verdict is Verdict.ACCEPTED
            bounded = min(setting.limits.max_instructions, _MOST_UNFINISHED)
            how = setting if accepted else setting.bounded(bounded)
            profile = profile_of(program, compared.cases, how)
            told.append(ProfiledProgram(name, program.source, profile))
        elif outcome.cycles is not None:
            told.append(annotate(name, program, compared.cases, setting, outcome.cycles))
    return told


def annotate(
    name: str,
    program: Program,
    cases: Sequence[TestCase],
    setting: Setting,
    measured_cycles: int,
) -> LineCosts:
    """Build a program with -g and sum what its lines cost over its inputs.

    InputError for what cannot be annotated; MachineFailure when a run with -g was not accepted.
    """
    if program.language is not Language.CPP or setting.toolchain.link != "static":
        raise InputError(
            f"{name} cannot be annotated", "annotate C++ programs with --link static only"
        )
    assert isinstance(setting.machine, Skylake)
    toolchain = replace(setting.toolchain, flags=(*setting.toolchain.flags, "-g"))
    # Precompiled headers give the same bytes, and would be made for these flags first.
    build = compiler.build(program, toolchain, setting.compile_limits, headers=False)
    if build.verdict is not None:
        raise MachineFailure(f"{name} cannot be built with -g: {build.detail}")
    cycles = 0
    addresses: dict[int, Counts] = defaultdict(Counts)
    asked: Chains = defaultdict(Allocations)
    for case in cases:
        run, counts, chains = setting.machine.annotate(
            build, Path(case.input_path), setting.limits, toolchain
        )
        if run.verdict is not Verdict.ACCEPTED:
            raise MachineFailure(f"{name} with -g on {case.name}: {run.verdict} ({run.detail})")
        cycles += run.cycles or 0
        for address, one in counts.items():
            addresses[address] += one
        for callers, more in chains.items():
            asked[callers] += more
    # As the compiler counts lines: at line feeds alone.
    source = program.source.split("\n")
    lines = lines_of(build, addresses, len(source))
    memory = by_line(build, asked, len(source))
    return LineCosts(
        name=name,
        cycles=cycles,
        measured_cycles=measured_cycles,
        own=_ordered(
            {number: (_text(source, number), counts) for number, counts in lines.own.items()},
            memory,
        ),
        asked_elsewhere=memory.get(0, _NOTHING),
        elsewhere=tuple(
            Line(0, function, counts)
            for function, counts in sorted(
                lines.elsewhere.items(), key=lambda item: (-item[1].cycles, item[0])
            )
        ),
    )


def _ordered(
    lines: Mapping[int, tuple[str, Counts]], asked: Mapping[int, Allocations]
) -> tuple[Line, ...]:
    found = [
        Line(number, text, counts, asked.get(number, _NOTHING))
        for number, (text, counts) in lines.items()
    ]
    return tuple(sorted(found, key=lambda line: (-line.counts.cycles, line.number)))


def _text(source: Sequence[str], number: int) -> str:
    """Return a line's text, safe to print."""
    return "".join(letter for letter in source[number - 1].strip() if letter.isprintable())[
        :_LONGEST_TEXT
    ]


def _plain(line: Line) -> dict[str, Any]:
    named = {"line": line.number, "text": line.text} if line.number else {"function": line.text}
    memory = {"allocations": line.asked.calls, "allocated_bytes": line.asked.bytes}
    return {**named, **asdict(line.counts), **memory}


def _clause(text: str) -> str:
    return f" ({text})" if text else ""
