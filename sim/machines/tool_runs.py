"""What the machines share that run our own Valgrind tool: the start of a run and its end.

The tool is `sim/skylake/`; a machine is one mode of it. The guard, the clocks, the files and the
processor that a program sees are the same in each mode.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sim import allocations, annotation, sandbox, warm_interpreter
from sim.ended import Ended
from sim.errors import InstrumentFailure, MachineFailure, MissingTool, Unsupported
from sim.judge import verdict_of
from sim.limits import Limits
from sim.line_costs import FunctionLines, read_functions
from sim.machine import CLOCK_HZ, Check, Measure, Measurement
from sim.machines import valgrind
from sim.machines.interpreter_loop import loop_option
from sim.native_guest import PROGRAM
from sim.paths import cache_directory
from sim.program import Build, Language
from sim.sandbox import Allowance, Guest
from sim.shared_start import TestServer
from sim.skylake import build as tool
from sim.toolchain import Toolchain
from sim.verdict import Verdict

_REFUSED = re.compile(rb"^==\d+== PIE-REFUSED (\w+): ([^\n]*)$", re.MULTILINE)
_REMEDIES = {
    b"threads": "measure it on cachegrind, which counts all threads' work",
    b"copies": "have the program copy by itself, in its own memory",
    b"timers": "let the timer send a signal",
}
_PAGE_BYTES = 4096
_SUMMARY = re.compile(rb"^==\d+== PIE-SKYLAKE (\{[^\n]*\})$", re.MULTILINE)


@dataclass(frozen=True)
class ToolRuns:
    """A machine that is one mode of our tool."""

    name: str = ""
    deterministic: bool = True
    interleaved: bool = False
    stops_at_count: bool = True
    may_compute_otherwise: bool = True

    mode: str = ""
    """The tool's `--mode`."""
    protocol: str = ""
    """Raised when a change in Python could give another cost for the same run."""

    def cpu_seconds(self, limits: Limits) -> int:
        """Return the CPU time, in seconds, that no program within its budget needs."""
        raise NotImplementedError

    def check_counters(self, counters: Mapping[str, int]) -> None:
        """MachineFailure for counters that no run can have."""
        if counters["instructions"] == 0:
            raise MachineFailure("the tool counted no instruction")

    def check_known(self, log: bytes, counters: Mapping[str, int]) -> None:
        """Unsupported where this mode cannot cost what the program executed."""

    def check(self) -> Check:
        """Tell whether the tool can be built here; it is built."""
        try:
            tool.tool_path()
        except MissingTool as missing:
            return Check(False, missing.what, missing.remedy)
        return Check(True)

    def fingerprint(self) -> dict[str, str]:
        """Return the hash of the tool's sources, Valgrind's version and the sandbox."""
        return {
            "machine": self.name,
            "protocol": self.protocol,
            "model": tool.model_digest(),
            "valgrind": valgrind.version(),
            "clock_hz": str(CLOCK_HZ),
            "sandbox": sandbox.level(),
        }

    def measure(
        self, build: Build, stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> Measurement:
        """Run once in the tool; see `Machine.measure` for what it raises."""
        if build.language is Language.PYTHON and sandbox.level() == "full":
            ended = self._warmed(build, stdin, limits, toolchain)
        else:
            ended = self.run(build, stdin, limits, toolchain)
        return self.read(ended, limits, build.language)

    def profile(
        self, build: Build, stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> tuple[Measurement, list[FunctionLines]]:
        """Run a Python program once in the tool; return what its lines cost, too.

        Lines are told of a run that ended badly as well, up to there. Unsupported where its
        interpreter cannot be read; of the machine, InstrumentFailure and MachineFailure alone.
        """
        option = loop_option(toolchain)
        if sandbox.level() == "full":
            ended = self._warmed(build, stdin, limits, toolchain, option)
        else:
            ended = self.run(build, stdin, limits, toolchain, option)
        try:
            run = self.read(ended, limits, Language.PYTHON)
        except Unsupported as limit:
            run = Measurement(Verdict.UNSUPPORTED, str(limit))
        return run, read_functions(ended.log)

    def annotate(
        self, build: Build, stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> tuple[Measurement, dict[int, annotation.Counts], allocations.Chains]:
        """Run a C++ program once; return what its addresses cost, and who asked for memory.

        The costliest `annotation.MOST_ADDRESSES` are told; cycles are those of `measure`.
        """
        option = allocations.option(build)
        ended = self.run(build, stdin, limits, toolchain, "--annotate=yes", option)
        costs, chains = annotation.read_addresses(ended.log), allocations.read_chains(ended.log)
        return self.read(ended, limits), costs, chains

    def _warmed(
        self, build: Build, stdin: Path, limits: Limits, toolchain: Toolchain, *options: str
    ) -> Ended:
        """Run from the interpreter that all programs of the same surroundings share."""
        unbounded = replace(limits, max_instructions=Limits().max_instructions, max_cycles=None)

        def made() -> tuple[Guest, Allowance]:
            guest = self._guest(build, unbounded, toolchain, "--serve={control}", *options)
            shown = {name: at for name, at in guest.read_only.items() if name != PROGRAM}
            return replace(guest, read_only=shown), self._allowance(unbounded)

        key = (self, toolchain, unbounded, cache_directory(), options)
        budgets = f"{limits.max_instructions} {limits.max_cycles or 0}"
        allowance = self._allowance(limits)
        ended = warm_interpreter.run(key, made, build.path, stdin, allowance, budgets)
        if ended is None:
            raise InstrumentFailure("the warmed interpreter did not survive the test")
        return ended

    def measure_together(
        self, builds: Sequence[Build], stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> list[Measurement]:
        """Measure one after the other: the order cannot matter."""
        return [self.measure(build, stdin, limits, toolchain) for build in builds]

    @contextlib.contextmanager
    def start(self, build: Build, limits: Limits, toolchain: Toolchain) -> Iterator[Measure]:
        """Start a program once for several runs; a run that needs its own start gets one."""
        if build.language is Language.PYTHON:
            yield lambda stdin, own: self.measure(build, stdin, own, toolchain)
            return
        guest = self._guest(build, limits, toolchain, "--serve={control}")
        with TestServer(guest, self._allowance(limits)) as server:

            def measure(stdin: Path, own: Limits) -> Measurement:
                budgets = f"{own.max_instructions} {own.max_cycles or 0}"
                ended = server.run(stdin, self._allowance(own), budgets)
                if server.over_budget and own.max_instructions <= limits.max_instructions:
                    return Measurement(Verdict.TIME_LIMIT, own.too_many, over_budget=True)
                if ended is None:
                    return self.measure(build, stdin, own, toolchain)
                return self.read(ended, own)

            yield measure

    def run(
        self, build: Build, stdin: Path, limits: Limits, toolchain: Toolchain, *options: str
    ) -> Ended:
        """Run a program in the tool, with more of its options."""
        guest = self._guest(build, limits, toolchain, *options)
        return sandbox.run(guest, self._allowance(limits), stdin)

    def _guest(self, build: Build, limits: Limits, toolchain: Toolchain, *options: str) -> Guest:
        own = (
            "--tool=skylake",
            f"--mode={self.mode}",
            f"--max-instructions={limits.max_instructions}",
            f"--max-cycles={limits.max_cycles or 0}",
            # What the program is told of its limits: those of its native run.
            f"--limit-stack={limits.stack_bytes}",
            f"--limit-memory={limits.memory_bytes}",
            f"--limit-file={limits.file_bytes}",
            f"--limit-cpu={limits.cpu_seconds}",
            f"--interpreter={'yes' if build.language is Language.PYTHON else 'no'}",
            # The program's threads are sets of registers (threads.c); the translator knows one. It
            # clears its room for each that may be after every fork: two pages each, of 500.
            "--max-threads=2",
            *options,
        )
        guest = valgrind.guest(tool.tool_path(), own, build, limits, toolchain)
        if build.language is Language.PYTHON:
            guest = replace(guest, argv=(*guest.argv, "warm"))
        return guest

    def _allowance(self, limits: Limits) -> Allowance:
        return valgrind.allowance(limits, self.cpu_seconds(limits))

    def read(self, ended: Ended, limits: Limits, language: Language = Language.CPP) -> Measurement:
        """Say what the end of a run means; see `Machine.measure` for what it raises."""
        if b"EXEC FAILED" in ended.log:
            return Measurement(
                Verdict.TAMPERING, "it tried to become another program in the measured run"
            )
        refused = _REFUSED.search(ended.log)
        if refused and refused[1] == b"tampering":
            return Measurement(Verdict.TAMPERING, refused[2].decode())
        if ended.idle or (refused and refused[1] == b"waits"):
            return Measurement(Verdict.NONDETERMINISTIC, "a wait without end")
        if refused:
            raise Unsupported(
                f"the program cannot be measured on {self.name}: {refused[2].decode()}",
                _REMEDIES.get(refused[1], ""),
            )
        if told := valgrind.ended_for_a_call(ended, limits):
            return Measurement(*told)
        valgrind.refuse_own_failure(ended)
        if ended.exhausted(self.cpu_seconds(limits)):
            return Measurement(
                Verdict.TIME_LIMIT,
                f"{self.cpu_seconds(limits)} s of CPU time before {limits.max_instructions} "
                "instructions: it spends its time in the kernel",
            )
        return self._measurement(ended, limits, language)

    def _measurement(self, ended: Ended, limits: Limits, language: Language) -> Measurement:
        """Read a run that came to its end."""
        verdict, detail = verdict_of(ended, limits)
        silent = ended.signal is not None and not _SUMMARY.search(ended.log)
        if verdict in (Verdict.OUTPUT_LIMIT, Verdict.TAMPERING) or silent:
            return Measurement(verdict, detail, host_seconds=ended.wall_seconds)
        end, counters = self.read_counters(ended.log)
        page_cycles = counters.pop("memory_page_cycles")
        startup = {
            name: counters.pop(f"startup_{name}")
            for name in ("cycles", "instructions", "memory_bytes")
            if f"startup_{name}" in counters
        }
        if language is Language.PYTHON and not startup:
            raise InstrumentFailure("the harness did not come to the program")
        cycles, count = counters.pop("cycles"), counters["instructions"]
        # Its last block can carry a program that ends by itself over its budget, too. Whatever else
        # is odd about it would not be known if the budget were smaller.
        excess = limits.excess(count, cycles)
        if end != "exit" or excess:
            return Measurement(
                Verdict.TIME_LIMIT,
                excess,
                instructions=count,
                host_seconds=ended.wall_seconds,
                over_budget=count > limits.max_instructions,
            )
        self.check_known(ended.log, counters)
        return Measurement(
            verdict=verdict,
            detail=detail,
            stdout=ended.stdout,
            cycles=cycles,
            instructions=counters["instructions"],
            seconds=cycles / CLOCK_HZ,
            counters={**counters, "memory_byte_seconds": page_cycles * _PAGE_BYTES / CLOCK_HZ},
            startup=startup,
            host_seconds=ended.wall_seconds,
        )

    def read_counters(self, log: bytes) -> tuple[str, dict[str, int]]:
        """Return (how it ended, counters); InstrumentFailure unless there is one summary."""
        found = _SUMMARY.findall(log)
        if not found:
            raise InstrumentFailure("the tool gave no summary of its counts")
        if len(found) > 1:
            raise InstrumentFailure(
                "the tool's log holds two summaries", "do not trust this program"
            )
        values = json.loads(found[0])
        ended = values.pop("ended")
        self.check_counters(values)
        return ended, values
