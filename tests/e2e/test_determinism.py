"""The same cycles, bit for bit, wherever, whenever and for whomever they are measured."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import FAST, SLOW, Pie, row, sums, write_rows

PYTHON = "import sys\nprint(sum(range(int(sys.stdin.readline()) + 1)))\n"


def programs() -> list[dict[str, Any]]:
    allocating = FAST.replace("#include <cstdio>", "#include <cstdio>\n#include <cstdlib>").replace(
        "long n;", "long n; long *many = (long *) malloc(1 << 16); many[9] = 1;"
    )
    return [
        row("sum", tests=sums(3, 40)),
        row("identical", fast=SLOW, generated_answers=[SLOW]),
        row("allocating", slow=allocating, tests=sums(7)),
    ]


def scripts() -> list[dict[str, Any]]:
    return [row("python", slow=PYTHON, fast=PYTHON, language="python", tests=sums(5))]


@pytest.fixture(
    params=[
        (programs, "skylake"),
        # The start of an interpreter takes long; tests/conformance measures scripts elsewhere too.
        pytest.param((scripts, "counts"), marks=pytest.mark.prove),
        pytest.param((scripts, "skylake"), marks=pytest.mark.prove),
    ],
    ids=lambda one: f"{one[0].__name__} on {one[1]}",
)
def work(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """A file of pairs and the machine that measures them."""
    rows, machine = request.param
    return write_rows(tmp_path / "pairs.jsonl", *rows()), machine


def costs(run: Path) -> list[tuple[Any, ...]]:
    """Everything about each measured run that must never change."""
    lines = [json.loads(line) for line in (run / "measurements.jsonl").read_text().splitlines()]
    assert lines
    return [
        tuple(json.dumps(one[name]) for name in ("binary", "test", "cycles", "counters", "verdict"))
        for one in lines
    ]


def different(first: Path, second: Path) -> list[tuple[Any, ...]]:
    """The measured runs whose costs are not those of the other run, each with the other's."""
    mine, other = costs(first), costs(second)
    assert len(mine) == len(other)
    return [pair for pair in zip(mine, other, strict=True) if pair[0] != pair[1]]


def test_the_host_leaves_no_trace_in_the_numbers(
    pie: Pie,
    work: tuple[Path, str],
    tmp_path: Path,
    environment: dict[str, str],
    fresh_cache: Callable[[Path], Path],
) -> None:
    pairs, machine = work
    first = tmp_path / "first"
    done = pie("simulate", "--pairs", pairs, "--out", first, "-j", "2", "-m", machine)
    assert done.returncode == 0, done.stderr

    elsewhere = tmp_path / "another user" / ("long" * 50)
    elsewhere.mkdir(parents=True)
    shutil.copy(pairs, elsewhere / "copy.jsonl")
    other = {
        **environment,
        "HOME": str(elsewhere),
        "USER": "somebody-else",
        "LOGNAME": "somebody-else",
        "LANG": "de_DE.UTF-8",
        "LC_ALL": "C",
        "TZ": "Asia/Tokyo",
        "CPLUS_INCLUDE_PATH": "/nowhere",
        "GLIBC_TUNABLES": "glibc.malloc.arena_max=1",
        "PYTHONHASHSEED": "77",
        "PIE_CACHE": str(fresh_cache(elsewhere / "cache")),
        "TMPDIR": str(elsewhere),
        **{f"PADDING_{number}": "x" * 1000 for number in range(5)},
    }
    second = elsewhere / "second"
    before = ["unshare", "-Uru", "sh", "-c", 'hostname another-host; exec "$@"', "sh"]
    if subprocess.run([*before, "true"], capture_output=True, check=False).returncode:
        before = []
    loads = [
        subprocess.Popen(["sh", "-c", "while :; do :; done"])
        for _ in range(len(os.sched_getaffinity(0)))
    ]
    try:
        again = pie(
            *("simulate", "--pairs", "copy.jsonl", "--out", second, "-j", "1", "-m", machine),
            cwd=elsewhere,
            env=other,
            before=before,
        )
    finally:
        for load in loads:
            load.kill()
            load.wait()
    assert again.returncode == 0, again.stderr
    effort = json.loads((second / "manifest.json").read_text())["effort"]
    distinct = {one[:2] for one in costs(second)}
    assert effort["jobs_run"]["measure"] >= len(distinct), "nothing may come from another cache"
    assert different(first, second) == []
    assert (second / "pairs.jsonl").read_bytes() == (first / "pairs.jsonl").read_bytes()


@pytest.mark.prove
def test_a_script_costs_the_same_where_there_is_no_bubblewrap(
    pie: Pie, tmp_path: Path, environment: dict[str, str]
) -> None:
    """Its path is one of the host's then, and the interpreter works with each letter of it."""
    pairs = write_rows(
        tmp_path / "pairs.jsonl",
        row("python", slow=PYTHON, fast=PYTHON, language="python", tests=sums(5)),
    )
    runs = []
    for name in ("first", "a second " + "long" * 30):
        runs.append(tmp_path / name / "run")
        cache = str(tmp_path / name / "cache")
        done = pie(
            *("simulate", "--pairs", pairs, "--out", runs[-1]),
            env={**environment, "PIE_SANDBOX": "partial", "PIE_CACHE": cache},
        )
        assert done.returncode == 0, done.stderr
    assert different(*runs) == []


def test_identical_programs_have_a_speedup_of_exactly_one(
    pie: Pie, work: tuple[Path, str], tmp_path: Path
) -> None:
    pairs, machine = work
    done = pie("simulate", "--pairs", pairs, "--out", tmp_path / "run", "-m", machine, "--json")
    for one in json.loads(done.stdout)["pairs"]:
        if one["problem_id"] in ("identical", "python"):
            assert one["speedup"] == 1.0
            for generation in one["generations"]:
                assert generation["agg_runtime"] == one["src_agg_runtime"]


def test_another_name_for_the_same_program_changes_nothing(pie: Pie, tmp_path: Path) -> None:
    pairs = write_rows(
        tmp_path / "pairs.jsonl",
        row("short", slow=FAST, fast=FAST + "\n// " + "a comment" * 500 + "\n"),
        row("x" * 200, slow=FAST, fast=FAST),
    )
    done = pie("simulate", "--pairs", pairs, "--out", tmp_path / "run", "--json")
    document = json.loads(done.stdout)
    assert [one["speedup"] for one in document["pairs"]] == [1.0, 1.0]
    assert len({one["src_agg_runtime"] for one in document["pairs"]}) == 1
