"""Verdict and cost of each program of a folder on the default machine, beside its honest twin.

Usage: trust_cases.py FOLDER [INPUT_TEXT]. A program is a .cpp or .py file; what stands beside it as
NAME.input.txt is its input, else INPUT_TEXT (a newline). The expected output is what the program
prints natively, so a wrong answer of its own does not show; what matters is whether it is measured,
and for how much. Prints a line for each program.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path

from sim import judge, native_guest, sandbox
from sim.compiler import build
from sim.limits import CompileLimits, Limits
from sim.machines.skylake import Skylake
from sim.procedure import examine
from sim.program import Language, Program, TestCase
from sim.scheduler import perform
from sim.setting import Setting

LANGUAGES = {".cpp": Language.CPP, ".py": Language.PYTHON}


def measured(source: Path, text: str, scratch: Path, limits: Limits) -> str:
    """Return the verdict, cycles and detail of one program."""
    setting = Setting(Skylake(), limits=limits)
    program = Program(LANGUAGES[source.suffix], source.read_text("utf-8"))
    given, expected = scratch / "given", scratch / "expected"
    given.write_text(text)
    built = build(program, setting.toolchain, CompileLimits())
    output = b""
    if built.verdict is None and not judge.beyond_memory(built, limits):
        guest = native_guest.guest_for(built, setting.toolchain)
        output = sandbox.run(guest, native_guest.allowance_for(limits), given).stdout
    expected.write_bytes(output)
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (given, expected)]
    procedure = examine([program], [TestCase("0", given, expected, *digests)], setting)
    jobs = next(procedure)
    while True:
        try:
            jobs = procedure.send([perform(job)[0] for job in jobs])
        except StopIteration as stop:
            outcome = stop.value[0]
            return f"{outcome.verdict}\t{outcome.cycles or ''}\t{outcome.detail}"


def main() -> None:
    folder = Path(sys.argv[1])
    text = sys.argv[2] if len(sys.argv) > 2 else "\n"
    limits = Limits(max_instructions=int(sys.argv[3]) if len(sys.argv) > 3 else 2_000_000_000)
    with tempfile.TemporaryDirectory() as scratch:
        for source in sorted(folder.iterdir()):
            if source.suffix not in LANGUAGES:
                continue
            own = source.with_name(f"{source.stem}.input.txt")
            given = own.read_text() if own.exists() else text
            print(f"{source.name}\t{measured(source, given, Path(scratch), limits)}", flush=True)


if __name__ == "__main__":
    main()
