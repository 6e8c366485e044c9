"""A run that is stopped in the middle, in any way, goes on where it was and ends the same."""

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Pie, children, row, sums, write_rows

Start = Callable[..., subprocess.Popen[str]]
LeftBehind = Callable[[float], list[str]]

NUMBERS = (3, 50, 20_000)
# What becomes of a run does not hang on the machine, and this one is quick.
SIMULATE = ("simulate", "-m", "counts")


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Four rows of eight programs and three tests, one of them long."""
    rows = []
    for number in range(4):
        made = row(f"p{number}", tests=sums(*NUMBERS))
        for role in ("src_code", "tgt_code"):
            made[role] += f"int unused{number};\n"
        rows.append(made)
    return write_rows(tmp_path / "pairs.jsonl", *rows)


@pytest.fixture
def environment(
    environment: dict[str, str], tmp_path: Path, fresh_cache: Callable[[Path], Path]
) -> dict[str, str]:
    """A cache of the test's own, so that there is something to measure."""
    return {**environment, "PIE_CACHE": str(fresh_cache(tmp_path / "cache"))}


@pytest.fixture
def undisturbed(pie: Pie, pairs: Path, tmp_path: Path, environment: dict[str, str]) -> Path:
    run = tmp_path / "undisturbed"
    other = {**environment, "PIE_CACHE": str(tmp_path / "other-cache")}
    done = pie(*SIMULATE, "--pairs", pairs, "--out", run, "--json", env=other)
    assert json.loads(done.stdout)["counts"]["accepted"] == 8
    return run


def kept(cache: Path) -> dict[str, float]:
    """The measurements in the store of a cache, with the time at which each was kept."""
    file = cache / "results.sqlite"
    if not file.exists():
        return {}
    store = sqlite3.connect(file, timeout=60)
    try:
        return dict(store.execute("SELECT key, created FROM results WHERE kind = 'measure'"))
    except sqlite3.OperationalError:
        return {}  # the table is not made yet
    finally:
        store.close()


def wait_for(process: subprocess.Popen[str], cache: Path, number: int) -> None:
    """Wait until so many measurements are kept and others are under way."""
    deadline = time.monotonic() + 600
    while len(kept(cache)) < number and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def workers(driver: int) -> list[int]:
    found = []
    for pid in children(driver):
        with contextlib.suppress(OSError):
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


def manifest(run: Path) -> dict[str, Any]:
    return json.loads((run / "manifest.json").read_text())


def assert_same_result(run: Path, undisturbed: Path) -> None:
    for name in ("pairs.jsonl", "summary.json"):
        assert (run / name).read_bytes() == (undisturbed / name).read_bytes()
    assert manifest(run)["status"] == "finished"


def assert_nothing_repeated(run: Path, cache: Path, before: dict[str, float]) -> None:
    """Beyond what was kept before, the last command measured exactly what was missing."""
    after = kept(cache)
    assert {key: after[key] for key in before} == before
    assert manifest(run)["effort"]["jobs_run"].get("measure", 0) == len(after) - len(before)


@pytest.mark.parametrize(
    "numbers", [(1, 9), pytest.param((0, 2, 5, 9, 14), marks=pytest.mark.prove)], ids=len
)
def test_killed_at_random_moments_it_ends_as_if_undisturbed(
    start_pie: Start,
    pie: Pie,
    pairs: Path,
    undisturbed: Path,
    tmp_path: Path,
    left_behind: LeftBehind,
    numbers: tuple[int, ...],
) -> None:
    run, cache = tmp_path / "run", tmp_path / "cache"
    whole = len(kept(tmp_path / "other-cache"))
    moments = random.Random(20)
    kills = 0
    seen: dict[str, float] = {}
    for number in numbers:
        process = start_pie(*SIMULATE, "--pairs", pairs, "--out", run)
        wait_for(process, cache, number)
        time.sleep(moments.uniform(0.0, 0.3))
        process.kill()
        process.wait()
        kills += process.returncode == -signal.SIGKILL
        assert left_behind(60) == [], "workers and sandboxes die with their driver"
        now = kept(cache)
        assert {key: now[key] for key in seen} == seen, "what was kept stays kept"
        seen = now
    assert kills >= (len(numbers) + 1) // 2, "the runs ended before they could be killed"
    assert 0 < len(seen) <= whole
    last = pie(*SIMULATE, "--pairs", pairs, "--out", run)
    assert last.returncode == 0, last.stderr
    assert len(kept(cache)) == whole
    assert_nothing_repeated(run, cache, seen)
    assert_same_result(run, undisturbed)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_keeps_everything_says_how_to_go_on_and_leaves_no_process(
    start_pie: Start,
    pie: Pie,
    pairs: Path,
    tmp_path: Path,
    left_behind: LeftBehind,
    number: signal.Signals,
) -> None:
    run, cache = tmp_path / "run", tmp_path / "cache"
    process = start_pie(*SIMULATE, "--pairs", pairs, "--out", run)
    wait_for(process, cache, 3)
    # A terminal sends Ctrl-C to the whole group, `kill` a signal to one process.
    send = os.killpg if number == signal.SIGINT else os.kill
    send(process.pid, number)
    output, errors = process.communicate(timeout=300)
    assert left_behind(60) == []
    before = kept(cache)
    assert (process.returncode, output) == (130, "")
    _plan, told, line = errors.splitlines()
    assert told == f"pie: interrupted; everything measured is kept in {run}. Go on with:"
    assert line == f"  pie {' '.join(SIMULATE)} --pairs {pairs} --out {run}"
    assert manifest(run)["status"] == "interrupted"
    report = pie("report", run)
    assert report.returncode == 0, report.stderr
    assert "of 4 rows finished" in report.stdout
    assert pie(*line.split()[1:]).returncode == 0
    assert_nothing_repeated(run, cache, before)


@pytest.mark.parametrize(
    "seconds",
    [0.0, *(pytest.param(later, marks=pytest.mark.prove) for later in (0.15, 0.4))],
)
def test_killed_or_interrupted_while_its_workers_start_it_is_quiet_and_gone(
    start_pie: Start, pairs: Path, tmp_path: Path, left_behind: LeftBehind, seconds: float
) -> None:
    for number in (signal.SIGKILL, signal.SIGINT):
        process = start_pie(*SIMULATE, "--pairs", pairs, "--out", tmp_path / f"run{number}")
        while not workers(process.pid):
            assert process.poll() is None
            time.sleep(0.002)
        time.sleep(seconds)
        if number == signal.SIGKILL:
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=300)
        assert left_behind(60) == []
        if number == signal.SIGINT:
            _output, errors = process.communicate()
            assert "Traceback" not in errors
            assert process.returncode == 130, errors


def test_an_interrupt_does_not_wait_for_a_long_run(
    start_pie: Start, tmp_path: Path, left_behind: LeftBehind
) -> None:
    pairs = write_rows(tmp_path / "pairs.jsonl", row("long", tests=sums(1_000_000)))
    process = start_pie(
        *("simulate", "--pairs", pairs, "--out", tmp_path / "run"),
        *("--max-instructions", "100000000000"),
    )
    wait_for(process, tmp_path / "cache", 2)  # the empty program and the fast one
    time.sleep(2)  # and the slow one has begun
    process.send_signal(signal.SIGINT)
    _output, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert left_behind(60) == []


def test_a_worker_that_dies_takes_nothing_with_it(
    start_pie: Start, pairs: Path, undisturbed: Path, tmp_path: Path
) -> None:
    run, cache = tmp_path / "run", tmp_path / "cache"
    process = start_pie(*SIMULATE, "--pairs", pairs, "--out", run, "-j", "2")
    wait_for(process, cache, 3)
    os.kill(workers(process.pid)[0], signal.SIGKILL)
    _output, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert_same_result(run, undisturbed)


def test_two_drivers_never_work_in_one_folder(
    start_pie: Start, pie: Pie, pairs: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    first = start_pie(*SIMULATE, "--pairs", pairs, "--out", run)
    wait_for(first, tmp_path / "cache", 1)
    first.send_signal(signal.SIGSTOP)
    second = pie(*SIMULATE, "--pairs", pairs, "--out", run)
    first.send_signal(signal.SIGCONT)
    assert second.returncode == 1
    assert second.stderr.splitlines()[-1] == (
        f"pie: another process is working in the run folder {run}; "
        "wait for it, or give another folder with --out"
    )
    _output, errors = first.communicate(timeout=600)
    assert first.returncode == 0, errors


@pytest.mark.prove
def test_two_drivers_may_share_a_cache(
    start_pie: Start, pairs: Path, undisturbed: Path, tmp_path: Path
) -> None:
    runs = [tmp_path / "a", tmp_path / "b"]
    both = [start_pie(*SIMULATE, "--pairs", pairs, "--out", run, "-j", "1") for run in runs]
    for process, run in zip(both, runs, strict=True):
        _output, errors = process.communicate(timeout=600)
        assert process.returncode == 0, errors
        assert_same_result(run, undisturbed)
