"""One native run of a built program: a script goes on from a warmed interpreter where one can be.

An interpreter's start is no work of the program, and takes longer than most tests. So the tests of
all scripts of a process part from one interpreter, each into a process of its own with streams of
its own (`sim/warm.h`). Where that cannot be, each has a sandbox and a start of its own. In both
cases `Ended.own_seconds` is without the start.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sim import sandbox, warm_interpreter
from sim.ended import Ended
from sim.native_guest import PROGRAM, guest_for
from sim.paths import cache_directory
from sim.program import Build, Language
from sim.sandbox import Allowance, Guest
from sim.shared_start import TestServer
from sim.toolchain import Toolchain

_unserved: set[object] = set()
"""Surroundings in which no interpreter could be warmed: an older kernel, for one."""


class NativeRuns:
    """Runs one program natively, on one input after the other. A context manager.

    With `shared`, the runs of a compiled program are in one sandbox, too, each in a process of its
    own.
    """

    def __init__(
        self, build: Build, toolchain: Toolchain, allowance: Allowance, *, shared: bool
    ) -> None:
        """Nothing is started before the first run."""
        self._build = build
        self._guest = guest_for(build, toolchain)
        self._allowance = allowance
        self._server = TestServer(self._guest, allowance) if shared else None
        self._key: object = None
        # Who names streams by /proc needs one that shows no other process.
        if build.language is Language.PYTHON and sandbox.level() == "full" and not self._guest.proc:
            self._key = ("native", toolchain, allowance, cache_directory())

    def __enter__(self) -> NativeRuns:
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()

    def run(self, stdin: Path | None) -> Ended:
        """Run it on an input, or on none. MachineFailure only when the sandbox itself failed."""
        ended = self._warmed(stdin)
        if ended is None and self._server is not None:
            ended = self._server.run(stdin, self._allowance)
        return ended or sandbox.run(self._guest, self._allowance, stdin)

    def _warmed(self, stdin: Path | None) -> Ended | None:
        if self._key is None or self._key in _unserved:
            return None

        def made() -> tuple[Guest, Allowance]:
            guest = self._guest
            shown = {name: at for name, at in guest.read_only.items() if name != PROGRAM}
            argv = (*guest.argv, "warm")
            return replace(guest, profile="warm", read_only=shown, argv=argv), self._allowance

        ended = warm_interpreter.run(self._key, made, self._build.path, stdin, self._allowance)
        if ended is None:
            _unserved.add(self._key)
        return ended
