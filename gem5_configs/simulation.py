"""The steps from a configured system to the end of its simulation.

They are the steps of gem5's own `instantiate` and `simulate`, in the same order, cut where a server
can fork: what no program is part of, then the process and what holds it, then the run.
"""

from __future__ import annotations

import _m5
import m5
from m5 import ticks
from m5.objects import BaseCPU, Process

_PROGRAM = (BaseCPU, Process)
"""The objects that a program is part of: the process, and the core whose thread holds it."""


def resolve(root):
    """Fix the clock and give every parameter its value; afterwards only files may change."""
    ticks.fixGlobalFrequency()
    for one in root.descendants():
        one.adoptOrphanParams()
    for one in root.descendants():
        one.unproxyParams()
    m5.stats.initSimStats()


def create_hardware(root):
    """Create what no program is part of: caches, memory, crossbars, predictor, ports."""
    for one in root.descendants():
        if not isinstance(one, _PROGRAM):
            one.createCCObject()


def create(root):
    """Create what is missing, connect everything and load the program into memory."""
    objects = list(root.descendants())
    for step in ("createCCObject", "connectPorts", "init"):
        for one in objects:
            getattr(one, step)()
    m5.stats._bindStatHierarchy(root)
    root.regStats()
    for step in ("regProbePoints", "regProbeListeners"):
        for one in objects:
            getattr(one, step)()
    m5.stats.enable()
    for step in ("initState", "startup"):
        for one in objects:
            getattr(one, step)()
    m5.stats.reset()


def run(root, max_instructions, max_ticks):
    """Simulate to the end or to a limit (0: none); return how it ended."""
    if max_instructions:
        root.system.cpu.scheduleInstStop(0, max_instructions, "instruction limit")
    ended = _m5.event.simulate(max_ticks) if max_ticks else _m5.event.simulate()
    return {"cause": ended.getCause(), "code": ended.getCode(), "ticks": m5.curTick()}
