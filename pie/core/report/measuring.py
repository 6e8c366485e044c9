"""How a run's numbers were measured: what is in none of them, and what noise they have."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from pathlib import Path

from pie.core.report.pair_rows import ReportError
from pie.core.wording import count

_UNITS = {
    "instructions": "instructions",
    "cycles": "simulated cycles",
    "cpu_microseconds": "us of CPU time",
}
_ROW = ("task_id", "problem_id", "src_id", "tgt_id", "test")


@dataclass(frozen=True)
class Measuring:
    """What the measured runs say of themselves."""

    startup: dict[str, float]
    """Median start of an interpreter by its unit; empty where there is none."""
    noise: tuple[float, ...]
    """On the real CPU: how far each program was from itself, as a share; one a test and row."""
    spread: tuple[float, ...]
    """The coefficient of variation of each program's repeats on each test."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say it, a line each."""
        told = []
        cycles, instructions = (self.startup.get(one) for one in ("cycles", "instructions"))
        units = [
            f"{self.startup[name]:,.0f} {unit}"
            for name, unit in _UNITS.items()
            if self.startup.get(name) and not (name == "cycles" and cycles == instructions)
        ]
        if units:
            told.append(f"start of the interpreter, in no number: {', '.join(units)} (median)")
        if self.noise:
            highest = sorted(self.noise)[int(0.95 * (len(self.noise) - 1))]
            told.append(
                f"noise of this host: a program against itself was {_share(self.noise)} off in "
                f"the median of {count(len(self.noise), 'run')} and {highest:.1%} in one of "
                f"twenty; repeats of a run spread by {_share(self.spread)} (standard deviation "
                "over mean, median)"
            )
        return tuple(told)


def read_measuring(path: Path) -> Measuring:
    """Read `measurements.jsonl`, as far as it has come. ReportError for a damaged line."""
    startup: dict[str, list[float]] = {}
    noise: dict[tuple[object, ...], float] = {}
    spread: list[float] = []
    if not path.exists():
        return Measuring({}, (), ())
    with path.open("rb") as lines:
        for number, data in enumerate(lines, start=1):
            if not data.endswith(b"\n"):
                break  # cut off: the run is still going on
            try:
                line = json.loads(data)
                for name, value in line.get("startup", {}).items():
                    startup.setdefault(name, []).append(float(value))
                counters = line.get("counters", {})
                if "aa_ratio" in counters:  # of all programs of a row that ran in turn
                    row = tuple(str(line.get(name)) for name in _ROW)
                    noise.setdefault(row, abs(counters["aa_ratio"] - 1))
                if "cpu_spread" in counters:
                    spread.append(counters["cpu_spread"])
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                raise ReportError(
                    f"{path}:{number}: no line of `pie simulate` ({error})"
                ) from error
    medians = {name: statistics.median(values) for name, values in startup.items()}
    return Measuring(medians, tuple(noise.values()), tuple(spread))


def _share(values: tuple[float, ...]) -> str:
    return f"{statistics.median(values):.1%}" if values else "nothing"
