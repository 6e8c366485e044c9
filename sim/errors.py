"""What can go wrong because of the user or the host, each in one sentence with its remedy.

SimError
├── InputError      something the user gave cannot be used
├── MissingTool     a program or permission is missing on this host
├── MachineFailure  our own infrastructure failed on one run (becomes `not_measured`)
│   └── InstrumentFailure  the instrument broke down on this program; twice alike: `unsupported`
└── Unsupported     the program does what the machine cannot measure (becomes `unsupported`)
"""

from __future__ import annotations


class SimError(Exception):
    """An error with a remedy; `str()` gives both in one sentence."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}" if self.remedy else self.what


class InputError(SimError):
    """Something the user gave cannot be used."""


class MissingTool(SimError):
    """A program or a permission is missing on this host; the remedy installs it."""


class MachineFailure(SimError):
    """Our own infrastructure failed on one run: never counted against the program."""


class InstrumentFailure(MachineFailure):
    """The instrument broke down on this program.

    Whoever measures runs it again: the same breakdown twice is a limit of the instrument that this
    program meets, and so its own (`unsupported`); else a failure of ours.
    """


class Unsupported(SimError):
    """The program does what the machine cannot measure: final, and the program's own."""
