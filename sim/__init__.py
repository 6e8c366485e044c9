"""Compile, isolate, judge and measure programs; usable without `pie` and without torch."""

from sim.errors import InputError, MachineFailure, MissingTool, SimError
from sim.limits import CompileLimits, Limits
from sim.program import Build, Language, Program, TestCase
from sim.verdict import Verdict, worst

__all__ = [
    "Build",
    "CompileLimits",
    "InputError",
    "Language",
    "Limits",
    "MachineFailure",
    "MissingTool",
    "Program",
    "SimError",
    "TestCase",
    "Verdict",
    "worst",
]
