"""The reward function: completions in, one float each out, by the toolkit's own measurement."""

from __future__ import annotations

import functools
import math
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pie.core.answers.extraction import extract
from pie.core.metrics.standing import UnsupportedAs
from pie.core.native_check import examine_with_check
from pie.core.problem import InputError, RowProblem
from pie.core.rows import Row, parse_row
from pie.core.run_folder import encode
from pie.core.test_cases import TestCases, test_folder
from pie.flows.session import Session
from pie.rewards.scale import NOTHING, Scale, reward_of
from sim import comparison, machines
from sim.budget import ReferenceBudget
from sim.errors import MissingTool
from sim.limits import MIB, Limits
from sim.procedure import Outcome, Procedure
from sim.program import Language, Program, TestCase
from sim.setting import Setting
from sim.toolchain import Toolchain
from sim.verdict import Verdict

COLUMNS = ("problem_id", "src_code", "tests")
"""What the data set must have besides `prompt`; `language` is known too (default cpp)."""


SUSPICIOUS: dict[str, float | None] = {"none": None, "zero": NOTHING}
"""What an answer that is marked `suspicious` is worth, by the option's value."""


@dataclass(frozen=True)
class Measured:
    """One completion: what became of its program, its speed against the source, its reward."""

    verdict: Verdict
    speedup: float | None
    reward: float | None
    suspicious: bool = False
    """The processor of this host does not agree with the speedup (`sim.agreement`)."""


@dataclass(frozen=True)
class Prepared:
    """One call's work, and what is made of its results."""

    procedures: list[Procedure]
    judged: Callable[[Sequence[Sequence[Outcome]]], list[Measured]]
    """The outcomes of the procedures, in their order, in; one value a completion out."""


class SpeedReward:
    """`reward(completions, problem_id=..., src_code=..., tests=..., **rest) -> list`, as TRL calls.

    A completion is a text, or a list of messages whose last one is the answer. Its program is
    extracted as in `pie generate`, then built, judged on the row's tests and measured against the
    row's `src_code`, all completions of a call at once. Nothing is measured twice: results are in
    the toolkit's store, shared with every other command.

    | the program is                                      | reward                    |
    | --------------------------------------------------- | ------------------------- |
    | accepted on all tests                               | `reward_of` its speedup   |
    | wrong, broken, over a limit, missing                | 0                         |
    | accepted, but marked `suspicious` by this host      | None, or 0 by option; one |
    |                                                     | slower than its source    |
    |                                                     | keeps `reward_of`, or 0   |
    | tampering or nondeterministic                       | 0                         |
    | doing what the machine cannot measure (unsupported) | 0; None by `unsupported`  |
    | not measured through our failure, or has no source  | None (TRL leaves it out)  |

    "Has no source": the row's `src_code` is not accepted itself, so nothing can be faster than it;
    a warning names the problem. `log_metric`, as TRL passes it, is told the mean speedup of the
    accepted programs that are not suspicious, and the share of accepted ones of those that have a
    reward; NaN, which TRL leaves out of its log, where there is none. InputError for columns that
    are missing or cannot be used. Use it as a context manager, or call `close()`, to end the
    workers before the process does.
    """

    __name__ = "speed_reward"  # TRL names its metric rewards/speed_reward

    def __init__(
        self,
        setting: Setting,
        testcases: Path | None = None,
        *,
        scale: Scale = Scale.LOG2,
        cap: float = 64.0,
        jobs: int = 0,
        suspicious: float | None = None,
        unsupported: UnsupportedAs = UnsupportedAs.FAILED,
    ) -> None:
        missing = setting.machine.check()
        if not missing.ok:
            raise MissingTool(missing.problem, missing.remedy)
        reward_of(Verdict.ACCEPTED, 1.0, scale, cap)
        self._setting = setting
        self._testcases = testcases
        self._jobs = jobs
        self._tests = TestCases(testcases)
        self._scale = scale
        self._cap = cap
        self._suspicious = suspicious
        self._unsupported = unsupported
        self.session = Session(jobs, frozenset())
        self._warned: set[str] = set()

    def __call__(
        self,
        completions: Sequence[str | Sequence[Mapping[str, Any]]],
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        found = self.measure(completions, **columns)
        speedups = [one.speedup for one in found if one.speedup is not None and not one.suspicious]
        judged = [one.verdict is Verdict.ACCEPTED for one in found if one.reward is not None]
        if log_metric is not None:
            # Both in every process: TRL gathers each name from all of them, and one that is
            # missing in some leaves the others waiting for ever.
            log_metric("speed/accepted", _mean(judged))
            log_metric("speed/speedup", _mean(speedups))
        return [one.reward for one in found]

    def measure(
        self, completions: Sequence[str | Sequence[Mapping[str, Any]]], **columns: Any
    ) -> list[Measured]:
        """Return what the reward is made of, for each completion."""
        prepared = self.prepare(completions, **columns)
        alone = self._setting.machine.interleaved
        return prepared.judged(self.session.run(prepared.procedures, alone=alone))

    def prepare(
        self, completions: Sequence[str | Sequence[Mapping[str, Any]]], **columns: Any
    ) -> Prepared:
        """Return the work of a call, one procedure a row, for whoever runs it himself."""
        if self.session.closed:
            raise InputError("the reward function was closed", "make a new one")
        keys = _keys(len(completions), columns)
        groups: dict[bytes, list[int]] = {}
        for at, key in enumerate(keys):
            groups.setdefault(key, []).append(at)
        rows = {key: _row(key) for key in groups}
        programs = [
            _program(one, rows[key].language) for one, key in zip(completions, keys, strict=True)
        ]

        def procedures() -> Iterator[Procedure]:
            for key, places in groups.items():
                row = rows[key]
                answers = [one for at in places if (one := programs[at]) is not None]
                source = Program(row.language, row.src_code)
                yield examine_with_check([source, *answers], self._cases(row), self._setting)

        def judged(results: Sequence[Sequence[Outcome]]) -> list[Measured]:
            made: dict[int, Measured] = {}
            for (key, places), (source, *answers) in zip(groups.items(), results, strict=True):
                if source.verdict is not Verdict.ACCEPTED:
                    self._warn(rows[key].problem_id, source)
                left = iter(answers)
                for at in places:
                    made[at] = self._judge(source, None if programs[at] is None else next(left))
            return [made[at] for at in range(len(completions))]

        return Prepared(list(procedures()), judged)

    def close(self) -> None:
        """End the workers; what was measured is kept."""
        self.session.close()

    def __reduce__(self) -> tuple[Callable[..., SpeedReward], tuple[object, ...]]:
        """A copy in another process has workers of its own; what is kept is shared."""
        given: dict[str, Any] = {
            "scale": self._scale,
            "cap": self._cap,
            "jobs": self._jobs,
            "suspicious": self._suspicious,
            "unsupported": self._unsupported,
        }
        return functools.partial(SpeedReward, **given), (self._setting, self._testcases)

    def __enter__(self) -> SpeedReward:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _judge(self, source: Outcome, answer: Outcome | None) -> Measured:
        if answer is None:
            return Measured(Verdict.NO_CODE, None, NOTHING)
        if answer.verdict is not Verdict.ACCEPTED:
            reward = reward_of(answer.verdict, None, self._scale, self._cap, self._unsupported)
            return Measured(answer.verdict, None, reward)
        if source.verdict is not Verdict.ACCEPTED:
            return Measured(answer.verdict, None, None)
        # Of integers where there are cycles, so that equal programs have exactly 1.
        before, after = source.cycles or source.seconds, answer.cycles or answer.seconds
        speedup = (before or 0.0) / after if after else None
        reward = reward_of(answer.verdict, speedup, self._scale, self._cap)
        if answer.native is not None and answer.native.suspicious:
            slow = self._suspicious is None and reward is not None and reward < 1
            # Else a slow answer would leave the step by making itself suspicious.
            return Measured(
                answer.verdict, speedup, reward if slow else self._suspicious, suspicious=True
            )
        return Measured(answer.verdict, speedup, reward)

    def _cases(self, row: Row) -> list[TestCase]:
        try:
            self._tests.check(row.problem_id, row.tests)
            return self._tests.resolve(row.problem_id, row.tests)
        except RowProblem as problem:
            raise InputError(
                f"the tests of the problem {row.problem_id} cannot be used ({problem})",
                "give the folder of test cases as `testcases`, or tests with input and output",
            ) from problem

    def _warn(self, problem_id: str, source: Outcome) -> None:
        if problem_id not in self._warned:
            self._warned.add(problem_id)
            warnings.warn(
                f"the source of the problem {problem_id} is not accepted ({source.verdict}"
                f"{f': {source.detail}' if source.detail else ''}), so its answers have no reward",
                RuntimeWarning,
                stacklevel=4,
            )


def speed_reward(
    testcases: str | os.PathLike[str] | None = None,
    *,
    machine: str = "auto",
    gem5: str = "",
    gem5_config: str = "Verbatim",
    scale: str = "log2",
    cap: float = 64.0,
    jobs: int = 0,
    compare: str = "tokens",
    max_instructions: int | None = None,
    memory_limit: int = 1024,
    suspicious: str = "none",
    trust_programs: bool = False,
    unsupported: str = "failed",
) -> SpeedReward:
    """Return a reward function for `trl.GRPOTrainer(reward_funcs=...)`; see `SpeedReward`.

    `testcases` is a folder in PIE's layout, for rows whose tests are indices. The machine and its
    options are those of `pie simulate`, `jobs` the worker processes (0: one a processor; with
    several training processes on a host, give each its share). An answer that the machine cannot
    measure is worth 0; with `unsupported="left-out"` it has no reward. `suspicious`: an answer with
    that mark has the reward `"none"` (TRL leaves it out) or `"zero"`. `trust_programs`: measure on
    cachegrind, too, where a program can forge its counts. InputError or MissingTool, each in one
    sentence, for what cannot be used.
    """
    if scale not in tuple(Scale):
        raise InputError(f"unknown scale {scale!r}", f"choose one of {', '.join(Scale)}")
    if not cap >= 1:
        raise InputError(f"the cap {cap} is below 1", "give a speedup of at least 1")
    if suspicious not in SUSPICIOUS:
        raise InputError(
            f"unknown reward of a suspicious answer {suspicious!r}",
            f"choose one of {', '.join(SUSPICIOUS)}",
        )
    if unsupported not in tuple(UnsupportedAs):
        known = " or ".join(UnsupportedAs)
        raise InputError(
            f"unknown way to count unsupported answers {unsupported!r}", f"choose {known}"
        )
    comparison.named(compare)
    limits = Limits(
        max_instructions=max_instructions or Limits.max_instructions,
        memory_bytes=memory_limit * MIB,
    )
    setting = Setting(
        machine=machines.machine(machine, gem5, gem5_config),
        toolchain=Toolchain(),
        comparison=comparison.named(compare),
        limits=limits,
        budget=ReferenceBudget() if max_instructions is None else None,
    )
    if not trust_programs:
        machines.refuse_untrusted(setting.machine, "trust_programs=True")
    folder = None if testcases is None else test_folder(Path(testcases), Path())
    return SpeedReward(
        setting,
        folder,
        scale=Scale(scale),
        cap=cap,
        jobs=jobs,
        suspicious=SUSPICIOUS[suspicious],
        unsupported=UnsupportedAs(unsupported),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _keys(count: int, columns: Mapping[str, Any]) -> list[bytes]:
    """Return for each completion its row as one line, so that equal rows are found."""
    for name in COLUMNS:
        if columns.get(name) is None:
            raise InputError(
                f"the reward needs the column {name}, and the data set has none",
                f"keep {', '.join(COLUMNS)} in the training data",
            )
    names = [*COLUMNS, *(["language"] if columns.get("language") is not None else [])]
    for name in names:
        if len(columns[name]) != count:
            raise InputError(
                f"the column {name} has {len(columns[name])} values for {count} completions",
                "give one for each completion",
            )
    try:
        # The parser of rows wants a target, which nobody measures here.
        return [
            encode({**{name: columns[name][at] for name in names}, "tgt_code": ""})
            for at in range(count)
        ]
    except (TypeError, ValueError) as error:
        raise InputError(
            f"a column of the data set is no plain value ({error})", "give texts and numbers"
        ) from error


def _row(key: bytes) -> Row:
    try:
        return parse_row(key)
    except RowProblem as problem:
        raise InputError(
            f"a row of the training data cannot be used: {problem}", "mend or remove it"
        ) from problem


def _program(completion: str | Sequence[Mapping[str, Any]], language: Language) -> Program | None:
    """Return the program of a completion, or None."""
    code = extract(_text(completion), language).code
    return None if code is None else Program(language, code)


def _text(completion: object) -> str:
    """Return the text of a completion: its last message's, whose content may come in parts."""
    if isinstance(completion, list | tuple):
        completion = completion[-1].get("content") if completion else None
        if isinstance(completion, list | tuple):
            parts = [part.get("text") for part in completion if isinstance(part, Mapping)]
            return "".join(part for part in parts if isinstance(part, str))
    if completion is None or isinstance(completion, str):
        return completion or ""
    raise InputError(
        f"a completion is no text but {type(completion).__name__}", "give texts or messages"
    )
