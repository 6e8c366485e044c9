"""What can go wrong because of the user or the host, in one sentence with its remedy."""

from __future__ import annotations


class FinetuneError(Exception):
    """An error that the user can mend; `str()` gives what and how in one sentence."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}" if self.remedy else self.what


class LocalError(FinetuneError):
    """An error of one process alone, told by that process; others are told by the first one."""


class Ended(FinetuneError):
    """The training was told to end by SIGTERM, and has; what was trained is kept."""

    exit_code = 143
    """128 + SIGTERM, as a shell has it."""
