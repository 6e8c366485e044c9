"""What can go wrong because of the user or the host, each in one sentence with its remedy.

RetrievalError
├── MissingModel   weights or a package are not on this machine
└── IndexRefused   an index is damaged, of another format, or built by another encoder
"""

from __future__ import annotations


class RetrievalError(Exception):
    """An error with a remedy; `str()` gives both in one sentence."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}" if self.remedy else self.what


class MissingModel(RetrievalError):
    """Weights or a package are not on this machine; the remedy gets them."""


class IndexRefused(RetrievalError):
    """An index is damaged, of another format, or built by another encoder."""
