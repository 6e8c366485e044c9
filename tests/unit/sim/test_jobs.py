"""Jobs are plain values with a key of everything that matters; their results survive the store."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from sim import clock, jobs
from sim.comparison import named
from sim.errors import InstrumentFailure, MachineFailure, Unsupported
from sim.jobs import BuildJob, JudgeJob, MeasuredRun, MeasureJob
from sim.judge import Judgement
from sim.limits import CompileLimits, Limits
from sim.machine import Measurement
from sim.machines.native import Native
from sim.program import Build, Language, Program, TestCase, digest_of
from sim.setting import Setting
from sim.verdict import Verdict

PROGRAM = Program(Language.CPP, "int main() {}")
BUILD = Build(Language.CPP, "d" * 64, size=5, clock_dependent=True)
TEST = TestCase("0", Path("/a/in"), Path("/a/out"), "1", "2")


@pytest.mark.parametrize(
    ("job", "result"),
    [
        (BuildJob, Build(Language.CPP, "d" * 64, None, "", 1.5, 12, True)),
        (BuildJob, Build(Language.PYTHON, verdict=Verdict.NO_CODE, detail="empty")),
        (JudgeJob, [Judgement("0", Verdict.WRONG_ANSWER, "why", 0.1, 0.2, 3)]),
        (JudgeJob, []),
        (
            MeasureJob,
            [
                MeasuredRun(Verdict.ACCEPTED, "", 2**60, 7, 0.1, {"x": 1}, "ab", 0.5, 2),
                MeasuredRun(Verdict.TAMPERING, "why"),
            ],
        ),
    ],
)
def test_a_result_comes_back_from_the_store_as_it_was(job: Any, result: Any) -> None:
    assert job.load(json.loads(json.dumps(job.dump(result)))) == result


def test_jobs_travel_to_a_worker() -> None:
    setting = Setting(Native())
    for job in (
        BuildJob(PROGRAM, setting, "c"),
        JudgeJob(PROGRAM, BUILD, (TEST,), setting, "c"),
        MeasureJob((PROGRAM,), (BUILD,), TEST, setting, "c"),
    ):
        assert pickle.loads(pickle.dumps(job)) == job


def test_a_key_says_what_is_run_on_what_and_not_where_it_lies() -> None:
    setting = Setting(Native())

    def judge_key(**changes: Any) -> str:
        return JudgeJob(PROGRAM, BUILD, (replace(TEST, **changes),), setting, "c").key

    assert judge_key() == judge_key(name="inline.7", input_path=Path("/b"), expected_path=Path("/"))
    assert judge_key() != judge_key(input_digest="3")
    assert judge_key() != judge_key(expected_digest="3")
    other = JudgeJob(PROGRAM, replace(BUILD, digest="e" * 64), (TEST,), setting, "c").key
    assert judge_key() != other
    assert judge_key() != JudgeJob(PROGRAM, BUILD, (TEST,), setting, "other context").key
    assert judge_key() != MeasureJob((PROGRAM,), (BUILD,), TEST, setting, "c").key


@pytest.mark.parametrize(
    "change",
    [
        {"comparison": named("exact")},
        {"limits": Limits(max_instructions=5)},
        {"limits": Limits(memory_bytes=1 << 28)},
        {"limits": Limits(stack_bytes=1 << 20)},
        {"limits": Limits(output_bytes=5)},
    ],
)
def test_every_setting_that_could_change_a_verdict_or_a_cost_is_in_their_contexts(
    change: dict[str, Any],
) -> None:
    usual = Setting(Native())
    other = replace(usual, **change)
    assert usual.judge_context() != other.judge_context()
    assert usual.measure_context() != other.measure_context()
    assert usual.build_context(Language.CPP) == other.build_context(Language.CPP)


def test_the_limits_of_the_compiler_are_a_part_of_builds_alone() -> None:
    usual, other = Setting(Native()), Setting(Native(), compile_limits=CompileLimits(cpu_seconds=1))
    assert usual.build_context(Language.CPP) != other.build_context(Language.CPP)
    assert usual.judge_context() == other.judge_context()


def test_digests_tell_apart_what_joins_to_the_same_text() -> None:
    assert digest_of("ab", "c") != digest_of("a", "bc")
    assert digest_of(1) != digest_of("1")
    assert Program(Language.CPP, "x").digest != Program(Language.PYTHON, "x").digest
    assert digest_of("\ud800") == digest_of("\ud800")


@dataclass(frozen=True)
class Scripted:
    """A machine that gives prepared measurements, one after the other."""

    runs: tuple[Measurement | Exception, ...]
    name: str = "scripted"
    deterministic: bool = True
    interleaved: bool = False
    stops_at_count: bool = False
    may_compute_otherwise: bool = False

    def measure(self, *_: object) -> Measurement:
        index = len(CALLS)
        CALLS.append(index)
        run = self.runs[index]
        if isinstance(run, Exception):
            raise run
        return run


CALLS: list[int] = []
FINE = Measurement(Verdict.ACCEPTED, "", b"15\n", 100, 50, 1e-7)


def measured(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *runs: Measurement | Exception,
    twice: bool = False,
    otherwise: bool = False,
) -> MeasuredRun:
    CALLS.clear()
    monkeypatch.setattr(jobs, "ensure_kept", lambda *_: None)
    monkeypatch.setattr(clock, "next_second", lambda: None)
    expected = tmp_path / "out"
    expected.write_bytes(b"15\n")
    test = replace(TEST, expected_path=expected)
    setting = Setting(Scripted(runs, may_compute_otherwise=otherwise))  # type: ignore[arg-type]
    job = MeasureJob((PROGRAM,), (replace(BUILD, clock_dependent=twice),), test, setting, "c")
    return job.run()[0]


def test_an_honest_run_is_kept_with_its_cost(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = measured(monkeypatch, tmp_path, FINE)
    assert (kept.verdict, kept.cycles, kept.instructions, kept.runs) == ("accepted", 100, 50, 1)
    assert len(kept.output_sha256) == 64


@pytest.mark.parametrize(
    ("run", "verdict", "telling"),
    [
        (replace(FINE, stdout=b"16\n"), Verdict.NONDETERMINISTIC, "measured run is wrong"),
        (replace(FINE, stdout=b""), Verdict.NONDETERMINISTIC, "measured run is wrong"),
        (
            Measurement(Verdict.RUNTIME_ERROR, "exit code 1"),
            Verdict.NONDETERMINISTIC,
            "measured run ended with exit code 1",
        ),
        (Measurement(Verdict.TIME_LIMIT, "too many"), Verdict.TIME_LIMIT, "too many"),
        (Measurement(Verdict.OUTPUT_LIMIT, "flood"), Verdict.OUTPUT_LIMIT, "flood"),
        (Measurement(Verdict.TAMPERING, "caught"), Verdict.TAMPERING, "caught"),
    ],
)
def test_a_measured_run_that_differs_from_the_native_one_is_not_accepted(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    run: Measurement,
    verdict: Verdict,
    telling: str,
) -> None:
    kept = measured(monkeypatch, tmp_path, run)
    assert kept.verdict is verdict
    assert telling in kept.detail


@pytest.mark.parametrize(
    "second",
    [
        replace(FINE, cycles=101),
        replace(FINE, stdout=b"15 \n"),
        Measurement(Verdict.RUNTIME_ERROR, "exit code 1"),
    ],
)
def test_a_program_that_asks_for_the_time_is_run_twice_and_must_cost_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, second: Measurement
) -> None:
    kept = measured(monkeypatch, tmp_path, FINE, second, twice=True)
    assert (kept.verdict, kept.runs) == (Verdict.NONDETERMINISTIC, 2)
    same = measured(monkeypatch, tmp_path, FINE, replace(FINE, host_seconds=9.0), twice=True)
    assert (same.verdict, same.runs) == (Verdict.ACCEPTED, 2)


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize(
    "run",
    [
        replace(FINE, stdout=b"16\n"),
        Measurement(Verdict.RUNTIME_ERROR, "exit code 1"),
        Measurement(Verdict.MEMORY_LIMIT, "no memory"),
        Measurement(Verdict.OUTPUT_LIMIT, "a flood"),
        Measurement(Verdict.NONDETERMINISTIC, "a wait without end"),
    ],
)
def test_a_machine_that_gives_another_output_twice_does_not_support_the_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Measurement, twice: bool
) -> None:
    kept = measured(monkeypatch, tmp_path, run, run, twice=twice, otherwise=True)
    assert (kept.verdict, kept.runs) == (Verdict.UNSUPPORTED, 2)
    assert kept.detail.startswith("scripted computes something else than the processor, both times")
    assert kept.detail.endswith("measure it on another machine")
    first = measured(monkeypatch, tmp_path, run, FINE, twice=twice, otherwise=True)
    assert (first.verdict, first.runs) == (Verdict.NONDETERMINISTIC, 2)


def test_a_faithful_run_is_not_repeated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert measured(monkeypatch, tmp_path, FINE, otherwise=True).runs == 1
    limit = Measurement(Verdict.TIME_LIMIT, "too many")
    assert measured(monkeypatch, tmp_path, limit, otherwise=True).runs == 1


@pytest.mark.parametrize("twice", [False, True])
def test_what_a_machine_cannot_measure_is_final_after_one_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, twice: bool
) -> None:
    refusal = Unsupported("the program starts a thread", "use one")
    kept = measured(monkeypatch, tmp_path, refusal, twice=twice, otherwise=True)
    assert (kept.verdict, kept.runs) == (Verdict.UNSUPPORTED, 1)
    assert kept.detail == "the program starts a thread; use one"
    assert MeasureJob.load(json.loads(json.dumps(MeasureJob.dump([kept])))) == [kept]


def test_an_instrument_that_breaks_down_twice_alike_does_not_support_the_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    crash = InstrumentFailure("Valgrind crashed", "leave fork out")
    kept = measured(monkeypatch, tmp_path, crash, crash)
    assert (kept.verdict, kept.detail) == (
        Verdict.UNSUPPORTED,
        "both times Valgrind crashed; leave fork out",
    )
    assert measured(monkeypatch, tmp_path, crash, FINE).verdict is Verdict.ACCEPTED
    with pytest.raises(InstrumentFailure, match="no summary"):
        measured(monkeypatch, tmp_path, crash, InstrumentFailure("no summary"))
    with pytest.raises(MachineFailure, match="host"):
        measured(monkeypatch, tmp_path, crash, MachineFailure("the host"))
