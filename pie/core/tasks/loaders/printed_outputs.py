"""What a program of a data set prints on inputs: run natively in the sandbox."""

from __future__ import annotations

from collections.abc import Sequence

from pie.core.problem import RowProblem
from pie.core.test_cases import text_case
from sim import compiler
from sim.limits import CompileLimits, Limits
from sim.printed import Asked, printed
from sim.program import Language, Program
from sim.toolchain import Toolchain
from sim.verdict import Verdict

_KEPT = 16 << 20


def printed_outputs(program: str, inputs: Sequence[str], toolchain: Toolchain) -> list[str | None]:
    """Return what a Python program prints on each input; None where it does not end well.

    RowProblem where it is no program.
    """
    if not inputs:
        return []
    build = compiler.build(Program(Language.PYTHON, program), toolchain, CompileLimits())
    if build.verdict is not None:
        raise RowProblem(f"its reference solution cannot be built ({build.detail})")
    cases = [text_case(str(number), one.encode(), None) for number, one in enumerate(inputs)]
    made = printed(build, cases, Asked(required=0, keep_bytes=_KEPT), Limits(), toolchain)
    return [
        one.stdout.decode("utf-8", "replace")
        if one.verdict is Verdict.ACCEPTED and one.stdout is not None
        else None
        for one in made
    ]
