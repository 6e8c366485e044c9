"""Runs a Python program: as a script on standard input, or as a module with a function to call.

It is the first script of the interpreter in the sandbox, made of the files of this folder by
`sim.python_build.harness`, which leaves out what one imports of another. Its argument is the path
of the program as `sim.python_build` makes it. The program shares its process and can change
everything here. So nothing here is a secret or a judge. It reads what it needs before the program's
code is loaded, marks the moment, and hands back what the function returned; all else is decided
outside.

Three moments are marked by a call that means nothing to a kernel (`sim/skylake/marks.c`): LOADED,
from which on a timing model looks; WARM, where tests part; and BEGIN, from which on the cost is the
program's own. Each counts once, and all come before the program.

A call or a block begins with a request on standard input (`sim/calls.py`). Its answer goes to the
descriptor that was standard output; the program's own standard input and output are empty.
"""

from __future__ import annotations

import gc
import marshal
import posix
import sys

from sim.guest.ending import open_streams
from sim.guest.marks import FRAMES, LOADED, NAME, NOTHING, mark, part, read_all
from sim.guest.rehearsal import load, rehearse, warm
from sim.guest.ways import run_call, run_script, usual_names


def main() -> None:
    """Come to the program, and run it."""
    path = sys.argv[1]
    if sys.argv[2:]:
        warm()
        gc.freeze()  # what is not looked through again leaves the caches to the programs
        mark(LOADED)
        rehearse()
    gc.freeze()
    descriptor = part()
    if descriptor < 0:
        descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    header, _, code = read_all(descriptor).partition(b"\n")
    posix.close(descriptor)
    entry, modules, names = (part.split() for part in header.decode().split("|"))
    if not sys.argv[2:]:
        load(modules)
    code = marshal.loads(code)
    sys.argv[:] = [NAME]
    sys.path[0] = "/pie"
    sys.setrecursionlimit(sys.getrecursionlimit() + FRAMES)
    if not entry:
        open_streams()
        run_script(code)
        return
    prelude = usual_names(names)
    request = marshal.loads(read_all(0))
    channel = posix.dup(1)
    nothing = posix.open(NOTHING, posix.O_RDWR)
    posix.dup2(nothing, 0)
    posix.dup2(nothing, 1)
    posix.close(nothing)
    open_streams()
    run_call(code, entry[0], prelude, request, channel)


main()
