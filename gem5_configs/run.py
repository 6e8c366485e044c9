"""Simulate one program, and print one JSON line and gem5's statistics.

    gem5.fast --stats-file=cout run.py --executable PROGRAM --stdin FILE --stdout FILE

With `--serve FOLDER` it prepares everything once and then takes one job a line on standard input
(`server.py`); the folder is for temporary files, and is emptied after each job.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path

import guest
import m5
import server
import simulation
from m5.objects import Root


def arguments():
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--board", default="skylake", help="a module beside this one")
    parser.add_argument("--configuration", default="Verbatim")
    parser.add_argument("--executable", required=True)
    parser.add_argument("--stdin", default="/dev/null")
    parser.add_argument("--stdout", default="/dev/null")
    parser.add_argument("--stderr", default="/dev/null")
    parser.add_argument("--cwd", default="/", help="the guest's working directory")
    parser.add_argument("--max-instructions", type=int, default=0, help="0: no limit")
    parser.add_argument("--max-ticks", type=int, default=0, help="0: no limit")
    parser.add_argument("--serve", type=Path, metavar="FOLDER")
    return parser.parse_args()


def main():
    """Build the board and simulate."""
    chosen = arguments()
    board = importlib.import_module(chosen.board)
    if not m5.defines.buildEnv.get(f"USE_{board.ISA}_ISA"):
        sys.exit(f"this gem5 was built without the {board.ISA} instruction set")
    if chosen.configuration not in board.CONFIGURATIONS:
        sys.exit(f"unknown configuration; choose one of {', '.join(board.CONFIGURATIONS)}")
    system = board.board(chosen.configuration)
    streams = [chosen.stdin, chosen.stdout, chosen.stderr]
    guest.load(system, chosen.executable, chosen.cwd, *streams)
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
