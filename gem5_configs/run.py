"""Simulate one program, and print one JSON line and gem5's statistics.

    gem5.fast --stats-file=cout run.py --executable PROGRAM --stdin FILE --stdout FILE

A relative path is one of the folder that this is started in.

With `--serve FOLDER` it prepares everything once and then takes one job a line on standard input
(`server.py`); the folder is for temporary files, and is emptied after each job.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from pathlib import Path

import guest
import m5
import server
import simulation
from m5.objects import Root


def refuse(sentence):
    """End with a sentence; gem5's Python cannot take one as an exit code."""
    print(f"run.py: {sentence}", file=sys.stderr, flush=True)
    sys.exit(1)


def count(text):
    """Read a number that is not negative."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no count; give 0 (no limit) or more")
    return int(text)


def arguments():
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--board", default="skylake", help="a module beside this one")
    parser.add_argument("--configuration", help="one of the board's; its first without it")
    # gem5 takes a relative path for one of its output folder.
    parser.add_argument("--executable", required=True, type=os.path.abspath)
    parser.add_argument("--stdin", default="/dev/null", type=os.path.abspath)
    parser.add_argument("--stdout", default="/dev/null", type=os.path.abspath)
    parser.add_argument("--stderr", default="/dev/null", type=os.path.abspath)
    parser.add_argument("--cwd", default="/", type=os.path.abspath, help="the guest's own")
    parser.add_argument("--max-instructions", type=count, default=0, help="0: no limit")
    parser.add_argument("--max-ticks", type=count, default=0, help="0: no limit")
    parser.add_argument("--serve", type=Path, metavar="FOLDER")
    return parser.parse_args()


def composed(name, configuration):
    """Return the system of a board, in one of its configurations; its first when none is named."""
    place = Path(__file__).resolve().parent
    if not name.isidentifier() or not (place / f"{name}.py").is_file():
        refuse(f"there is no board {name}: it would be {place / name}.py")
    board = importlib.import_module(name)
    if any(not hasattr(board, wanted) for wanted in ("ISA", "CONFIGURATIONS", "board")):
        refuse(f"{name}.py is no board: it lacks ISA, CONFIGURATIONS or board(configuration)")
    if not m5.defines.buildEnv.get(f"USE_{board.ISA}_ISA"):
        refuse(f"this gem5 was built without the {board.ISA} instruction set")
    configuration = configuration or next(iter(board.CONFIGURATIONS))
    if configuration not in board.CONFIGURATIONS:
        known = ", ".join(board.CONFIGURATIONS)
        refuse(f"unknown configuration {configuration}; choose one of {known}")
    return board.board(configuration)


def examine(chosen):
    """Refuse what gem5 would answer with a traceback, or not at all."""
    for path in (chosen.executable, chosen.stdin):
        if not os.access(path, os.R_OK) or os.path.isdir(path):
            refuse(f"{path} is no file that can be read")
    with open(chosen.executable, "rb") as file:
        head = file.read(18)
    # Of any machine (that is for gem5 to say), but linked: of type 2, or 3 where it can be moved.
    if head[:4] != b"\x7fELF" or head[16:18] not in (b"\2\0", b"\3\0"):
        refuse(f"{chosen.executable} is no ELF executable; compile and link the program first")
    for path in (chosen.stdout, chosen.stderr):
        if os.path.isdir(path) or not os.path.isdir(os.path.dirname(path)):
            refuse(f"{path} cannot be written: give a file in a folder that exists")
    if not os.path.isdir(chosen.cwd):
        refuse(f"{chosen.cwd} is no folder")


def main():
    """Build the board and simulate."""
    chosen = arguments()
    system = composed(chosen.board, chosen.configuration)
    examine(chosen)
    streams = [chosen.stdin, chosen.stdout, chosen.stderr]
    try:
        guest.load(system, chosen.executable, chosen.cwd, *streams)
    except ValueError as error:
        refuse(f"{chosen.executable} cannot be run in gem5: {error}")
    root = Root(full_system=False, system=system)
    simulation.resolve(root)
    if chosen.serve:
        server.serve(root, streams, chosen.serve)
    else:
        simulation.create(root)
        ended = simulation.run(root, chosen.max_instructions, chosen.max_ticks)
        print(json.dumps(ended), flush=True)
        m5.stats.dump()


if __name__ == "__m5_main__":
    main()
