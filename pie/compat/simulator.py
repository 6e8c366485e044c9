"""PIE's `simulator` module, name by name, on the machines of this toolkit.

    from pie.compat import simulator      # was: from gem5 import simulator

    env = simulator.make(arch="X86-skylake", optimization_flag="-O3")
    result = env.submit_single_submission(code, [0, 1], "p02549", "gem5")
    env.teardown()

There is no container and no server. Programs are built, isolated, judged and measured as
`pie simulate` does, and its kept results are used. What an argument cannot do here is said once, in
a `CompatibilityWarning`. Interface: https://github.com/LearningOpt/pie, gem5/simulator.py.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Self

from pie.compat import arguments, scoring
from pie.compat.results import PiePairResult, PieResult, PieSingleResult
from pie.compat.submission import TIMINGS, Submission, submissions
from pie.core.problem import InputError
from pie.flows.session import Session, show_progress
from sim import comparison, machines
from sim.errors import MissingTool
from sim.limits import MIB, Limits
from sim.machine import Machine
from sim.machines.native import Native
from sim.procedure import Outcome
from sim.setting import Setting
from sim.toolchain import Toolchain
from sim.verdict import Verdict

__all__ = [
    "CompatibilityWarning",
    "PieEnvironment",
    "PiePairResult",
    "PieResult",
    "PieSingleResult",
    "make",
]

Tests = Sequence[int | str]


class CompatibilityWarning(UserWarning):
    """Something is not here as it is with PIE; the text says what."""


def make(*args: Any, **kwargs: Any) -> PieEnvironment:
    """Return an environment; the arguments are those of `PieEnvironment`."""
    return PieEnvironment(*args, **kwargs)


class PieEnvironment:
    """Takes submissions, as PIE's environment does.

    The keyword-only arguments are not PIE's. `machine`: as `pie simulate --machine`. `gem5`: the
    path of a gem5. `testcases_dir`: a folder `<problem_id>/input.K.txt|output.K.txt`; else
    `PIE_TESTCASES`, the configuration file, or `test_cases` here. `compare`, `link`: as of
    `pie simulate` ("tokens", "static"); PIE's own are "pie" and "dynamic". `max_instructions`: the
    budget of a simulated run, else `timeout_seconds_gem5` million. `memory_limit`: in MiB.
    `trust_programs`: machine="cachegrind" may be used, where a program can forge its counts.

    NotImplementedError for another architecture; InputError and MissingTool, in one sentence each,
    for what cannot be used.
    """

    supported_modes = tuple(TIMINGS)
    container = None
    stream_thread = None
    child_process = None

    def __init__(
        self,
        arch: str = "X86-skylake",
        cpuset_cpus: str | None = None,
        working_dir: str = "/home/working_dir",
        use_logical_cpus: bool = False,
        workers: int = -1,
        threaded: bool = False,
        gem5_acc_threshold: float = 0.95,
        port: int = 4000,
        cstd: str = "--std=c++17",
        optimization_flag: str = "-O3",
        cpu_type: str = "Verbatim",
        timeout_seconds_binary: int = 10,
        timeout_seconds_gem5: int = 60,
        api_key: str | None = None,
        verbose: bool = False,
        do_run_without_container: bool = False,
        exit_early_on_fail: bool = True,
        *,
        machine: str = "auto",
        gem5: str = "",
        testcases_dir: str | os.PathLike[str] | None = None,
        compare: str = "tokens",
        link: str | None = None,
        max_instructions: int | None = None,
        memory_limit: int = 1024,
        trust_programs: bool = False,
    ) -> None:
        given = {name: value for name, value in locals().items() if name != "self"}
        if arch != "X86-skylake":
            raise NotImplementedError(
                f"the architecture {arch!r} is not supported; use arch='X86-skylake'"
            )
        if link not in (None, "static", "dynamic"):
            raise InputError(f"unknown kind of linking {link!r}", "choose static or dynamic")
        comparison.named(compare)
        arguments.at_least(max_instructions, 1, "max_instructions", "instructions")
        arguments.at_least(memory_limit, 16, "memory_limit", "MiB")
        self.arch = arch
        self.cpuset_cpus = cpuset_cpus
        self.working_dir = working_dir
        self.use_logical_cpus = use_logical_cpus
        self.workers = workers
        self.threaded = threaded
        self.gem5_acc_threshold = gem5_acc_threshold
        self.port = port
        self.cstd = cstd
        self.optimization_flag = optimization_flag
        self.cpu_type = cpu_type
        self.timeout_seconds_binary = timeout_seconds_binary
        self.timeout_seconds_gem5 = timeout_seconds_gem5
        self.api_key = api_key
        self.verbose = verbose
        self.do_run_without_container = do_run_without_container
        self.exit_early_on_fail = exit_early_on_fail
        arguments.flags(optimization_flag, cstd, None)
        chosen = machines.machine(machine, gem5, cpu_type)
        if not trust_programs:
            machines.refuse_untrusted(chosen, "trust_programs=True")
        self._machine = _usable(chosen)
        toolchain = Toolchain(link="dynamic" if link == "dynamic" else "static")
        budgets = {
            "gem5": max_instructions or arguments.simulated_budget(timeout_seconds_gem5),
            "binary": arguments.native_budget(timeout_seconds_binary),
        }
        self._settings = {
            kind: Setting(
                machine=self._machine if kind == "gem5" else Native(),
                toolchain=toolchain,
                comparison=comparison.named(compare),
                limits=Limits(max_instructions=budget, memory_bytes=memory_limit * MIB),
            )
            for kind, budget in budgets.items()
        }
        self._folder = arguments.testcases_folder(testcases_dir)
        self._session = Session(workers, arguments.processors(cpuset_cpus))
        self._said: set[str] = set()
        if verbose:
            show_progress()
        for sentence in arguments.notices(given, self._machine):
            self._say(sentence)
        for notice in machines.weaker_walls(self._machine):
            self._say(notice)

    def submit_single_submission(
        self,
        code: str,
        testcases: Tests,
        problem_id: str,
        timing_env: str,
        override_flags: str | None = None,
    ) -> PieSingleResult:
        """Build, judge and measure one program on the named tests of a problem."""
        return self.submit_multiple_single_submissions(
            [code], [testcases], [problem_id], timing_env, [override_flags]
        )[0]

    def submit_single_submission_pair(
        self,
        code_v0: str,
        code_v1: str,
        testcases: Tests,
        problem_id: str,
        timing_env: str,
        override_flags: str | None = None,
    ) -> PiePairResult:
        """Build, judge and measure two programs on the same tests, both with `override_flags`."""
        added = [override_flags]
        return self.submit_multiple_dual_submissions(
            [code_v0], [code_v1], [testcases], [problem_id], timing_env, added, added
        )[0]

    def submit_multiple_single_submissions(
        self,
        code_list: Sequence[str],
        testcases_list: Sequence[Tests],
        problem_id_list: Sequence[str],
        timing_env: str,
        override_flags_list: Sequence[str | None] | None = None,
    ) -> list[PieSingleResult]:
        """Build, judge and measure many programs; all are checked before anything starts."""
        made = self._submit(
            [code_list], testcases_list, problem_id_list, [override_flags_list], timing_env
        )
        name = self._machine_of(timing_env)
        return [PieSingleResult(**fields, machine=name) for (fields,) in made]

    def submit_multiple_dual_submissions(
        self,
        code_list_v0: Sequence[str],
        code_list_v1: Sequence[str],
        testcases_list: Sequence[Tests],
        problem_id_list: Sequence[str],
        timing_env: str,
        override_flags_list_v0: Sequence[str | None] | None = None,
        override_flags_list_v1: Sequence[str | None] | None = None,
    ) -> list[PiePairResult]:
        """Build, judge and measure many pairs; each list of flags is for its programs."""
        made = self._submit(
            [code_list_v0, code_list_v1],
            testcases_list,
            problem_id_list,
            [override_flags_list_v0, override_flags_list_v1],
            timing_env,
        )
        name = self._machine_of(timing_env)
        return [
            PiePairResult(
                **{
                    f"{field}_v{version}": value
                    for version, fields in enumerate(pair)
                    for field, value in fields.items()
                },
                machine=name,
            )
            for pair in made
        ]

    def teardown(self, remove_container: bool = True) -> None:
        """End the workers; what was measured is kept. There is no container to remove."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.teardown()

    def test_connection(self) -> bool:
        """Tell whether submissions are taken: until `teardown`."""
        return not self._session.closed

    def wait_for_connection(self, timeout: float = 5) -> bool:
        """Tell whether submissions are taken; there is nothing to wait for."""
        return self.test_connection()

    def _machine_of(self, timing_env: str) -> str:
        return self._settings[TIMINGS[timing_env][0]].machine.name

    def _submit(
        self,
        codes: Sequence[Sequence[str]],
        tests: Sequence[Tests],
        problems: Sequence[str],
        overrides: Sequence[Sequence[str | None] | None],
        timing_env: str,
    ) -> list[list[dict[str, Any]]]:
        """Return for each submission the fields of each of its programs."""
        if timing_env not in TIMINGS:
            raise InputError(
                f"unknown timing_env {timing_env!r}", f"choose one of {', '.join(TIMINGS)}"
            )
        flags = self.optimization_flag, self.cstd
        wanted = submissions(self._folder, codes, tests, problems, overrides, flags)
        if not self.test_connection():
            raise InputError(
                "the environment was torn down", "make a new one with simulator.make()"
            )
        found = {kind: self._outcomes(wanted, kind) for kind in TIMINGS[timing_env]}
        made = []
        for number, one in enumerate(wanted):
            by_kind = {kind: outcomes[number] for kind, outcomes in found.items()}
            made.append(
                [
                    self._fields(one, {kind: of[index] for kind, of in by_kind.items()})
                    for index in range(len(one.codes))
                ]
            )
        return made

    def _outcomes(self, wanted: Sequence[Submission], kind: str) -> list[list[Outcome]]:
        """Run all submissions on the machine of a kind of timing."""
        setting = self._settings[kind]
        procedures = [list(one.procedures(setting)) for one in wanted]
        results = iter(
            self._session.run(
                [one for several in procedures for one in several],
                alone=setting.machine.interleaved,
            )
        )
        return [[outcome for _ in several for outcome in next(results)] for several in procedures]

    def _fields(self, submission: Submission, outcomes: dict[str, Outcome]) -> dict[str, Any]:
        """Return the fields of one program, and say what must be known about it."""
        first = next(iter(outcomes.values()))
        telling = next(
            (one for one in outcomes.values() if one.verdict is not Verdict.ACCEPTED), first
        )
        accs = scoring.accuracies(first, submission.tests)
        mean = sum(accs.values()) / len(accs)
        fields: dict[str, Any] = {
            "compilation": first.build is not None and first.build.verdict is None,
            "accs": accs,
            "mean_acc": mean,
            "verdict": telling.verdict.value,
            "detail": telling.detail,
        }
        for kind, outcome in outcomes.items():
            timing = scoring.timing(
                outcome,
                submission.tests,
                stop_at_failure=self.exit_early_on_fail,
                repeated=kind == "binary",
            )
            if len(submission.codes) > 1:
                timing = scoring.of_pair(timing, submission.tests)
            suffix = "_binary" if kind == "binary" and len(outcomes) > 1 else ""
            fields |= {f"{name}{suffix}": value for name, value in asdict(timing).items()}
        if telling.verdict is Verdict.NOT_MEASURED:
            self._say(
                f"a program could not be measured, so its times are nan ({telling.detail}); "
                "submit it again"
            )
        elif self.gem5_acc_threshold <= mean < 1.0 and not math.isnan(mean):
            self._say(
                f"gem5_acc_threshold={self.gem5_acc_threshold} would time a program that fails a "
                "test; here only programs that pass all tests have a time, the others inf"
            )
        return fields

    def _say(self, sentence: str) -> None:
        """Warn, each thing once for an environment, at the line of the caller's own script."""
        if sentence not in self._said:
            self._said.add(sentence)
            warnings.warn(f"pie.compat: {sentence}", CompatibilityWarning, stacklevel=_depth())


def _depth() -> int:
    """Return how many frames up the caller's own code is."""
    import sys

    depth, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "") == __name__:
        frame, depth = frame.f_back, depth + 1
    return depth


def _usable(machine: Machine) -> Machine:
    missing = machine.check()
    if not missing.ok:
        raise MissingTool(missing.problem, missing.remedy)
    return machine
