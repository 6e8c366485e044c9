"""What every machine offers: `check`, `fingerprint` and `measure`.

A machine is a frozen dataclass, so that it travels to a worker process. All machines pass the
suite in `tests/conformance/`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from sim.limits import Limits
from sim.program import Build, Program
from sim.toolchain import Toolchain
from sim.verdict import Verdict

CLOCK_HZ = 3_500_000_000
"""Clock of the simulated Skylake."""


@dataclass(frozen=True)
class Check:
    """Whether a machine can run here; if not, what is missing and the command that installs it."""

    ok: bool
    problem: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Measurement:
    """One program on one input."""

    verdict: Verdict
    """`accepted`: it ended well within its budget; the output is still to be compared."""
    detail: str = ""
    stdout: bytes = b""
    """Output of the very run that was costed."""
    cycles: int | None = None
    """Cycles at `CLOCK_HZ`; None on the real CPU."""
    instructions: int | None = None
    seconds: float = 0.0
    """The cost: cycles over the clock, or trimmed mean of CPU seconds on the real CPU."""
    counters: Mapping[str, float] = field(default_factory=dict)
    """Our own tool counts memory that the program touched, too, an interpreter's included.

    `memory_peak_bytes`: in use at once at most. `memory_byte_seconds`: bytes in use times simulated
    time, by trapezoids between looks. The real CPU tells of a run more what was resident:
    `resident_peak_bytes` and `resident_byte_seconds`, by the wall clock.
    """
    startup: Mapping[str, int] = field(default_factory=dict)
    """`cycles`, `instructions` and `memory_bytes` of an interpreter before its program began.

    On the real CPU `cpu_microseconds`, trimmed as the cost is.

    Its harness is a part of it. They are no part of the cost. Empty for what is no script, and
    where it is not told apart.
    """
    host_seconds: float = 0.0
    """What the measurement took here; not part of any result."""
    over_budget: bool = False
    """It exceeded its budget of instructions, as it would any smaller one."""


class Machine(Protocol):
    """Something that costs a run."""

    @property
    def name(self) -> str: ...

    @property
    def deterministic(self) -> bool:
        """Whether the same run costs the same to the last cycle, anywhere."""

    @property
    def interleaved(self) -> bool:
        """Whether a row's programs must be measured together, A B A B (`measure_together`)."""

    @property
    def stops_at_count(self) -> bool:
        """Whether a run ends at its budget of instructions, so that a smaller one saves time."""

    @property
    def may_compute_otherwise(self) -> bool:
        """Whether a program can print something else in it than on the processor, every time."""

    def check(self) -> Check:
        """Tell whether this machine can run here."""

    def fingerprint(self) -> dict[str, str]:
        """Return everything about the machine that could change a number."""

    def measure(
        self, build: Build, stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> Measurement:
        """Cost one run.

        Unsupported when the program does what the machine cannot measure, InstrumentFailure when
        the machine broke down on it, MachineFailure when the host or the machine failed.
        """

    def measure_together(
        self, builds: Sequence[Build], stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> list[Measurement]:
        """Cost runs of several programs on one input, in a way that makes them comparable."""


Measure = Callable[[Path, Limits], Measurement]
"""Costs one run of a program that is given: on an input, within limits. As `Machine.measure`."""


@runtime_checkable
class StartsOnce(Protocol):
    """A machine that can share a program's start among its tests, each in a process of its own."""

    def start(
        self, build: Build, limits: Limits, toolchain: Toolchain
    ) -> AbstractContextManager[Measure]:
        """Start a program; no run's limits are wider than these. Costs equal `measure`'s."""


@runtime_checkable
class MeasuresSources(Protocol):
    """A machine that compiles programs by itself, elsewhere: it is given sources, not builds.

    It reads standard input alone: a call of a function has no harness there.
    """

    def measure_sources(
        self, programs: Sequence[Program], stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> list[Measurement]:
        """Cost runs of several programs on one input; as `Machine.measure_together`."""


@contextlib.contextmanager
def one_start(
    machine: Machine, build: Build, limits: Limits, toolchain: Toolchain
) -> Iterator[Measure]:
    """Yield what costs each run of a program: from one start, where the machine has that."""
    if isinstance(machine, StartsOnce):
        with machine.start(build, limits, toolchain) as measure:
            yield measure
    else:
        yield lambda stdin, own: machine.measure(build, stdin, own, toolchain)
