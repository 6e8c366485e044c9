"""`pie compare`: two run folders of the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pie.core.differences import differences, named
from pie.core.problem import InputError
from pie.core.report.comparison import FACTOR, RunsCompared, compare_runs
from pie.core.report.pair_rows import read_pairs
from pie.core.report.report import read_report
from pie.core.run_folder import load_json
from sim.setting import number_entries


def compare(
    first: Path,
    second: Path,
    *,
    k: int | None = None,
    least_factor: float = FACTOR,
    across: bool = False,
) -> RunsCompared:
    """Compare the second run with the first.

    InputError where they were measured on different things, unless `across` asks for that: the
    numbers would tell of the machine or compiler as much as of the programs.
    """
    for run in (first, second):
        if read_report(run).rows.missing:
            raise InputError(f"the run {run} is not finished", "finish it by its own command")
    manifests = [load_json(run / "manifest.json") for run in (first, second)]
    told = measured_differently(*manifests)
    if told and not across:
        raise InputError(
            f"the runs were measured on different things ({told})",
            "measure both alike, or compare them nevertheless with --across",
        )
    left, right = (list(read_pairs(run / "pairs.jsonl")) for run in (first, second))
    return compare_runs(
        left,
        right,
        _names(first, second),
        k=k,
        least_factor=least_factor,
        settings_differ=told,
    )


def measured_differently(first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    """Name what differs in what decides the numbers of two manifests; empty where nothing does."""
    described = [one.get("setting") for one in (first, second)]
    if all(
        isinstance(one, Mapping) and isinstance(one.get("toolchain"), Mapping) for one in described
    ):
        left, right = described
        assert isinstance(left, Mapping)
        assert isinstance(right, Mapping)
        languages = sorted({*left["toolchain"], *right["toolchain"]})
        found = {
            str(one): one
            for language in languages
            for one in differences(
                "", number_entries(left, language), number_entries(right, language)
            )
        }
        return named(found.values())
    machines = [one.get("machine") for one in (first, second)]
    return named(differences("machine", *machines))


def _names(first: Path, second: Path) -> tuple[str, str]:
    """Return the shortest names that tell two folders apart."""
    one, other = first.resolve(), second.resolve()
    return (one.name, other.name) if one.name != other.name else (str(first), str(second))
