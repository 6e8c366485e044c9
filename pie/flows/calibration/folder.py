"""The folder of a calibration.

calibration.json      everything that is printed, and the worst runs
runs.jsonl            each common run: the reference's cycles, the machine's, each model's, counters
pairs.jsonl           each common pair and test: both speedups
reference.jsonl       the reference's measurements, where it was measured here: for others to use
cachegrind_cost.json  the refitted constants, with --refit
scatter.png, .svg     the plot, where matplotlib is installed
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from pie.core.calibration.calibration import Calibration
from pie.core.differences import differences, named
from pie.core.problem import InputError
from pie.core.run_folder import encode, load_json, save_json
from pie.flows.calibration import plot

_DOCUMENT = "calibration.json"
_CONSTANTS = "cachegrind_cost.json"


class CalibrationFolder:
    """One calibration on disk, held by one process at a time; use it as a context manager."""

    def __init__(self, path: Path, identity: str, asked: Mapping[str, Any]) -> None:
        """InputError when the folder is of something else, held, or cannot be written."""
        self.path, self._identity, self._asked = path, identity, asked
        try:
            path.mkdir(parents=True, exist_ok=True)
            names = {one.name for one in path.iterdir()} - {"lock", "store"}
            self._refuse_another(names)
            self._lock = (path / "lock").open("w")
        except OSError as error:
            raise InputError(
                f"the folder {path} cannot be written ({error.strerror})",
                "give another one with --out",
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise InputError(
                f"another process is working in the folder {path}",
                "wait for it, or give another one with --out",
            ) from error

    def __enter__(self) -> CalibrationFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.close()

    def write_constants(self, file: Mapping[str, Any]) -> Path:
        """Write the refitted constants and return their file."""
        save_json(self.path / _CONSTANTS, file)
        return self.path / _CONSTANTS

    def write(self, made: Calibration, *, recorded_here: bool) -> tuple[str, ...]:
        """Write everything else; return sentences on what could not be drawn."""
        self._lines("runs.jsonl", _run_lines(made))
        self._lines("pairs.jsonl", _pair_lines(made))
        if recorded_here:
            self._lines("reference.jsonl", _reference_lines(made))
        notice = plot.draw(made, [self.path / "scatter.png", self.path / "scatter.svg"])
        about = {"identity": self._identity, "asked": dict(self._asked)}
        save_json(self.path / _DOCUMENT, {**about, **made.as_dict()})
        return (notice,) if notice else ()

    def _refuse_another(self, names: set[str]) -> None:
        if not names:
            return
        document = self.path / _DOCUMENT
        if not document.exists():
            # A run that was killed while it wrote leaves some of its own files.
            own = {"runs.jsonl", "pairs.jsonl", "reference.jsonl", _CONSTANTS}
            own |= {"scatter.png", "scatter.svg"}
            strangers = sorted(name for name in names - own if not name.startswith("."))
            if strangers:
                raise InputError(
                    f"the folder {self.path} is not empty and holds no calibration "
                    f"({strangers[0]})",
                    "give another one with --out",
                )
            return
        earlier = load_json(document)
        if earlier.get("identity") != self._identity:
            asked = json.loads(json.dumps(self._asked, default=str))
            before = earlier.get("asked")
            where = f" ({named(differences('', before, asked))})" if before else ""
            raise InputError(
                f"the folder {self.path} is a calibration of other runs or another configuration"
                f"{where}",
                "give another one with --out, or delete that one",
            )

    def _lines(self, name: str, values: Iterable[Mapping[str, Any]]) -> None:
        """Write a JSONL file whole or not at all."""
        scratch = self.path / f".{name}.{os.getpid()}"
        try:
            with scratch.open("wb") as file:
                file.writelines(map(encode, values))
            scratch.replace(self.path / name)
        finally:
            scratch.unlink(missing_ok=True)


def _run_lines(made: Calibration) -> Iterable[dict[str, Any]]:
    for at, run in enumerate(made.runs):
        yield {
            "sha": run.program,
            "problem_id": run.problem_id,
            "test": run.test,
            "reference_cycles": run.reference_cycles,
            "cycles": {f"{one.name}; {one.validation}": one.cycles[at] for one in made.models},
            "instructions": run.instructions,
            "counters": dict(run.counters),
        }


def _pair_lines(made: Calibration) -> Iterable[dict[str, Any]]:
    for pair in made.pairs:
        for src, tgt in pair.runs:
            left, right = made.runs[src], made.runs[tgt]
            yield {
                "problem_id": pair.problem_id,
                "src_id": pair.src_id,
                "tgt_id": pair.tgt_id,
                "test": left.test,
                "reference_speedup": left.reference_cycles / right.reference_cycles,
                "speedup": left.cycles / right.cycles,
            }


def _reference_lines(made: Calibration) -> Iterable[dict[str, Any]]:
    told = {
        name: made.reference[name]
        for name in ("compiler", "flags", "link")
        if name in made.reference
    }
    for run in made.runs:
        if not run.test.isdecimal():  # tests inside rows have no index to be found by
            continue
        yield {
            "sha": run.program,
            "problem_id": run.problem_id,
            "test": int(run.test),
            "cycles": run.reference_cycles,
            "insts": run.instructions,
            "machine": made.reference["name"],
            **told,
        }
