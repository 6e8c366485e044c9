"""Cost by line of a program, as SOAP's prompts show it."""

from __future__ import annotations

from dataclasses import replace

from pie.core.problem import InputError
from pie.core.refinement.evidence import Evidence
from pie.core.refinement.rows import Divided
from pie.core.refinement.tasks import DividedTask
from sim.errors import MachineFailure
from sim.machines.skylake import Skylake
from sim.program import Language, Program
from sim.setting import Setting

_MOST_LINES = 20


def profile_of(
    setting: Setting, one: Divided | DividedTask, program: Program, evidence: Evidence
) -> Evidence:
    """Return evidence with the cost by line on the costliest public test, or why there is none."""
    from pie.flows.annotate import annotate

    costliest = evidence.costliest()
    if not evidence.correct or costliest is None:
        return replace(evidence, profile_problem="the program does not pass the public tests")
    if program.language is not Language.CPP or not isinstance(setting.machine, Skylake):
        reason = f"cost by line of {program.language} programs on {setting.machine.name}"
        return replace(evidence, profile_problem=f"{reason} is not measured")
    names = [test.name for test in one.task.tests]
    case = one.public[names.index(costliest.test.name)]
    try:
        costs = annotate("program", program, [case], setting, 0)
    except (InputError, MachineFailure) as error:
        return replace(evidence, profile_problem=str(error))
    head = f"{'Line #':>6} {'Cycles':>12} {'% Time':>7}  Line Contents"
    lines = [head, "=" * len(head)]
    total = max(1, costs.cycles)
    for line in sorted(costs.own[:_MOST_LINES], key=lambda line: line.number):
        share = f"{100 * line.counts.cycles / total:.1f}"
        lines.append(f"{line.number:>6} {line.counts.cycles:>12,} {share:>7}  {line.text}")
    return replace(evidence, profile="\n".join(lines))
