"""What a run writes for a row: the row with its results, and a line for each program and test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pie.core.marks import Mark
from pie.core.report.startup import Net, Startup, net_speedup
from pie.core.rows import Row
from pie.core.testing.fuzzed_rows import FuzzedOutcome
from sim.procedure import Outcome, TestOutcome
from sim.program import digest_of
from sim.verdict import Verdict


def result_row(
    row: Row, results: Sequence[Outcome], machine: str, startup: Startup
) -> dict[str, Any]:
    """Return the input row with its results; valid input for another run.

    Times are simulated (or measured) seconds summed over the row's tests, null unless accepted on
    all. Net ones are without the start of the process, and null where nothing is left (the mark
    `below_start`) or the machine counts no cycles.
    """
    src, tgt, *generations = results
    nets = [startup.net(row.language, one, len(row.tests)) for one in results]
    return {
        **row.fields,
        "src_agg_runtime": src.seconds,
        "tgt_agg_runtime": tgt.seconds,
        "speedup": _speedup(src, tgt),
        "src_verdict": src.verdict.value,
        "tgt_verdict": tgt.verdict.value,
        "src_detail": src.detail,
        "tgt_detail": tgt.detail,
        "src_startup_share": startup.share(row.language, src.seconds, len(row.tests)),
        "tgt_startup_share": startup.share(row.language, tgt.seconds, len(row.tests)),
        "src_net_runtime": nets[0].seconds if nets[0] else None,
        "tgt_net_runtime": nets[1].seconds if nets[1] else None,
        "net_speedup": net_speedup(nets[0], nets[1]),
        "src_marks": _marks(nets[0]),
        "tgt_marks": _marks(nets[1]),
        "generations": [
            _generation(one, len(row.tests), net)
            for one, net in zip(generations, nets[2:], strict=True)
        ],
        "measured_on": machine,
    }


def _speedup(src: Outcome, tgt: Outcome) -> float | None:
    if src.cycles and tgt.cycles:
        return src.cycles / tgt.cycles
    if src.seconds and tgt.seconds:
        return src.seconds / tgt.seconds
    return None


def _marks(net: Net | None) -> list[str]:
    return [Mark.BELOW_START.value] if net is not None and net.below_start else []


def _generation(one: Outcome, tests: int, net: Net | None) -> dict[str, Any]:
    return {
        "agg_runtime": one.seconds,
        "net_runtime": net.seconds if net else None,
        "marks": [*_marks(net), *(one.marks if isinstance(one, FuzzedOutcome) else [])],
        "verdict": one.verdict.value,
        "detail": one.detail,
        "tests_passed": sum(test.verdict is Verdict.ACCEPTED for test in one.tests),
        "tests": tests,
        **_fuzz(one),
    }


def _fuzz(one: Outcome) -> dict[str, Any]:
    """Return what made inputs showed; nothing where there were none."""
    if not isinstance(one, FuzzedOutcome) or one.fuzzed is None:
        return {}
    memorised = {"memorised": one.memorised} if one.memorised else {}
    return {"fuzz": {**one.fuzzed.as_dict(), **memorised}}


def measurement_lines(
    row: Row, results: Sequence[Outcome], written: set[bytes]
) -> Iterator[dict[str, Any]]:
    """Yield a line for each program and test of a row that no earlier row has brought.

    `written` remembers, in 16 bytes each, which (program, problem, tests, verdict) have been.
    """
    for role, one in new_programs(row, results, written):
        about = {
            "problem_id": row.problem_id,
            "program": one.program_digest,
            "role": role,
            "src_id": row.src_id,
            "tgt_id": row.tgt_id,
            "language": row.language.value,
            "binary": one.build.digest if one.build is not None else "",
        }
        if not one.tests:
            yield {
                **about,
                **measurement_line(TestOutcome("", one.verdict, one.detail)),
                "test": None,
            }
        for test in one.tests:
            yield {**about, **measurement_line(test)}


def new_programs(
    row: Row, results: Sequence[Outcome], written: set[bytes]
) -> Iterator[tuple[str, Outcome]]:
    """Yield the programs of a row with their roles that are not yet among the `written`."""
    tests = [one if isinstance(one, int) else [one.input, one.output] for one in row.tests]
    for role, one in roles(results):
        # With the verdict: beside another source, the same program may exceed its budget.
        identity = (one.program_digest, row.problem_id, tests, one.verdict.value)
        key = bytes.fromhex(digest_of(*identity))
        if key not in written:
            written.add(key)
            yield role, one


def roles(results: Sequence[Outcome]) -> Iterator[tuple[str, Outcome]]:
    """Yield the programs of a row, each with what it is there: `src`, `tgt`, `generation_0`."""
    names = ["src", "tgt", *(f"generation_{k}" for k in range(len(results) - 2))]
    yield from zip(names, results, strict=True)


def measurement_line(test: TestOutcome) -> dict[str, Any]:
    """Return what is written of one program on one test."""
    run = test.run
    return {
        "test": test.test,
        "verdict": test.verdict.value,
        "detail": test.detail,
        "cycles": run.cycles if run else None,
        "instructions": run.instructions if run else None,
        "seconds": run.seconds if run else None,
        "counters": run.counters if run else {},
        "startup": run.startup if run else {},
        "output_sha256": run.output_sha256 if run else None,
    }
