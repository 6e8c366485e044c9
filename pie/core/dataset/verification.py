"""Decides which tests of a problem stay: merged, in the budget, and agreed on by programs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from pie.core.dataset.table import Record
from pie.core.dataset.test_sources import LONGEST_TEST, SourceTest
from sim.verdict import Verdict


def merge(tests: Iterable[SourceTest]) -> Iterator[tuple[SourceTest, str]]:
    """Yield each test with '' or the reason for leaving it out; of equal inputs the first stays.

    Inputs are equal when they differ in white space at line ends and at the end only. One whose
    expected output is another's with the same input is `conflicting_output`, not `duplicate_input`:
    only programs can tell which is right, and they judge the one that stays.
    """
    seen: dict[bytes, bytes] = {}
    for test in tests:
        if test.problem:
            yield test, test.problem
            continue
        if test.output is None:
            yield test, "no_expected_output"
            continue
        if max(len(test.input), len(test.output)) > LONGEST_TEST:
            yield test, "too_large"
            continue
        key, answer = _plain(test.input), _plain(test.output)
        earlier = seen.setdefault(key, answer)
        if earlier is answer:
            yield test, ""
        else:
            yield test, "duplicate_input" if earlier == answer else "conflicting_output"


def _plain(text: bytes) -> bytes:
    lines = b"\n".join(line.rstrip() for line in text.rstrip().split(b"\n"))
    return hashlib.blake2b(lines, digest_size=16).digest()


def references(submissions: Sequence[Record], number: int) -> list[Record]:
    """Choose accepted programs to verify tests with: of different users, by a hash of their ids.

    The hash makes the choice the same everywhere and blind to speed.
    """

    def rank(one: Record) -> bytes:
        name = str(one.fields["submission_id"]).encode("utf-8", "replace")
        return hashlib.blake2b(name, digest_size=8).digest()

    first: dict[str, Record] = {}
    for one in sorted(submissions, key=rank):
        first.setdefault(str(one.fields["user_id"]), one)
    return list(islice(first.values(), number))


_UNDECIDED = frozenset(
    {
        Verdict.NOT_MEASURED,
        Verdict.NONDETERMINISTIC,
        Verdict.COMPILE_ERROR,
        Verdict.UNSUPPORTED,
    }
)
"""Of the program or of us, not of the test."""


def decide(verdicts: Sequence[Verdict]) -> str:
    """Return '' when a test stays, else why not, from the verdicts of the reference programs on it.

    It stays when more than half of those that can tell are accepted: they printed what the source
    expects, within the budget. Else it is `over_budget` with at least as many time limits as wrong
    ends, and otherwise `programs_disagree`. A failure of ours is `not_measured`, never a judgement
    on the test.
    """
    if Verdict.NOT_MEASURED in verdicts:
        return "not_measured"
    telling = [one for one in verdicts if one not in _UNDECIDED]
    if not telling:
        return "no_reference"
    agreed = telling.count(Verdict.ACCEPTED)
    if 2 * agreed > len(telling):
        return ""
    slow = telling.count(Verdict.TIME_LIMIT)
    return "over_budget" if 2 * slow >= len(telling) - agreed else "programs_disagree"
