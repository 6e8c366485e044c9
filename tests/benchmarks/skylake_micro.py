"""Cycles per operation of small loops on `skylake`, beside what the configuration says.

Usage: skylake_micro.py. Each loop runs 200 and 1,200 times, unrolled; the difference is what warm
code costs. `figure` is the configuration's own where one number decides, else why it is what it is.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

from sim.limits import Limits
from sim.machines.skylake import Skylake
from sim.program import Build, Language
from sim.toolchain import Toolchain

LOOP = """.globl _start
.bss
.balign 4096
buffer: .skip 67108864
.text
_start: lea buffer(%rip), %rdx
 mov $1, %r8d
{setup}
 mov ${turns}, %ecx
 .balign 16
1: .rept {copies}
 {body}
 .endr
 dec %ecx
 jnz 1b
 mov $60, %eax
 xor %edi, %edi
 syscall
"""
DIVISION = "xor %edx,%edx\n div %r8d"  # by one: the quotient is the next dividend
RANDOM = "imul $1664525,%r8d\n add $1013904223,%r8d\n test ${bit},%r8d\n jz 3f\n nop\n3:"


def chain(size: int, stride: int) -> str:
    """Link `size` bytes of the buffer to a ring, each place `stride` bytes after the one before."""
    return f""" lea buffer(%rip), %rax
 mov ${size // stride - 1}, %r9d
2: lea {stride}(%rax), %r10
 mov %r10, (%rax)
 mov %r10, %rax
 dec %r9d
 jnz 2b
 lea buffer(%rip), %r10
 mov %r10, (%rax)
 lea buffer(%rip), %rax"""


LOAD = "mov (%rax),%rax"
# name: instructions, what precedes the loop, copies, operations in a copy, configuration
CASES = {
    "dependent add": ("add %rax,%rax", "", 64, 1, "1"),
    "independent add": ("add %eax,%eax\n add %ebx,%ebx", "", 64, 2, "0.5 to 0.75: 16 bytes, 4-6"),
    "dependent multiply": ("imul %rax,%rax", "", 64, 1, "3, and 1 to take the lower half"),
    "dependent mulsd": ("mulsd %xmm0,%xmm0", "", 64, 1, "4"),
    "dependent divsd": ("divsd %xmm0,%xmm0", "", 64, 1, "12"),
    "dependent divide": (
        DIVISION,
        " mov $1000003,%eax",
        64,
        1,
        "micro-code, a step for each of 9 ones",
    ),
    "pointer chase, L1": (LOAD, chain(16 << 10, 64), 64, 1, "4, and 1 for the address"),
    "pointer chase, L2": (LOAD, chain(256 << 10, 64), 64, 1, "21, and 1"),
    "pointer chase, L3": (LOAD, chain(1792 << 10, 64), 64, 1, "69, and 1"),
    "pointer chase, DRAM": (LOAD, chain(64 << 20, 832), 64, 1, "80 on chip, and DDR4"),
    "store, then load": ("mov %rax,(%rdx)\n mov (%rdx),%rax", "", 64, 1, "4: a store at a time"),
    "predictable branch": (RANDOM.format(bit=0), "", 1, 1, "22 bytes in 2 blocks, and a jump"),
    "random branch": (RANDOM.format(bit=1 << 22), "", 1, 1, "as before, and half of 22 to 26"),
}


def cycles(folder: Path, body: str, setup: str, turns: int, copies: int) -> int:
    """Assemble a loop and return its cycles."""
    text, made = folder / "loop.s", folder / "loop"
    text.write_text(LOOP.format(body=body, setup=setup, turns=turns, copies=copies))
    subprocess.run(["gcc", "-nostdlib", "-static", "-o", made, text], check=True)
    code = made.read_bytes()
    build = Build(Language.CPP, digest=hashlib.sha256(code).hexdigest(), size=len(code))
    build.path.parent.mkdir(parents=True, exist_ok=True)
    build.path.write_bytes(code)
    build.path.chmod(0o755)
    run = Skylake().measure(build, Path("/dev/null"), Limits(), Toolchain())
    assert run.cycles is not None
    return run.cycles


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name, (body, setup, copies, operations, figure) in CASES.items():
            few, many = (cycles(folder, body, setup, turns, copies) for turns in (200, 1200))
            each = (many - few) / (1000 * copies * operations)
            line = {"operation": name, "cycles": round(each, 3), "configuration": figure}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
