"""The one error of this package that is the user's to mend."""

from __future__ import annotations

from sim.errors import InputError


class RowProblem(Exception):
    """A row that cannot be used, with the reason; it is left out and counted, not fatal."""


__all__ = ["InputError", "RowProblem"]
