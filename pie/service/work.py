"""Makes the work of a request, and an answer of its outcomes; in threads, since it hashes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pie.core.native_check import examine_with_check
from pie.core.problem import InputError, RowProblem
from pie.core.rows import InlineTest, language_of
from pie.core.test_cases import TestCases, text_case
from pie.rewards.speed import SpeedReward
from pie.service.book import Finish
from pie.service.schema import MeasureRequest, RewardItem, TestText
from sim.procedure import Outcome, Procedure
from sim.program import Program, TestCase
from sim.setting import Setting
from sim.verdict import Verdict


@dataclass(frozen=True)
class Work:
    """What a request asks for."""

    procedures: list[Procedure]
    finish: Finish


class Workshop:
    """Makes work of requests; used from several threads, one at a time."""

    def __init__(self, setting: Setting, tests: TestCases, reward: SpeedReward) -> None:
        self.setting = setting
        self._tests = tests
        self._reward = reward
        self._lock = threading.Lock()

    def measure(self, request: MeasureRequest) -> Work:
        """Return the work of a measurement; InputError for what cannot be used."""
        try:
            programs = [Program(language_of(one.language), one.code) for one in request.programs]
            with self._lock:
                cases = self._cases(request.problem_id, request.tests)
        except RowProblem as problem:
            raise InputError(f"the request cannot be used: {problem}", "mend it") from problem
        procedure = examine_with_check(programs, cases, self.setting)

        def finish(outcomes: Sequence[Sequence[Outcome]]) -> dict[str, Any]:
            return self._measured(programs, outcomes[0], judged=_judged(request.tests))

        return Work([procedure], finish)

    def reward(self, items: Sequence[RewardItem]) -> Work:
        """Return the work of a batch of completions."""
        columns = {
            "problem_id": [one.problem_id for one in items],
            "src_code": [one.src_code for one in items],
            "tests": [[_plain(test) for test in one.tests] for one in items],
            "language": [one.language for one in items],
        }
        with self._lock:
            prepared = self._reward.prepare(
                [one.completion or "" for one in items], None, **columns
            )

        def finish(outcomes: Sequence[Sequence[Outcome]]) -> dict[str, Any]:
            found = prepared.judged(outcomes)
            return {
                "rewards": [one.reward for one in found],
                "items": [
                    {
                        "verdict": one.verdict.value,
                        "speedup": one.speedup,
                        "net_speedup": one.net_speedup,
                        "reward": one.reward,
                        "suspicious": one.suspicious,
                        "marks": sorted(one.marks),
                    }
                    for one in found
                ],
            }

        return Work(prepared.procedures, finish)

    def _cases(self, problem_id: str, tests: Sequence[int | TestText]) -> list[TestCase]:
        numbers = [one for one in tests if isinstance(one, int)]
        if numbers and not problem_id:
            raise RowProblem("tests are numbers, but no problem_id says of which problem")
        if len(set(numbers)) != len(numbers):
            raise RowProblem("tests lists a number twice")
        self._tests.check(problem_id, numbers)
        cases = []
        for position, test in enumerate(tests):
            if isinstance(test, int):
                cases += self._tests.resolve(problem_id, [test])
            else:
                output = None if test.output is None else _bytes(test.output)
                cases.append(text_case(f"inline.{position}", _bytes(test.input), output))
        return cases

    def _measured(
        self, programs: Sequence[Program], outcomes: Sequence[Outcome], *, judged: bool
    ) -> dict[str, Any]:
        first = outcomes[0]
        labels = {one.language: self.setting.label(one.language) for one in programs}
        same = len({tuple(_tokens(one)) for one in outcomes if _good(one)}) < 2
        told = []
        for program, one in zip(programs, outcomes, strict=True):
            comparable = _good(first) and _good(one) and (judged or same)
            told.append(
                {
                    "verdict": one.verdict.value,
                    "detail": one.detail,
                    "cycles": one.cycles,
                    "seconds": one.seconds,
                    "speedup": _speedup(first, one) if comparable else None,
                    "suspicious": bool(one.native and one.native.suspicious),
                    "measured_on": labels[program.language],
                    "tests": [
                        {
                            "test": test.test,
                            "verdict": test.verdict.value,
                            "detail": test.detail,
                            "cycles": test.run.cycles if test.run else None,
                            "instructions": test.run.instructions if test.run else None,
                            "seconds": test.run.seconds if test.run else None,
                        }
                        for test in one.tests
                    ],
                }
            )
        return {"programs": told, "outputs_agree": same}


def _judged(tests: Sequence[int | TestText]) -> bool:
    return all(isinstance(one, int) or one.output is not None for one in tests)


def _good(outcome: Outcome) -> bool:
    return outcome.verdict is Verdict.ACCEPTED


def _tokens(outcome: Outcome) -> list[str]:
    return [one.run.tokens_sha256 if one.run else "" for one in outcome.tests]


def _speedup(before: Outcome, after: Outcome) -> float | None:
    """Return a ratio of integers where there are cycles, so that equal programs have exactly 1."""
    first, second = before.cycles or before.seconds, after.cycles or after.seconds
    return first / second if first and second else None


def _plain(test: int | TestText) -> int | dict[str, str]:
    if isinstance(test, int):
        return test
    if test.output is None:
        raise InputError("a test of a reward has no output", "give what is expected")
    return InlineTest(input=test.input, output=test.output).model_dump()


def _bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise RowProblem("a test holds half a character (a lone surrogate)") from error
