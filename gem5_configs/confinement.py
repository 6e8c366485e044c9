"""Which files a simulated program can reach: gem5 opens files for it, with gem5's own rights.

Landlock (Linux 5.13 and newer) takes them from the process that simulates a run, whatever path,
link or instruction of gem5's own a program uses: no /proc, so neither gem5's memory nor its
descriptors, and nothing of the host but its libraries.
"""

from __future__ import annotations

import ctypes
import os
import struct

LIBRARIES = ("/usr", "/lib", "/lib64", "/lib32", "/etc/ld.so.cache", "/etc/alternatives")
"""What a dynamically linked program reads."""

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES = 38

_EXECUTE, _WRITE, _READ, _READ_FOLDER = (1 << bit for bit in range(4))
_REMOVE_FOLDER, _REMOVE_FILE, _MAKE_FOLDER, _MAKE_FILE = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_MAKE_LINK, _REFER, _TRUNCATE = 1 << 12, 1 << 13, 1 << 14
_HANDLED = {1: 1 << 13, 2: 1 << 14, 3: 1 << 15, 4: 1 << 15}
"""By version of Landlock: one above the last right it knows; from 5 on `ioctl` on devices too."""
_LOOK = _EXECUTE | _READ | _READ_FOLDER
# No pipes with names, sockets or devices: what opens one of them can wait for ever.
_CHANGE = _WRITE | _READ | _READ_FOLDER | _REMOVE_FOLDER | _REMOVE_FILE
_CHANGE |= _MAKE_FOLDER | _MAKE_FILE | _MAKE_LINK | _REFER | _TRUNCATE
_OF_A_FILE = _EXECUTE | _WRITE | _READ | _TRUNCATE

_libc = ctypes.CDLL(None, use_errno=True)


def confine(readable, writable):
    """Keep this process from opening any other file; false where the kernel has no Landlock.

    Paths that do not exist are left out. What is open already stays open. OSError when Landlock is
    there and refuses.
    """
    version = _libc.syscall(_CREATE_RULESET, None, 0, _VERSION)
    if version < 1:
        return False
    handled = _HANDLED.get(version, 1 << 16) - 1
    ruleset = _call(_CREATE_RULESET, struct.pack("Q", handled), 8, 0)
    for paths, rights in ((readable, _LOOK), (writable, _CHANGE)):
        for path in paths:
            _allow(ruleset, path, rights & handled)
    if _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs was refused")
    _call(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
    return True


def _allow(ruleset, path, rights):
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):
        rights &= _OF_A_FILE
    _call(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    os.close(place)


def _call(number, *arguments):
    result = _libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "Landlock refused a rule")
    return result
