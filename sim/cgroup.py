"""Limits the memory that a guest uses, by a control group of the kernel's (version 2 or 1).

A group lies below the one that this process is in, or beside it, wherever the kernel lets one be
made. The guest puts itself in before it becomes the program, so neither we nor the sandbox's own
processes are counted. Groups are kept from run to run, one for each run at a time; those of killed
processes are removed at the next start.

Address space is limited besides, more widely: see `sim.sandbox`. Where no group can be made, that
is the only limit, and runs say so.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import util
from pathlib import Path
from typing import Literal

from sim.errors import MachineFailure

Version = Literal[1, 2]
Kind = Literal["resident pages", "address space"]

_NAME = re.compile(r"pie\.[0-9a-f]{16}")
_MOUNTS = Path("/proc/self/mounts")
_OWN = Path("/proc/self/cgroup")


@dataclass(frozen=True)
class Place:
    """A folder of the hierarchy in which groups can be made."""

    folder: Path
    version: Version


class Group:
    """A control group with a limit on memory; its folder is locked as long as its owner lives."""

    def __init__(self, place: Place) -> None:
        """Make one. OSError where that is not allowed, or where memory is not controlled there."""
        self._version = place.version
        self._limit = -1
        self._folder = place.folder / f"pie.{secrets.token_hex(8)}"
        self._folder.mkdir()
        try:
            self._held = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.limit_to(1 << 40)
        except OSError:
            self.remove()
            raise

    def limit_to(self, limit: int) -> None:
        """Bound what its processes use, in bytes; swapping out does not help them."""
        if limit == self._limit:
            return
        if self._version == 2:
            self._write("memory.max", limit)
            with contextlib.suppress(OSError):  # a kernel without swap has no such file
                self._write("memory.swap.max", 0)
        else:
            with contextlib.suppress(OSError):
                self._write("memory.swappiness", 0)
            self._write("memory.limit_in_bytes", limit)
        self._limit = limit

    def open_processes(self) -> int:
        """Return a descriptor; a process of one thread that writes 0 there joins the group.

        A whole process is moved under a lock of the kernel's that all its processes share, which
        takes a grace period (11 ms); a thread that moves itself needs none (0.02 ms). Version 2
        has no such move for memory.
        """
        name = "cgroup.procs" if self._version == 2 else "tasks"
        return os.open(self._folder / name, os.O_WRONLY)

    def kills(self) -> int:
        """Return how many processes the limit has ended, since there is the group."""
        name = "memory.events" if self._version == 2 else "memory.oom_control"
        for line in (self._folder / name).read_text().splitlines():
            key, _, value = line.partition(" ")
            if key == "oom_kill":
                return int(value)
        return 0

    def remove(self) -> None:
        """Remove it, if nothing runs in it; a second time changes nothing."""
        with contextlib.suppress(OSError):
            self._folder.rmdir()
        with contextlib.suppress(AttributeError, OSError):
            os.close(self._held)
            del self._held

    def _write(self, name: str, value: int) -> None:
        # Never created: in a folder that is no control group this must fail.
        descriptor = os.open(self._folder / name, os.O_WRONLY | os.O_TRUNC)
        try:
            os.write(descriptor, str(value).encode())
        finally:
            os.close(descriptor)


class Membership:
    """A guest's stay in a group, from before its start until after its end."""

    def __init__(self, group: Group) -> None:
        """Take a group that nobody else uses meanwhile."""
        self._group = group
        self._before = group.kills()
        self.descriptor = group.open_processes()
        """For the guest, which joins by writing to it; closed by who starts the guest."""

    def out_of_memory(self) -> bool:
        """Tell whether the limit ended a process since the last time it was asked."""
        before, self._before = self._before, self._group.kills()
        return self._before > before


_idle: list[Group] = []
"""Groups of this process that no run uses now; appending and popping are atomic."""


@contextlib.contextmanager
def membership(limit: int) -> Iterator[Membership | None]:
    """Lend a group with this limit in bytes; None where memory is limited as address space.

    MachineFailure when a group could be made before and cannot be used now.
    """
    place = where()
    if place is None:
        yield None
        return
    try:
        group = _idle.pop() if _idle else Group(place)
        group.limit_to(limit)
        stay = Membership(group)
    except OSError as error:
        raise MachineFailure(
            f"no control group could be used to limit memory ({error.strerror})",
            "set PIE_CGROUP=none to limit address space instead",
        ) from error
    try:
        yield stay
    finally:
        _idle.append(group)


def kind() -> Kind:
    """Return what is limited here: the pages that a guest uses, or only its address space."""
    return "address space" if where() is None else "resident pages"


def why_address_space() -> str:
    """Return one sentence on why no group limits memory, with the remedy; empty when one does."""
    if where() is not None:
        return ""
    if os.environ.get("PIE_CGROUP") == "none":
        return "control groups are switched off by PIE_CGROUP=none"
    return (
        "no control group for memory can be made here; delegate one with: "
        "systemd-run --user --scope -p Delegate=yes pie ..., or run as root"
    )


@functools.cache
def where() -> Place | None:
    """Return where groups can be made, found by making one, once a process; None is nowhere.

    `PIE_CGROUP=none` asks for the limit on address space by name. What killed processes left there
    is removed.
    """
    if os.environ.get("PIE_CGROUP") == "none":
        return None
    for place in candidates(_MOUNTS.read_text(), _OWN.read_text()):
        try:
            group = Group(place)
        except OSError:
            continue
        _idle.append(group)
        util.Finalize(None, _remove_all, args=(os.getpid(),), exitpriority=1)
        sweep(place.folder)
        return place
    return None


def candidates(mounts: str, own: str) -> Iterable[Place]:
    """Yield where groups might be made, nearest first, from the texts of /proc/self.

    Version 2 allows no groups below one that has processes, so there it is mostly one above ours.
    """
    points = [line.split() for line in mounts.splitlines()]
    for line in own.splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            version: Version = 2
            roots = [words[1] for words in points if words[2] == "cgroup2"]
        elif "memory" in controllers.split(","):
            version = 1
            roots = [
                words[1]
                for words in points
                if words[2] == "cgroup" and "memory" in words[3].split(",")
            ]
        else:
            continue
        for root in roots:
            below = Path(path.lstrip("/"))
            for folder in (below, *below.parents):
                yield Place(Path(root) / folder, version)


def sweep(folder: Path) -> int:
    """Remove the groups that dead processes left in a folder; return how many."""
    swept = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    swept += _remove_if_left(Path(entry.path))
    return swept


def _remove_if_left(folder: Path) -> bool:
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError: its owner lives
        folder.rmdir()  # OSError: something still runs in it
    finally:
        os.close(held)
    return True


def _remove_all(owner: int) -> None:
    if os.getpid() != owner:  # a forked child has the list, but not the groups
        return
    while _idle:
        _idle.pop().remove()
