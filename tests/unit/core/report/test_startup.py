"""The start of the process: its cost, and its share of what a program took."""

import pytest

from pie.core.report.startup import Startup, startup_procedure
from sim.jobs import BuildJob, MeasuredRun
from sim.machine import CLOCK_HZ
from sim.machines import machine
from sim.procedure import Outcome, TestOutcome
from sim.program import Language
from sim.setting import Setting
from sim.verdict import Verdict


def startup(cycles: int) -> Startup:
    run = MeasuredRun(Verdict.ACCEPTED, cycles=cycles, seconds=cycles / CLOCK_HZ)
    test = TestOutcome("empty", Verdict.ACCEPTED, run=run)
    return Startup({Language.CPP: Outcome(Verdict.ACCEPTED, "", (test,))})


def test_the_share_is_one_start_for_each_test() -> None:
    assert startup(100).share(Language.CPP, 800 / CLOCK_HZ, 4) == pytest.approx(0.5)


def test_the_share_is_never_above_one() -> None:
    assert startup(100).share(Language.CPP, 90 / CLOCK_HZ, 1) == 1.0


def test_there_is_no_share_of_a_program_that_was_not_measured() -> None:
    assert startup(100).share(Language.CPP, None, 4) is None


def test_there_is_no_share_where_the_start_could_not_be_measured() -> None:
    failed = Startup({Language.CPP: Outcome(Verdict.NOT_MEASURED, "the disk is full")})
    assert failed.share(Language.CPP, 1.0, 1) is None
    assert failed.as_dict() == {"cpp": {"seconds": None, "cycles": None}}


def test_it_is_written_with_cycles_and_seconds() -> None:
    assert startup(35).as_dict() == {"cpp": {"seconds": 35 / CLOCK_HZ, "cycles": 35}}


@pytest.mark.parametrize("language", list(Language))
def test_an_empty_program_of_every_language_is_built_with_the_users_setting(
    language: Language, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path_factory.mktemp("cache")))
    setting = Setting(machine("cachegrind"))
    (job,) = next(startup_procedure(language, setting))
    assert isinstance(job, BuildJob)
    assert job.program.language is language
    assert job.setting is setting
