"""Worker processes of this host."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

from sim import workers

SCRIPT = """
from concurrent.futures import wait
import os
from sim import workers

open("started", "a").write("once ")
pool = workers.executor(2)
done = [pool.submit(os.getpid) for _ in range(8)]
wait(done)
assert os.getpid() not in {one.result() for one in done}
"""


def test_a_script_without_a_main_guard_is_not_run_again_by_the_workers(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for command in (["script.py"], ["-m", "script"]):
        subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=environment, check=True, timeout=600
        )
    assert (tmp_path / "started").read_text() == "once once "


def test_workers_keep_to_the_processors_named() -> None:
    last = max(os.sched_getaffinity(0))
    with workers.executor(1, frozenset({last})) as pool:
        assert pool.submit(os.sched_getaffinity, 0).result() == {last}


def test_killing_the_workers_spares_the_callers_other_children() -> None:
    other = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(6000,))
    other.start()
    pool = workers.executor(1)
    worker = pool.submit(os.getpid).result()
    workers.kill_all()
    deadline = time.monotonic() + 200
    while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not Path(f"/proc/{worker}").exists()
    assert other.is_alive()
    other.kill()
    other.join()
    pool.shutdown()
