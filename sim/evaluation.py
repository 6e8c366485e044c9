"""Runs Python text of a data set in the sandbox for the value that it makes, with a fixed seed.

For input generators, expressions that stand for large arguments, and what a reference solution
returns. The text defines `main(given)`; plain values go in and come out (`sim.values`). What it
prints is thrown away. A text of a data set is hostile until shown otherwise: it sees nothing of the
host, and what it wrote is read within bounds.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from sim import sandbox, values
from sim.compiler import prefix_mounts
from sim.errors import InputError, MachineFailure
from sim.last_words import last_words
from sim.limits import MIB, Limits
from sim.sandbox import SCRIPT, Allowance, Guest
from sim.scratch import ScratchFolder
from sim.toolchain import Toolchain

SEED = 1024
"""Of `random` before the text is run, as COFFE has it."""
LIMITS = Limits(max_instructions=6_000_000_000, memory_bytes=2048 * MIB, output_bytes=256 * MIB)
_ENV = {"HOME": "/tmp", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
_DRIVER = f"""
import marshal, os, random, sys
out = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
sys.set_int_max_str_digits(0)
sys.setrecursionlimit(20000)
with open(sys.argv[1]) as file:
    text = file.read()
given = marshal.loads(sys.stdin.buffer.read())
random.seed({SEED})
names = {{"__name__": "evaluated"}}
exec(compile(text, "main.py", "exec"), names)
made = marshal.dumps(names["main"](given), 2)
with open(out, "wb") as file:
    file.write(made)
"""


class EvaluationError(InputError):
    """A text of a data set gave no value; one sentence says why."""


def evaluate(text: str, given: object, toolchain: Toolchain, limits: Limits = LIMITS) -> Any:
    """Return what `main(given)` of a text returns.

    EvaluationError where it fails, meets a limit or gives no plain value; MachineFailure where the
    sandbox failed.
    """
    interpreter = toolchain.interpreter_path()
    with ScratchFolder("evaluation") as scratch:
        script, asked = Path(scratch) / "main.py", Path(scratch) / "given"
        script.write_text(text, "utf-8", "surrogatepass")
        asked.write_bytes(values.encode(given))
        guest = Guest(
            program=interpreter,
            argv=(interpreter, "-s", "-c", _DRIVER, SCRIPT),
            profile="interpreter",
            read_only={SCRIPT: str(script), **prefix_mounts(interpreter)},
            env=_ENV,
            system=True,
        )
        ended = sandbox.run(guest, _allowance(limits), asked)
    if ended.lost and not ended.overflowed:
        raise MachineFailure(ended.lost)
    if not ended.ok:
        why = last_words(ended.stderr) or ended.reason
        if ended.overflowed:
            why = f"its value has more than {limits.output_bytes >> 20} MiB"
        elif ended.exhausted(limits.cpu_seconds):
            why = f"it used its {limits.cpu_seconds} s of CPU time"
        elif ended.out_of_memory:
            why = f"it used more than {limits.memory_bytes >> 20} MiB of memory"
        raise EvaluationError(why)
    try:
        return values.decode(ended.stdout)
    except values.Unreadable as error:
        raise EvaluationError(f"it gave no plain value ({error})") from error


def returned_values(
    program: str, entry_point: str, arguments: list[list[Any]], toolchain: Toolchain
) -> list[tuple[bool, Any]]:
    """Run a function on lists of arguments; return (it returned, its value or why not) of each.

    Each call gets arguments of its own. EvaluationError where the program cannot be loaded.
    """
    given = {"program": program, "entry_point": entry_point, "arguments": arguments}
    made = evaluate(_CALLER, given, toolchain, replace(LIMITS, max_instructions=12_000_000_000))
    return [(bool(one[0]), one[1]) for one in made]


_CALLER = """
import copy, marshal
def main(given):
    names = {"__name__": "evaluated"}
    exec(compile(given["program"], "main.py", "exec"), names)
    call = eval(given["entry_point"], names)
    made = []
    for arguments in given["arguments"]:
        try:
            value = call(*copy.deepcopy(arguments))
            marshal.dumps(value, 2)
            made.append((True, value))
        except Exception as error:
            made.append((False, type(error).__name__ + ": " + str(error)[:200]))
    return made
"""


def _allowance(limits: Limits) -> Allowance:
    return Allowance(
        cpu_seconds=limits.cpu_seconds,
        memory_bytes=limits.memory_bytes,
        stack_bytes=limits.stack_bytes,
        file_bytes=limits.file_bytes,
        output_bytes=limits.output_bytes,
        guard_seconds=60.0 + 10.0 * limits.cpu_seconds,
    )
