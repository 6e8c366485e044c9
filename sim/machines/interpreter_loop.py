"""Where the loop of a Python interpreter lies in its file: what line profiles are read from."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from sim.elf_symbols import is_placed, symbols
from sim.errors import Unsupported
from sim.program import Language
from sim.toolchain import Toolchain

_LOOP = "_PyEval_EvalFrameDefault"
_LIBRARY = re.compile(rb"libpython3[\w.]*\.so[\w.]*")
_FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/local/lib", "/usr/lib64", "/usr/lib")
_KNOWN = "Python 3.11."


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
    if _LOOP in (own := symbols(image, [_LOOP])):
        address, size = own[_LOOP]
        return f"--lines={address:x},{size:x}" + ("" if is_placed(image) else f",{real.name}")
    for name in sorted({one.decode() for one in _LIBRARY.findall(image)}):
        for folder in (real.parent.parent / "lib", *map(Path, _FOLDERS)):
            library = folder / name
            if library.is_file() and (held := symbols(library.read_bytes(), [_LOOP])):
                address, size = held[_LOOP]
                return f"--lines={address:x},{size:x},{library.resolve().name}"
    raise Unsupported(
        f"the interpreter {interpreter} does not tell where its loop lies",
        "give one that exports its symbols with --python, such as /usr/bin/python3",
    )
