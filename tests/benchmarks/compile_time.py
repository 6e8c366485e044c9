"""Compile time with and without precompiled headers, for the programs of a pairs file; equal bytes?

Usage: compile_time.py [PAIRS_FILE [NUMBER]]; default: all of examples/test.jsonl.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

from sim import precompiled
from sim.compiler import build
from sim.limits import CompileLimits
from sim.program import Language, Program
from sim.toolchain import Toolchain


def main() -> None:
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "examples/test.jsonl")
    number = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    sources: dict[str, None] = {}
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        if not str(row.get("language", "cpp")).lower().startswith("py"):
            sources.update(dict.fromkeys((row["src_code"], row["tgt_code"])))
    toolchain, limits = Toolchain(), CompileLimits()
    for header in precompiled.HEADERS:
        precompiled.folder_for(header, toolchain)
    times: dict[str, list[tuple[float, float]]] = {}
    differing = 0
    for source in list(sources)[:number]:
        program = Program(Language.CPP, source)
        plain = build(program, toolchain, limits, headers=False)
        quick = build(program, toolchain, limits)
        differing += plain.digest != quick.digest
        header = precompiled.header_of(source) or "none"
        times.setdefault(header, []).append((plain.seconds, quick.seconds))
    result = {
        header: {
            "programs": len(pairs),
            "plain_s": round(statistics.median(a for a, _ in pairs), 3),
            "precompiled_s": round(statistics.median(b for _, b in pairs), 3),
            "ratio": round(statistics.median(a / b for a, b in pairs), 2),
        }
        for header, pairs in times.items()
    }
    total = [
        sum(column) for column in zip(*(pair for p in times.values() for pair in p), strict=True)
    ]
    print(
        json.dumps(
            {
                "programs": sum(map(len, times.values())),
                "different_bytes": differing,
                "total_plain_s": round(total[0], 1),
                "total_precompiled_s": round(total[1], 1),
                "by_first_header": result,
            }
        )
    )


if __name__ == "__main__":
    main()
