"""Jobs for tests of the scheduler; worker processes import this module by its name."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.errors import MachineFailure


@dataclass(frozen=True)
class FakeJob:
    """Notes that it ran, then does what it is told."""

    key: str
    log: Path
    act: str = ""
    times: int = 99
    """How often it does so before it succeeds."""
    seconds: float = 0.0
    kind: str = "fake"

    def run(self) -> str:
        with self.log.open("a") as log:
            log.write(f"{self.key}\n")
        time.sleep(self.seconds)
        if self.log.read_text().split().count(self.key) > self.times:
            return f"result of {self.key}"
        if self.act == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.act == "fail":
            raise MachineFailure("the machine broke")
        if self.act == "fail for good":
            raise MachineFailure("the machine cannot", "use another")
        if self.act == "no space":
            raise OSError(28, "No space left on device", "/tmp/x")
        if self.act == "sleep":
            time.sleep(1000)
        return f"result of {self.key}"

    @staticmethod
    def dump(result: str) -> Any:
        return {"text": result}

    @staticmethod
    def load(data: Any) -> str:
        return str(data["text"])


def asking(*rounds: Sequence[FakeJob]) -> Generator[Sequence[FakeJob], Sequence[Any], list[Any]]:
    """A procedure that asks for jobs round by round and returns all their results."""
    everything: list[Any] = []
    for jobs in rounds:
        everything += yield jobs
    return everything
