"""Runs a program natively on its tests and says what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from signal import SIGKILL, SIGSEGV, SIGXFSZ

from sim import calls, devices, python_build, sandbox
from sim.comparison import SameOutput
from sim.compiler import prefix_mounts
from sim.errors import MachineFailure
from sim.last_words import with_last_words
from sim.limits import MIB, Limits
from sim.program import Build, Language, TestCase, TestKind
from sim.sandbox import Allowance, Ended, Guest
from sim.shared_start import TestServer
from sim.toolchain import Toolchain
from sim.verdict import Verdict

# Raised when a change here could give another verdict for the same run.
JUDGE_VERSION = 3

# What the loader needs besides the program's own segments: the C library's, and the first stack.
_LOADER_BYTES = 8 * MIB
_LOADER_FAILED = 127
_LOADER_WORDS = (
    b"Fatal glibc error: Cannot allocate",
    b"cannot allocate TLS",
    b"prog: error while loading shared libraries",
)

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


@dataclass(frozen=True)
class Judgement:
    """The verdict of one native run on one test."""

    test: str
    verdict: Verdict
    detail: str = ""
    user_seconds: float = 0.0
    cpu_seconds: float = 0.0
    resident_bytes: int = 0


def guest_for(build: Build, toolchain: Toolchain) -> Guest:
    """Return how the sandbox shows a built program that runs natively."""
    assert build.digest, "a program that was not built cannot be run"
    if build.language is Language.PYTHON:
        interpreter = toolchain.interpreter_path()
        return Guest(
            program=interpreter,
            argv=(interpreter, "-s", sandbox.SCRIPT, PROGRAM),
            profile="interpreter",
            read_only={
                sandbox.SCRIPT: str(python_build.HARNESS),
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


def judge(
    build: Build,
    tests: Sequence[TestCase],
    comparison: SameOutput,
    limits: Limits,
    toolchain: Toolchain,
) -> list[Judgement]:
    """Run a built program on its tests, in order; the list ends early after a time limit.

    A program that uses up its time once is not run further: the rest would cost the same each.
    """
    if reason := beyond_memory(build, limits):
        return [Judgement(test.name, Verdict.MEMORY_LIMIT, reason) for test in tests]
    guest = guest_for(build, toolchain)
    results: list[Judgement] = []
    allowance = allowance_for(limits)
    with TestServer(guest, allowance) as server:
        for test in tests:
            shared = server.run(test.input_path, allowance) if len(tests) > 1 else None
            ended = shared or sandbox.run(guest, allowance, test.input_path)
            verdict, detail = verdict_of(ended, limits, build.static_bytes)
            if verdict is Verdict.ACCEPTED:
                verdict, detail = compared(test, ended.stdout, comparison)
            results.append(
                Judgement(
                    test.name,
                    verdict,
                    detail,
                    ended.user_seconds,
                    ended.cpu_seconds,
                    ended.resident_bytes,
                )
            )
            if verdict is Verdict.TIME_LIMIT:
                break
    return results


def beyond_memory(build: Build, limits: Limits) -> str:
    """Say that a program cannot be loaded within its memory limit; empty when it can."""
    if build.static_bytes <= limits.memory_bytes:
        return ""
    return _about_static(build.static_bytes, limits)


def _about_static(static_bytes: int, limits: Limits) -> str:
    return (
        f"its static data and code take {static_bytes / MIB:,.1f} MiB, "
        f"the limit is {limits.memory_bytes >> 20} MiB"
    )


def _died_of_loading(ended: Ended, limits: Limits, static_bytes: int) -> bool:
    """Tell whether a program died before `main` for want of memory beside its static data."""
    if static_bytes + _LOADER_BYTES <= limits.memory_bytes:
        return False
    return ended.signal in (SIGSEGV, SIGKILL) or (
        ended.exit_code == _LOADER_FAILED and ended.stderr[:4096].startswith(_LOADER_WORDS)
    )


def compared(test: TestCase, given: bytes, rule: SameOutput) -> tuple[Verdict, str]:
    """Say what a run that ended well gave: (verdict, why); the rule is for tests without their own.

    MachineFailure where a checker breaks down.
    """
    if test.kind is not TestKind.STDIN and (problem := calls.problem(given)):
        return problem
    wrong = (test.comparison or rule).difference(test, given)
    return (Verdict.WRONG_ANSWER, wrong) if wrong else (Verdict.ACCEPTED, "")


def verdict_of(ended: Ended, limits: Limits, static_bytes: int = 0) -> tuple[Verdict, str]:
    """Read the end of a native run, output aside: (verdict, why). MachineFailure if it was ours.

    Codes alone are not believed: a limit needs its own evidence (time used, the allocator's
    message).
    """
    if ended.overflowed or ended.signal == SIGXFSZ:
        return Verdict.OUTPUT_LIMIT, f"more than {limits.output_bytes} bytes of output"
    if ended.lost:
        raise MachineFailure(ended.lost, "run it again on a quieter host")
    if ended.refused:
        return _refused(ended)
    if ended.out_of_memory and ended.signal == SIGKILL:
        return Verdict.MEMORY_LIMIT, f"more than {limits.memory_bytes >> 20} MiB in use"
    if ended.idle:
        return Verdict.TIME_LIMIT, "it waits without end, using no processor time"
    if ended.asleep:
        return Verdict.TIME_LIMIT, f"it sleeps for more than {sandbox.ASLEEP_SECONDS} s in all"
    if ended.exit_code == 0:
        return Verdict.ACCEPTED, ""
    if ended.exhausted(limits.cpu_seconds):
        return Verdict.TIME_LIMIT, f"stopped after {limits.cpu_seconds} s of CPU time"
    if _died_of_loading(ended, limits, static_bytes):
        return Verdict.MEMORY_LIMIT, _about_static(static_bytes, limits)
    tail = ended.stderr[-4096:]
    if b"std::bad_alloc" in tail or b"MemoryError" in tail:
        return Verdict.MEMORY_LIMIT, f"no memory beyond {limits.memory_bytes >> 20} MiB"
    if ended.resident_bytes >= 0.9 * limits.memory_bytes:
        return Verdict.MEMORY_LIMIT, f"{ended.resident_bytes >> 20} MiB in use at its end"
    return Verdict.RUNTIME_ERROR, with_last_words(ended.reason, ended.stderr)


def _refused(ended: Ended) -> tuple[Verdict, str]:
    """Read a run that the sandbox ended because of a system call."""
    call = sandbox.call_in_words(ended.refused)
    if ended.forged:
        return Verdict.TAMPERING, f"it made {call} past the sandbox's filter or its instrument"
    return Verdict.UNSUPPORTED, f"it makes {call}, which no measured program has"
