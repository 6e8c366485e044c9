"""Progress: quiet at first, then a line now and then, or a bar on a terminal."""

from collections.abc import Callable

import pytest

from pie.cli import display
from pie.cli.counter import Counter
from pie.cli.dataset_output import Ticker
from pie.cli.generation.progress import Display as OfAnswers
from pie.cli.progress import Display as OfRuns
from pie.cli.progress import duration
from pie.cli.selfplay_output import Display as OfSelfPlay
from pie.flows.generation.asking import Progress
from pie.flows.simulate import Progress as Runs

Clock = Callable[[float], None]


@pytest.fixture(autouse=True)
def _progress_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIE_PROGRESS")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    now = [100.0]
    monkeypatch.setattr(display.time, "monotonic", lambda: now[0])

    def later(seconds: float) -> None:
        now[0] += seconds

    return later


def test_lines_come_after_a_while_and_not_too_often(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Counter("programs", 100) as counter:
        counter.add(10)
        clock(3)
        counter.add(10)
        clock(17)
        counter.add(20)
        clock(1)
        counter.add(20)
    assert capsys.readouterr().err == "pie: 40 of 100 programs, 2.0 a second, 30 s left\n"


def test_answers_are_shown_with_those_that_failed_and_without_those_reused(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    progress = Progress(wanted=100, answered=60, reused=42)
    progress.failures["HTTP 500"] = 2
    with OfAnswers() as shown:
        clock(20)
        shown.show(progress)
    told = "pie: 60 of 100 answers, 2 without answer, 1.0 a second, 38 s left\n"
    assert capsys.readouterr().err == told


@pytest.mark.parametrize("things", ["answers", "programs", "runs"])
def test_on_a_terminal_a_bar_is_drawn(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, things: str
) -> None:
    drawn: list[tuple[int, int]] = []
    monkeypatch.setattr(display, "on_terminal", lambda: True)
    monkeypatch.setattr("pie.cli.counter.on_terminal", lambda: True)
    runs = Runs(planned=3, runs=9)
    runs.tally.run["measure"] = 4
    shown: display.Display
    if things == "answers":
        shown, show = (one := OfAnswers()), lambda: one.show(Progress(wanted=9, answered=4))
    elif things == "programs":
        shown, show = (other := Counter("programs", 9)), lambda: other.add(4)
    else:
        shown, show = (of_runs := OfRuns()), lambda: of_runs.show(runs)
    with shown:
        clock(5)
        show()
        bar = shown._bar
        assert bar is not None
        drawn += [(int(task.completed), int(task.total or 0)) for task in bar.tasks]
    assert drawn == [(4, 9)]


@pytest.mark.parametrize("terminal", [True, False])
def test_where_it_is_not_wanted_nothing_is_shown_however_long_it_takes(
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    terminal: bool,
) -> None:
    monkeypatch.setenv("PIE_PROGRESS", "never")
    monkeypatch.setattr("pie.cli.counter.on_terminal", lambda: terminal)
    monkeypatch.setattr(display, "on_terminal", lambda: terminal)
    ticker, told = Ticker(), OfSelfPlay()
    with Counter("programs", 9) as counter, OfRuns() as runs, OfAnswers() as answers:
        clock(600)
        counter.add(4)
        runs.show(Runs(planned=3, runs=9))
        answers.show(Progress(wanted=9, answered=4))
        ticker.rows(5, "a.csv")
        told._asked(Progress(wanted=9, answered=4))
    assert capsys.readouterr() == ("", "")


def test_what_is_done_and_left_of_a_run_is_told_by_kind(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = Runs(planned=21, runs=552, programs=50, jobs=2)
    runs.tally.run |= {"build": 40, "judge": 10, "measure": 50}
    runs.tally.reused |= {"measure": 2}
    runs.tally.host_seconds |= {"build": 80.0, "judge": 1.0, "measure": 25.0}
    with OfRuns() as shown:
        clock(60)
        shown.show(runs)
    # (10 builds of 2 s, 40 judgements of 0.1 s, 500 runs of 0.5 s) / 2
    assert capsys.readouterr().err == (
        "pie: 0 of 21 rows, 40 of 50 programs compiled, 50 of 552 runs measured, "
        "2 taken from the cache; about 2 min left\n"
    )


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.4, "3 s"), (89, "89 s"), (600, "10 min"), (7200, "2.0 h")]
)
def test_a_time_to_wait_has_a_fitting_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text
