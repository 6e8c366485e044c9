"""Many runs from one preparation: fork for each program, and fork again for each of its runs.

One JSON job a line on standard input,

    {"program": NAME, "nonce": WORD, "max_instructions": N, "max_ticks": N, "cpu_seconds": N,
     "file_bytes": N}

and for each on standard output

    BEGIN WORD
    what the run wrote after its end (a JSON line and gem5's statistics)
    {"served": WORD, "status": WAIT STATUS, "cpu_seconds": S, "messages": TEXT, "spilled": TEXT}
    {"clean": WORD}

the last when nothing of the run is left. The word is the asker's, and no process that simulates
holds it, or our standard output. A guest can have gem5 write on gem5's own standard output: there,
during a run, is a pipe for just that (`spilled`, empty after an honest run). After the guest's end
the pipe that takes the run's answer replaces it.

The executable is read again when a job's `program` is another than before, the guest's three
files for every job; their paths stay the same, since gem5 looks at a file by its path when a guest
asks about a descriptor. The guest reaches none of our descriptors: it has a table of its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import resource
import shutil
import signal
import sys
import tempfile

import _m5
import confinement
import m5
import simulation

_BACKTRACE = re.compile(r"\[0x[0-9a-f]+\]$")
_ANSWER_LIMIT = 4 << 20


def serve(root, streams, scratch):
    """Answer jobs until standard input ends; `streams` are the guest's three files.

    The folder `scratch` is emptied after each job.
    """
    # Neither of every page by which a stack grows nor of every system call that has no effect.
    _m5.core.setLogLevel(_m5.core.LogLevel.FATAL)
    simulation.create_hardware(root)
    print(json.dumps({"ready": True}), flush=True)
    program = None
    for line in sys.stdin:
        job = json.loads(line)
        if program is not None and program.name != job["program"]:
            program.end()
            program = None
        if program is None:
            program = _Program(root, streams, scratch, job["program"])
        if not program.run(line):
            _report(job, b"", b"", *program.end())
            program = None
        _empty(scratch)
        print(json.dumps({"clean": job["nonce"]}), flush=True)


class _Program:
    """A child that holds one program, loaded and ready to start."""

    def __init__(self, root, streams, scratch, name):
        self.name = name
        self._messages = tempfile.TemporaryFile(dir=scratch)
        jobs, self._jobs = os.pipe()
        self._done, done = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._jobs)
            os.close(self._done)
            _become_child(self._messages)
            _serve_program(root, streams, scratch, jobs, done)
        os.close(jobs)
        os.close(done)

    def run(self, line):
        """Have a run done and answered; false when the child died of it."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._jobs, line.encode())
        return bool(os.read(self._done, 1))

    def end(self):
        """Let the child go; return (wait status, resource usage, its messages)."""
        os.close(self._jobs)
        os.close(self._done)
        _pid, status, usage = os.wait4(self._pid, 0)
        return status, usage, self._messages


def _serve_program(root, streams, scratch, jobs, done):
    """In the child of one program: load it, then fork for each of its runs."""
    simulation.create(root)
    opened = [(path, _descriptor_of(path)) for path in streams]
    with os.fdopen(jobs) as lines:
        for line in lines:
            job = json.loads(line)
            messages = tempfile.TemporaryFile(dir=scratch)
            answer, answering = os.pipe()
            spilled, spilling = os.pipe2(os.O_NONBLOCK)
            pid = os.fork()
            if pid == 0:
                for descriptor in (jobs, done, answer):
                    os.close(descriptor)
                _become_child(messages)
                # Also what is left of our standard output: nothing that simulates holds it.
                os.dup2(spilling, 1)
                del job["nonce"]
                _run(root, job, opened, scratch, answering)
            for descriptor in (answering, spilling):
                os.close(descriptor)
            text = _read_all(answer, _ANSWER_LIMIT)
            _pid, status, usage = os.wait4(pid, 0)
            stray = _read_all(spilled, 4096) or text[_ANSWER_LIMIT - 1 :]
            _report(job, text, stray, status, usage, messages)
            os.write(done, b".")
    os._exit(0)


def _run(root, job, opened, scratch, answering):
    """In the child of one run: open the guest's files anew, bind it to its limits, simulate."""
    # Never created here: the asker reads the files that it made itself.
    written = os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW
    for (path, descriptor), flags in zip(opened, (os.O_RDONLY, written, written), strict=True):
        os.dup2(os.open(path, flags), descriptor)
    seconds, size = job["cpu_seconds"], job["file_bytes"]
    confinement.confine([opened[0][0], _folder_of(root), *confinement.LIBRARIES], [scratch])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    ended = simulation.run(root, job["max_instructions"], job["max_ticks"])
    # What gem5 was made to write and still holds back goes where the rest of it went.
    ctypes.CDLL(None).fflush(None)
    os.dup2(answering, 1)
    print(json.dumps(ended), flush=True)
    m5.stats.dump()
    ctypes.CDLL(None).fflush(None)
    os._exit(0)


def _folder_of(root):
    """Return where the executable lies: the guest may read itself, and what is beside it."""
    return os.path.dirname(root.system.cpu.workload[0].executable)


def _become_child(messages):
    """Die with the parent, and write gem5's messages to a file of one's own that has no name."""
    pr_set_pdeathsig, pr_set_dumpable = 1, 4
    prctl = ctypes.CDLL(None).prctl
    prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)
    prctl(pr_set_dumpable, 0, 0, 0, 0)  # /proc/self is root's then, and closed to any other user
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.dup2(messages.fileno(), 2)


def _descriptor_of(path):
    """Return this process's descriptor of a file that gem5 opened."""
    wanted = os.stat(path)
    for descriptor in range(3, 256):
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(descriptor), wanted):
                return descriptor
    raise RuntimeError(f"gem5 did not open {path}")


def _read_all(descriptor, limit):
    """Read a pipe to its end, or as far as it is filled; keep the first `limit` bytes."""
    kept = b""
    with contextlib.suppress(BlockingIOError):
        while data := os.read(descriptor, 1 << 16):
            kept += data[: limit - len(kept)]
    os.close(descriptor)
    return kept


def _report(job, text, spilled, status, usage, messages):
    """Write a job's answer: what its run said, and how it ended."""
    with messages:
        messages.seek(max(0, messages.seek(0, os.SEEK_END) - (1 << 20)))
        lines = messages.read().decode("utf-8", "replace").splitlines()
    told = "\n".join(line for line in lines if not _BACKTRACE.search(line))[-4096:]
    answer = {
        "served": job["nonce"],
        "status": status,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "messages": told,
        "spilled": spilled.decode("utf-8", "replace"),
    }
    # Its last line begins a line, even after a run that was cut short in the middle of one.
    whole = b"BEGIN %s\n%s\n%s\n" % (job["nonce"].encode(), text, json.dumps(answer).encode())
    sys.stdout.buffer.write(whole)
    sys.stdout.flush()


def _empty(scratch):
    """Remove what a guest left behind, so that no run can speak to the next."""
    for path in scratch.iterdir():
        if path.is_dir() and not path.is_symlink():
            with contextlib.suppress(RecursionError):
                shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
    if any(scratch.iterdir()):
        print(f"{scratch} could not be emptied", file=sys.stderr, flush=True)
        sys.exit(1)
