"""What a user of this host can do about what is missing: lines that work as they stand here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_LISTS = Path("/var/lib/apt/lists")
_SETTINGS = Path("/proc/sys")
_NAMESPACES = {
    # Ubuntu from 23.10 on; Debian; any kernel. Each with the value that forbids them.
    "kernel/apparmor_restrict_unprivileged_userns": ("1", "0"),
    "kernel/unprivileged_userns_clone": ("0", "1"),
    "user/max_user_namespaces": ("0", "15000"),
}


def installing(*packages: str) -> str:
    """Return how a package of Debian and Ubuntu is installed here.

    Root needs no sudo, which a bare system has not got; a bare container has no lists yet.
    """
    sudo = "" if os.geteuid() == 0 else "sudo "
    bare = _LISTS.is_dir() and not any(_LISTS.glob("*_Packages*"))
    update = f"{sudo}apt-get update && " if bare else ""
    return f"install it with: {update}{sudo}apt-get install {' '.join(packages)}"


def allowing_namespaces(*, root: bool, container: bool, settings: Mapping[str, str]) -> str:
    """Return what lets bubblewrap make namespaces where it is installed and may not.

    `settings`: of the kernel, by path below /proc/sys, those that are there.
    """
    sudo = "" if root else "sudo "
    for name, (forbids, allows) in _NAMESPACES.items():
        if settings.get(name) == forbids:
            where = "on the host of the container: " if container else ""
            return f"allow them, {where}{sudo}sysctl {name.replace('/', '.')}={allows}"
    if container:
        return (
            "the container forbids them: start it with --security-opt seccomp=unconfined "
            "--security-opt apparmor=unconfined --security-opt systempaths=unconfined, "
            "or with --privileged"
        )
    if root:
        return "the kernel forbids them even to root: ask whoever runs this machine"
    return f"run as root, or ask whoever runs this machine ({sudo}unshare --user true tries it)"


def of_this_host() -> str:
    """Return `allowing_namespaces` for where we are."""
    settings = {}
    for name in _NAMESPACES:
        try:
            settings[name] = (_SETTINGS / name).read_text().strip()
        except OSError:
            continue
    places = Path("/.dockerenv"), Path("/run/.containerenv")
    container = any(place.exists() for place in places) or "container" in os.environ
    return allowing_namespaces(root=os.geteuid() == 0, container=container, settings=settings)
