"""Commands are run to their end, captured within bounds, and leave nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim import process

REPOSITORY = Path(__file__).parents[3]


def shell(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


def open_descriptors() -> set[str]:
    return {one.name for one in Path("/proc/self/fd").iterdir()}


def test_every_byte_value_comes_back_as_it_was_written(tmp_path: Path) -> None:
    everything = bytes(range(256)) * 1000
    given = tmp_path / "in"
    given.write_bytes(everything)
    with given.open("rb") as source:
        done = process.run(shell("cat; echo problem >&2; exit 7"), stdin=source.fileno())
    assert done.stdout == everything
    assert done.stderr == b"problem\n"
    assert done.returncode == 7
    assert not done.overflowed
    assert not done.guard_fired


def test_without_an_input_there_is_nothing_to_read() -> None:
    assert process.run(["/bin/cat"]).stdout == b""


def test_a_signal_is_told_as_a_negative_code() -> None:
    assert process.run(shell("kill -TERM $$")).returncode == -15


def test_output_of_just_the_limit_is_no_overflow_and_one_byte_more_is() -> None:
    exact = process.run(shell("head -c 100000 /dev/zero"), stdout_limit=100_000)
    beyond = process.run(shell("head -c 100001 /dev/zero"), stdout_limit=100_000)
    assert (len(exact.stdout), exact.overflowed) == (100_000, False)
    assert (len(beyond.stdout), beyond.overflowed) == (100_000, True)


def test_an_endless_flood_is_cut_short_and_costs_no_memory() -> None:
    script = (
        "import resource, sys\n"
        "from sim import process\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "done = process.run(['/bin/sh', '-c', 'cat /dev/zero'], stdout_limit=8 << 20)\n"
        "assert done.overflowed and len(done.stdout) == 8 << 20\n"
        "done = process.run(['/bin/sh', '-c', 'head -c 300000000 /dev/zero >&2'])\n"
        "assert not done.overflowed and len(done.stderr) == 64 << 10\n"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "assert after - before < (16 + 16) << 10, after - before\n"
    )
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    subprocess.run([sys.executable, "-c", script], check=True, env=env, timeout=120)


def test_the_guard_ends_what_hangs_with_all_its_children() -> None:
    start = time.monotonic()
    done = process.run(shell("sleep 1000 & echo $!; wait"), guard_seconds=0.5)
    assert done.guard_fired
    assert time.monotonic() - start < 10
    deadline = time.monotonic() + 5
    while alive(int(done.stdout)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(int(done.stdout))


def alive(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_background_process_that_holds_the_output_is_not_waited_for() -> None:
    start = time.monotonic()
    done = process.run(shell("sleep 1000 & echo $!"), guard_seconds=30)
    assert time.monotonic() - start < 10
    assert not done.guard_fired
    assert done.returncode == 0


def test_the_last_bytes_of_an_extra_descriptor_are_kept() -> None:
    reader, writer = os.pipe()
    try:
        done = process.run(
            shell(f"(head -c 200000 /dev/zero; echo end) >/proc/self/fd/{writer}"),
            extra={reader: 1000},
            close_after_start=[writer],
        )
    finally:
        os.close(reader)
    assert len(done.extra[reader]) == 1000
    assert done.extra[reader].endswith(b"\0end\n")


def test_the_command_inherits_only_what_it_was_given() -> None:
    secret_reader, secret_writer = os.pipe()
    os.set_inheritable(secret_reader, True)
    try:
        seen = process.run(shell("ls /proc/self/fd"), env={"PATH": "/usr/bin:/bin"}).stdout.split()
        named = process.run(["/usr/bin/env"], env={}).stdout
    finally:
        os.close(secret_reader)
        os.close(secret_writer)
    assert {int(one) for one in seen} <= {0, 1, 2, 3}  # 3 is the folder being listed
    assert named == b""


@pytest.mark.parametrize("argv", [["/no/such/program"], ["/etc"]])
def test_no_descriptor_leaks_where_a_command_cannot_be_started(argv: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    before = open_descriptors() - {str(writer)}
    with pytest.raises(OSError):
        process.run(argv, close_after_start=[writer])
    assert open_descriptors() == before


def test_nothing_is_left_open_or_running_after_many_runs() -> None:
    before = open_descriptors()
    for _ in range(20):
        process.run(shell("echo x; echo y >&2; sleep 1000 &"))
    assert open_descriptors() == before
