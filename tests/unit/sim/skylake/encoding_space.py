"""Walks the encodings of x86-64 that g++ and its intrinsics can emit, as capstone reads them.

Every opcode of the one-byte map, 0F, 0F 38 and 0F 3A is tried with each prefix that selects another
instruction, with registers and with memory, and with VEX of 128 and 256 bits. What a disassembler
does not know, what the translator refuses, and what no user's program may execute is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import capstone
from capstone import x86

# g++ has options for these sets, but Valgrind's translator lacks them and refuses them by name.
REFUSED_SETS = {
    x86.X86_GRP_3DNOW, x86.X86_GRP_FMA4, x86.X86_GRP_XOP, x86.X86_GRP_TBM, x86.X86_GRP_SHA,
    x86.X86_GRP_SSE4A, x86.X86_GRP_AVX512, x86.X86_GRP_CDI, x86.X86_GRP_ERI, x86.X86_GRP_PFI,
    x86.X86_GRP_VLX, x86.X86_GRP_DQI, x86.X86_GRP_BWI, x86.X86_GRP_HLE, x86.X86_GRP_RTM,
    x86.X86_GRP_VM, x86.X86_GRP_PRIVILEGE, x86.X86_GRP_SGX, x86.X86_GRP_FSGSBASE,
}  # fmt: skip
# Not emitted for programs: segments, ports, system registers, far calls, hints of other processors.
_FOREIGN = [
    "in",
    "ins",
    "outs",
    "out",
    "cli",
    "sti",
    "clac",
    "stac",
    "iret",
    "ret",
    "far",
    "lcall",
    "ljmp",
    "hlt",
    "int",
    "int1",
    "into",
    "lfs",
    "lgs",
    "lss",
    "lar",
    "lsl",
    "verr",
    "verw",
    "sgdt",
    "sidt",
    "sldt",
    "str",
    "smsw",
    "lgdt",
    "lidt",
    "lldt",
    "ltr",
    "lmsw",
    "invlpg",
    "rdmsr",
    "wrmsr",
    "rdpmc",
    "sysenter",
    "sysexit",
    "sysret",
    "syscall",
    "swapgs",
    "monitor",
    "mwait",
    "xabort",
    "xbegin",
    "xend",
    "xtest",
    "ud0",
    "ud1",
    "ud2",
    "ud2b",
    "femms",
    "cpuid",
    "getsec",
    "rsm",
    "clgi",
    "stgi",
    "vmcall",
    "salc",
    "loop",
    "loopne",
    "loope",
    "jcxz",
    "jecxz",
    "jrcxz",
    "push",
    "pop",
    "retf",
    "retfq",
    "iretd",
    "iretq",
    "call",
    "invd",
    "wbinvd",
    "clts",
    "rdpkru",
    "wrpkru",
    "encls",
    "enclu",
    "skinit",
    "invlpga",
    "rdtsc",
    "rdtscp",
    "xgetbv",
    "xsetbv",
    "ptwrite",
    "rdpid",
    "clzero",
    "wbnoinvd",
    "monitorx",
    "mwaitx",
    "pconfig",
    "cldemote",
    "incsspd",
    "incsspq",
    "rdsspd",
    "rdsspq",
    "endbr64",
    "endbr32",
    "xsaves",
    "xsaves64",
    "xrstors",
    "xrstors64",
    "xsaveopt",
    "xsaveopt64",
    "xsavec",
    "xsavec64",
    "saveprevssp",
    "setssbsy",
    "sysretq",
    "sysexitq",
    "insb",
    "insd",
    "insw",
    "outsb",
    "outsd",
    "outsw",
    "int3",
    "ljmp",
    "bnd",
    "data16",
    "rex64",
    "lock",
    "rep",
    "repne",
    "xacquire",
    "xrelease",
    "wait",
    "loopz",
    "loopnz",
    "fsetpm",
    "fnsetpm",
    "fneni",
    "fndisi",
    "fstpnce",
    "ffreep",
    "fxch4",
    "fxch7",
    "fcom2",
    "fcomp3",
    "fcomp5",
    "fstp1",
    "fstp8",
    "fstp9",
    "montmul",
    "xcryptecb",
    "xcryptcbc",
    "xcryptctr",
    "xcryptcfb",
    "xcryptofb",
    "xsha1",
    "xsha256",
    "xstore",
    "prefetchwt1",
    "vpermil2pd",
    "vpermil2ps",
    "clrssbsy",
    "rstorssp",
    "wrssd",
    "wrssq",
    "wrussd",
    "wrussq",
    "movdir64b",
    "movdiri",
    "tpause",
    "umonitor",
    "umwait",
    "vmread",
    "vmwrite",
]
FOREIGN = set(_FOREIGN)
_FMA4 = re.compile(r"vfn?m(add|sub)(add|sub)?[ps][ds]$")
_FOREIGN_256 = {"vaesenc", "vaesenclast", "vaesdec", "vaesdeclast", "vpclmulqdq"}
_PREFIXES = (b"", b"\x66", b"\xf2", b"\xf3")
_NO_OPCODES = {
    0x0F,
    0x62,
    0xC4,
    0xC5,
    0x8F,
    0x26,
    0x2E,
    0x36,
    0x3E,
    0x64,
    0x65,
    0x66,
    0x67,
    0xF0,
    0xF2,
    0xF3,
}
_DISPLACED = 0x10  # [rsi + 16]


@dataclass(frozen=True)
class Form:
    """One encoding and its disassembly."""

    code: bytes
    instruction: capstone.CsInsn

    @property
    def name(self) -> str:
        return f"{self.instruction.mnemonic} {self.instruction.op_str}".strip()

    @property
    def is_vex(self) -> bool:
        return self.code[0] in (0xC4, 0xC5)


def disassembler() -> capstone.Cs:
    found = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    found.detail = True
    return found


def _operands() -> Iterator[bytes]:
    """ModR/M bytes: each register or opcode extension, with a register and with [rsi + 16]."""
    for reg in range(8):
        yield bytes([0xC0 | reg << 3 | 2])
        yield bytes([0x40 | reg << 3 | 6, _DISPLACED])


def _immediates() -> bytes:
    return bytes([0x11, 0, 0, 0, 0, 0, 0, 0])


def _legacy() -> Iterator[bytes]:
    for escape in (b"", b"\x0f", b"\x0f\x38", b"\x0f\x3a"):
        for opcode in range(256):
            if escape == b"" and (opcode in _NO_OPCODES or 0x40 <= opcode < 0x50):
                continue
            checksum = escape == b"\x0f\x38" and opcode in (0xF0, 0xF1)
            for prefix in _PREFIXES[: 3 if checksum else 4] + ((b"\x66\xf2",) if checksum else ()):
                for rex in (b"", b"\x48"):
                    for operands in _operands():
                        yield prefix + rex + escape + bytes([opcode]) + operands + _immediates()


def _vex() -> Iterator[bytes]:
    for place in (1, 2, 3):
        for opcode in range(256):
            for last in range(16):  # W, L, pp
                wide, long, pp = last >> 3, last >> 2 & 1, last & 3
                for own in (15, 3):  # vvvv: none, or register 3
                    byte = wide << 7 | (~own & 15 if own != 15 else 15) << 3 | long << 2 | pp
                    for operands in _operands():
                        gathers = place == 2 and 0x90 <= opcode <= 0x93
                        if gathers and own == 15:
                            continue  # the mask would be the destination
                        shown = bytes([operands[0] & 0xF8 | 4, 0x0E, *operands[1:]])
                        yield (
                            bytes([0xC4, 0xE0 | place, byte, opcode])
                            + (shown if gathers and len(operands) > 1 else operands)
                            + _immediates()
                        )


def forms() -> Iterator[Form]:
    """Yield each form once: other registers in the same places are the same form."""
    reads, seen = disassembler(), set()
    for code in (*_legacy(), *_vex()):
        instruction = next(reads.disasm(code, 0x400000, 1), None)
        if instruction is None or not _wanted(instruction, code):
            continue
        key = _kind(instruction, code)
        if key not in seen:
            seen.add(key)
            yield Form(code[: instruction.size], instruction)


def _wanted(instruction: capstone.CsInsn, code: bytes) -> bool:
    name = instruction.mnemonic.split()[-1]
    if _FMA4.match(name):
        return False
    if set(instruction.groups) & REFUSED_SETS or instruction.mnemonic.split()[0] in FOREIGN:
        return False
    if name in FOREIGN or name.startswith(("j", "k", "sha", "gf2p8", "vgf2p8")):
        return False
    if any(
        one.type == x86.X86_OP_REG and _strange(instruction.reg_name(one.reg))
        for one in instruction.operands
    ):
        return False
    return not (code[0] in (0xC4, 0xC5) and name in _FOREIGN_256 and "ymm" in instruction.op_str)


def _strange(register: str) -> bool:
    return register.startswith(("cr", "dr", "k", "zmm", "bnd")) or register in (
        "cs",
        "ds",
        "es",
        "fs",
        "gs",
        "ss",
    )


def _kind(instruction: capstone.CsInsn, code: bytes) -> tuple[object, ...]:
    shape = tuple((one.type, one.size, _set_of(instruction, one)) for one in instruction.operands)
    return instruction.mnemonic, shape, code[0] in (0xC4, 0xC5)


def _set_of(instruction: capstone.CsInsn, operand: object) -> str:
    if operand.type != x86.X86_OP_REG:
        return ""
    return instruction.reg_name(operand.reg).rstrip("0123456789dwlbhaxicsrp()")
