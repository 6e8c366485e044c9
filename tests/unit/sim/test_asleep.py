"""Who sleeps for too long is told from who is not served, by numbers and not by a busy host."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import sim


def compiled(folder: Path, source: str) -> Path:
    made, written = folder / "made", folder / "source.c"
    written.write_text(source)
    include = f"-I{Path(sim.__file__).parent}"
    subprocess.run(["gcc", "-O2", "-w", include, "-o", made, written], check=True)
    return made


LOOKS = r"""
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "asleep.h"
int main(void) {
    long long time = 0, spent = 0, line = 0, step, ran, stood;
    struct sleeper sleeper = {0};
    for (int look = 1; scanf("%lld %lld %lld", &step, &ran, &stood) == 3; look++) {
        time += step, spent += ran, line = stood == -1 ? -1 : line + stood;
        long long told = line == -1 ? -1 : line * 1000000;
        int end = sleeps(&sleeper, time * 1000000, spent * 1000000, told);
        if (end) return printf("%d %d", end, look), 0;
    }
    puts("0 0");
}
"""
WORKS, SLEEPS, NAPS = (1000, 990, 0), (1000, 0, 0), (1000, 100, 0)
IN_LINE, UNKNOWN = (1000, 10, 990), (1000, 100, -1)


@pytest.mark.parametrize(
    ("looks", "end"),
    [
        ([WORKS] * 500, "0 0"),
        ([SLEEPS] * 30, "1 21"),
        ([NAPS] * 30, "2 23"),
        ([SLEEPS] * 19 + [WORKS] * 90, "0 0"),
        ([*[SLEEPS] * 19, *[WORKS] * 90, *[SLEEPS] * 9], "2 110"),
        ([IN_LINE] * 500, "0 0"),
        ([*[SLEEPS] * 14, (1000, 0, 15000)] * 20, "0 0"),
        ([*[WORKS] * 9, (90_000, 0, 0)] * 9, "0 0"),
        ([(1000, 100, 990), (1000, 100, -900)] * 50, "0 0"),
        ([UNKNOWN] * 500, "0 0"),
        ([(1000, 0, -1)] * 30, "1 21"),
    ],
    ids=[
        "works",
        "waits for what never comes",
        "naps",
        "slept before it works",
        "slept before and after",
        "is served last on a busy host",
        "waits in line, which is told at the end",
        "the host was stopped",
        "threads end and take their waiting along",
        "naps where nobody knows who waits",
        "waits where nobody knows who waits",
    ],
)
def test_who_sleeps_is_told_from_who_is_not_served(
    tmp_path: Path, looks: list[tuple[int, int, int]], end: str
) -> None:
    """A look a second: milliseconds gone by, of processor time, and in line for a processor."""
    given = "".join(f"{step} {ran} {line}\n" for step, ran, line in looks)
    made = compiled(tmp_path, LOOKS)
    shown = subprocess.run([made], input=given, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == end


def test_waiting_for_a_processor_is_summed_over_threads(tmp_path: Path) -> None:
    asked = LOOKS.partition("int main")[0] + (
        'int main(void) { printf("%lld", waited(open(".", O_RDONLY), "7/task")); }'
    )
    made = compiled(tmp_path, asked)

    def told() -> str:
        return subprocess.run([made], cwd=tmp_path, capture_output=True, text=True).stdout

    assert told() == "-1"
    for thread, text in {"7": "5 30 1", "8": "5 12 1", "9": "", "10": "x"}.items():
        (tmp_path / "7/task" / thread).mkdir(parents=True)
        (tmp_path / "7/task" / thread / "schedstat").write_text(text)
    assert told() == "42"
