"""What the machines inside Valgrind share: how a program is started there, and its own failures."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Sequence
from pathlib import Path
from signal import SIGSEGV

from sim import process
from sim.ended import Ended
from sim.errors import InstrumentFailure, MachineFailure, Unsupported
from sim.judge import verdict_of
from sim.limits import Limits
from sim.machines import instruction_sets
from sim.native_guest import guest_for
from sim.program import Build
from sim.sandbox import Allowance, Guest
from sim.toolchain import Toolchain
from sim.verdict import Verdict

_OWN_MEMORY = 1 << 30
"""Address space for Valgrind itself, above the program's; it starts with 200 MB."""
_OWN_FAILURES = (b"the 'impossible' happened", b"out of memory", b"' failed.\n\nhost stacktrace")


def guest(
    tool: Path, options: Sequence[str], build: Build, limits: Limits, toolchain: Toolchain
) -> Guest:
    """Return the start of a program under a tool (its executable) with the tool's options."""
    native = guest_for(build, toolchain)
    return Guest(
        program=f"/pie/valgrind/{tool.name}",
        argv=(
            "valgrind",
            *options,
            "--log-fd={log}",
            f"--main-stacksize={limits.stack_bytes}",
            "--vgdb=no",
            native.program,
            *native.argv[1:],
        ),
        profile="instrument",
        read_only={**native.read_only, "/pie/valgrind": str(tool.parent)},
        env={
            **native.env,
            "VALGRIND_LIB": "/pie/valgrind",
            "VALGRIND_LAUNCHER": "/pie/valgrind/launcher",
        },
        script_digest=native.script_digest,
        system=native.system,
        devices=True,
        proc=True,
        log=True,
    )


def allowance(limits: Limits, cpu_seconds: int) -> Allowance:
    """Limits of the instrument: generous, since the program passed its own natively."""
    return Allowance(
        cpu_seconds=cpu_seconds,
        memory_bytes=limits.memory_bytes + _OWN_MEMORY,
        stack_bytes=8 << 20,
        file_bytes=limits.file_bytes,
        output_bytes=limits.output_bytes,
        guard_seconds=60.0 + 3.0 * cpu_seconds,
    )


def refuse_own_failure(ended: Ended) -> None:
    """Raise where Valgrind, not the program, is the reason for the end.

    Unsupported for an instruction that it lacks; InstrumentFailure where it broke down on this
    program; MachineFailure where the host is to blame.
    """
    code = instruction_sets.unhandled(ended.log)
    if code is not None:
        name = instruction_sets.name_of(code or [])
        raise Unsupported(
            f"the program uses {name}, which Valgrind's translator lacks"
            if name
            else "the program uses an instruction that Valgrind cannot translate",
            instruction_sets.remedy_of(name),
        )
    if ended.lost and not ended.overflowed:
        raise MachineFailure(
            f"the measured run was lost: {ended.lost}", "measure it again on a quieter host"
        )
    if any(words in ended.log for words in _OWN_FAILURES):
        raise InstrumentFailure("Valgrind itself failed on this program")
    # It says so where a signal ends the program; Cachegrind 3.19, that a process could not be made.
    if ended.signal == SIGSEGV and b"Process terminating" not in ended.log:
        raise InstrumentFailure(
            "Valgrind itself crashed on this program",
            "if it starts a process (system, popen, fork), leave that out, or use another machine",
        )


def ended_for_a_call(ended: Ended, limits: Limits) -> tuple[Verdict, str] | None:
    """Return the verdict of a run that was ended because of a system call; None: it was not.

    MachineFailure where Valgrind did not come so far as to make one for the program.
    """
    if not ended.refused:
        return None
    if not ended.log:
        raise MachineFailure("Valgrind could not be started in the sandbox")
    return verdict_of(ended, limits)


@functools.cache
def version() -> str:
    """Return what `valgrind --version` prints, or "unknown"."""
    launcher = shutil.which("valgrind")
    if launcher is None:
        return "unknown"
    return process.run([launcher, "--version"]).stdout.decode().strip()
