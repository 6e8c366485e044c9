"""Which tests of a task tell how fast a program is, by the names that loaders give them."""

from __future__ import annotations

from collections.abc import Callable

from pie.core.report.styles.subject import Subject

_KINDS = ("private.pe", "stress.")
"""EvalPerf's input that exercises performance; COFFE's stress tests."""


def chosen_tests(subject: Subject) -> tuple[str, Callable[[str], bool]]:
    """Return the beginning of the names of these tests, empty for all, and what chooses them.

    A task's own tests judge; where it has inputs that were made to be costly, these alone compare.
    """
    names = {name for one in subject.accepted_references for name in one.tests}
    kind = next((kind for kind in _KINDS if any(name.startswith(kind) for name in names)), "")
    return kind, lambda name: name.startswith(kind)
