"""What kind of change made a program out of another, by what their syntax trees say.

The first that applies, of two programs of one language:

1. `formatting`: the same tokens, but for comments, layout, `std::` and the names that a program
   declares itself; so also an unchanged program
2. `headers`: the same without directives (`#include`, `#define`, `#pragma`), `using` and `typedef`
3. `data structure`: another set of kinds of containers: tree (`map`, `set`), hash, heap, queue,
   linked list, bits; arrays, vectors and strings are one and count as none
4. `algorithm`: another depth of nested loops, a loop condition of a new shape, recursion that came
   or went, or another set of algorithms of the library (`sort`, `lower_bound`, ...); functions that
   only read or write characters are not looked at
5. `input/output`: other calls that read or write
6. `other`: anything else, such as the order of loops, passing by reference, arithmetic

PIE sorted 120 edits by hand into algorithm, input/output, data structure and the rest; this is a
rule instead, so that it can be applied to every answer and gives the same result for everybody.
"""

from __future__ import annotations

from enum import StrEnum

from pie.core.report.program_features import Features, features_of
from sim.program import Language


class EditKind(StrEnum):
    """A kind of edit; the order is the order of display."""

    ALGORITHM = "algorithm"
    DATA_STRUCTURE = "data structure"
    INPUT_OUTPUT = "input/output"
    HEADERS = "headers"
    FORMATTING = "formatting"
    OTHER = "other"


def edit_kind(before: str, after: str, language: Language = Language.CPP) -> EditKind:
    """Return the kind of edit between two programs."""
    if before == after:
        return EditKind.FORMATTING
    return kind_between(features_of(before, language), features_of(after, language))


def kind_between(old: Features, new: Features) -> EditKind:
    """Return the kind of edit between the features of two programs."""
    if (old.directives, old.tokens) == (new.directives, new.tokens):
        return EditKind.FORMATTING
    if old.tokens == new.tokens:
        return EditKind.HEADERS
    if old.containers != new.containers:
        return EditKind.DATA_STRUCTURE
    if (
        old.loop_depth != new.loop_depth
        or new.loop_shapes - old.loop_shapes
        or old.recursive != new.recursive
        or old.algorithms != new.algorithms
    ):
        return EditKind.ALGORITHM
    if old.reads_and_writes != new.reads_and_writes:
        return EditKind.INPUT_OUTPUT
    return EditKind.OTHER
