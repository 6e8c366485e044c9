"""The setting that a caller's words add up to, as the options of the command line do."""

from __future__ import annotations

from sim import comparison, machines
from sim.budget import ReferenceBudget
from sim.errors import InputError
from sim.limits import MIB, Limits
from sim.setting import Setting
from sim.toolchain import Toolchain, parse_flags


def setting_of(
    machine: str,
    cxxflags: str | None,
    compare: str,
    max_instructions: int | None,
    memory_limit: int,
    *,
    in_rows: bool = False,
) -> Setting:
    """Return the setting; InputError for an unknown machine or rule, and flags without an end."""
    toolchain = Toolchain()
    if cxxflags is not None:
        try:
            toolchain = Toolchain(flags=parse_flags(cxxflags))
        except ValueError as error:
            raise InputError(
                f"the flags {cxxflags!r} cannot be split ({error})", "check their quotes"
            ) from error
    return Setting(
        machine=machines.machine(machine),
        toolchain=toolchain,
        comparison=comparison.named(compare),
        limits=Limits(
            max_instructions=max_instructions or Limits.max_instructions,
            memory_bytes=memory_limit * MIB,
        ),
        budget=ReferenceBudget() if in_rows and max_instructions is None else None,
    )
