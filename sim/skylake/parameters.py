"""The model's header of figures, made of the table that gem5's configuration is made of.

`gem5_configs/figures.py` is read where the gem5 machine finds its scripts. gem5's names become C's:
`renameToIEWDelay` of the core is `CORE_RENAME_TO_IEW_DELAY`.
"""

from __future__ import annotations

import re
import runpy
from collections.abc import Mapping, Sequence
from typing import Any

from sim.paths import gem5_configurations

CONFIGURATION = "Verbatim"
"""The configuration that the model stands for."""

Figure = int | Sequence[int]


def header(configuration: str = CONFIGURATION) -> bytes:
    """Return `parameters.h`: one constant a line, in the order of the table."""
    table = runpy.run_path(str(gem5_configurations() / "figures.py"))
    own = table["GEM5_OWN"]
    first = {"latency": table["FIRST_LEVEL_LATENCY"][configuration]}
    groups: list[tuple[str, Mapping[str, Figure]]] = [
        ("", {"CLOCK_HZ": table["CLOCK_HZ"]}),
        ("CORE", own["X86O3CPU"] | table["CORES"][configuration]),
        ("TAGE", own["LTAGE_TAGE"] | table["TAGE"] | _derived(table["TAGE"])),
        ("LOOP", own["LoopPredictor"]),
        ("", table["INDIRECT"]),
        ("BTB", table["BTB"]),
        ("RAS", table["RAS"]),
        ("CACHE", own["System"] | table["EVERY_LEVEL"]),
        ("L1", first),
        ("L1I", table["L1I"]),
        ("L1D", table["L1D"]),
        ("L2", table["L2"]),
        ("L3", table["L3"]),
        ("CROSSBAR", own["L2XBar"]),
        ("MEMORY_BUS", own["SystemXBar"]),
        ("SNOOP_FILTER", own["SnoopFilter"]),
        ("MEMORY", own["MemCtrl"]),
        ("DRAM", own["DDR4_2400_16x4"]),
    ]
    lines = [_line(group, name, value) for group, names in groups for name, value in names.items()]
    lines += _ports(table["PORTS"][configuration])
    text = "\n".join(
        [
            f"/* {configuration}, made of gem5_configs/figures.py when the tool is built. */",
            "#ifndef SKYLAKE_PARAMETERS_H",
            "#define SKYLAKE_PARAMETERS_H",
            *lines,
            "#endif",
        ]
    )
    return text.encode() + b"\n"


def constant(name: str) -> str:
    """Return a parameter's name as a constant of C's: `numROBEntries` is `NUM_ROB_ENTRIES`."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return apart.upper()


def _line(group: str, name: str, value: Figure) -> str:
    told = str(value) if isinstance(value, int) else "{" + ", ".join(map(str, value)) + "}"
    return f"#define {group}{'_' if group else ''}{constant(name)} {told}"


def _derived(tage: Mapping[str, Any]) -> dict[str, Figure]:
    """Return what gem5 computes of the predictor's figures, in the order of its tables.

    Table 0 is the bimodal one, without history; the others' lengths are a geometric row.
    """
    bimodal, *tagged = tage["logTagTableSizes"]
    shortest, longest, count = tage["minHist"], tage["maxHist"], tage["nHistoryTables"]
    row = (shortest * (longest / shortest) ** (i / (count - 1)) + 0.5 for i in range(count))
    lengths = [0, *map(int, row)]
    return {
        "logBimodalSize": bimodal,
        "logLargestTable": max(tagged),
        "historyLengths": lengths,
    }


def _ports(ports: Sequence[tuple[int, Mapping[str, int]]]) -> list[str]:
    """Return, for each operation that a port begins, its ports (bit n is port n) and latency.

    ValueError for what the model has no way to hold: several units of a port, or an operation whose
    latency depends on its port.
    """
    if any(count != 1 for count, _ in ports):
        raise ValueError("the model has one unit of each port")
    bits: dict[str, int] = {}
    latencies: dict[str, int] = {}
    for number, (_, begins) in enumerate(ports):
        for operation, cycles in begins.items():
            bits[operation] = bits.get(operation, 0) | 1 << number
            if latencies.setdefault(operation, cycles) != cycles:
                raise ValueError(f"{operation} has another latency on another port")
    lines = []
    for operation in bits:
        lines.append(_line("PORTS", operation, bits[operation]))
        lines.append(_line("LATENCY", operation, latencies[operation]))
    return lines
