"""One gem5 in the sandbox that simulates run after run, each in a fork of a prepared process.

Every worker process keeps its own. What gem5 imports and builds once (0.25 s) and what a program's
loading takes (0.1 s) is paid once, not for each test.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import secrets
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from sim import sandbox
from sim.errors import MachineFailure
from sim.limits import Limits
from sim.machines import gem5_installation
from sim.program import Build
from sim.sandbox import Allowance, Guest
from sim.scratch import ScratchFolder

# The program sees its own path, and walks through it byte by byte: its length and its depth are a
# part of the measured cycles. This is 25 bytes with four slashes, as in the published measurements.
_PROGRAM_FOLDER = "/pie/m/p"
_PROGRAM = f"{_PROGRAM_FOLDER}/measured_program"
_OUTPUT_FOLDER = "/pie/o"
_STREAMS = ("stdout", "stderr")
_SCRIPTS_FOLDER = "/pie/gem5_configs"
_ANSWER_LIMIT = 8 << 20
_MEMORY = 12 << 30
"""Address space of gem5: the simulated 4 GB, and three processes' own."""
_MESSAGES = 64 << 10
"""Room for gem5's own last words, whatever the program may write."""
_CYCLES_PER_INSTRUCTION = 100
"""More than any program needs on average, so that ticks limit only what stands still."""
_TICKS_PER_CYCLE = 286
# Instructions a second of CPU time, far below what gem5 does (230,000): a guard against hangs.
_FLOOR = 10_000


@dataclass(frozen=True)
class Answer:
    """What one run gave."""

    text: str
    """How it ended, and gem5's statistics."""
    status: int
    """As `waitpid` gives it: of the gem5 process that simulated this run."""
    cpu_seconds: float
    messages: str
    """The end of what gem5 wrote on its standard error output."""
    stdout: bytes
    stderr: bytes
    spilled: str = ""
    """The beginning of what gem5 wrote on its standard output for the program; empty after an
    honest run."""


class Server:
    """A running gem5."""

    def __init__(self, path: str, configuration: str, first: Build, tmp_bytes: int) -> None:
        """Start it; the first program must be there for gem5 to look at."""
        self.sound = True
        """Whether it may be asked again."""
        self._folder = ScratchFolder("gem5")
        folder = Path(self._folder.name)
        self._input, self._output = folder / "input", folder / "output"
        self._scratch = folder / "scratch"
        for one in (self._input, self._output, self._scratch):
            one.mkdir()
        for name in _STREAMS:
            (self._output / name).touch()
        (self._input / "stdin").touch()
        self._program = ""
        self._place(first)
        shown = folder / "shown"
        self._service = sandbox.start(
            self._guest(path, configuration), replace(_ALLOWANCE, tmp_bytes=tmp_bytes), shown
        )
        self._service.read_until(b'{"ready": ', 120.0, _ANSWER_LIMIT)

    def run(self, build: Build, stdin: Path, limits: Limits) -> Answer:
        """Simulate one run. MachineFailure when the server is lost: it cannot be used again.

        An answer is what stands between two lines with a word that only this run has, and nothing
        else is there. Where something is, or where the run left something that could not be
        removed, the server is not sound any more.
        """
        self._place(build)
        # A fresh file each time: the run before may have changed the rights or dates of its own.
        shutil.copyfile(stdin, self._input / "next")
        (self._input / "next").replace(self._input / "stdin")
        for name in _STREAMS:
            self._truncate(self._output / name)
        nonce = secrets.token_hex(16)
        cpu_seconds = max(120, limits.max_instructions // _FLOOR)
        cycles = _CYCLES_PER_INSTRUCTION * limits.max_instructions + 100_000_000
        if limits.max_cycles is not None:
            cycles = min(cycles, limits.max_cycles + 2)
        job = {
            "program": build.digest,
            "nonce": nonce,
            "max_instructions": limits.max_instructions,
            "max_ticks": cycles * _TICKS_PER_CYCLE,
            "cpu_seconds": cpu_seconds,
            "file_bytes": max(limits.file_bytes, limits.output_bytes + 1, _MESSAGES),
        }
        self._service.send(json.dumps(job))
        served = b'{"served": "%s"' % nonce.encode()
        text, last = self._service.read_until(served, 60.0 + 20.0 * cpu_seconds, _ANSWER_LIMIT)
        before, begin, text = text.partition(b"BEGIN %s\n" % nonce.encode())
        told = json.loads(last)
        stray = before if begin else before[:4096] or b"?"
        stdout, stderr = self._written("stdout"), self._written("stderr")
        self.sound = False
        with contextlib.suppress(MachineFailure):
            cleaned, _clean = self._service.read_until(
                b'{"clean": "%s"' % nonce.encode(), 60.0, _ANSWER_LIMIT
            )
            stray += cleaned
            self.sound = not stray
        return Answer(
            text=text.decode("utf-8", "replace"),
            status=told["status"],
            cpu_seconds=told["cpu_seconds"],
            messages=told["messages"],
            stdout=stdout,
            stderr=stderr,
            spilled=told["spilled"] or stray.decode("utf-8", "replace"),
        )

    def close(self) -> None:
        """End it and remove its files."""
        self._service.kill()
        # A guest may have nested folders too deeply for it (in the partial sandbox): they remain.
        with contextlib.suppress(OSError, RecursionError):
            self._folder.cleanup()

    def _place(self, build: Build) -> None:
        """Put a program where gem5 reads it."""
        if build.digest == self._program:
            return
        scratch = self._input / "next"
        shutil.copyfile(build.path, scratch)
        scratch.chmod(0o755)
        scratch.replace(self._input / Path(_PROGRAM).name)
        self._program = build.digest

    def _written(self, name: str) -> bytes:
        path = self._output / name
        # Only what gem5 opened itself: the guest may have put something else in its place.
        return path.read_bytes() if path.is_file() and not path.is_symlink() else b""

    @staticmethod
    def _truncate(path: Path) -> None:
        """Empty a stream's file; never what a guest may have put in its place."""
        flags = os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            os.close(os.open(path, flags))
        except OSError as error:
            raise MachineFailure(f"a guest's output file is gone ({error.strerror})") from error

    def _guest(self, path: str, configuration: str) -> Guest:
        # In the full sandbox nothing is writable but these two files and a /tmp of limited size.
        streams = {f"{_OUTPUT_FOLDER}/{name}": f"{self._output}/{name}" for name in _STREAMS}
        scratch = "/tmp"
        if sandbox.level() != "full":
            scratch = "/pie/s"
            streams = {_OUTPUT_FOLDER: str(self._output), scratch: str(self._scratch)}
        gem5 = "/pie/gem5"
        prefix = gem5_installation.examine(path).prefix
        python = {} if prefix.startswith("/usr") else {prefix: prefix}
        return Guest(
            program=gem5,
            argv=(
                gem5,
                *gem5_installation.OPTIONS,
                *("--outdir", f"{scratch}/gem5"),
                f"{_SCRIPTS_FOLDER}/run.py",
                *("--configuration", configuration),
                *("--executable", _PROGRAM),
                *("--stdin", f"{_PROGRAM_FOLDER}/stdin"),
                *("--stdout", f"{_OUTPUT_FOLDER}/stdout"),
                *("--stderr", f"{_OUTPUT_FOLDER}/stderr"),
                *("--serve", scratch),
                *("--cwd", scratch),
            ),
            profile="simulator",
            read_only={
                gem5: path,
                _SCRIPTS_FOLDER: str(gem5_installation.scripts()),
                _PROGRAM_FOLDER: str(self._input),
                **python,
            },
            writable=streams,
            cwd=scratch,
            env=gem5_installation.ENVIRONMENT,
            system=True,
        )


_ALLOWANCE = Allowance(
    cpu_seconds=0,
    memory_bytes=_MEMORY,
    stack_bytes=0,
    file_bytes=0,
    output_bytes=0,
    guard_seconds=0.0,
)

_servers: dict[tuple[str, str, int], Server] = {}


def simulate(path: str, configuration: str, build: Build, stdin: Path, limits: Limits) -> Answer:
    """Simulate one run on this process's server, which is started at the first."""
    key = (path, configuration, limits.file_bytes)
    if key not in _servers:
        _servers[key] = Server(path, configuration, build, limits.file_bytes)
    try:
        answer = _servers[key].run(build, stdin, limits)
    except (MachineFailure, OSError):
        _servers.pop(key).close()
        raise
    if not _servers[key].sound:
        _servers.pop(key).close()
    return answer


def close_all() -> None:
    """End the servers of this process."""
    while _servers:
        _servers.popitem()[1].close()


atexit.register(close_all)
