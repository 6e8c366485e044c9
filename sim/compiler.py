"""Builds programs in the sandbox, reproducibly: the same source gives the same bytes anywhere."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from sim import online_judge, policy, precompiled, python_build, sandbox
from sim.ended import Ended
from sim.errors import MachineFailure, MissingTool, Unsupported
from sim.executable_image import static_bytes
from sim.last_words import clean, last_words, shortened
from sim.limits import CompileLimits
from sim.program import Build, Language, Program, digest_of
from sim.remedies import installing
from sim.sandbox import Allowance, Guest
from sim.scratch import ScratchFolder
from sim.toolchain import COMPILER_ENV, Toolchain
from sim.verdict import Verdict

# Raised when a change here could give other bytes or verdicts for the same source and toolchain.
BUILD_VERSION = 6
# What the compiler's messages hold where they name the reason.
_ADDRESSED_BYTES = 2 << 30  # of the small code model, which GCC's code has
_TELLING = ("error:", "Error:", "undefined reference", "multiple definition")


def build_key(program: Program, toolchain: Toolchain, limits: CompileLimits) -> str:
    """Return the key of a build: everything that could change its bytes or its verdict."""
    return digest_of(
        "build",
        BUILD_VERSION,
        program.digest,
        toolchain.fingerprint(program.language),
        repr(limits),
    )


def build(
    program: Program, toolchain: Toolchain, limits: CompileLimits, *, headers: bool = True
) -> Build:
    """Build one program and put the executable into the cache.

    A program that does not compile is a verdict; MachineFailure or MissingTool when we failed.
    `headers=False` compiles without precompiled headers (the bytes are the same, a test says).
    """
    start = time.monotonic()
    if not program.source.strip():
        return Build(program.language, verdict=Verdict.NO_CODE, detail="the program is empty")
    try:
        text = program.source.encode("utf-8")
    except UnicodeEncodeError:
        return Build(
            program.language,
            verdict=Verdict.COMPILE_ERROR,
            detail="the source is not valid Unicode",
        )
    with ScratchFolder("build") as scratch:
        if program.language is Language.PYTHON:
            made = _compile_python(program, text, Path(scratch), toolchain, limits)
        else:
            made = _compile_cpp(program.source, text, Path(scratch), toolchain, limits, headers)
    return replace(made, seconds=time.monotonic() - start)


def _allowance(limits: CompileLimits) -> Allowance:
    return Allowance(
        cpu_seconds=limits.cpu_seconds,
        memory_bytes=limits.memory_bytes,
        stack_bytes=64 << 20,
        file_bytes=limits.file_bytes,
        output_bytes=limits.diagnostics_bytes,
        guard_seconds=20.0 * limits.cpu_seconds + 60,
    )


def _compile_cpp(
    source: str,
    text: bytes,
    scratch: Path,
    toolchain: Toolchain,
    limits: CompileLimits,
    headers: bool,
) -> Build:
    compiler = toolchain.compiler_path()
    work = scratch / "work"
    work.mkdir()
    (work / "main.cpp").write_bytes(text)
    os.utime(work / "main.cpp", (0, 0))  # __TIMESTAMP__
    read_only = prefix_mounts(compiler)
    include: list[str] = []
    header = precompiled.header_of(source) if headers else ""
    folder = precompiled.folder_for(header, toolchain) if header else None
    if folder is not None:
        read_only["/pie/pch"] = str(folder)
        include = ["-I", "/pie/pch"]
    for number, headers_of_user in enumerate(toolchain.include):
        read_only[f"/pie/include/{number}"] = headers_of_user
        include += ["-I", f"/pie/include/{number}"]
    steps = (
        [*toolchain.compile_flags(), *include, "-c", "main.cpp", "-o", "main.o"],
        [*toolchain.link_flags(), "main.o", *toolchain.linked_libraries(), "-o", "prog"],
    )
    for arguments in steps:
        ended = sandbox.run(
            Guest(
                program=compiler,
                argv=(compiler, *arguments),
                profile="compiler",
                read_only=read_only,
                writable={"/pie/work": str(work)},
                env=COMPILER_ENV,
                system=True,
            ),
            _allowance(limits),
        )
        if not ended.ok:
            _refuse_full_disk(ended, work)
            if reason := _beyond_addresses(ended, work / "main.o"):
                return Build(Language.CPP, verdict=Verdict.MEMORY_LIMIT, detail=reason)
            return _compile_error(ended, Language.CPP, limits)
    executable = (work / "prog").read_bytes()
    reason = policy.tampering(executable)
    compiled = (work / "main.o").read_bytes()
    try:
        if not reason and _addresses_simulator(compiled, work, limits):
            reason = "the program contains an instruction of the simulator gem5"
    except Unsupported as limit:
        return Build(Language.CPP, verdict=Verdict.UNSUPPORTED, detail=str(limit))
    if reason:
        return Build(Language.CPP, verdict=Verdict.TAMPERING, detail=reason)
    made = Build(
        Language.CPP,
        digest=hashlib.sha256(executable).hexdigest(),
        size=len(executable),
        static_bytes=static_bytes(executable),
        clock_dependent=policy.clock_dependent(compiled),
    )
    return _keep(work / "prog", made)


def _addresses_simulator(compiled: bytes, work: Path, limits: CompileLimits) -> bool:
    """Look for gem5's instruction in the user's object file; MissingTool without binutils."""
    if not policy.may_address_simulator(compiled):
        return False
    program = shutil.which("objdump")
    if program is None:
        raise MissingTool(
            "objdump was not found, to look at a suspicious program",
            installing("binutils"),
        )
    ended = sandbox.run(
        Guest(
            program=program,
            argv=(program, "--disassemble", "--wide", "main.o"),
            profile="compiler",
            read_only={},
            writable={"/pie/work": str(work)},
            env=COMPILER_ENV,
            system=True,
        ),
        replace(_allowance(limits), output_bytes=limits.file_bytes),
    )
    if ended.overflowed or ended.exhausted(limits.cpu_seconds):
        raise Unsupported("the program is too large to look through for instructions of gem5")
    if not ended.ok:
        raise MachineFailure(f"objdump could not list the program: {ended.reason}")
    return policy.addresses_simulator(ended.stdout)


def _beyond_addresses(ended: Ended, compiled: Path) -> str:
    """Say that static data was too large to link; empty where that was not the reason."""
    if b"relocation truncated to fit" not in ended.stderr or not compiled.is_file():
        return ""
    size = static_bytes(compiled.read_bytes())
    if size < _ADDRESSED_BYTES - (64 << 20):  # the C library's own data and code are linked, too
        return ""
    return f"its static data takes {size >> 20} MiB, beyond the 2048 MiB that its code can address"


def _refuse_full_disk(ended: Ended, work: Path) -> None:
    """Raise OSError where the compiler had no room to write: no fault of the program's."""
    if b"No space left" in ended.stderr and shutil.disk_usage(work).free < 64 << 20:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), tempfile.gettempdir())


def _compile_error(ended: Ended, language: Language, limits: CompileLimits) -> Build:
    if ended.lost and not ended.overflowed:
        raise MachineFailure(f"the compiler was stopped: {ended.lost}")
    lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
    if ended.out_of_memory:
        detail = f"the compiler needs more than {limits.memory_bytes >> 20} MiB of memory"
        return Build(language, verdict=Verdict.COMPILE_ERROR, detail=detail)
    if b"Killed signal terminated program" in ended.stderr:
        raise MachineFailure("the compiler was killed, as by a host that is out of memory")
    telling = [line for line in lines if any(word in line for word in _TELLING)] or lines[-1:]
    detail = shortened(clean(telling[0])) if telling else ended.reason
    if remedy := online_judge.remedy_for(detail):
        detail += f"; {remedy}"
    if b"CPU time limit exceeded" in ended.stderr or ended.exhausted(limits.cpu_seconds):
        detail = f"the compiler used its {limits.cpu_seconds} s of CPU time"
    return Build(language, verdict=Verdict.COMPILE_ERROR, detail=detail)


_PYTHON_PLACE = re.compile(rb'^  File "/pie/main\.py", line (\d{1,9})$', re.MULTILINE)
_CLOCK_MODULES = ("time", "random", "datetime", "uuid", "secrets", "threading", "multiprocessing")


def _compile_python(
    program: Program, text: bytes, scratch: Path, toolchain: Toolchain, limits: CompileLimits
) -> Build:
    """Compile a script; see `sim.python_build` for what stands for its executable."""
    entry_point = program.entry_point
    if entry_point and not python_build.ENTRY.match(entry_point):
        detail = f"the entry point {shortened(clean(entry_point))} is no name of a function"
        return Build(Language.PYTHON, verdict=Verdict.COMPILE_ERROR, detail=detail)
    script = scratch / "main.py"
    script.write_bytes(text)
    interpreter = toolchain.interpreter_path()
    ended = sandbox.run(
        Guest(
            program=interpreter,
            # Isolated, it takes nothing from its environment: here is what the runs get by that.
            argv=(
                *(interpreter, "-I", "-S", "-X", "int_max_str_digits=0"),
                *("-c", python_build.script(entry_point)),
            ),
            profile="interpreter",
            read_only=prefix_mounts(interpreter),
            system=True,
        ),
        replace(_allowance(limits), output_bytes=limits.file_bytes),
        script,
    )
    if ended.overflowed:
        detail = f"its code takes more than {limits.file_bytes >> 20} MiB"
        return Build(Language.PYTHON, verdict=Verdict.COMPILE_ERROR, detail=detail)
    if not ended.ok:
        said = last_words(ended.stderr)
        places = _PYTHON_PLACE.findall(ended.stderr)
        detail = f"main.py:{int(places[-1])}: {said}" if said and places else said
        detail = detail or ended.reason
        return Build(Language.PYTHON, verdict=Verdict.COMPILE_ERROR, detail=detail)
    # The interpreter is a part of what runs: another version is another executable.
    version = digest_of(toolchain.fingerprint(Language.PYTHON)).encode()
    code = f"{entry_point}|".encode() + ended.stdout
    script.write_bytes(code)
    digest = hashlib.sha256(version + code).hexdigest()
    words = set(text.decode("utf-8").replace(",", " ").replace(".", " ").split())
    made = Build(
        Language.PYTHON,
        digest=digest,
        size=len(code),
        clock_dependent=not words.isdisjoint(_CLOCK_MODULES),
    )
    return _keep(script, made)


def prefix_mounts(program: str) -> dict[str, str]:
    """Return what the sandbox must show besides /usr for a program that is installed elsewhere."""
    # A virtual environment has its own folder, and a link to the interpreter that it was made of.
    prefixes = {str(Path(one).parent.parent) for one in (program, Path(program).resolve())}
    return {one: one for one in sorted(prefixes) if not f"{one}/".startswith(("/usr/", "//"))}


def _keep(file: Path, made: Build) -> Build:
    """Put a built file into the cache under its digest, completely or not at all."""
    made = replace(made, sha256=hashlib.sha256(file.read_bytes()).hexdigest())
    if not made.kept:
        made.path.parent.mkdir(parents=True, exist_ok=True)
        scratch = made.path.with_name(f"{made.digest}.{os.getpid()}")
        try:
            shutil.copyfile(file, scratch)
        except OSError as error:  # it names what was copied, not where there was no room
            scratch.unlink(missing_ok=True)
            raise OSError(error.errno, error.strerror, str(scratch)) from error
        scratch.chmod(0o755)
        os.utime(scratch, (0, 0))  # a program can ask how old it is
        scratch.replace(made.path)
    return made
