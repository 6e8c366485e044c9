"""Instructions that the timing tool cannot cost: few may be executed, or the run is refused.

The tool counts them and writes the commonest, as bytes; binutils' objdump names them where it is
installed, in the sandbox of the compiler.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from sim import sandbox
from sim.errors import Unsupported
from sim.sandbox import Allowance, Guest
from sim.scratch import ScratchFolder
from sim.toolchain import COMPILER_ENV

MOST = 1000
"""An unknown instruction for so many known ones is accepted."""
_LINE = re.compile(rb"^==\d+== PIE-UNKNOWN ((?:[0-9a-f]{2}){1,15}) (\d+)$", re.MULTILINE)
_SHOWN = re.compile(r"^\s*([0-9a-f]+):\t(?:[0-9a-f]{2} )+\s*\t([a-z0-9. ]*[a-z0-9])", re.MULTILINE)
_PLACE = 32
"""Bytes for each instruction in the file that is disassembled; the rest of it is `nop`."""
_ALLOWANCE = Allowance(10, 1 << 30, 8 << 20, 1 << 20, 1 << 20, 60.0)


def refuse(log: bytes, counters: Mapping[str, int]) -> None:
    """Raise Unsupported where more than a thousandth of the instructions were unknown."""
    count, all_of_them = counters.get("unknown", 0), counters["instructions"]
    if count * MOST <= all_of_them:
        return
    codes = [bytes.fromhex(one.decode()) for one, _times in _LINE.findall(log)]
    raise Unsupported(
        f"the timing model has no costs for {count} of {all_of_them} instructions that the program "
        f"executes, most of them {_listed(codes)}",
        "leave these instructions out, or use --machine native",
    )


def _listed(codes: Sequence[bytes]) -> str:
    shown = names(codes)
    words = (name or f"the bytes {code.hex(' ')}" for code, name in zip(codes, shown, strict=True))
    return ", ".join(dict.fromkeys(words)) or "of no known name"


def names(codes: Sequence[bytes]) -> list[str]:
    """Return each instruction's mnemonic; empty where it is not known, or objdump is not there."""
    program = shutil.which("objdump")
    if program is None or not codes:
        return [""] * len(codes)
    with ScratchFolder("unknown") as scratch:
        file, nothing = Path(scratch) / "code", Path(scratch) / "nothing"
        file.write_bytes(b"".join(code.ljust(_PLACE, b"\x90") for code in codes))
        nothing.write_bytes(b"")
        ended = sandbox.run(
            Guest(
                program=program,
                argv=(program, *["-D", "-b", "binary", "-m", "i386:x86-64"], "/pie/code"),
                profile="compiler",
                read_only={"/pie/code": str(file)},
                env=COMPILER_ENV,
                system=True,
            ),
            _ALLOWANCE,
            nothing,
        )
    text = ended.stdout.decode("utf-8", "replace") if ended.ok else ""
    at = {int(where, 16): name.split()[0] for where, name in _SHOWN.findall(text)}
    found = (at.get(place * _PLACE, "") for place in range(len(codes)))
    return ["" if name == "" or name.startswith(".") else name for name in found]
