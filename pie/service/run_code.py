"""SandboxFusion's `POST /run_code`: one program on one input, what it printed out.

Trainers that reward by running code ask for this by a URL alone (verl's `sandbox_fusion.url`). A
time limit is a number of instructions here, so that a busy host fails nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pie.core.problem import RowProblem
from pie.core.rows import language_of
from pie.core.test_cases import text_case
from pie.service.schema import RunCodeRequest
from pie.service.work import Work
from sim.limits import MIB, NATIVE_FLOOR
from sim.observation import Observation, observe
from sim.printed import Asked
from sim.procedure import Outcome
from sim.program import Program
from sim.setting import Setting
from sim.verdict import Verdict

_LARGEST_OUTPUT = 1 << 20
_LEAST_MEMORY = 16
_STATUS = {Verdict.ACCEPTED: "Finished", Verdict.TIME_LIMIT: "TimeLimitExceeded"}


class NotRunnable(Exception):
    """A request that this sandbox cannot serve; SandboxFusion answers `SandboxError`."""


def work_of(request: RunCodeRequest, setting: Setting) -> Work:
    """Return the work of a request; NotRunnable with a sentence for one that cannot be served."""
    if request.files or request.fetch_files:
        raise NotRunnable("files beside the program are not supported; put the data on stdin")
    try:
        language = language_of(request.language)
    except RowProblem as problem:
        raise NotRunnable(f"the request cannot be used: {problem}") from problem
    limits = replace(
        setting.limits, max_instructions=max(1, int(request.run_timeout * NATIVE_FLOOR))
    )
    if request.memory_limit_MB > 0:
        asked = max(_LEAST_MEMORY, request.memory_limit_MB) * MIB
        limits = replace(limits, memory_bytes=min(asked, limits.memory_bytes))
    given = (request.stdin or "").encode("utf-8", "surrogatepass")
    procedure = observe(
        Program(language, request.code),
        [text_case("stdin", given, None)],
        Asked(required=1, keep_bytes=_LARGEST_OUTPUT),
        replace(setting, limits=limits),
    )
    return Work([procedure], lambda outcomes: _answer(outcomes[0]))


def refusal(sentence: str) -> dict[str, Any]:
    """Return the answer to a request that is not run."""
    return _document("SandboxError", sentence, None, None)


def _answer(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    (outcome,) = outcomes
    assert isinstance(outcome, Observation)
    if outcome.verdict is Verdict.NOT_MEASURED:
        return refusal(outcome.detail)
    if outcome.verdict is Verdict.COMPILE_ERROR:
        failed = _run("Error", 1, "", outcome.detail)
        return _document("Failed", "", failed, None)
    printed = outcome.printed[0] if outcome.printed else None
    good = outcome.verdict is Verdict.ACCEPTED
    status = _STATUS.get(outcome.verdict, "Error" if printed is None else "Finished")
    stdout = (printed.stdout or b"").decode("utf-8", "replace") if printed else ""
    cut = good and printed is not None and printed.stdout is None
    detail = f"{printed.size} bytes of output were not kept" if cut and printed else outcome.detail
    code = None if outcome.verdict is Verdict.TIME_LIMIT else int(not good)
    run = _run(status, code, stdout, "" if good and not cut else f"{outcome.verdict}: {detail}")
    return _document("Success" if good and not cut else "Failed", "", None, run)


def _run(status: str, code: int | None, stdout: str, stderr: str) -> dict[str, Any]:
    return {
        "status": status,
        "execution_time": None,  # of this host, now: not the same a second time
        "return_code": code,
        "stdout": stdout,
        "stderr": stderr,
    }


def _document(
    status: str, message: str, built: dict[str, Any] | None, run: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "status": status,
        "message": message,
        "compile_result": built,
        "run_result": run,
        "executor_pod_name": None,
        "files": {},
    }
