"""The reference machine: gem5's out-of-order x86 core in the Skylake configuration that PIE used.

System-call emulation, one core, timing memory: deterministic to the tick. The program sees argv
`prog`, no environment, and three files as its streams.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sim import sandbox
from sim.ended import name_of_signal
from sim.errors import InstrumentFailure, MachineFailure, MissingTool, SimError, Unsupported
from sim.last_words import with_last_words
from sim.limits import Limits
from sim.machine import CLOCK_HZ, Check, Measurement
from sim.machines import gem5_installation, gem5_server, gem5_statistics
from sim.machines.gem5_server import Answer
from sim.program import Build, Language
from sim.toolchain import Toolchain
from sim.verdict import Verdict

CONFIGURATIONS = ("Verbatim", "Tuned", "Unconstrained")
PROTOCOL = "1"
"""Raised when a change outside gem5_configs could give another count for the same run."""


@dataclass(frozen=True)
class Gem5:
    """Measures in gem5."""

    path: str = ""
    """As the user named it; empty: by variable, configuration file or PATH."""
    configuration: str = "Verbatim"
    name: str = "gem5"
    deterministic: bool = True
    interleaved: bool = False
    stops_at_count: bool = True
    may_compute_otherwise: bool = True

    def check(self) -> Check:
        """Tell whether there is a gem5 that can be used."""
        try:
            gem5_installation.examine(gem5_installation.find(self.path))
        except MissingTool as missing:
            return Check(False, missing.what, missing.remedy)
        return Check(True)

    def fingerprint(self) -> dict[str, str]:
        """Return gem5's version and bytes, the configuration and the scripts that describe it."""
        installation = gem5_installation.examine(gem5_installation.find(self.path))
        return {
            "machine": self.name,
            "protocol": PROTOCOL,
            "gem5": installation.version,
            "gem5_sha256": installation.sha256,
            "configuration": self.configuration,
            "configurations_sha256": gem5_installation.configurations_hash(),
            "clock_hz": str(CLOCK_HZ),
            "sandbox": sandbox.level(),
            "files": "confined" if sandbox.landlock() else "open",
        }

    def measure(
        self, build: Build, stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> Measurement:
        """Simulate one run. Unsupported for what gem5 cannot run; MachineFailure when it failed."""
        if build.language is not Language.CPP:
            raise Unsupported(
                "gem5 measures compiled programs only", "use --machine native for Python"
            )
        path = gem5_installation.find(self.path)
        answer = gem5_server.simulate(path, self.configuration, build, stdin, limits)
        return measurement(answer, limits)

    def measure_together(
        self, builds: Sequence[Build], stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> list[Measurement]:
        """Measure one after the other: the order cannot matter."""
        return [self.measure(build, stdin, limits, toolchain) for build in builds]


def measurement(answer: Answer, limits: Limits) -> Measurement:
    """Say what an answer means: a cost or a verdict; never a number in doubt.

    Unsupported for what gem5 lacks, MachineFailure where it failed.
    """
    if len(answer.stdout) > limits.output_bytes or _killed_by(answer, signal.SIGXFSZ):
        detail = f"more than {limits.output_bytes} bytes of output"
        return Measurement(Verdict.OUTPUT_LIMIT, detail, host_seconds=answer.cpu_seconds)
    if answer.spilled:
        what = "statistics of its own" if _STATISTICS in answer.spilled else "on gem5's own output"
        detail = f"the program had gem5 write {what}"
        return Measurement(Verdict.TAMPERING, detail, host_seconds=answer.cpu_seconds)
    if answer.status != 0:
        if spoken := _SPOKEN_TO.search(answer.messages):
            words = " ".join(spoken[0].split())[:200]
            detail = f"the program spoke to gem5, which ended of it: {words}"
            return Measurement(Verdict.TAMPERING, detail, host_seconds=answer.cpu_seconds)
        raise _failure(answer)
    try:
        simulated = gem5_statistics.read(answer.text)
    except gem5_statistics.Tampered as tampered:
        return Measurement(Verdict.TAMPERING, str(tampered), host_seconds=answer.cpu_seconds)
    if simulated.cause == gem5_statistics.INSTRUCTION_LIMIT:
        return Measurement(
            Verdict.TIME_LIMIT,
            limits.too_many,
            instructions=simulated.instructions,
            host_seconds=answer.cpu_seconds,
            over_budget=True,
        )
    verdict, detail = _verdict(simulated, answer, limits)
    return Measurement(
        verdict=verdict,
        detail=detail,
        stdout=answer.stdout,
        cycles=simulated.cycles,
        instructions=simulated.instructions,
        seconds=simulated.cycles / CLOCK_HZ,
        counters=simulated.counters,
        host_seconds=answer.cpu_seconds,
    )


def _verdict(
    simulated: gem5_statistics.Simulated, answer: Answer, limits: Limits
) -> tuple[Verdict, str]:
    if excess := limits.excess(0, simulated.cycles):
        return Verdict.TIME_LIMIT, excess
    if simulated.cause == gem5_statistics.TICK_LIMIT:
        why = f"no end after {simulated.ticks} simulated picoseconds"
        if simulated.suspended:
            why += (
                ", in which it waited for what never comes (gem5 runs one thread, and no signals)"
            )
        return Verdict.TIME_LIMIT, why
    if simulated.code == 0:
        return Verdict.ACCEPTED, ""
    if b"std::bad_alloc" in answer.stderr[-4096:]:
        return Verdict.MEMORY_LIMIT, "no memory left in the simulated machine"
    return Verdict.RUNTIME_ERROR, with_last_words(f"exit code {simulated.code}", answer.stderr)


_STATISTICS = "Begin Simulation Statistics"
# How gem5 ends of a pseudo-instruction of the program, or of one that it does not know: its first
# bytes, 0F 04, are no instruction of any processor.
_SPOKEN_TO = re.compile(
    r"M5 panic instruction called[^\n]*|Unknown key for initparam[^\n]*|"
    r"Error while doing writefile|_fstream->is_open\(\)[^\n]*|could not seek: [^\n]*|"
    r"readString\([^\n]*|Un(?:implemented|handled) m5 op[^\n]*|"
    r"type = two byte,?\s+op = 0x0?4,?\s"
)

_KNOWN = (
    (
        re.compile(r"(?P<what>[Uu]nrecognized/invalid instruction) executed"),
        "the program uses an instruction that gem5 does not have",
        "remove its target pragma (AVX is not supported) and measure it again",
    ),
    (
        re.compile(r"instruction '(?P<what>[^']*)' unimplemented"),
        "the program uses an instruction that gem5 does not have ({what})",
        "remove its target pragma (AVX is not supported) and measure it again",
    ),
    (
        re.compile(r"(?P<what>[Ss]yscall (?:\S+ \(#\d+\) unimplemented|\d+ out of range))"),
        "the program makes a system call that gem5 does not have: {what}",
        "measure it on another machine",
    ),
    (
        re.compile(r"Tried to (?P<what>(?:read|write|execute|access) unmapped address \w+)"),
        "the program crashed in gem5: {what}",
        "gem5 delivers no signals and starts no other program: measure it on another machine",
    ),
    (
        re.compile(r"fault \((?P<what>[\w-]+)\) detected"),
        "the program crashed in gem5: {what}",
        "gem5 delivers no signals: measure it on another machine",
    ),
    (
        re.compile(r"(?P<what>[Oo]ut of memory[^\n]*)"),
        "the simulated machine has 4 GB: {what}",
        "measure it on another machine",
    ),
)


_STACK_TOP = 0x7FFFFFFFF000
"""Where gem5 puts the base of a program's stack."""
_STACK_END = _STACK_TOP - (120 << 20)
_MAPPINGS = _STACK_TOP - (128 << 20)
"""The 120 MB that gem5_configs/guest.py gives it, and where its other memory begins."""


def _beyond_stack(messages: str) -> bool:
    """Tell whether the program touched what lies just below its stack: only the stack grows there.

    A frame larger than these 8 MB may pass over them unseen, and crash elsewhere or not at all.
    """
    touched = re.search(r"unmapped address (0x[0-9a-f]+)", messages)
    return touched is not None and _MAPPINGS <= int(touched[1], 16) < _STACK_END


def _failure(answer: Answer) -> SimError:
    """Return why the gem5 process of a run ended badly, in one sentence, and whose fault it is.

    Unsupported for what gem5 lacks, InstrumentFailure where it broke down on the program, and
    MachineFailure where the host killed it.
    """
    if _beyond_stack(answer.messages):
        return Unsupported(
            "the program needs more stack than the 120 MB that it has in gem5",
            "measure it on another machine, or have it recurse less deeply",
        )
    for pattern, sentence, remedy in _KNOWN:
        found = pattern.search(answer.messages)
        if found:
            return Unsupported(sentence.format(what=found["what"].strip()[:200]), remedy)
    if _killed_by(answer, signal.SIGXCPU) or (
        _killed_by(answer, signal.SIGKILL) and answer.cpu_seconds > 100
    ):
        return Unsupported(
            f"gem5 came to no end in {answer.cpu_seconds:.0f} s of CPU time",
            "lower --max-instructions",
        )
    telling = re.findall(r"(?:panic|fatal)(?: condition [^\n]*)?: ([^\n]*)", answer.messages)
    if telling:
        return InstrumentFailure(f"gem5 stopped: {telling[0][:200]}")
    if os.WIFSIGNALED(answer.status):
        name = name_of_signal(os.WTERMSIG(answer.status))
        if _killed_by(answer, signal.SIGKILL):  # as by a host that is out of memory
            return MachineFailure(f"gem5 was killed by {name}")
        return InstrumentFailure(f"gem5 was killed by {name}")
    return InstrumentFailure(f"gem5 ended with exit code {os.WEXITSTATUS(answer.status)}")


def _killed_by(answer: Answer, number: signal.Signals) -> bool:
    return os.WIFSIGNALED(answer.status) and os.WTERMSIG(answer.status) == number
