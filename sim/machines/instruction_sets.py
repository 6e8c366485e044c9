"""Names the instruction set that an instruction belongs to which Valgrind's translator lacks."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TOLD = re.compile(rb"unhandled instruction bytes:((?: (?:0x)?[0-9a-f]{1,2})+)", re.IGNORECASE)
_PREFIXES = {0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3, *range(0x40, 0x50)}
_UD2 = [0x0F, 0x0B]
_EVEX, _VEX3, _VEX2, _XOP = 0x62, 0xC4, 0xC5, 0x8F
# By map (1: 0F, 2: 0F 38, 3: 0F 3A) and opcode.
_MASKS = {*range(0x41, 0x4C), 0x90, 0x91, 0x92, 0x93, 0x98, 0x99}
_TILES = {0x49, 0x4B, 0x5C, 0x5E, 0x6C}
_SHA = {0xC8, 0xC9, 0xCA, 0xCB, 0xCC, 0xCD}
_OPTIONS = {
    "AVX-512": "-mavx512...",
    "AMX": "-mamx-...",
    "3DNow!": "-m3dnow",
    "SSE4a": "-msse4a",
    "XOP or TBM": "-mxop or -mtbm",
    "SHA": "-msha",
    "GFNI": "-mgfni",
    "AVX-VNNI": "-mavxvnni",
    "VAES": "-mvaes or -mvpclmulqdq",
}


def unhandled(log: bytes) -> list[int] | None:
    """Return the bytes of the first instruction that the log names as unhandled; None without.

    `ud2` is no instruction that the translator lacks: its signal is what it is there for.
    """
    all_told = ([int(one, 16) for one in found[1].split()] for found in _TOLD.finditer(log))
    return next((code for code in all_told if code[:2] != _UD2), None)


def name_of(code: Sequence[int]) -> str:
    """Return the name of the instruction set, or nothing for one that is not known here."""
    at = 0
    while at < len(code) and code[at] in _PREFIXES:
        at += 1
    prefixes, rest = set(code[:at]), [*code[at:], *[0] * 6]
    if rest[0] == _EVEX:
        return "AVX-512"
    if rest[0] == _XOP and rest[1] & 0x1F >= 8:
        return "XOP or TBM"
    if rest[0] == _VEX2:
        return _vex(1, rest[2])
    if rest[0] == _VEX3:
        return _vex(rest[1] & 0x1F, rest[3])
    if rest[:2] == [0x0F, 0x0F]:
        return "3DNow!"
    if rest[0] == 0x0F and rest[1] in (0x78, 0x79, 0x2B) and prefixes & {0x66, 0xF2, 0xF3}:
        return "SSE4a"
    if (rest[:2] == [0x0F, 0x38] and rest[2] in _SHA) or rest[:3] == [0x0F, 0x3A, 0xCC]:
        return "SHA"
    if rest[:3] in ([0x0F, 0x38, 0xCF], [0x0F, 0x3A, 0xCE], [0x0F, 0x3A, 0xCF]):
        return "GFNI"
    return ""


def _vex(place: int, opcode: int) -> str:
    """Name an instruction with a VEX prefix: what is there besides AVX, AVX2, FMA and BMI."""
    if place == 1 and opcode in _MASKS:
        return "AVX-512"
    if place == 2 and opcode in _TILES:
        return "AMX"
    if place == 2 and 0x50 <= opcode <= 0x53:
        return "AVX-VNNI"
    if (place == 2 and 0xDC <= opcode <= 0xDF) or (place == 3 and opcode == 0x44):
        return "VAES"
    if (place == 2 and opcode == 0xCF) or (place == 3 and opcode in (0xCE, 0xCF)):
        return "GFNI"
    return ""


def remedy_of(name: str) -> str:
    """Say how a program gets rid of an instruction set."""
    option = f", and {_OPTIONS[name]}" if name in _OPTIONS else ", and -m..."
    return (
        f"remove its target pragma or attribute{option} or the -march=... that allows it; "
        "or use --machine native"
    )
