"""How a guest of the sandbox ended, by the evidence of the runner that started it."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Ended:
    """How a guest ended, by the runner's own evidence."""

    exit_code: int | None
    """None when a signal ended it."""
    signal: int | None
    stdout: bytes
    stderr: bytes
    log: bytes
    overflowed: bool
    user_seconds: float
    system_seconds: float
    wall_seconds: float
    resident_bytes: int
    idle: bool = False
    """It was ended because it used no processor time for a long while."""
    asleep: bool = False
    """It was ended because it slept too long in all, by calls of its own."""
    out_of_memory: bool = False
    """The kernel ended it, or a process of its own, for it used more memory than its limit."""
    lost: str = ""
    """Not empty: the runner could not report; why."""
    refused: str = ""
    """Not empty: it made this system call, which no guest of its profile has, and was ended."""
    forged: bool = False
    """The refused call was made past the sandbox: as one of 32 bits, or past its translator."""
    start_seconds: float = 0.0
    """CPU time of a script's interpreter before its own program began; 0 where it is not told."""
    sampled_peak_bytes: int = 0
    """Most bytes resident that a look found; 0 where nobody looked."""
    resident_byte_seconds: float = 0.0
    """Resident bytes times wall-clock seconds, by trapezoids between looks."""

    @property
    def cpu_seconds(self) -> float:
        return self.user_seconds + self.system_seconds

    @property
    def own_seconds(self) -> float:
        """CPU time of the program itself, without the start of its interpreter."""
        return max(0.0, self.cpu_seconds - self.start_seconds)

    def exhausted(self, cpu_seconds: float) -> bool:
        """Whether it was stopped for its CPU time: by the limit's signal, with most of it used.

        The kernel enforces the limit by clock ticks, and what it reports afterwards is less: by a
        tenth on a busy virtual machine.
        """
        stopped = self.signal in (signal.SIGXCPU, signal.SIGKILL)
        return stopped and self.cpu_seconds >= 0.5 * cpu_seconds

    @property
    def ok(self) -> bool:
        return self.exit_code == 0 and not self.lost and not self.overflowed

    @property
    def reason(self) -> str:
        """How it ended, in words."""
        if self.lost:
            return self.lost
        if self.refused:
            return f"it made {call_in_words(self.refused)}"
        if self.signal is not None:
            return f"killed by {name_of_signal(self.signal)}"
        return f"exit code {self.exit_code}"


def call_in_words(name: str) -> str:
    """Return a refused system call's name in words; "?" is one that the kernel did not name."""
    return "a system call" if name == "?" else f"the system call {name}"


def name_of_signal(number: int) -> str:
    """Return a signal's name; most of the real-time signals have none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def reported(fields: Sequence[str], stdout: bytes, stderr: bytes, log: bytes) -> Ended:
    """Read the runner's line of eleven fields, or an instrument's of eight; see runner.c."""
    status, wall, user, system, resident, idle = (int(part) for part in fields[:6])
    killed = os.WIFSIGNALED(status)
    return Ended(
        exit_code=None if killed else os.WEXITSTATUS(status),
        signal=os.WTERMSIG(status) if killed else None,
        stdout=stdout,
        stderr=stderr,
        log=log,
        overflowed=False,
        user_seconds=user / 1e6,
        system_seconds=system / 1e6,
        wall_seconds=wall / 1e9,
        resident_bytes=resident * 1024,
        idle=idle == 1,
        asleep=idle == 2,
        refused="" if fields[6] == "-" else fields[6],
        forged=fields[7] == "1",
        start_seconds=int(fields[8]) / 1e6 if len(fields) > 8 else 0.0,
        sampled_peak_bytes=int(fields[9]) if len(fields) > 9 else 0,
        resident_byte_seconds=float(fields[10]) if len(fields) > 10 else 0.0,
    )
