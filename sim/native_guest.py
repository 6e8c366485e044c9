"""How the sandbox shows a built program that runs natively, and the limits of such a run."""

from __future__ import annotations

from sim import devices, python_build, sandbox
from sim.compiler import prefix_mounts
from sim.limits import Limits
from sim.program import Build, Language
from sim.sandbox import Allowance, Guest
from sim.toolchain import Toolchain

# The environment of every measured process; the same on every host, since its size moves the stack.
PYTHON_ENV = {
    "HOME": "/tmp",  # else it looks for it in the host's list of users
    "LC_ALL": "C.UTF-8",
    "ONLINE_JUDGE": "1",  # as macros tell C++ programs
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONINTMAXSTRDIGITS": "0",  # judges' interpreters are older than the limit
}


PROGRAM = "/pie/program"
"""Path inside of a Python program, as `sim.python_build` makes it."""


def guest_for(build: Build, toolchain: Toolchain) -> Guest:
    """Return how the sandbox shows a built program that runs natively."""
    assert build.digest, "a program that was not built cannot be run"
    if build.language is Language.PYTHON:
        interpreter = toolchain.interpreter_path()
        return Guest(
            program=interpreter,
            argv=(interpreter, "-s", sandbox.SCRIPT, PROGRAM),
            profile="script",
            read_only={
                sandbox.SCRIPT: str(python_build.harness()),
                PROGRAM: str(build.path),
                **prefix_mounts(interpreter),
            },
            env=PYTHON_ENV,
            script_digest=python_build.harness_digest(),
            system=True,
            devices=True,
            proc=devices.names_its_streams(build.path, build.digest),
        )
    dynamic = toolchain.link == "dynamic"
    return Guest(
        program="/pie/prog",
        argv=("prog", *toolchain.arguments),
        profile="interpreter" if dynamic else "program",
        read_only={"/pie/prog": str(build.path)},
        system=dynamic,
        devices=True,
        proc=devices.names_its_streams(build.path, build.digest),
    )


def allowance_for(limits: Limits, cpu: int = -1) -> Allowance:
    """Return the sandbox's limits for one native run."""
    return Allowance(
        cpu_seconds=limits.cpu_seconds,
        memory_bytes=limits.memory_bytes,
        stack_bytes=limits.stack_bytes,
        file_bytes=limits.file_bytes,
        output_bytes=limits.output_bytes,
        guard_seconds=60.0 + 10.0 * limits.cpu_seconds,
        cpu=cpu,
    )
