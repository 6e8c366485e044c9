"""The worker processes of this host: fresh interpreters that never run the caller's own script.

Python's multiprocessing has every new process import the caller's main module, so that a script
without `if __name__ == "__main__":` would start itself again in each worker. Jobs are made of this
package's values only, so the main module is of no use there.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import popen_spawn_posix, spawn
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

from sim import process, scratch


def executor(jobs: int, processors: frozenset[int] = frozenset()) -> Executor:
    """Return an executor of so many worker processes, bound to these processors if any is named."""
    scratch.sweep()
    return ProcessPoolExecutor(
        max_workers=jobs,
        mp_context=_Context(),
        initializer=_prepare,
        initargs=(processors,),
    )


def kill_all() -> None:
    """End the workers of this process, and no other child of it."""
    for child in multiprocessing.active_children():
        if isinstance(child, _Worker):
            child.kill()


def _prepare(processors: frozenset[int]) -> None:
    """Make a worker the reaper of its sandboxes, deaf to Ctrl-C, and dead when its driver is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    process.die_with_parent()
    driver = multiprocessing.parent_process()
    if driver is None or os.getppid() != driver.pid:  # it was killed while this worker started
        os._exit(1)
    if processors:
        os.sched_setaffinity(0, processors)
    process.become_subreaper()


_one_at_a_time = threading.Lock()


class _Popen(popen_spawn_posix.Popen):
    """Starts a process that is told of no main module."""

    def _launch(self, process_obj: Any) -> None:
        with _one_at_a_time:
            original = spawn.get_preparation_data
            ours = _without_main(original, threading.get_ident())
            spawn.get_preparation_data = ours  # type: ignore[assignment]
            try:
                super()._launch(process_obj)  # type: ignore[misc]
            finally:
                spawn.get_preparation_data = original


def _without_main(
    original: Callable[[str], dict[str, Any]], thread: int
) -> Callable[[str], dict[str, Any]]:
    def prepared(name: str) -> dict[str, Any]:
        data = original(name)
        if threading.get_ident() == thread:  # another thread's processes are none of ours
            for key in ("init_main_from_name", "init_main_from_path"):
                data.pop(key, None)
        return data

    return prepared


class _Worker(SpawnProcess):
    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802 - multiprocessing's name
        return _Popen(process_obj)


class _Context(SpawnContext):
    Process = _Worker
