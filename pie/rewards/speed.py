"""The reward function: completions in, one float each out, by the toolkit's own measurement."""

from __future__ import annotations

import functools
import math
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pie.core.metrics.standing import UnsupportedAs
from pie.core.problem import InputError, RowProblem
from pie.core.report.startup import Startup, startup_procedure
from pie.core.rows import Row
from pie.core.test_cases import TestCases, test_folder
from pie.core.testing.fuzzed_rows import Fuzzing, examine_with_fuzz
from pie.flows.session import Session
from pie.rewards.completions import keys_of, program_of, row_of
from pie.rewards.scale import Cost, Scale, reward_of
from pie.rewards.worth import SUSPICIOUS, Measured, Rules, has_baseline, judge
from sim import comparison, machines
from sim.budget import ReferenceBudget
from sim.errors import MissingTool
from sim.limits import MIB, Limits
from sim.procedure import Outcome, Procedure
from sim.program import Program, TestCase, digest_of
from sim.setting import Setting
from sim.toolchain import Toolchain
from sim.verdict import Verdict

FUZZ = 20
"""Made inputs of an answer where nothing else is asked for."""


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
    | accepted, but `below_start`, `differs`, `memorised` | 0                         |
    | wrong, broken, over a limit, missing                | 0                         |
    | accepted, but marked `suspicious` by this host      | None, or 0 by option; one |
    |                                                     | slower than its source    |
    |                                                     | keeps `reward_of`, or 0   |
    | tampering or nondeterministic                       | 0                         |
    | doing what the machine cannot measure (unsupported) | 0; None by `unsupported`  |
    | not measured through our failure, or has no source, | None (TRL leaves it out)  |
    | or in a row that cannot be used (a warning says so) |                           |

    The speedup is net, without the start of the process, unless `cost` says gross or the machine
    counts no cycles. "Has no source": the row's `src_code` is not accepted itself, or costs no more
    than an empty program, so nothing can be faster than it; a warning names the problem.
    `log_extra` is told each verdict with its marks. `log_metric`, as TRL passes it, is told the
    mean speedup of the accepted programs without a mark, and the share of accepted ones of those
    that have a reward; NaN, which TRL leaves out of its log, where there is none. InputError for
    columns that are missing or cannot be used. Use it as a context manager, or call `close()`, to
    end the workers before the process does.
    """

    __name__ = "speed_reward"  # TRL names its metric rewards/speed_reward

    def __init__(
        self,
        setting: Setting,
        testcases: Path | None = None,
        *,
        rules: Rules | None = None,
        jobs: int = 0,
        fuzz: int = 0,
        secret: str = "",
    ) -> None:
        missing = setting.machine.check()
        if not missing.ok:
            raise MissingTool(missing.problem, missing.remedy)
        self._rules = rules or Rules()
        self._fuzzing = Fuzzing(fuzz) if fuzz else None
        reward_of(Verdict.ACCEPTED, 1.0, self._rules.scale, self._rules.cap)
        self._setting = setting
        self._testcases = testcases
        self._jobs = jobs
        self._tests = TestCases(testcases)
        self._fuzz = fuzz
        self._secret = secret
        self.session = Session(jobs, frozenset())
        self._warned: set[str] = set()

    def __call__(
        self,
        completions: Sequence[str | Sequence[Mapping[str, Any]]],
        log_metric: Callable[[str, float], None] | None = None,
        log_extra: Callable[[str, list[Any]], None] | None = None,
        trainer_state: Any = None,
        **columns: Any,
    ) -> list[float | None]:
        step = getattr(trainer_state, "global_step", None)
        found = self.measure(completions, step, **columns)
        honest = [one for one in found if not one.suspicious and not one.marks]
        speedups = [one.speedup for one in honest if one.speedup is not None]
        judged = [one.verdict is Verdict.ACCEPTED for one in found if one.reward is not None]
        if log_metric is not None:
            # Both in every process: TRL gathers each name from all of them, and one that is
            # missing in some leaves the others waiting for ever.
            log_metric("speed/accepted", _mean(judged))
            log_metric("speed/speedup", _mean(speedups))
        if log_extra is not None:
            log_extra("verdict", [" ".join((one.verdict, *sorted(one.marks))) for one in found])
        return [one.reward for one in found]

    def measure(
        self,
        completions: Sequence[str | Sequence[Mapping[str, Any]]],
        step: int | None = None,
        **columns: Any,
    ) -> list[Measured]:
        """Return what the reward is made of, for each completion.

        `step` of the training: each has made inputs of its own, the same when it is repeated.
        """
        prepared = self.prepare(completions, step, **columns)
        alone = self._setting.machine.interleaved
        return prepared.judged(self.session.run(prepared.procedures, alone=alone))

    def prepare(
        self,
        completions: Sequence[str | Sequence[Mapping[str, Any]]],
        step: int | None = None,
        **columns: Any,
    ) -> Prepared:
        """Return the work of a call, one procedure a row, for whoever runs it himself."""
        # A copy, since calls of several threads may be under way at once.
        fuzzing = self._fuzzing and replace(self._fuzzing, seed=digest_of(self._secret, step))
        if self.session.closed:
            raise InputError("the reward function was closed", "make a new one")
        keys = keys_of(len(completions), columns)
        groups: dict[bytes, list[int]] = {}
        for at, key in enumerate(keys):
            groups.setdefault(key, []).append(at)
        rows = self._usable(groups)
        programs = [
            program_of(one, rows[key][0].language) if key in rows else None
            for one, key in zip(completions, keys, strict=True)
        ]

        languages = list(dict.fromkeys(row.language for row, _cases in rows.values()))

        def procedures() -> Iterator[Procedure]:
            for language in languages:
                yield startup_procedure(language, self._setting)
            for key, (row, cases) in rows.items():
                answers = [one for at in groups[key] if (one := programs[at]) is not None]
                people = _people(row)
                yield examine_with_fuzz(
                    [*people, *answers],
                    len(people),
                    cases,
                    self._setting,
                    row.problem_id,
                    fuzzing,
                )

        def judged(results: Sequence[Sequence[Outcome]]) -> list[Measured]:
            starts = zip(languages, results, strict=False)
            startup = Startup({language: start for language, (start,) in starts})
            made: dict[int, Measured] = {}
            measured = results[len(languages) :]
            for (key, (row, _cases)), (source, *others) in zip(rows.items(), measured, strict=True):
                answers = others[len(_people(row)) - 1 :]
                before = startup.net(row.language, source, len(row.tests))
                if source.verdict is not Verdict.ACCEPTED:
                    detail = f": {source.detail}" if source.detail else ""
                    self._warn(row.problem_id, f"is not accepted ({source.verdict}{detail})")
                elif not has_baseline(source, before, self._rules):
                    self._warn(row.problem_id, "costs no more than an empty program (below_start)")
                left = iter(answers)
                for at in groups[key]:
                    answer = None if programs[at] is None else next(left)
                    after = startup.net(row.language, answer, len(row.tests)) if answer else None
                    made[at] = judge(source, answer, before, after, self._rules)
            nothing = Measured(Verdict.NOT_MEASURED, None, None)
            return [made.get(at, nothing) for at in range(len(completions))]

        return Prepared(list(procedures()), judged)

    def close(self) -> None:
        """End the workers; what was measured is kept."""
        self.session.close()

    def __reduce__(self) -> tuple[Callable[..., SpeedReward], tuple[object, ...]]:
        """A copy in another process has workers of its own; what is kept is shared."""
        given: dict[str, Any] = {
            "rules": self._rules,
            "jobs": self._jobs,
            "fuzz": self._fuzz,
            "secret": self._secret,
        }
        return functools.partial(SpeedReward, **given), (self._setting, self._testcases)

    def __enter__(self) -> SpeedReward:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _usable(self, keys: Iterable[bytes]) -> dict[bytes, tuple[Row, list[TestCase]]]:
        """Return the rows of these keys with their tests; warn of those that cannot be used.

        InputError when none can: that is a mistake in the data set or the options.
        """
        found: dict[bytes, tuple[Row, list[TestCase]]] = {}
        problems: list[InputError] = []
        for key in keys:
            try:
                row = row_of(key)
                found[key] = row, self._cases(row)
            except InputError as error:
                problems.append(error)
        if problems and not found:
            raise problems[0]
        for problem in problems:
            self._warn_once(str(problem), f"{problem}; the answers to this row have no reward")
        return found

    def _cases(self, row: Row) -> list[TestCase]:
        try:
            self._tests.check(row.problem_id, row.tests)
            return self._tests.resolve(row.problem_id, row.tests)
        except RowProblem as problem:
            raise InputError(
                f"the tests of the problem {row.problem_id} cannot be used ({problem})",
                "give the folder of test cases as `testcases`, or tests with input and output",
            ) from problem

    def _warn(self, problem_id: str, why: str) -> None:
        told = f"the source of the problem {problem_id} {why}, so its answers have no reward"
        self._warn_once(problem_id, told)

    def _warn_once(self, about: str, told: str) -> None:
        if about not in self._warned:
            self._warned.add(about)
            warnings.warn(told, RuntimeWarning, stacklevel=5)


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
    cost: str = "net",
    fuzz: int = FUZZ,
    secret: str = "",
    trust_programs: bool = False,
    unsupported: str = "failed",
) -> SpeedReward:
    """Return a reward function for `trl.GRPOTrainer(reward_funcs=...)`; see `SpeedReward`.

    `testcases` is a folder in PIE's layout, for rows whose tests are indices. The machine and its
    options are those of `pie simulate`, `jobs` the worker processes (0: one a processor; with
    several training processes on a host, give each its share). An answer that the machine cannot
    measure is worth 0; with `unsupported="left-out"` it has no reward. `suspicious`: an answer with
    that mark has the reward `"none"` (TRL leaves it out) or `"zero"`. `cost`: `"net"`, without the
    start of the process, or `"gross"`. `fuzz`: accepted answers are run beside their source on so
    many inputs that are made of the row's tests, of `secret`, which no model should know, and of
    the trainer's step; one that differs is worth 0. With 0 nothing is made. `trust_programs`:
    measure on cachegrind, too, where a program can forge its counts. InputError or MissingTool,
    each in one sentence, for what cannot be used.
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
    if fuzz < 0:
        raise InputError(f"{fuzz} made inputs cannot be had", "give 0 or more as `fuzz`")
    if cost not in tuple(Cost):
        raise InputError(f"unknown cost {cost!r}", f"choose one of {', '.join(Cost)}")
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
        rules=Rules(
            Scale(scale), cap, SUSPICIOUS[suspicious], Cost(cost), UnsupportedAs(unsupported)
        ),
        jobs=jobs,
        fuzz=fuzz,
        secret=secret,
    )


def _people(row: Row) -> list[Program]:
    """Return the row's source, and its target if it has one."""
    texts = [row.src_code, *([row.tgt_code] if row.tgt_code.strip() else [])]
    return [Program(row.language, one) for one in texts]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan
