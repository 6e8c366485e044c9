"""Whether the host's processor agrees with a run's speedups: read from `native.jsonl`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pie.core.report.pair_rows import ReportError
from pie.core.wording import count, one_line
from sim.agreement import FACTOR, LEAST_SECONDS

_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class NativeAgreement:
    """Answers whose speedup was held against the host's processor; targets count as answers."""

    compared: int
    """Answers that were accepted, beside an accepted source."""
    eligible: int
    """Those of them with enough native work to be compared."""
    suspicious: tuple[str, ...]
    """The marked ones by name: row, problem and role."""

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        share = f" ({self.eligible / self.compared:.1%})" if self.compared else ""
        line = (
            f"native check: {self.eligible} of {count(self.compared, 'accepted answer')}{share} "
            f"{'has' if self.eligible == 1 else 'have'} over {LEAST_SECONDS * 1e3:g} ms of native "
            f"work on both sides; {len(self.suspicious)} suspicious"
        )
        if not self.suspicious:
            return line
        named = "; ".join(self.suspicious[:_MOST_NAMED])
        more = len(self.suspicious) - _MOST_NAMED
        behind = f"; and {more} more" if more > 0 else ""
        return f"{line} (native speedup another by a factor over {FACTOR:g}): {named}{behind}"


def read_native(path: Path, limit: int | None = None) -> NativeAgreement | None:
    """Read the pairs of a run, or of its first rows; None where there are none.

    ReportError for a damaged line.
    """
    if not path.exists():
        return None
    compared = eligible = 0
    marked: list[str] = []
    with path.open("rb") as lines:
        for number, data in enumerate(lines, start=1):
            if not data.endswith(b"\n"):
                break  # cut off: the run is still going on
            try:
                line = json.loads(data)
                if line["kind"] != "pair":
                    continue
                told = line["eligible"], line["suspicious"]
                problem = one_line(str(line["problem_id"]))
                name = f"row {line['row'] + 1}, {problem}, {line['role']}"
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                raise ReportError(
                    f"{path}:{number}: no line of `pie simulate` ({error})"
                ) from error
            if limit is not None and line["row"] >= limit:
                continue
            compared += 1
            eligible += told[0] is True
            if told[1] is True:
                marked.append(name)
    return NativeAgreement(compared, eligible, tuple(marked)) if compared else None
