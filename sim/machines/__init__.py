"""The machines by name."""

from __future__ import annotations

from dataclasses import dataclass

from sim import cgroup, sandbox
from sim.errors import InputError
from sim.machine import Machine
from sim.machines import gem5_installation
from sim.machines.cachegrind import Cachegrind
from sim.machines.counts import Counts
from sim.machines.gem5 import CONFIGURATIONS, Gem5
from sim.machines.judge0 import RUNS, TOKEN_VARIABLE, Judge0
from sim.machines.native import Native
from sim.machines.skylake import Skylake

MACHINES: dict[str, type[Machine]] = {
    "gem5": Gem5,
    "skylake": Skylake,
    "counts": Counts,
    "cachegrind": Cachegrind,
    "native": Native,
    "judge0": Judge0,
}
DEFAULT = "skylake"
"""What `auto` takes where no gem5 is configured: the embedded machine that everyone can run."""


@dataclass(frozen=True)
class Judge0Options:
    """Which Judge0 server, the variable that holds its token, and how often it runs a program."""

    url: str = ""
    token_variable: str = TOKEN_VARIABLE
    runs: int = RUNS


def machine(
    name: str,
    gem5: str = "",
    gem5_configuration: str = "Verbatim",
    judge0: Judge0Options = Judge0Options(),
) -> Machine:
    """Return a machine by name; InputError names the known ones.

    `gem5` is the path of a gem5; `auto` takes it, or the one that the user configured.
    """
    if judge0.url and name != "judge0":
        raise InputError(f"--judge0 is a server, and the machine is {name!r}", "add -m judge0")
    if gem5_configuration not in CONFIGURATIONS:
        known = ", ".join(CONFIGURATIONS)
        raise InputError(
            f"unknown configuration of gem5 {gem5_configuration!r}", f"choose one of {known}"
        )
    if name == "auto":
        name = "gem5" if gem5 or gem5_installation.configured() else DEFAULT
    if name not in MACHINES:
        known = ", ".join(["auto", *MACHINES])
        raise InputError(f"unknown machine {name!r}", f"choose one of {known}")
    if name == "gem5":
        return Gem5(gem5, gem5_configuration)
    if name == "judge0":
        return Judge0(judge0.url, judge0.token_variable, judge0.runs)
    return MACHINES[name]()


def refuse_untrusted(machine: Machine, word: str) -> None:
    """InputError for a machine whose counts a program can forge; `word` is how to trust it.

    For programs that a model wrote or a stranger sent. A request that a program makes to Valgrind
    at run time changes what cachegrind counts, and nothing shows it.
    """
    if machine.name == Cachegrind.name:
        raise InputError(
            "a program can forge its counts on cachegrind (one request to Valgrind at run time "
            "showed 580 times the speed), so programs of a model are not measured there",
            f"measure with the machine 'counts', or say {word} if no program here is made to cheat",
        )


def why_weaker(machine: Machine) -> str:
    """Return one sentence on why the walls around this machine's runs are not full; else nothing.

    gem5 opens files for the program that it simulates. Where neither bubblewrap nor Landlock keeps
    it from its own memory in /proc, its counts are a cheating program's to write.
    """
    why = sandbox.why_partial()
    if why and machine.name == "gem5" and not sandbox.landlock():
        why += (
            "; since there is no Landlock either (Linux 5.13, and allowed by the container), "
            "a program that is made to cheat can forge its numbers on gem5"
        )
    return why


def weaker_walls(machine: Machine) -> list[str]:
    """Return one sentence for each wall around this machine's runs that is weaker here."""
    notices = []
    if why := why_weaker(machine):
        notices.append(f"WARNING: weaker sandbox (limits and call filter only): {why}")
    if why := cgroup.why_address_space():
        notices.append(f"memory is limited as address space, not as pages in use: {why}")
    return notices
