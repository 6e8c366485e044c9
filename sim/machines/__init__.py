"""The machines by name."""

from __future__ import annotations

from sim.errors import InputError
from sim.machine import Machine
from sim.machines.cachegrind import Cachegrind
from sim.machines.native import Native

MACHINES: dict[str, type[Machine]] = {"cachegrind": Cachegrind, "native": Native}
DEFAULT = "cachegrind"
"""What `auto` takes: the embedded machine that everyone can run."""


def machine(name: str) -> Machine:
    """Return a machine by name; InputError names the known ones."""
    chosen = DEFAULT if name == "auto" else name
    if chosen not in MACHINES:
        known = ", ".join(["auto", *MACHINES])
        raise InputError(f"unknown machine {name!r}", f"choose one of {known}")
    return MACHINES[chosen]()
