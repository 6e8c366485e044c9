"""Looks into a compiled program for what has no honest use: addressing the instrument.

Scanned are the bytes of the linked executable's code, not the source: an instruction is the same
however it was written. Undefined symbols of the user's own object file tell what it asks of the C
library.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

# Valgrind's client request: four rotations of rdi that together do nothing, then xchg rbx, rbx (or
# rcx, rcx and rdx, rdx for the no-redirect forms). A request can switch counting off or run code
# uncounted.
_CLIENT_REQUEST = re.compile(
    rb"\x48\xc1\xc7\x03\x48\xc1\xc7\x0d\x48\xc1\xc7\x3d\x48\xc1\xc7\x33"
    rb"\x48\x87(?:\xdb|\xd2|\xc9|\xff)"
)
# Asking for these makes two runs differ honestly: the program is run twice to see whether it
# matters.
_CLOCK_SYMBOLS = re.compile(
    rb"^(?:time|clock|gettimeofday|clock_gettime|getrandom|getentropy|getpid|arc4random\w*|times|getauxval|syscall|"
    rb"timespec_get|getrusage|rand_s|pthread_create|pthread_self|_ZNSt6chrono\w*now\w*|"
    rb"_ZNSt13random_device\w*|_ZNSt6thread\w*)$"
)
# rdtsc, rdtscp, rdrand, rdseed, and a system call of its own, which may ask for anything. Bytes of
# an honest constant may look so too; it costs that program a second run.
_CLOCK_INSTRUCTIONS = re.compile(rb"\x0f\x31|\x0f\x01\xf9|\x0f\xc7[\xf0-\xff]|\x0f\x05|\xcd\x80")
# gem5's own instruction: 0F 04 and two bytes that say which of its services is wanted. A processor
# has no such instruction, so the disassembler calls it bad; as bytes alone it lies in honest code.
_SIMULATOR_CALL = b"\x0f\x04"
_SIMULATOR_CALL_LINE = re.compile(
    rb"^ *[0-9a-f]+:\t(?:(?:6[4-7]|f[023]|[23][6e]|4[0-9a-f]) )*0f 04 *\t.*\(bad\)", re.MULTILINE
)


def tampering(executable: bytes) -> str:
    """Return what the program holds that addresses the instrument; empty when nothing was found."""
    if _CLIENT_REQUEST.search(executable):
        return "the program contains a Valgrind client request"
    return ""


def may_address_simulator(object_file: bytes) -> bool:
    """Tell whether the bytes of gem5's own instruction are somewhere in the program's code."""
    return any(_SIMULATOR_CALL in code for code in _code_sections(object_file))


def addresses_simulator(disassembly: bytes) -> bool:
    """Tell whether an instruction is gem5's own; the listing is `objdump --disassemble --wide`."""
    return _SIMULATOR_CALL_LINE.search(disassembly) is not None


def clock_dependent(object_file: bytes) -> bool:
    """Tell whether the program asks for the time, randomness, its process number or threads."""
    if any(_CLOCK_SYMBOLS.match(name) for name in _undefined_symbols(object_file)):
        return True
    return any(_CLOCK_INSTRUCTIONS.search(code) for code in _code_sections(object_file))


def _sections(image: bytes) -> list[tuple[int, int, int, int, int]]:
    """Return (type, flags, offset, size, link) of each section of a 64-bit ELF file.

    The list ends where the file does.
    """
    if image[:6] != b"\x7fELF\x02\x01" or len(image) < 64:
        return []
    start = struct.unpack_from("<Q", image, 40)[0]
    size, count = struct.unpack_from("<HH", image, 58)
    rows = []
    for index in range(count):
        at = start + index * size
        if at + 44 > len(image):
            break
        _name, kind, flags, _address, offset, length, link = struct.unpack_from(
            "<IIQQQQI", image, at
        )
        rows.append((kind, flags, offset, length, link))
    return rows


def _code_sections(image: bytes) -> Iterator[bytes]:
    executable = 0x4
    for kind, flags, offset, length, _link in _sections(image):
        if kind == 1 and flags & executable:
            yield image[offset : offset + length]


def _undefined_symbols(image: bytes) -> Iterator[bytes]:
    symbol_table = 2
    sections = _sections(image)
    for kind, _flags, offset, length, link in sections:
        if kind != symbol_table:
            continue
        names = sections[link][2] if link < len(sections) else len(image)
        for at in range(offset + 24, min(offset + length, len(image) - 7), 24):
            name, _info, _other, section = struct.unpack_from("<IBBH", image, at)
            if section == 0 and name:
                end = image.find(b"\0", names + name)
                yield image[names + name : end] if end >= 0 else b""
