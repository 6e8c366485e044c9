"""Opens a run folder for a table: of tasks, of pairs, or of a refinement with its iterations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pie.core.problem import InputError
from pie.core.report.pair_rows import ReportError
from pie.core.report.styles.reading import Measurements, read_pair_subjects, read_tasks
from pie.core.report.styles.subject import Subject
from pie.core.run_folder import load_json

_MEASURED = "measured"
_REFINEMENT = "refinement"


@dataclass(frozen=True)
class OpenRun:
    """A run that tables can be made of."""

    folder: Path
    """Where its rows are: of a refinement `measured/` within."""
    manifest: dict[str, Any]
    iterations: int
    """Sets of programs of a refinement, the first one included; 0 for any other run."""
    measurements: Measurements

    @property
    def of_tasks(self) -> bool:
        return self.manifest.get("kind") == "tasks"

    @property
    def source(self) -> str:
        """The file of tasks or pairs."""
        return str(self.manifest["tasks_file" if self.of_tasks else "pairs_file"])

    @property
    def planned(self) -> int:
        """Tasks or rows of the whole run."""
        return int(self.manifest["tasks" if self.of_tasks else "rows"])

    @property
    def left_out(self) -> int:
        """Tasks or rows of the file that could not be used."""
        return int(self.manifest["tasks_left_out" if self.of_tasks else "rows_left_out"])

    def subjects(self, limit: int | None = None) -> Iterator[Subject]:
        """Yield the finished tasks or rows; ReportError, with the place, for what is damaged."""
        read = read_tasks if self.of_tasks else read_pair_subjects
        yield from read(self.folder, self.measurements, limit, self.iterations)


def open_run(run: Path) -> OpenRun:
    """Open a run folder. ReportError or InputError when it holds nothing that was measured."""
    if not (run / "manifest.json").is_file():
        raise ReportError(
            f"{run} is not a run folder: it has no manifest.json; give the folder that "
            "`pie simulate --out` or `pie refine --out` wrote"
        )
    if run.name == _MEASURED and _kind(run.parent) == _REFINEMENT:
        run = run.parent
    iterations = 0
    if _kind(run) == _REFINEMENT:
        iterations = 1 + _iterations(run)
        run = run / _MEASURED
    manifest = load_json(run / "manifest.json")
    if manifest.get("kind", "tasks") != "tasks":
        raise ReportError(
            f"{run} holds answers that are not measured yet; give a folder of `pie simulate`"
        )
    _check(manifest, run / "manifest.json")
    return OpenRun(run, manifest, iterations, Measurements(run))


def _check(manifest: dict[str, Any], path: Path) -> None:
    """ReportError for a manifest that lacks what a report is headed by."""
    kinds: dict[str, type] = {"machine": dict}
    if manifest.get("kind") == "tasks":
        kinds |= {"tasks_file": str, "tasks": int, "tasks_left_out": int}
    else:
        kinds |= {"pairs_file": str, "rows": int, "rows_left_out": int}
    wrong = [name for name, kind in kinds.items() if not isinstance(manifest.get(name), kind)]
    machine = manifest.get("machine")
    if isinstance(machine, dict):
        wrong += [
            f"machine.{name}"
            for name in ("name", "fingerprint")
            if not isinstance(machine.get(name), str)
        ]
    if wrong:
        raise ReportError(f"{path} has no proper {wrong[0]}: it is not of a measured run")


def _iterations(run: Path) -> int:
    """Return how many iterations a refinement had; InputError when it is not finished."""
    if not (run / _MEASURED / "manifest.json").is_file() or not (run / "summary.json").is_file():
        raise InputError(
            f"the refinement {run} is not finished, so nothing of it is measured",
            "run the same `pie refine` again: it goes on where it was stopped",
        )
    number = load_json(run / "summary.json").get("iterations")
    if not isinstance(number, int):
        raise ReportError(f"{run / 'summary.json'} does not say how many iterations there were")
    return number


def _kind(folder: Path) -> str:
    if not (folder / "manifest.json").is_file():
        return ""
    return str(load_json(folder / "manifest.json").get("kind", ""))
