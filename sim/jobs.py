"""The kinds of work: build a program, judge it on its tests, measure it on one, see its outputs.

A job is a plain value: it has a key that says everything its result depends on, runs in any
process, and its result is a plain value that the store can keep.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sim import clock, compiler, instrument_limits, judge, printed
from sim.elsewhere import runs_elsewhere
from sim.errors import InstrumentFailure, Unsupported
from sim.judge import Judgement
from sim.kept_build import ensure_kept
from sim.limits import Limits
from sim.machine import Measure, Measurement, MeasuresSources, one_start
from sim.machines import native
from sim.native_times import NATIVE_TIMES_VERSION, NativeTimes, native_times
from sim.printed import PRINTED_VERSION, Asked, Printed
from sim.profile import Profile, ProfileJob
from sim.program import Build, Language, Program, TestCase, digest_of
from sim.setting import Setting
from sim.verdict import Verdict

_ENDS_BADLY = frozenset({Verdict.RUNTIME_ERROR, Verdict.NONDETERMINISTIC})
# What a run that was accepted natively may come to on a machine by its own doing or the machine's:
# whose, a second run tells. A time limit is decided by counts, and tampering was seen.
_NOTHING = hashlib.sha256(b"").hexdigest()
_ENDS_OF_ITS_OWN = _ENDS_BADLY | {Verdict.MEMORY_LIMIT, Verdict.OUTPUT_LIMIT}


@dataclass(frozen=True)
class MeasuredRun:
    """What is kept of a measurement: everything but the output itself."""

    verdict: Verdict
    detail: str = ""
    cycles: int | None = None
    instructions: int | None = None
    seconds: float = 0.0
    counters: dict[str, float] = field(default_factory=dict)
    output_sha256: str = ""
    tokens_sha256: str = ""
    """Of the output's tokens, one space between: equal for outputs that differ in spacing only."""
    host_seconds: float = 0.0
    runs: int = 1
    startup: dict[str, int] = field(default_factory=dict)
    """As a measurement has it."""
    over_budget: int | None = None
    """The budget of instructions at which it was stopped; it has no number then."""

    @staticmethod
    def stopped(limits: Limits, host_seconds: float = 0.0, runs: int = 1) -> MeasuredRun:
        """Return what is known of a run that exceeds its budget of instructions."""
        return MeasuredRun(
            Verdict.TIME_LIMIT,
            limits.too_many,
            output_sha256=_NOTHING,
            tokens_sha256=_NOTHING,
            host_seconds=host_seconds,
            runs=runs,
            over_budget=limits.max_instructions,
        )


@dataclass(frozen=True)
class BuildJob:
    """Compile one program."""

    program: Program
    setting: Setting
    context: str
    kind: str = "build"

    @functools.cached_property
    def key(self) -> str:
        return digest_of(self.kind, self.program.digest, self.context)

    def run(self) -> Build:
        return compiler.build(self.program, self.setting.toolchain, self.setting.compile_limits)

    @staticmethod
    def dump(result: Build) -> Any:
        return asdict(result)

    @staticmethod
    def load(data: Any) -> Build:
        verdict = data.pop("verdict")
        language = Language(data.pop("language"))
        return Build(language, verdict=Verdict(verdict) if verdict else None, **data)


@dataclass(frozen=True)
class JudgeJob:
    """Run one built program natively on all its tests and compare the outputs."""

    program: Program
    build: Build
    tests: tuple[TestCase, ...]
    setting: Setting
    context: str
    kind: str = "judge"

    @functools.cached_property
    def key(self) -> str:
        tests = [test.identity for test in self.tests]
        return digest_of(self.kind, self.build.digest, tests, self.context)

    def run(self) -> list[Judgement]:
        ensure_kept(self.program, self.build, self.setting)
        setting = self.setting
        return judge.judge(
            self.build, self.tests, setting.comparison, setting.limits, setting.toolchain
        )

    @staticmethod
    def dump(result: list[Judgement]) -> Any:
        return [vars(one) for one in result]  # of plain values

    @staticmethod
    def load(data: Any) -> list[Judgement]:
        return [Judgement(**{**one, "verdict": Verdict(one["verdict"])}) for one in data]


@dataclass(frozen=True)
class ConfirmJob(JudgeJob):
    """Run a built program natively once more, where its measured run does not explain the first.

    The same runs under a key of their own, so that two native times are kept.
    """

    kind: str = "confirm"


@dataclass(frozen=True)
class MeasureJob:
    """Cost one test on a machine: one program, or several together where the machine compares."""

    programs: tuple[Program, ...]
    builds: tuple[Build, ...]
    test: TestCase
    setting: Setting
    context: str
    """`Setting.run_context`."""
    wider: tuple[int, ...] = ()
    """Other budgets that runs of this program may have been stopped at, all above its own."""
    kind: str = "measure"

    @functools.cached_property
    def key(self) -> str:
        """What decides the run; where the machine stops it at a count, all but its budget."""
        return digest_of(
            self.kind,
            [build.digest for build in self.builds],
            *self.test.identity,
            self.context,
        )

    @property
    def budgeted(self) -> bool:
        """Whether its run tells of other budgets, too: see `sim.kept`."""
        return self.setting.machine.stops_at_count and len(self.builds) == 1

    def key_within(self, max_instructions: int) -> str:
        """Return the key of what is known within one budget alone."""
        # As `digest_of` gives it: there are several for each run, and the form of a key is known.
        text = f'["{self.key}",{max_instructions}]'
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    @property
    def group(self) -> object:
        """What jobs have in common that one start of a program serves; None: this one is alone."""
        if self.setting.machine.interleaved or len(self.builds) != 1:
            return None
        return self.kind, self.builds[0].digest, self.context

    def run(self, measure: Measure | None = None) -> list[MeasuredRun]:
        """Cost the test; `measure` serves the one program from a start that it shares."""
        for program, build in zip(self.programs, self.builds, strict=True):
            ensure_kept(program, build, self.setting)
        machine = self.setting.machine
        arguments = (self.test.input_path, self.setting.limits, self.setting.toolchain)
        if isinstance(machine, MeasuresSources) or machine.interleaved:
            if isinstance(machine, MeasuresSources):
                given = (self.programs, self.test, self.setting, self._difference)
                groups = runs_elsewhere(machine, *given)
            else:
                groups = [[one] for one in machine.measure_together(self.builds, *arguments)]
            return [
                self._kept(group, program, build)
                for group, program, build in zip(groups, self.programs, self.builds, strict=True)
            ]
        kept = []
        for program, build in zip(self.programs, self.builds, strict=True):
            runs = [self._measure(build, measure)]
            if runs[0].verdict is Verdict.UNSUPPORTED or runs[0].over_budget:
                pass  # another run would say the same
            elif machine.deterministic and build.clock_dependent:
                clock.next_second()
                runs.append(self._measure(build, measure))
            elif machine.may_compute_otherwise and self._difference(runs[0]):
                runs.append(self._measure(build, measure))
            kept.append(self._kept(runs, program, build))
        return kept

    def _measure(self, build: Build, measure: Measure | None) -> Measurement:
        """Cost one run; what the machine cannot measure is the program's verdict, not a failure.

        A machine that breaks down twice in the same words cannot measure the program either.
        """
        broken = ""
        while True:
            try:
                if measure is not None and not broken:
                    return measure(self.test.input_path, self.setting.limits)
                return self.setting.machine.measure(
                    build, self.test.input_path, self.setting.limits, self.setting.toolchain
                )
            except Unsupported as limit:
                return Measurement(Verdict.UNSUPPORTED, str(limit))
            except InstrumentFailure as failure:
                if failure.what == broken:
                    return Measurement(Verdict.UNSUPPORTED, f"both times {failure}")
                if broken:
                    raise
                broken = failure.what

    def _difference(self, run: Measurement) -> str:
        """Return how a run differs from the native one, which was accepted; empty if it does not.

        A run that met a limit or was caught has its own verdict, and tells nothing about this.
        """
        if run.verdict is Verdict.ACCEPTED:
            _verdict, wrong = judge.compared(self.test, run.stdout, self.setting.comparison)
            return f"its output in the measured run is wrong: {wrong}" if wrong else ""
        own = _ENDS_OF_ITS_OWN if self.setting.machine.may_compute_otherwise else _ENDS_BADLY
        return f"its measured run ended with {run.detail}" if run.verdict in own else ""

    def _kept(self, runs: Sequence[Measurement], program: Program, build: Build) -> MeasuredRun:
        """Check the output of the very run that was costed; keep the rest.

        Where the machine computes something else than the processor, the same thing each time, the
        program meets a limit of the instrument; something else each time is its own doing.
        """
        first = runs[0]
        if first.over_budget:
            return MeasuredRun.stopped(self.setting.limits, first.host_seconds)
        verdict, detail = first.verdict, first.detail
        if difference := self._difference(first):
            same = len({(run.verdict, run.detail, run.stdout) for run in runs}) == 1
            machine = self.setting.machine
            verdict = Verdict.NONDETERMINISTIC
            detail = f"accepted natively, but {difference}"
            if machine.may_compute_otherwise and len(runs) > 1 and same:
                verdict = Verdict.UNSUPPORTED
                cause = instrument_limits.cause(program, build, first.verdict, machine.name)
                detail = (
                    f"{machine.name} computes something else than the processor, both times: "
                    f"{detail}; {cause}; measure it on another machine"
                )
        if verdict is Verdict.ACCEPTED and any(
            (run.verdict, run.cycles, run.stdout) != (first.verdict, first.cycles, first.stdout)
            for run in runs
        ):
            verdict = Verdict.NONDETERMINISTIC
            detail = "its output or cost changes from run to run: " + ", ".join(
                str(run.cycles) for run in runs
            )
        return MeasuredRun(
            verdict=verdict,
            detail=detail,
            cycles=first.cycles,
            instructions=first.instructions,
            seconds=first.seconds,
            counters=dict(first.counters),
            startup=dict(first.startup),
            output_sha256=hashlib.sha256(first.stdout).hexdigest(),
            tokens_sha256=hashlib.sha256(b" ".join(first.stdout.split())).hexdigest(),
            host_seconds=sum(run.host_seconds for run in runs),
            runs=len(runs),
        )

    @staticmethod
    def dump(result: list[MeasuredRun]) -> Any:
        return [vars(one) for one in result]  # of plain values

    @staticmethod
    def load(data: Any) -> list[MeasuredRun]:
        return [MeasuredRun(**{**one, "verdict": Verdict(one["verdict"])}) for one in data]


@dataclass(frozen=True)
class OutputsJob:
    """Run one built program natively on inputs and keep what it prints."""

    program: Program
    build: Build
    inputs: tuple[TestCase, ...]
    asked: Asked
    setting: Setting
    context: str
    kind: str = "outputs"

    @functools.cached_property
    def key(self) -> str:
        inputs = [one.input_digest for one in self.inputs]
        asked = asdict(self.asked)
        return digest_of(self.kind, PRINTED_VERSION, self.build.digest, inputs, asked, self.context)

    def run(self) -> list[Printed]:
        ensure_kept(self.program, self.build, self.setting)
        setting = self.setting
        return printed.printed(
            self.build, self.inputs, self.asked, setting.limits, setting.toolchain
        )

    @staticmethod
    def dump(result: list[Printed]) -> Any:
        return [
            # Each byte as the character of its number: JSON has no bytes.
            {
                **asdict(one),
                "stdout": None if one.stdout is None else one.stdout.decode("latin-1"),
            }
            for one in result
        ]

    @staticmethod
    def load(data: Any) -> list[Printed]:
        return [_printed(**one) for one in data]


def _printed(verdict: str, stdout: str | None, **more: Any) -> Printed:
    output = None if stdout is None else str(stdout).encode("latin-1")
    return Printed(Verdict(verdict), stdout=output, **more)


@contextlib.contextmanager
def one_start_for(jobs: Sequence[MeasureJob]) -> Iterator[Measure]:
    """Yield what costs the tests of jobs of one group, from one start of their program."""
    first = jobs[0]
    ensure_kept(first.programs[0], first.builds[0], first.setting)
    widest = max((job.setting.limits for job in jobs), key=lambda limits: limits.max_instructions)
    setting = first.setting
    with one_start(setting.machine, first.builds[0], widest, setting.toolchain) as measure:
        yield measure


@dataclass(frozen=True)
class NativeJob:
    """Run one built program natively on all its tests several times, for its CPU time."""

    program: Program
    build: Build
    empty: Build
    """An empty program of the same language: the start of a process."""
    tests: tuple[TestCase, ...]
    setting: Setting
    context: str
    kind: str = "native"

    @functools.cached_property
    def key(self) -> str:
        tests = [test.input_digest for test in self.tests]
        builds = [self.build.digest, self.empty.digest]
        host = native.host()
        return digest_of(self.kind, NATIVE_TIMES_VERSION, builds, tests, host, self.context)

    def run(self) -> NativeTimes:
        ensure_kept(self.program, self.build, self.setting)
        setting = self.setting
        return native_times(self.build, self.empty, self.tests, setting.limits, setting.toolchain)

    @staticmethod
    def dump(result: NativeTimes) -> Any:
        return asdict(result)

    @staticmethod
    def load(data: Any) -> NativeTimes:
        return NativeTimes(**data)


Job = BuildJob | JudgeJob | MeasureJob | OutputsJob | NativeJob | ProfileJob
Result = Build | list[Judgement] | list[MeasuredRun] | list[Printed] | NativeTimes | Profile


@dataclass(frozen=True)
class Failed:
    """Our infrastructure failed on a job, after retries; never kept in the store."""

    reason: str


@dataclass(frozen=True)
class Skipped:
    """A test that was not run: an earlier one of the same program met its limit of time."""


Answer = Result | Failed | Skipped
"""What a procedure is told of a job."""
