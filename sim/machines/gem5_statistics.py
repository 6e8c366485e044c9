"""Reads one run's answer from gem5: a JSON line on how it ended, and one section of statistics.

Nothing is taken on trust: the guest can execute gem5's pseudo-instructions, which reset the
counters, write sections of their own or end the simulation.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass

from sim.errors import InstrumentFailure, MachineFailure

LAST_THREAD = "exiting with last active thread context"
INSTRUCTION_LIMIT = "instruction limit"
PERIOD = 286
"""Ticks (picoseconds) of a cycle at 3.5 GHz, as gem5 rounds it."""
_SUSPENDED_CYCLES = 10
"""So much longer than its cycles may a run be: an honest one, by one cycle."""
# What the program's own pseudo-instructions end a simulation with.
_BY_PROGRAM = re.compile(r"m5_|switchcpu$|checkpoint$|work ?(?:begin|end|started|items)")
TICK_LIMIT = "simulate() limit reached"

_BEGIN = "---------- Begin Simulation Statistics ----------"
_END = "---------- End Simulation Statistics   ----------"
_VALUE = re.compile(r"^(\S+) +(-?[\d.]+(?:e[+-]?\d+)?|nan|inf|-inf)(?=\s|$)", re.MULTILINE)
_COUNTERS = {
    "ticks": "simTicks",
    "micro_operations": "simOps",
    "ipc": "system.cpu.ipc",
    "l1i_misses": "system.cpu.icache.overallMisses::total",
    "l1d_misses": "system.cpu.dcache.overallMisses::total",
    "l2_misses": "system.l2cache.overallMisses::total",
    "l3_misses": "system.l3cache.overallMisses::total",
    "branch_mispredictions": "system.cpu.commit.branchMispredicts",
}


class Tampered(Exception):
    """The program influenced the simulator; the text says how."""


@dataclass(frozen=True)
class Simulated:
    """One run, as gem5 counted it."""

    cause: str
    code: int
    """The program's exit code, when it came to its own end."""
    cycles: int
    instructions: int
    ticks: int
    """Simulated picoseconds."""
    counters: dict[str, float]
    suspended: int = 0
    """Cycles in which the processor waited and that are not counted."""


def read(answer: str) -> Simulated:
    """Read a run's answer. Tampered when the program meddled; MachineFailure when it is no whole.

    The time of a run that met a limit is that of its part.
    """
    if answer.count(_BEGIN) > 1 or answer.count(_END) > 1:
        raise Tampered("the program had gem5 write statistics of its own")
    cause, code, ended_at = _ending(answer)
    if cause not in (LAST_THREAD, INSTRUCTION_LIMIT, TICK_LIMIT):
        if _BY_PROGRAM.match(cause):
            raise Tampered(f"the program ended the simulation itself ({cause})")
        raise InstrumentFailure(f"gem5 ended for an unexpected reason: {cause}")
    _before, begin, rest = answer.partition(_BEGIN)
    section, end, after = rest.partition(_END)
    if not begin or not end or after.strip():
        raise MachineFailure("gem5's statistics were cut short")
    values = _values(section)
    if values["finalTick"] != values["simTicks"]:
        raise Tampered("the program set gem5's counters back")
    if values["finalTick"] != ended_at:
        raise MachineFailure("gem5's statistics are not of the end of the run")
    # gem5 counts no cycle while the processor is suspended. One that waits for what never comes
    # (a pipe, another thread) ends at its ticks; only a pseudo-instruction wakes it up again.
    suspended = values["simTicks"] / PERIOD - values["system.cpu.numCycles"]
    if cause != TICK_LIMIT and suspended > _SUSPENDED_CYCLES:
        raise Tampered(
            f"the program had the processor suspended: {suspended:.0f} cycles were not counted"
        )
    return Simulated(
        cause=cause,
        code=code,
        cycles=int(values["system.cpu.numCycles"]),
        instructions=int(values["simInsts"]),
        ticks=int(values["simTicks"]),
        counters={name: values[statistic] for name, statistic in _COUNTERS.items()},
        suspended=int(suspended) if suspended > _SUSPENDED_CYCLES else 0,
    )


def _ending(answer: str) -> tuple[str, int, int]:
    """Return (exit cause, exit code, tick) from the line before the statistics."""
    before, said, _rest = answer.partition('{"cause": ')
    if not said:
        raise MachineFailure("gem5 did not say how the run ended")
    if before.strip():
        raise Tampered("the program had gem5 write on gem5's own output")
    lines = [line for line in answer.splitlines() if line.startswith(said)]
    if len(lines) != 1:
        raise Tampered("the program had gem5 say more than once how it ended")
    try:
        ended = json.loads(lines[0])
        return str(ended["cause"]), int(ended["code"]), int(ended["ticks"])
    except (ValueError, KeyError, TypeError) as error:
        raise MachineFailure("gem5 did not say how the run ended") from error


def _values(section: str) -> dict[str, float]:
    """Return the statistics that are wanted; MachineFailure when one is missing or not a number."""
    found = {name: float(value) for name, value in _VALUE.findall(section)}
    wanted = {"simInsts", "simTicks", "finalTick", "system.cpu.numCycles", *_COUNTERS.values()}
    for name in sorted(wanted):
        if not math.isfinite(found.get(name, math.nan)):
            raise MachineFailure(f"gem5's statistics have no value for {name}")
    if found["simInsts"] < 1 or found["system.cpu.numCycles"] < 1:
        raise MachineFailure("gem5 counted no instruction")
    return found
