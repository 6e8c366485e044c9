"""Where the loop of a Python interpreter lies in its file: what line profiles are read from."""

from __future__ import annotations

import functools
import re
import struct
from collections.abc import Iterator
from pathlib import Path

from sim.errors import Unsupported
from sim.program import Language
from sim.toolchain import Toolchain

_LOOP = b"_PyEval_EvalFrameDefault"
_LIBRARY = re.compile(rb"libpython3[\w.]*\.so[\w.]*")
_FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/local/lib", "/usr/lib64", "/usr/lib")
_KNOWN = "Python 3.11."
_DYNAMIC_SYMBOLS = 11
_EXECUTABLE = 2


def loop_option(toolchain: Toolchain) -> str:
    """Return the tool's option that makes it count by line (`sim/skylake/lines.c`).

    Unsupported for an interpreter that is no CPython 3.11, or whose loop cannot be found.
    """
    version = toolchain.fingerprint(Language.PYTHON)["interpreter"]
    if not version.startswith(_KNOWN):
        raise Unsupported(
            f"cost by line cannot be read from the interpreter {version.split('(')[0].strip()}",
            "give a CPython 3.11 with --python",
        )
    return _found(toolchain.interpreter_path())


@functools.cache
def _found(interpreter: str) -> str:
    real = Path(interpreter).resolve()
    image = real.read_bytes()
    loop = _symbol(image)
    if loop is not None and struct.unpack_from("<H", image, 16)[0] == _EXECUTABLE:
        return f"--lines={loop[0]:x},{loop[1]:x}"
    if loop is not None:
        return f"--lines={loop[0]:x},{loop[1]:x},{real.name}"
    for name in sorted({one.decode() for one in _LIBRARY.findall(image)}):
        for folder in (real.parent.parent / "lib", *map(Path, _FOLDERS)):
            if (folder / name).is_file():
                loop = _symbol((folder / name).read_bytes())
                if loop is not None:
                    loaded = (folder / name).resolve().name
                    return f"--lines={loop[0]:x},{loop[1]:x},{loaded}"
    raise Unsupported(
        f"the interpreter {interpreter} does not tell where its loop lies",
        "give one that exports its symbols with --python, such as /usr/bin/python3",
    )


def _symbol(image: bytes) -> tuple[int, int] | None:
    """Return (address, size) of the loop in an ELF file, where it has a symbol."""
    try:
        sections = list(_sections(image))
        for kind, at, size, link in sections:
            if kind != _DYNAMIC_SYMBOLS:
                continue
            _kind, texts, _size, _link = sections[link]
            for entry in range(at, at + size, 24):
                name, _info, _other, _section, address, length = struct.unpack_from(
                    "<IBBHQQ", image, entry
                )
                start = texts + name
                if image[start : start + len(_LOOP) + 1] == _LOOP + b"\0":
                    return address, length
    except (struct.error, IndexError):
        pass
    return None


def _sections(image: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield (type, place, size, link) of each section."""
    start = struct.unpack_from("<Q", image, 40)[0]
    size, count = struct.unpack_from("<HH", image, 58)
    for index in range(count):
        at = start + index * size
        kind = struct.unpack_from("<I", image, at + 4)[0]
        place, length, link = struct.unpack_from("<QQI", image, at + 24)
        yield kind, place, length, link
