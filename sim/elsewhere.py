"""Programs that a machine compiles and runs elsewhere, from their sources: Judge0."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.errors import MachineFailure
from sim.machine import Measurement, MeasuresSources
from sim.program import Program, TestCase, TestKind
from sim.setting import Setting


def runs_elsewhere(
    machine: MeasuresSources,
    programs: Sequence[Program],
    test: TestCase,
    setting: Setting,
    difference: Callable[[Measurement], str],
) -> list[list[Measurement]]:
    """Return each program's runs: one, and a second where the first differs from the native one.

    MachineFailure for a test that calls a function: what calls it is not there.
    """
    if test.kind is not TestKind.STDIN:
        raise MachineFailure(
            f"{setting.machine.name} runs programs on standard input, and this test calls a "
            "function",
            "measure it on another machine",
        )
    given = (test.input_path, setting.limits, setting.toolchain)
    runs = []
    for program, one in zip(programs, machine.measure_sources(programs, *given), strict=True):
        again = machine.measure_sources([program], *given) if difference(one) else []
        runs.append([one, *again])
    return runs
