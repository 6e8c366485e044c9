"""The only module that starts processes: run a command to its end, capture, and kill what is left.

Captured bytes are counted while the command runs, so a flood costs no memory; the wall clock of the
caller is only a guard against hangs.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.errors import MachineFailure

_CHUNK = 1 << 16
_MESSAGE = 256
_LOG = 1 << 20
_STDERR = 64 << 10
_LARGEST_PIPE = 1 << 20
_LONGEST_POLL_SECONDS = 3600.0  # the system call takes no more than 24 days


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    returncode: int
    """As subprocess gives it: negative is a signal."""
    stdout: bytes
    stderr: bytes
    overflowed: bool
    """Standard output reached its limit and the command was killed."""
    guard_fired: bool
    """The wall-clock guard ended it."""
    wall_seconds: float
    extra: Mapping[int, bytes]
    """What arrived on the extra descriptors, by the number that was given."""


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    stdin: int | None = None,
    stdout_limit: int = 64 << 20,
    stderr_limit: int = 64 << 10,
    latest_stderr: bool = False,
    guard_seconds: float = 600.0,
    extra: Mapping[int, int] | None = None,
    close_after_start: Sequence[int] = (),
) -> Finished:
    """Run a command and return how it ended.

    `extra` maps a descriptor that this process reads from to the most bytes kept from it (the last
    ones; the rest is read and dropped), as of standard error with `latest_stderr`, else its first
    bytes are kept; `close_after_start` are the other ends, handed to the command under the same
    numbers. `stdin` is a descriptor that stays the caller's; None: no input. OSError when the
    command cannot be started.
    """
    extra = dict(extra or {})
    start = time.monotonic()
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            pass_fds=tuple(close_after_start),
            start_new_session=True,
        )
    finally:
        for descriptor in close_after_start:
            os.close(descriptor)
    assert process.stdout is not None
    assert process.stderr is not None
    out, err = process.stdout.fileno(), process.stderr.fileno()
    limits = {out: stdout_limit, err: stderr_limit, **extra}
    captured = _Capture(limits, latest=frozenset(extra) | ({err} if latest_stderr else set()))
    try:
        overflowed, guarded = captured.drain(process, out, start + guard_seconds)
    finally:
        _end(process)
        process.stdout.close()
        process.stderr.close()
    return Finished(
        returncode=process.returncode,
        stdout=captured.bytes_of(out),
        stderr=captured.bytes_of(err),
        overflowed=overflowed,
        guard_fired=guarded,
        wall_seconds=time.monotonic() - start,
        extra={descriptor: captured.bytes_of(descriptor) for descriptor in extra},
    )


class Service:
    """A command that answers lines with text for as long as it is wanted."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | None = None,
        close_after_start: Sequence[int] = (),
    ) -> None:
        """Start it. OSError when it cannot be started."""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by kill()
        try:
            self._process = subprocess.Popen(
                list(argv),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=dict(env),
                cwd=cwd,
                pass_fds=tuple(close_after_start),
                start_new_session=True,
            )
        finally:
            for descriptor in close_after_start:
                os.close(descriptor)
        self._rest = b""

    def send(self, line: str) -> None:
        """Write one line; a service that is gone shows when it is read from."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()

    def read_until(self, start: bytes, guard_seconds: float, limit: int) -> tuple[bytes, bytes]:
        """Return (what came before, the line that begins with `start`).

        MachineFailure, and the service is killed, when it ends, is silent for too long or says
        more than `limit` bytes.
        """
        assert self._process.stdout is not None
        output = self._process.stdout.fileno()
        deadline = time.monotonic() + guard_seconds
        poll = select.poll()
        poll.register(output, select.POLLIN)
        text = bytearray(self._rest)
        while True:
            at = 0 if text.startswith(start) else text.find(b"\n" + start) + 1
            end = text.find(b"\n", at) if at or text.startswith(start) else -1
            if end >= 0:
                self._rest = bytes(text[end + 1 :])
                return bytes(text[:at]), bytes(text[at:end])
            left = deadline - time.monotonic()
            if left <= 0 or len(text) > limit:
                self.kill()
                what = f"no answer in {guard_seconds:.0f} s" if left <= 0 else "too long an answer"
                raise MachineFailure(f"the simulator was stopped: {what}")
            if poll.poll(min(left, 600.0) * 1000):
                data = os.read(output, _CHUNK)
                if not data:
                    raise MachineFailure(f"the simulator ended: {self._last_words()}")
                text += data

    def _last_words(self) -> str:
        self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - 4096))
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        self.kill()
        return next((line for line in lines[::-1] if not line.startswith(" ")), "without a word")

    def kill(self) -> None:
        """End it, whatever it does."""
        _end(self._process)
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self._errors.close()


@dataclass(frozen=True)
class Answered:
    """What came of one request to a `TestServer`."""

    words: tuple[str, ...]
    """The server's message; empty when it ended or was ended without one."""
    stdout: bytes
    stderr: bytes
    log: bytes
    overflowed: bool
    guard_fired: bool
    wall_seconds: float


class TestServer:
    """A command that runs each test in a process of its own, at our request.

    We speak over a socket of messages. A request takes along the test's streams.
    """

    __test__ = False  # not a test class for pytest

    def __init__(
        self,
        argv: Sequence[str],
        control: socket.socket,
        *,
        env: Mapping[str, str],
        close_after_start: Sequence[int] = (),
    ) -> None:
        """Start it; `control` is our end of its socket. OSError when it cannot be started."""
        self._control = control
        try:
            self._process = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=dict(env),
                pass_fds=tuple(close_after_start),
                start_new_session=True,
            )
        finally:
            for descriptor in close_after_start:
                os.close(descriptor)

    def message(self, guard_seconds: float) -> tuple[str, ...]:
        """Wait for the server's next message; empty when there is none in time, or it has ended."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        if not poll.poll(min(guard_seconds, _LONGEST_POLL_SECONDS) * 1000):
            return ()
        with contextlib.suppress(OSError):
            return tuple(self._control.recv(_MESSAGE).decode("ascii", "replace").split())
        return ()

    def ask(
        self,
        request: str,
        stdin: int,
        stdout_limit: int,
        guard_seconds: float,
        more: Sequence[int] = (),
    ) -> Answered:
        """Have one test run; the server is ended when the test outlasts its guard.

        `more` are descriptors that the test gets besides its streams.
        """
        start = time.monotonic()
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        log, log_end = socket.socketpair()
        with log, contextlib.ExitStack() as ends:
            ends.callback(os.close, out)
            ends.callback(os.close, err)
            try:
                streams = [stdin, out_end, err_end, log_end.fileno(), *more]
                with contextlib.suppress(OSError):  # it is gone; that shows below
                    socket.send_fds(self._control, [request.encode()], streams)
            finally:
                os.close(out_end)
                os.close(err_end)
                log_end.close()
            limits = {out: stdout_limit, err: _STDERR, log.fileno(): _LOG}
            captured = _Capture(limits, latest=frozenset({log.fileno(), err}))
            deadline = start + guard_seconds
            overflowed, guarded = captured.drain_until(self._control.fileno(), out, deadline)
            if overflowed:
                with contextlib.suppress(OSError):
                    self._control.send(b"kill")
            words = () if guarded else self.message(max(1.0, deadline - time.monotonic()))
            if not words:
                self.kill()
            return Answered(
                words=words,
                stdout=captured.bytes_of(out),
                stderr=captured.bytes_of(err),
                log=captured.bytes_of(log.fileno()),
                overflowed=overflowed,
                guard_fired=guarded,
                wall_seconds=time.monotonic() - start,
            )

    def kill(self) -> None:
        """End it, whatever it does."""
        _end(self._process)
        self._control.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the command's session and reap the command."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    process.wait()
    _reap_orphans()


def _reap_orphans() -> None:
    """Reap what the sandbox left to us (see `become_subreaper`); never a child of somebody else."""
    if not _subreaper:
        return
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


_subreaper = False


def become_subreaper() -> None:
    """Make this process the parent of orphans among its descendants, and reap them after each run.

    The sandbox's monitor exits without reaping its init: without a subreaper each run leaves a
    zombie that counts against process limits. For worker processes, which have no other children.
    """
    global _subreaper
    import ctypes

    pr_set_child_subreaper = 36
    ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0)
    _subreaper = True


def die_with_parent() -> None:
    """Ask the kernel to kill this worker when its driver dies, however it dies."""
    import ctypes

    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)


class _Capture:
    """Reads several descriptors at once, keeping at most so many bytes of each: first or last."""

    def __init__(self, limits: Mapping[int, int], latest: frozenset[int] = frozenset()) -> None:
        self._limits = limits
        self._latest = latest
        self._chunks: dict[int, list[bytes]] = {descriptor: [] for descriptor in limits}
        self._size = dict.fromkeys(limits, 0)

    def bytes_of(self, descriptor: int) -> bytes:
        return b"".join(self._chunks[descriptor])

    def drain(
        self, process: subprocess.Popen[bytes], stdout: int, deadline: float
    ) -> tuple[bool, bool]:
        """Read until the command has ended; return (stdout overflowed, guard fired)."""
        pidfd = os.pidfd_open(process.pid)
        try:
            return self.drain_until(pidfd, stdout, deadline)
        finally:
            os.close(pidfd)

    def drain_until(self, end: int, stdout: int, deadline: float) -> tuple[bool, bool]:
        """Read until the descriptor `end` can be read; return (stdout overflowed, guard fired)."""
        poll = select.poll()
        for descriptor in (*self._limits, end):
            poll.register(descriptor, select.POLLIN)
        open_ones = set(self._limits)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return False, True
            ended = False
            for descriptor, _event in poll.poll(min(left, _LONGEST_POLL_SECONDS) * 1000):
                if descriptor == end:
                    ended = True
                elif not self._read(descriptor):
                    poll.unregister(descriptor)
                    open_ones.discard(descriptor)
                elif descriptor == stdout and self._size[stdout] > self._limits[stdout]:
                    return True, False
            if ended:
                self._drain_rest(open_ones)
                return self._size[stdout] > self._limits[stdout], False

    def _drain_rest(self, open_ones: set[int]) -> None:
        """Take what is there already; a descendant that still holds a pipe is not waited for."""
        for descriptor in open_ones:
            os.set_blocking(descriptor, False)
            # No pipe holds more; what a descendant writes meanwhile is none of ours.
            room = self._size[descriptor] + _LARGEST_PIPE
            if descriptor not in self._latest:
                room = self._limits[descriptor]
            with contextlib.suppress(BlockingIOError):
                while self._size[descriptor] <= room and self._read(descriptor):
                    pass

    def _read(self, descriptor: int) -> bool:
        data = os.read(descriptor, _CHUNK)
        limit = self._limits[descriptor]
        chunks = self._chunks[descriptor]
        if descriptor in self._latest:
            self._size[descriptor] += len(data)
            self._chunks[descriptor] = [(b"".join(chunks) + data)[-limit:]]
            return bool(data)
        room = limit - self._size[descriptor]
        if data and room > 0:
            chunks.append(data[:room])
        self._size[descriptor] += len(data)
        return bool(data)
