"""The card of a made test set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pie.core.dataset.manifest import Counts

_ABOUT = """
Each test is in `tests.jsonl`: of which given test it was made (`made_of`) and how, the seed, the
programs that agree on its output, and its cost. `how` is `grammar`, `tokens` (tokens changed in
their places) or `grown N` (N times the size). The expected output is that of the accepted programs:
nobody has proved that it is right, nor that an input keeps limits that only the problem's text
tells.
"""


def card(
    name: str, pairs: str, machine: str, wanted: int, counts: Counts, totals: Mapping[str, Any]
) -> str:
    """Return the card as Markdown; `totals` are those of the step's manifest."""
    reasons = ", ".join(f"{one} {number}" for one, number in sorted(counts.left_out.items()))
    left_out = f" (left out: {reasons})" if reasons else ""
    given, made = (totals[f"median_largest_{one}_cycles"] for one in ("given", "made"))
    lines = {
        "problems": f"{counts.rows_out} of {counts.rows_in}{left_out}",
        "tests": f"{totals['tests']} (asked for: {wanted} a problem)",
        "problems whose inputs have a grammar": totals["of_a_grammar"],
        "inputs tried": totals["tried"],
        "of these left out, since programs differed or failed": totals["disagreed"],
        f"largest given test, median of cycles on `{machine}`": given,
        "largest made test, the same": made,
    }
    table = "".join(f"| {what} | {value} |\n" for what, value in lines.items())
    return (
        f"# Test set `{name}`\n\n"
        f"Made by `pie dataset strengthen` from the tests of `{pairs}`. It stands beside the\n"
        "published tests and replaces none. `pie simulate --pairs pairs.jsonl` in this folder\n"
        "measures the rows on it. Costs are those of the fastest accepted program.\n\n"
        f"| | |\n| --- | --- |\n{table}{_ABOUT}"
    )
