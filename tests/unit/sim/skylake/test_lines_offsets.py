"""Where CPython 3.11 has what the tool reads (`lines.c`, `code_objects.c`), by its own headers."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

HEADERS = Path("/usr/include/python3.11")
WHERE = {
    "STATE_CFRAME": "struct _ts, cframe",
    "CFRAME_FRAME": "_PyCFrame, current_frame",
    "FRAME_CODE": "_PyInterpreterFrame, f_code",
    "FRAME_PREVIOUS": "_PyInterpreterFrame, previous",
    "FRAME_INSTRUCTION": "_PyInterpreterFrame, prev_instr",
    "CODE_UNITS": "PyVarObject, ob_size",
    "CODE_FLAGS": "PyCodeObject, co_flags",
    "CODE_FIRST_LINE": "PyCodeObject, co_firstlineno",
    "CODE_FILE": "PyCodeObject, co_filename",
    "CODE_NAME": "PyCodeObject, co_name",
    "CODE_FULL_NAME": "PyCodeObject, co_qualname",
    "CODE_TABLE": "PyCodeObject, co_linetable",
    "CODE_TRACEABLE": "PyCodeObject, _co_firsttraceable",
    "CODE_BYTES": "PyCodeObject, co_code_adaptive",
    "BYTES_SIZE": "PyVarObject, ob_size",
    "BYTES_DATA": "PyBytesObject, ob_sval",
    "TEXT_LENGTH": "PyASCIIObject, length",
    "TEXT_KIND": "PyASCIIObject, state",
}


def in_the_tool() -> dict[str, int]:
    """Return the offsets that the sources name."""
    folder = resources.files("sim.skylake")
    names = ("lines.c", "code_objects.c", "code_objects.h")
    text = "\n".join(folder.joinpath(name).read_text() for name in names)
    return {name: int(value) for name, value in re.findall(r"\b([A-Z_]+) = (\d+)\b", text)}


@pytest.mark.skipif(
    not (HEADERS / "internal" / "pycore_frame.h").is_file() or not shutil.which("gcc"),
    reason="needs gcc and CPython 3.11's internal headers (python3.11-dev)",
)
def test_offsets_are_those_of_the_headers(tmp_path: Path) -> None:
    prints = "\n".join(f'printf("{name} %zu\\n", offsetof({at}));' for name, at in WHERE.items())
    source = tmp_path / "offsets.c"
    source.write_text(
        "#define Py_BUILD_CORE 1\n#include <stddef.h>\n#include <stdio.h>\n#include <Python.h>\n"
        '#include "internal/pycore_frame.h"\n#include "internal/pycore_code.h"\n'
        '#include "opcode.h"\n'
        f"int main() {{\n{prints}\n"
        'printf("ASCII_DATA %zu\\n", sizeof(PyASCIIObject));\n'
        'printf("OPCODE_SEND %d\\n", SEND);\nprintf("OPCODE_RERAISE %d\\n", RERAISE);\n}\n'
    )
    program = tmp_path / "offsets"
    subprocess.run(
        ["gcc", "-I", str(HEADERS), "-o", str(program), str(source)], check=True, cwd=tmp_path
    )
    printed = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout
    real = {line.split()[0]: int(line.split()[1]) for line in printed.splitlines()}
    named = in_the_tool()
    assert {name: named[name] for name in real} == real


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="compared with CPython 3.11")
def test_code_objects_of_this_interpreter_lie_as_named() -> None:
    """The same without headers, on an object of this process."""
    import ctypes

    code = test_code_objects_of_this_interpreter_lie_as_named.__code__
    offsets = in_the_tool()

    def word(name: str) -> int:
        return ctypes.c_uint64.from_address(id(code) + offsets[name]).value

    assert word("CODE_NAME") == id(code.co_name)
    assert word("CODE_FULL_NAME") == id(code.co_qualname)
    assert word("CODE_FILE") == id(code.co_filename)
    assert word("CODE_TABLE") == id(code.co_linetable)
    assert word("CODE_UNITS") == len(code.co_code) // 2
    assert word("CODE_FIRST_LINE") & 0xFFFFFFFF == code.co_firstlineno
