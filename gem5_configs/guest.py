"""The process in the simulator: the same surroundings for every program, on every host."""

from __future__ import annotations

from m5.objects import Process, SEWorkload

ARGV = ("prog",)
STACK = "120MB"
"""gem5's own is 64 MB; mappings begin 128 MB below the stack's base. No cycle depends on it."""


def load(system, executable, cwd, stdin, stdout, stderr):
    """Give the system its one process. ValueError for a file that gem5 cannot run."""
    system.workload = SEWorkload.init_compatible(executable)
    system.cpu.workload = Process(
        executable=executable,
        cmd=list(ARGV),
        env=[],
        cwd=cwd,
        input=stdin,
        output=stdout,
        errout=stderr,
        maxStackSize=STACK,
    )
    system.cpu.createThreads()
