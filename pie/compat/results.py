"""What PIE's environment returns for a submission: the same fields, of the same types.

Times are seconds. `inf`: the program failed. `nan`: our own infrastructure failed, which says
nothing about the program. Keys of `accs` are texts, those of the others numbers, as with PIE.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Self


@dataclass
class PieResult:
    """What single results and results of pairs have in common."""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)

    def to_json(self) -> str:
        """Return the fields as JSON; infinite times are `Infinity`, as Python writes them."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_dict(cls, result: dict[str, Any]) -> Self:
        """Return the result that `to_dict` wrote, also after a passage through JSON."""
        known = {one.name for one in fields(cls)}
        given = {name: value for name, value in result.items() if name in known}
        for name, value in given.items():
            if name.startswith("tc2") and value is not None:
                given[name] = {int(test): one for test, one in value.items()}
        return cls(**given)

    @classmethod
    def from_json(cls, json_str: str) -> Self:
        """Return the result that `to_json` wrote."""
        return cls.from_dict(json.loads(json_str))


@dataclass
class PieSingleResult(PieResult):
    """One program; the last three fields are not PIE's."""

    compilation: bool
    accs: dict[str, float]
    """By test: 1.0 where the output was right, else 0.0; there are no part marks."""
    mean_acc: float
    agg_runtime: float
    """Sum over the tests."""
    agg_stdev: float
    tc2time: dict[int, float]
    tc2success: dict[int, bool]
    tc2stats: dict[int, Any]
    """By test: statistics under gem5's names ("gem5"), or the time of every run ("binary")."""
    agg_runtime_binary: float | None = None
    agg_stdev_binary: float | None = None
    tc2time_binary: dict[int, float] | None = None
    tc2success_binary: dict[int, bool] | None = None
    tc2stats_binary: dict[int, Any] | None = None
    verdict: str = ""
    """As `pie simulate` gives it."""
    detail: str = ""
    machine: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name; `compilation` also under the name that PIE gives it there."""
        return {**super().to_dict(), "compile_success": self.compilation}


@dataclass
class PiePairResult(PieResult):
    """Two programs on the same tests; the fields of `PieSingleResult`, each twice."""

    compilation_v0: bool
    compilation_v1: bool
    accs_v0: dict[str, float]
    accs_v1: dict[str, float]
    mean_acc_v0: float
    mean_acc_v1: float
    tc2time_v0: dict[int, float]
    tc2time_v1: dict[int, float]
    agg_runtime_v0: float
    agg_runtime_v1: float
    agg_stdev_v0: float
    agg_stdev_v1: float
    tc2success_v0: dict[int, bool]
    tc2success_v1: dict[int, bool]
    tc2stats_v0: dict[int, Any]
    tc2stats_v1: dict[int, Any]
    agg_runtime_binary_v0: float | None = None
    agg_runtime_binary_v1: float | None = None
    agg_stdev_binary_v0: float | None = None
    agg_stdev_binary_v1: float | None = None
    tc2time_binary_v0: dict[int, float] | None = None
    tc2time_binary_v1: dict[int, float] | None = None
    tc2success_binary_v0: dict[int, bool] | None = None
    tc2success_binary_v1: dict[int, bool] | None = None
    tc2stats_binary_v0: dict[int, Any] | None = None
    tc2stats_binary_v1: dict[int, Any] | None = None
    verdict_v0: str = ""
    verdict_v1: str = ""
    detail_v0: str = ""
    detail_v1: str = ""
    machine: str = ""
