"""The timing tool's decoder on this computer, and how its answers differ from a disassembler's."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from capstone import CS_AC_READ, CS_AC_WRITE, x86

from sim.skylake.build import sources, valgrind_parts
from tests.unit.sim.skylake.encoding_space import Form

PARTS = (
    *("decoder", "encoding", "integer", "loops", "extended", "vector", "x87", "vex", "ways"),
    *("three_byte", "bits"),
)
LOAD, STORE = 16, 17  # enum Class
GPR, XMM, ST, FLAGS = 1, 40, 80, (90, 91)
_GPRS = ("ax", "cx", "dx", "bx", "sp", "bp", "si", "di")
Described = dict[str, Any]

# Where capstone has the access of an operand in memory wrong.
_STORES = re.compile(
    r"v?(mov|maskmov|pmaskmov|extract|pextr|cvtps2ph)|f(n?st|ist|bst|n?save)|set|xsave|fxsave|v?stmxcsr"
)
_LOADS_ONLY = re.compile(
    r"cmp|test|bt$|v?u?comis|f(ld|ild|bld|i?com|u?com|rstor|i?add|i?sub|i?mul|i?div)|i?mul$|i?div$|xrstor|fxrstor|v?ldmxcsr"
)


def build(folder: Path) -> Path:
    """Compile the decoder with a main program that describes instructions."""
    compiler = shutil.which("gcc")
    assert compiler is not None
    for name, text in sources().items():
        (folder / name).write_bytes(text)
    made = folder / "describe"
    subprocess.run(
        [
            *(compiler, "-O1", "-std=gnu11", "-w", "-DVGA_amd64=1", "-DVGO_linux=1"),
            *(
                "-DVGP_amd64_linux=1",
                "-DVGPV_amd64_linux_vanilla=1",
                "-I",
                str(valgrind_parts()[0]),
            ),
            *("-I", str(folder), "-o", str(made), str(Path(__file__).with_name("describe.c"))),
            *(str(folder / f"{part}.c") for part in PARTS),
        ],
        check=True,
    )
    return made


def describe(program: Path, codes: Sequence[bytes]) -> list[Described]:
    """Return what the decoder makes of each instruction."""
    text = "".join(code.hex() + "\n" for code in codes)
    done = subprocess.run([program], input=text, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def differences(form: Form, told: Described) -> Iterator[str]:
    """Yield what the decoder has otherwise than the disassembler."""
    if not told["known"]:
        yield "unknown"
    if told["length"] != form.instruction.size:
        yield f"length {told['length']} for {form.instruction.size}"
    for name, cls, expected in zip(("loads", "stores"), (LOAD, STORE), accesses(form), strict=True):
        bytes_of = [one["size"] for one in told["uops"] if one["class"] == cls]
        if expected is not None and sum(bytes_of) != expected:
            yield f"{name} {sum(bytes_of)} bytes for {expected}"
    yield from _registers(form, told)


def accesses(form: Form) -> tuple[int | None, int | None]:
    """Return the bytes that a form reads and writes in memory; None where capstone cannot say."""
    insn = form.instruction
    places = [k for k, one in enumerate(insn.operands) if one.type == x86.X86_OP_MEM]
    name = insn.mnemonic.split()[-1]
    if name in ("lea", "nop") or not places:
        return (
            (0, 0)
            if not re.match(
                r"(rep|movs|stos|lods|scas|cmps|xlat|v?maskmov|push|pop)", insn.mnemonic
            )
            else (None, None)
        )
    if name.startswith(("prefetch", "clflush", "clwb")):
        return None, 0
    size = sum(insn.operands[k].size for k in places[:1])
    if "gather" in name:
        wide = 32 if "ymm" in insn.op_str else 16
        element = 8 if name.endswith(("q", "pd")) else 4
        by = 8 if name.removeprefix("vp").removeprefix("v")[6] == "q" else 4
        return element * (wide // max(element, by)), 0
    if (
        re.match(r"(cmps|movs[bwdq]|repe? (cmps|movs)|xsave|xrstor|fxsave|fxrstor)", insn.mnemonic)
        and "xmm" not in insn.op_str
    ):
        return None, None
    first = places[0] == 0
    access = insn.operands[places[0]].access
    reads, writes = bool(access & CS_AC_READ), bool(access & CS_AC_WRITE)
    if form.is_vex or _STORES.match(name):
        writes = (first and not _LOADS_ONLY.match(name) and name not in ("vstmxcsr", "movbe")) or (
            first and "stmxcsr" in name
        )
        reads = not writes
        if name == "movbe":
            writes, reads = first, not first
    elif re.match(r"(ro|rc|sa|sh)[lr]$", name) or name.startswith("cmpxchg"):
        reads = writes = True
    elif name in ("roundss", "roundsd") or (
        _LOADS_ONLY.match(name) and not name.startswith("cmpxchg")
    ):
        reads, writes = True, False
    return size * reads, size * writes


def number_of(name: str) -> tuple[int, ...]:
    """Return the decoder's numbers of a register; nothing for one that it does not follow."""
    if match := re.fullmatch(r"[xy]mm(\d+)", name):
        return XMM + 2 * int(match[1]), XMM + 2 * int(match[1]) + 1
    if match := re.fullmatch(r"mm(\d)", name):
        return (ST + int(match[1]),)
    if match := re.fullmatch(r"r(\d+)[dwb]?", name):
        return (GPR + int(match[1]),)
    if name in ("eflags", "rflags", "flags"):
        return FLAGS
    if len(name) == 2 and name[1] in "lh":
        name = name[0] + "x"
    name = name.lstrip("re") if name not in ("rip", "eip") else name
    name = name.removesuffix("l") if name not in _GPRS else name
    return (GPR + _GPRS.index(name),) if name in _GPRS else ()


def _registers(form: Form, told: Described) -> Iterator[str]:
    insn = form.instruction
    read, written = insn.regs_access()
    for what, key, registers in (("reads", "sources", read), ("writes", "destinations", written)):
        had = {number for one in told["uops"] for number in one[key]}
        for register in registers:
            numbers = number_of(insn.reg_name(register))
            if numbers and not had & set(numbers):
                yield f"{what} {insn.reg_name(register)}"
