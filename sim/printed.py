"""What a built program prints on inputs for which nobody knows the right output."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sim import clock
from sim.comparison import one_form
from sim.ended import Ended
from sim.judge import beyond_memory, verdict_of
from sim.limits import Limits
from sim.native_guest import allowance_for
from sim.native_run import NativeRuns
from sim.program import Build, TestCase
from sim.toolchain import Toolchain
from sim.verdict import Verdict

# Raised when a change here could give another result for the same runs.
PRINTED_VERSION = 3


@dataclass(frozen=True)
class Asked:
    """What is wanted of the runs."""

    required: int
    """So many inputs, the first ones, must end well; the runs stop at the first that does not."""
    times: int = 1
    """How often each input is run, to see whether the output stays the same."""
    keep_bytes: int = 0
    """Outputs up to this size are kept whole; of longer ones the digests only."""


@dataclass(frozen=True)
class Printed:
    """What became of one input."""

    verdict: Verdict
    """`accepted`: it ended well, each time with the same bytes; `nondeterministic`: with others."""
    detail: str = ""
    sha256: str = ""
    """Of the output's bytes."""
    tokens_sha256: str = ""
    """Of the output's tokens in one form (`comparison.one_form`)."""
    size: int = 0
    """Bytes of the output."""
    blank: bool = False
    """It has no token."""
    stdout: bytes | None = None
    """None where it was not to be kept."""


def printed(
    build: Build, inputs: Sequence[TestCase], asked: Asked, limits: Limits, toolchain: Toolchain
) -> list[Printed]:
    """Run a program natively on inputs; the list ends early at a required input that fails.

    All inputs are run before any is run again, and a program that asks for the time is run again
    in another second, so that one seeded with it shows that it is.
    """
    if reason := beyond_memory(build, limits):
        refused = [Printed(Verdict.MEMORY_LIMIT, reason) for _ in inputs]
        return refused[:1] if asked.required else refused
    shared = len(inputs) * asked.times > 1
    with NativeRuns(build, toolchain, allowance_for(limits), shared=shared) as native:

        def run(test: TestCase) -> Printed:
            return _seen(native.run(test.input_path), asked, limits)

        return _all(run, build, inputs, asked)


def _all(
    run: Callable[[TestCase], Printed], build: Build, inputs: Sequence[TestCase], asked: Asked
) -> list[Printed]:
    results: list[Printed] = []
    for number, test in enumerate(inputs):
        results.append(run(test))
        if number < asked.required and results[-1].verdict is not Verdict.ACCEPTED:
            return results
    for _time in range(1, asked.times):
        if build.clock_dependent:
            clock.next_second()
        for number, test in enumerate(inputs):
            earlier = results[number]
            if earlier.verdict is not Verdict.ACCEPTED:
                continue
            again = run(test)
            if (again.verdict, again.sha256) != (earlier.verdict, earlier.sha256):
                detail = "it printed something else when it was run again"
                changed = replace(earlier, verdict=Verdict.NONDETERMINISTIC, detail=detail)
                results[number] = changed
                if number < asked.required:
                    return results[: number + 1]
    return results


def _seen(ended: Ended, asked: Asked, limits: Limits) -> Printed:
    verdict, detail = verdict_of(ended, limits)
    if verdict is not Verdict.ACCEPTED:
        return Printed(verdict, detail)
    output = ended.stdout
    form = one_form(output)
    return Printed(
        verdict,
        sha256=hashlib.sha256(output).hexdigest(),
        tokens_sha256=hashlib.sha256(form).hexdigest(),
        size=len(output),
        blank=not form,
        stdout=output if len(output) <= asked.keep_bytes else None,
    )
