"""Checkers: programs of the data set that say whether an answer is right where several are.

A C++ checker follows testlib's protocol: its arguments are the names of three files (input, output,
answer), its exit code is the verdict. A Python checker defines `check(input, expected, output)`,
which returns whether the output is right: texts for a test on standard input, values for a call. It
runs in a sandbox of its own with limits of its own, and sees nothing of the program. A checker that
breaks down says nothing about the answer: MachineFailure, so `not_measured`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sim import calls, compiler, sandbox, values
from sim.compiler import prefix_mounts
from sim.ended import Ended
from sim.errors import MachineFailure
from sim.last_words import last_words, with_last_words
from sim.limits import MIB, CompileLimits, Limits
from sim.program import Build, Language, Program, TestCase, TestKind, digest_of
from sim.sandbox import SCRIPT, Allowance, Guest
from sim.scratch import ScratchFolder
from sim.toolchain import Toolchain

# Raised when a change here could give another verdict for the same run.
CHECKER_VERSION = 1

_RIGHT = 0
# testlib.h: wrong answer, presentation error, dirt after the answer, unexpected end of the output.
_WRONG = frozenset({1, 2, 4, 8})
# Its own failure, points instead of a verdict.
_BROKEN = {3: "it failed (_fail)", 7: "it gives points instead of a verdict"}
_REMEDY = "mend the checker; the answer is not judged"
_LIMITS = Limits(max_instructions=2_000_000_000, output_bytes=MIB, file_bytes=MIB)
_PYTHON_ENV = {"HOME": "/tmp", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"}
# Exit codes as testlib has them, so that both kinds are read in one way.
_DRIVER = """
import random, runpy, sys
sys.set_int_max_str_digits(0)
script, given, output, answer, form = sys.argv[1:]
random.seed(1024)
def read(path):
    with open(path, 'rb') as file:
        data = file.read()
    if form == 'text':
        return data.decode('utf-8', 'replace')
    import marshal
    return marshal.loads(data)
try:
    check = runpy.run_path(script, run_name='checker').get('check')
    if check is None:
        raise NameError("it defines no function check(input, expected, output)")
    right = check(read(given), read(answer), read(output))
    if right is None:
        raise TypeError("check returned None instead of True or False")
    code = 0 if right else 1
except BaseException:
    import traceback
    traceback.print_exc()
    code = 3
sys.stdout.flush(), sys.stderr.flush()
import os
os._exit(code)
"""


@dataclass(frozen=True)
class Checker:
    """A checker as a comparison of tests (`sim.program.Comparison`)."""

    program: Program
    """C++ with testlib's protocol, or Python that defines `check`."""
    toolchain: Toolchain = field(default_factory=Toolchain)
    """How it is built; `include` holds the folder of the user's testlib.h."""
    limits: Limits = _LIMITS
    """Of one run of the checker."""

    @property
    def key(self) -> object:
        return ["checker", CHECKER_VERSION, _digest(self)]

    def difference(self, test: TestCase, given: bytes) -> str:
        """Return '' where the checker takes an answer, else why it does not.

        `given` is the standard output, or what a call gave. MachineFailure where the checker
        cannot be built, breaks down or decides nothing.
        """
        with ScratchFolder("checker") as scratch:
            form = "text" if test.kind is TestKind.STDIN else "value"
            shown = {}
            for name, data in _contents(test, given).items():
                path = Path(scratch) / name
                path.write_bytes(data)
                shown[f"/pie/check/{name}"] = str(path)
            guest = self._guest(Path(scratch), shown, form)
            return self._read(sandbox.run(guest, self._allowance()))

    def _guest(self, scratch: Path, shown: Mapping[str, str], form: str) -> Guest:
        toolchain = self.toolchain
        if self.program.language is Language.PYTHON:
            script = scratch / "checker.py"
            script.write_text(self.program.source, "utf-8", "surrogatepass")
            interpreter = toolchain.interpreter_path()
            return Guest(
                program=interpreter,
                argv=(interpreter, "-s", "-c", _DRIVER, SCRIPT, *shown, form),
                profile="interpreter",
                read_only={SCRIPT: str(script), **shown, **prefix_mounts(interpreter)},
                env=_PYTHON_ENV,
                system=True,
            )
        build = _built(self.program, toolchain)
        if not build.kept:
            _built.cache_clear()
            build = _built(self.program, toolchain)
        dynamic = toolchain.link == "dynamic"
        return Guest(
            program="/pie/prog",
            argv=("/pie/prog", *shown),
            profile="interpreter" if dynamic else "program",
            read_only={"/pie/prog": str(build.path), **shown},
            system=dynamic,
        )

    def _allowance(self) -> Allowance:
        limits = self.limits
        return Allowance(
            cpu_seconds=limits.cpu_seconds,
            memory_bytes=limits.memory_bytes,
            stack_bytes=limits.stack_bytes,
            file_bytes=limits.file_bytes,
            output_bytes=limits.output_bytes,
            guard_seconds=60.0 + 10.0 * limits.cpu_seconds,
        )

    def _read(self, ended: Ended) -> str:
        if ended.exit_code == _RIGHT and ended.ok:
            return ""
        if ended.exit_code in _WRONG and not ended.lost and not ended.overflowed:
            words = last_words(ended.stderr)
            return f"the checker refuses it: {words}" if words else "the checker refuses it"
        if ended.lost:
            raise MachineFailure(f"the checker was stopped: {ended.lost}")
        raise MachineFailure(f"the checker broke down: {self._why(ended)}", _REMEDY)

    def _why(self, ended: Ended) -> str:
        if ended.overflowed:
            return f"more than {self.limits.output_bytes} bytes of output"
        if ended.exhausted(self.limits.cpu_seconds):
            return f"it used its {self.limits.cpu_seconds} s of CPU time"
        if ended.out_of_memory:
            return f"it used more than {self.limits.memory_bytes >> 20} MiB of memory"
        known = _BROKEN.get(ended.exit_code) if ended.exit_code is not None else None
        if self.program.language is Language.PYTHON and ended.exit_code in _BROKEN:
            return last_words(ended.stderr) or ended.reason
        return with_last_words(known or ended.reason, ended.stderr)


def _contents(test: TestCase, given: bytes) -> dict[str, bytes]:
    """Return what the checker's three files hold: texts, or values that it unmarshals.

    What a guest wrote is read by our own reader first, and only plain values are written again.
    """
    asked = test.input_path.read_bytes()
    answer = b"" if test.expected_path is None else test.expected_path.read_bytes()
    if test.kind is TestKind.STDIN:
        return {"input": asked, "output": given, "answer": answer}
    _call, arguments, *_rest = values.decode(asked)
    return {
        "input": values.encode(arguments),
        "output": values.encode(calls.returned(given)),
        "answer": answer or values.encode(None),
    }


@functools.lru_cache(maxsize=256)
def _built(program: Program, toolchain: Toolchain) -> Build:
    """Return a C++ checker's build; MachineFailure where it does not compile."""
    build = compiler.build(program, toolchain, CompileLimits())
    if build.verdict is not None:
        raise MachineFailure(f"the checker cannot be built: {build.detail}", _remedy(build.detail))
    return build


def _remedy(detail: str) -> str:
    if "testlib.h" in detail:
        return "give the folder of your testlib.h with --include DIR"
    return _REMEDY


@functools.lru_cache(maxsize=1024)
def _digest(checker: Checker) -> str:
    language = checker.program.language
    return digest_of(
        checker.program.digest, checker.toolchain.fingerprint(language), checker.limits.plain()
    )
