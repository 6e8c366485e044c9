"""A submission to PIE's environment, and the procedures that answer it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pie.compat import arguments
from pie.core.problem import InputError, RowProblem
from pie.core.test_cases import TestCases
from sim.procedure import Procedure, examine
from sim.program import Language, Program, TestCase
from sim.setting import Setting

TIMINGS = {"gem5": ("gem5",), "binary": ("binary",), "both": ("gem5", "binary")}


@dataclass(frozen=True)
class Submission:
    """One or two programs on some tests of a problem."""

    codes: tuple[str, ...]
    flags: tuple[tuple[str, ...], ...]
    """Of the compiler, for each program."""
    tests: tuple[int, ...]
    cases: tuple[TestCase, ...]

    def procedures(self, setting: Setting) -> Iterator[Procedure]:
        """Yield one procedure for all programs, or one each if their flags differ."""
        programs = [Program(Language.CPP, code) for code in self.codes]
        if len(set(self.flags)) == 1:
            yield examine(programs, self.cases, _with_flags(setting, self.flags[0]))
            return
        for program, flags in zip(programs, self.flags, strict=True):
            yield examine([program], self.cases, _with_flags(setting, flags))


def _with_flags(setting: Setting, flags: tuple[str, ...]) -> Setting:
    return replace(setting, toolchain=replace(setting.toolchain, flags=flags))


def submissions(
    folder: Path,
    codes: Sequence[Sequence[str]],
    tests: Sequence[Sequence[int | str]],
    problems: Sequence[str],
    overrides: Sequence[Sequence[str | None] | None],
    flags: tuple[str, str],
) -> list[Submission]:
    """Check all submissions of a call; InputError for the first that cannot be used.

    `codes` and `overrides` hold a list for each of the programs of a pair, the other lists one item
    for each submission; `flags` are optimization and standard. A test that is not on disk is an
    error, where PIE drops it and adds fewer tests up.
    """
    given: list[list[Any]] = [list(one) for one in (*codes, tests, problems)]
    given += [list(one) if one is not None else [None] * len(given[0]) for one in overrides]
    if len({len(one) for one in given}) != 1:
        raise InputError(
            f"the lists of a call have {', '.join(str(len(one)) for one in given)} items",
            "give one item of each for each submission",
        )
    known = TestCases(folder)
    made = []
    for number, items in enumerate(zip(*given, strict=True)):
        texts, (wanted, problem), added = (
            items[: len(codes)],
            items[len(codes) : len(codes) + 2],
            items[len(codes) + 2 :],
        )
        if not all(isinstance(text, str) for text in texts):
            raise InputError(f"the code of submission {number} is no text", "give its source text")
        numbers = arguments.test_numbers(wanted)
        try:
            known.check(str(problem), numbers)
            cases = known.resolve(str(problem), numbers)
        except RowProblem as missing:
            raise InputError(
                f"submission {number} ({problem}): {missing}",
                f"check its tests and the folder of test cases ({folder})",
            ) from missing
        each = tuple(arguments.flags(*flags, one) for one in added)
        made.append(Submission(tuple(texts), each, tuple(numbers), tuple(cases)))
    return made
