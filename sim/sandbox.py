"""The only module that knows the sandbox: what a guest sees, and how strong the walls are here.

Walls, from the outside in: bubblewrap (own user, pid, network, IPC and host-name namespaces, an
empty read-only root, private /tmp), the runner's resource limits and its system-call filter. Where
bubblewrap cannot run, the runner's part remains: level `partial`, said loudly by whoever starts a
run.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from sim import cgroup, devices, process, standard_input
from sim.ended import Ended, reported
from sim.errors import MachineFailure
from sim.remedies import installing, of_this_host
from sim.runner import runner_path
from sim.script_place import base_folder, script_place

Profile = Literal[
    "program", "instrument", "server", "interpreter", "script", "warm", "compiler", "simulator"
]
Level = Literal["full", "partial"]

BUBBLEWRAP_REMEDY = installing("bubblewrap")
SCRIPT = "/pie/guest/start.py"
"""Path inside of an interpreter's script."""
_SYSTEM_FOLDERS = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin")
# Descriptors at or above a guest's soft limit are out of its reach under Valgrind, which refuses
# them in every call; below it are the guest's own.
_OPEN_FILES = 64
TRUSTED_DESCRIPTOR = 100
_RUNNER_FAILED = 125
_SAMPLE_MS = 1
"""As SOAP looks (mprof with an interval of 0.001)."""
ASLEEP_SECONDS = 20
"""As runner.c has it: so long may a program sleep in all."""
_KERNEL_BYTES = 16 << 20
"""For what the kernel holds for a process: its stacks, pipes, and names of files."""
_MAPPED_PER_RESIDENT = 4
"""Address space for each byte that may be in use: arenas and big arrays are mapped, then used in
part."""


@dataclass(frozen=True)
class Guest:
    """A command as the sandbox shows it; paths inside begin with /pie."""

    program: str
    """Path inside of the executable."""
    argv: tuple[str, ...]
    profile: Profile
    read_only: Mapping[str, str]
    """Path inside -> path on the host."""
    writable: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    system: bool = False
    """It needs the system's programs and libraries (/usr and its aliases), read-only."""
    proc: bool = False
    """It needs /proc (of its own namespace)."""
    devices: bool = False
    """It has the standard devices in /dev, not only /dev/null where it has the system."""
    cwd: str = ""
    """Its working directory; empty: the first of the writable folders, else /tmp."""
    script_digest: str = ""
    """Not empty: it runs a script, of this digest, whose path must be the same in each run."""
    log: bool = False
    """Give it a socket for a trusted log; `{log}` in argv becomes its number."""


@dataclass(frozen=True)
class Allowance:
    """Resource limits of one run; 0 is unlimited."""

    cpu_seconds: int
    memory_bytes: int
    """Pages in use, where a control group counts them, files in /tmp apart; else address space."""
    stack_bytes: int
    file_bytes: int
    output_bytes: int
    guard_seconds: float
    cpu: int = -1
    """Processor to stay on; -1 is any."""
    tmp_bytes: int = 0
    """Size of the private /tmp; 0: that of the largest file."""
    samples_memory: bool = False
    """Look at resident memory each millisecond; that disturbs what is timed."""


def run(guest: Guest, allowance: Allowance, stdin: Path | None = None) -> Ended:
    """Run a guest to its end; MachineFailure only when the sandbox itself failed.

    It reads a copy of `stdin` that is its own, or nothing. OSError when that cannot be read.
    """
    with standard_input.private_copy(stdin) as given:
        return _run_on(guest, allowance, given)


def _run_on(guest: Guest, allowance: Allowance, stdin: int) -> Ended:
    report_read, report_write = os.pipe()
    inherited = [report_write]
    wanted = {report_read: 4096}
    log_read: socket.socket | None = None
    argv = guest.argv
    if guest.log:
        log_read, log_write = socket.socketpair()
        number = fcntl.fcntl(log_write.fileno(), fcntl.F_DUPFD, TRUSTED_DESCRIPTOR)
        log_write.close()
        inherited.append(number)
        wanted[log_read.fileno()] = 1 << 20
        argv = tuple(part.replace("{log}", str(number)) for part in argv)
    # The runner looks up there how long its child waits for a processor; see runner.c.
    proc = os.open("/proc", os.O_PATH | os.O_DIRECTORY)
    inherited.append(proc)
    try:
        with cgroup.membership(resident_limit(allowance)) as stay:
            trusted = str(report_write)
            if stay is not None:
                inherited.append(stay.descriptor)
                trusted += f",{stay.descriptor}"
            trusted += f":{proc}"
            runner = runner_arguments(guest, allowance, trusted, argv)
            done = _run(guest, allowance, runner, stdin, wanted, inherited)
            out_of_memory = stay is not None and stay.out_of_memory()
        log = done.extra[log_read.fileno()] if log_read is not None else b""
        ended = _ended(done, done.extra[report_read], log, allowance)
        return replace(ended, out_of_memory=out_of_memory)
    finally:
        os.close(report_read)
        if log_read is not None:
            log_read.close()


def _run(
    guest: Guest,
    allowance: Allowance,
    runner: list[str],
    stdin: int,
    wanted: Mapping[int, int],
    inherited: list[int],
) -> process.Finished:
    if level() != "full":
        return _run_bare(guest, allowance, runner, stdin, wanted, inherited)
    return process.run(
        [*bubblewrap(guest, allowance), "--", "/pie/runner", *runner],
        env={},
        stdin=stdin,
        stdout_limit=allowance.output_bytes,
        latest_stderr=guest.profile != "compiler",
        guard_seconds=allowance.guard_seconds,
        extra=wanted,
        close_after_start=inherited,
    )


def start(guest: Guest, allowance: Allowance, folder: Path) -> process.Service:
    """Start a guest that stays and answers lines; it sets its own limits for each answer.

    Where there is no bubblewrap, the guest's paths lie in `folder`, which the caller removes.
    """
    report = os.open("/dev/null", os.O_WRONLY)
    runner = runner_arguments(guest, allowance, str(report), guest.argv)
    if level() == "full":
        argv = [*bubblewrap(guest, allowance), "--", "/pie/runner", *runner]
        return process.Service(argv, env={}, close_after_start=[report])
    outside = _shown(guest, str(folder))
    return process.Service(
        [str(runner_path()), *(outside(part) for part in runner)],
        env={name: outside(value) for name, value in guest.env.items()},
        cwd=outside(guest.cwd or next(iter(guest.writable))),
        close_after_start=[report],
    )


def resident_limit(allowance: Allowance) -> int:
    """Return what a guest's control group may hold, in bytes; 0 as an allowance has no limit.

    What lies in /tmp is memory as well, and so are the tables by which the kernel finds pages: a
    program within its address space must never meet this limit.
    """
    if not allowance.memory_bytes:
        return 1 << 50
    files = max(allowance.tmp_bytes or allowance.file_bytes, 1 << 20)
    return allowance.memory_bytes + files + allowance.memory_bytes // 64 + _KERNEL_BYTES


def _address_space(guest: Guest, allowance: Allowance) -> int:
    """Return the limit on address space: the wider one where the pages in use are counted.

    It stays bounded, so that a request beyond it fails on every host, however much memory that has.
    A compiler keeps the limit in each of its processes: it then says itself that it has no memory.
    """
    if guest.profile in ("compiler", "simulator") or cgroup.kind() == "address space":
        return allowance.memory_bytes
    return allowance.memory_bytes * _MAPPED_PER_RESIDENT


def runner_arguments(
    guest: Guest, allowance: Allowance, trusted: str, argv: tuple[str, ...]
) -> list[str]:
    """Return the runner's arguments; `trusted` are the descriptors that only it may hold."""
    numbers = (
        allowance.cpu_seconds,
        _address_space(guest, allowance),
        allowance.stack_bytes,
        allowance.file_bytes,
        _OPEN_FILES,
        allowance.cpu,
    )
    trusted += f"%{_SAMPLE_MS}" if allowance.samples_memory else ""
    return [trusted, guest.profile, *map(str, numbers), guest.program, *argv]


def bubblewrap(guest: Guest, allowance: Allowance) -> list[str]:
    """Return bubblewrap's command line for a guest."""
    argv = [_bwrap_path(), "--unshare-all", "--unshare-user", "--die-with-parent"]
    argv += ["--new-session", "--cap-drop", "ALL", "--hostname", "pie", "--clearenv"]
    for name, value in guest.env.items():
        argv += ["--setenv", name, value]
    if guest.system:
        for folder in _SYSTEM_FOLDERS:
            argv += ["--ro-bind-try", folder, folder]
        argv += ["--ro-bind-try", "/etc/alternatives", "/etc/alternatives"]
        argv += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    if guest.proc:
        # Process 1 is bubblewrap's own: its environment and command line are not the guest's
        # business. Where we are root, the kernel's settings in /proc/sys are the guest's to write
        # even without capabilities, and so is the memory of the instrument it shares.
        argv += ["--proc", "/proc", "--tmpfs", "/proc/1"]
        argv += ["--remount-ro", "/proc/1", "--remount-ro", "/proc"]
    if guest.devices:
        argv += devices.mounts()
    elif guest.proc or guest.system:
        argv += devices.NULL
    argv += ["--ro-bind", str(runner_path()), "/pie/runner"]
    # An interpreter may lie in /tmp: it has to be shown after the guest's own /tmp, which hides it.
    hidden = {at: host for at, host in guest.read_only.items() if at.startswith("/tmp/")}
    for inside, outside in guest.read_only.items():
        argv += [] if inside in hidden else ["--ro-bind", outside, inside]
    for inside, outside in guest.writable.items():
        argv += ["--bind", outside, inside]
    tmp_bytes = max(allowance.tmp_bytes or allowance.file_bytes, 1 << 20)
    argv += ["--size", str(tmp_bytes), "--tmpfs", "/tmp"]
    for inside, outside in hidden.items():
        argv += ["--ro-bind", outside, inside]
    cwd = guest.cwd or next(iter(guest.writable), "/tmp")
    return [*argv, "--remount-ro", "/", "--chdir", cwd]


def _run_bare(
    guest: Guest,
    allowance: Allowance,
    runner: list[str],
    stdin: int,
    wanted: Mapping[int, int],
    inherited: list[int],
) -> process.Finished:
    """Run without bubblewrap: paths inside become paths of a private folder.

    Its name always has the same length, wherever the cache and the temporary folder lie: the length
    of a path moves the stack and with it the cost.
    """
    with (
        tempfile.TemporaryDirectory(prefix="pie-", dir=base_folder()) as scratch,
        _script_of(guest) as places,
    ):
        outside = _shown(guest, scratch, places)
        return process.run(
            [str(runner_path()), *(outside(part) for part in runner)],
            env={name: outside(value) for name, value in guest.env.items()},
            cwd=outside(guest.cwd or next(iter(guest.writable), scratch)),
            stdin=stdin,
            stdout_limit=allowance.output_bytes,
            latest_stderr=guest.profile != "compiler",
            guard_seconds=allowance.guard_seconds,
            extra=wanted,
            close_after_start=inherited,
        )


@contextlib.contextmanager
def _script_of(guest: Guest) -> Iterator[dict[str, str]]:
    """Yield where a guest's script lies on the host, by its path inside."""
    if not guest.script_digest:
        yield {}
        return
    with script_place(Path(guest.read_only[SCRIPT]), guest.script_digest) as place:
        yield {SCRIPT: str(place)}


def _shown(
    guest: Guest, scratch: str, places: Mapping[str, str] = MappingProxyType({})
) -> Callable[[str], str]:
    """Make a guest's paths appear under a folder, but for those that have `places` already.

    Returns what turns such a path into the host's.
    """
    for inside, host in {**guest.read_only, **guest.writable}.items():
        if inside.startswith("/pie/") and inside not in places:
            _show(Path(host), Path(scratch + inside))

    def outside(text: str) -> str:
        return places.get(text) or (scratch + text if text.startswith("/pie/") else text)

    return outside


def _show(host: Path, place: Path) -> None:
    """Make a folder of the host appear at another place, or a copy of a file: it is the guest's."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if host.is_dir():
        place.symlink_to(host)
    else:
        shutil.copy(host, place)


def _ended(done: process.Finished, report: bytes, log: bytes, allowance: Allowance) -> Ended:
    fields = report.decode("ascii", "replace").split()
    if len(fields) == 11:
        ended = reported(fields, done.stdout, done.stderr, log)
        return replace(ended, overflowed=done.overflowed)
    if done.overflowed:
        lost = f"more than {allowance.output_bytes} bytes of output"
    elif done.guard_fired:
        lost = f"no end after {allowance.guard_seconds:.0f} s of host time"
    elif done.returncode in (_RUNNER_FAILED, 1):
        text = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise MachineFailure(f"the sandbox could not start the program ({text[-1:] or '?'})")
    else:
        lost = f"the sandbox ended without a report (code {done.returncode})"
    return Ended(
        exit_code=None,
        signal=None,
        stdout=done.stdout,
        stderr=done.stderr,
        log=log,
        overflowed=done.overflowed,
        user_seconds=0.0,
        system_seconds=0.0,
        wall_seconds=done.wall_seconds,
        resident_bytes=0,
        lost=lost,
    )


@functools.cache
def _bwrap_path() -> str:
    return shutil.which("bwrap") or "bwrap"


@functools.cache
def landlock() -> bool:
    """Tell whether the kernel lets a process confine its own files (Landlock, Linux 5.13)."""
    import ctypes

    create_ruleset, ask_version = 444, 1
    return ctypes.CDLL(None).syscall(create_ruleset, None, 0, ask_version) >= 1  # type: ignore[no-any-return]


@functools.cache
def level() -> Level:
    """Return how strong the walls are on this host, found by trying them once per process.

    `PIE_SANDBOX=partial` asks for the weaker level by name (for hosts that forbid namespaces).
    """
    if os.environ.get("PIE_SANDBOX") == "partial" or shutil.which("bwrap") is None:
        return "partial"
    probe = Guest(program="/pie/runner", argv=(), profile="program", read_only={})
    allowance = Allowance(1, 0, 0, 0, 4096, 30.0)
    command = [*bubblewrap(probe, allowance), "--", "/pie/runner"]
    return "full" if process.run(command, env={}).returncode == _RUNNER_FAILED else "partial"


def why_partial() -> str:
    """Return one sentence on why the walls are not full, with the remedy; empty when they are."""
    if level() == "full":
        return ""
    if os.environ.get("PIE_SANDBOX") == "partial":
        return "bubblewrap is switched off by PIE_SANDBOX=partial"
    if shutil.which("bwrap") is None:
        return f"bubblewrap is not installed; {BUBBLEWRAP_REMEDY}"
    return f"bubblewrap is installed but may not create namespaces here; {of_this_host()}"


def remedy_for_partial() -> str:
    """Return the remedy alone of `why_partial`: what fits this host, and nothing else."""
    if level() == "full":
        return ""
    if os.environ.get("PIE_SANDBOX") == "partial":
        return "unset PIE_SANDBOX"
    return BUBBLEWRAP_REMEDY if shutil.which("bwrap") is None else of_this_host()
