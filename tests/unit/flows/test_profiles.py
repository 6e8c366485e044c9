"""Profiles through the scheduler: kept, the same for any number of workers; why there is none."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from pie.core.report.profile_text import Cut
from pie.core.test_cases import text_case
from pie.flows.profiles import profile_of, profiling, texts
from sim.machines.counts import Counts
from sim.machines.native import Native
from sim.profile import Profile
from sim.program import Language, Program
from sim.scheduler import Scheduler
from sim.setting import Setting
from sim.store import Store
from sim.verdict import Verdict

CPP = Program(
    Language.CPP,
    '#include <cstdio>\nint main() {\n    int n = 0;\n    std::scanf("%d", &n);\n'
    "    volatile int s = 0;\n    while (n--) s = s + n;\n}\n",
)


@pytest.fixture
def setting() -> Setting:
    found = Counts().check()
    if not found.ok:
        pytest.skip(f"{found.problem}; {found.remedy}")
    return Setting(Counts())


def run(program: Program, setting: Setting, folder: Path, jobs: int) -> tuple[Profile, Scheduler]:
    store = Store(folder / "results.sqlite")
    try:
        with Scheduler(store, jobs) as scheduler:
            case = text_case("a test", b"500\n", None)
            ((found,),) = scheduler.run([profiling(program, [case], setting)])
            return cast(Profile, found), scheduler
    finally:
        store.close()


def test_a_profile_is_kept_and_is_the_same_however_it_is_made(
    setting: Setting, tmp_path: Path
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first, _scheduler = run(CPP, setting, tmp_path / "one", 1)
    again, scheduler = run(CPP, setting, tmp_path / "one", 1)
    assert scheduler.tally.run == {}
    other, _scheduler = run(CPP, setting, tmp_path / "two", 2)
    alone = profile_of(CPP, [text_case("a test", b"500\n", None)], setting)
    assert first == again == other == alone
    assert texts(first, CPP.source) == texts(again, CPP.source)
    time, memory, problem = texts(first, CPP.source, Cut(lines=1))
    assert "while (n--) s = s + n;" in time
    assert "Total allocated: " in memory
    assert problem == ""


def test_what_cannot_be_profiled_says_why(setting: Setting, tmp_path: Path) -> None:
    broken, _scheduler = run(Program(Language.CPP, "int main() {"), setting, tmp_path, 1)
    assert broken.verdict is Verdict.COMPILE_ERROR
    assert texts(broken, "")[2].startswith("compile_error (")
    refused, _scheduler = run(CPP, Setting(Native()), tmp_path, 1)
    assert "'native' does not tell what lines cost" in texts(refused, CPP.source)[2]
