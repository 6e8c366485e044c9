"""One sandbox for all tests of a program, and one start where its instrument can fork.

What serves is the runner, or an instrument that forks itself: see `sim/runner.c` and
`sim/skylake/forks.c`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from dataclasses import replace
from pathlib import Path

from sim import cgroup, process, standard_input
from sim.ended import Ended, reported
from sim.sandbox import (
    TRUSTED_DESCRIPTOR,
    Allowance,
    Guest,
    bubblewrap,
    level,
    resident_limit,
    runner_arguments,
)


class TestServer:
    """One sandbox for all tests of a guest, each run in a process of its own. A context manager.

    The runner starts the guest for each test; or the guest starts once and forks for each, where
    `{control}` in its arguments gives it the socket (an instrument).
    """

    __test__ = False  # not a test class for pytest

    def __init__(self, guest: Guest, allowance: Allowance) -> None:
        """Nothing is started before the first test. No test's allowance is wider than this one."""
        self._forks = any("{control}" in part for part in guest.argv)
        self._guest = replace(guest, profile="server") if self._forks else guest
        self._allowance = allowance
        self._server: process.TestServer | None = None
        self._stay: cgroup.Membership | None = None
        # Without namespaces the folders that a test can write to are not its own.
        self._gone = level() != "full"
        self._resources = contextlib.ExitStack()
        self.over_budget = False
        """The guest met its budget of instructions before its tests part: it does so on each."""

    def __enter__(self) -> TestServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def run(
        self,
        stdin: Path | None,
        allowance: Allowance,
        budgets: str = "",
        program: Path | None = None,
    ) -> Ended | None:
        """Run one test within its own allowance; None where it needs a sandbox of its own.

        `budgets` are an instrument's, as its protocol has them; `program` is for an interpreter
        that serves the tests of many. OSError when the input cannot be read.
        """
        if self._server is None and not self._gone:
            self._server = self._started()
            words = self._server.message(self._allowance.guard_seconds)
            if words[:1] != ("ready",):
                self.over_budget = words == ("over",)
                self._end()
        if self._server is None:
            return None
        with standard_input.private_copy(stdin) as given, contextlib.ExitStack() as stack:
            more = []
            if program is not None:
                more.append(stack.enter_context(standard_input.private_copy(program)))
            answered = self._server.ask(
                f"run {budgets} {allowance.cpu_seconds}",
                given,
                allowance.output_bytes,
                allowance.guard_seconds,
                more,
            )
        if answered.words[:1] != ("ended",):
            self._end()
            return None
        out_of_memory = self._stay is not None and self._stay.out_of_memory()
        if answered.words[-1] != "0":
            self._stop()  # what it left in /tmp the next test would find
        ended = reported(answered.words[1:-1], answered.stdout, answered.stderr, answered.log)
        return replace(ended, overflowed=answered.overflowed, out_of_memory=out_of_memory)

    @property
    def gone(self) -> bool:
        """Whether it serves no more: a test ended it, or it could not be started."""
        return self._gone

    def close(self) -> None:
        """End it; the next test would start it again."""
        self._stop()

    def _end(self) -> None:
        """Serve no more: each test that is left to run gets a sandbox of its own."""
        self._stop()
        self._gone = True

    def _stop(self) -> None:
        if self._server is not None:
            self._server.kill()
        self._server = self._stay = None
        self._resources.close()

    def _started(self) -> process.TestServer:
        report = os.open("/dev/null", os.O_WRONLY)
        proc = os.open("/proc", os.O_PATH | os.O_DIRECTORY)
        control, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        numbers = {}
        for name, given in (("{log}", report), ("{control}", far.fileno())):
            # What nobody is told of would stay open in the program, for all tests to speak by.
            if not (any(name in part for part in self._guest.argv) or name == "{control}"):
                continue
            numbers[name] = fcntl.fcntl(given, fcntl.F_DUPFD, TRUSTED_DESCRIPTOR)
        far.close()
        argv = self._guest.argv
        for name, number in numbers.items():
            argv = tuple(part.replace(name, str(number)) for part in argv)
        inherited = [report, proc, *numbers.values()]
        trusted = str(report)
        self._stay = self._resources.enter_context(
            cgroup.membership(resident_limit(self._allowance))
        )
        if self._stay is not None:
            inherited.append(self._stay.descriptor)
            trusted += f",{self._stay.descriptor}"
        trusted += f":{proc}"
        if not self._forks:
            trusted += f"@{numbers['{control}']}"
        runner = runner_arguments(self._guest, self._allowance, trusted, argv)
        command = [*bubblewrap(self._guest, self._allowance), "--", "/pie/runner", *runner]
        return process.TestServer(command, control, env={}, close_after_start=inherited)
