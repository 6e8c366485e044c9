"""The lines of `native.jsonl`: all that a run says of the host, and that differs between hosts.

Kind `run`: one program on one test, its native time and memory and what its measurement took. Kind
`pair`: an answer against its source (`sim.agreement`). Both are kept in the store with the runs, so
a resumed run writes the same lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pie.core.result_rows import new_programs, roles
from pie.core.rows import Row
from sim.procedure import Outcome

NAME = "native.jsonl"


def native_lines(
    number: int, row: Row, results: Sequence[Outcome], written: set[bytes]
) -> Iterator[dict[str, Any]]:
    """Yield the lines of a row, `number` in the order of the data set, from 0 on.

    `written` remembers the programs whose runs earlier rows have brought.
    """
    for _role, one in new_programs(row, results, written):
        for test in one.tests:
            yield {
                "kind": "run",
                "problem_id": row.problem_id,
                "program": one.program_digest,
                "test": test.test,
                "native_cpu_seconds": test.native_seconds,
                "peak_memory_bytes": test.peak_bytes or None,
                "host_seconds": test.run.host_seconds if test.run else None,
            }
    for role, one in roles(results):
        if one.native is not None:
            yield {
                "kind": "pair",
                "row": number,
                "problem_id": row.problem_id,
                "src_id": row.src_id,
                "tgt_id": row.tgt_id,
                "role": role,
                "program": one.program_digest,
                **one.native.as_dict(),
            }
