"""Executables of test programs, each compiled once in a process."""

from sim import compiler
from sim.limits import CompileLimits
from sim.program import Build, Language, Program
from sim.toolchain import Toolchain

_builds: dict[Program, Build] = {}


def build(source: str, language: Language = Language.CPP) -> Build:
    """Build a program that must compile, unless this process has and the cache still holds it."""
    program = Program(language, source)
    made = _builds.get(program)
    if made is None or not made.kept:
        made = compiler.build(program, Toolchain(), CompileLimits())
        assert made.verdict is None, made.detail
        _builds[program] = made
    return made
