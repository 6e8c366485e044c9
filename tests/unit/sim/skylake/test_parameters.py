"""The model's figures are those of the gem5 configuration that it stands for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.skylake import build

CONFIGURATION = Path(__file__).parents[4] / "gem5_configs"

# (file of the model, name there, file of the configuration, name there)
SAME = [
    ("back_end.c", "FETCH_TO_DECODE", "core.py", "fetchToDecodeDelay"),
    ("back_end.c", "DECODE_TO_RENAME", "core.py", "decodeToRenameDelay"),
    ("back_end.c", "RENAME_TO_ISSUE", "core.py", "renameToIEWDelay"),
    ("back_end.c", "DECODE_WIDTH", "core.py", "decodeWidth"),
    ("back_end.c", "WIDTH", "core.py", "renameWidth"),
    ("back_end.c", "WIDTH", "core.py", "dispatchWidth"),
    ("back_end.c", "WIDTH", "core.py", "commitWidth"),
    ("back_end.c", "SQUASH_WIDTH", "core.py", "squashWidth"),
    ("back_end.c", "ROB", "core.py", "numROBEntries"),
    ("back_end.c", "IQ", "core.py", "numIQEntries"),
    ("back_end.c", "LQ", "core.py", "LQEntries"),
    ("memory_order.c", "SQ", "core.py", "SQEntries"),
    ("back_end.c", "FETCH_QUEUE", "core.py", "fetchQueueSize"),
    ("back_end.c", "INT_REGS", "core.py", "numPhysIntRegs"),
    ("back_end.c", "FLOAT_REGS", "core.py", "numPhysFloatRegs"),
    ("front_end.c", "BLOCK", "core.py", "fetchBufferSize"),
    ("front_end.c", "FETCH_WIDTH", "core.py", "fetchWidth"),
    ("ports.c", "WIDTH", "core.py", "issueWidth"),
    ("branch.h", "BTB_ENTRIES", "branch_predictor.py", "BTBEntries"),
    ("branch.h", "RAS_ENTRIES", "branch_predictor.py", "RASSize"),
    ("branch.h", "INDIRECT_SETS", "branch_predictor.py", "indirectSets"),
    ("branch.h", "INDIRECT_WAYS", "branch_predictor.py", "indirectWays"),
    ("branch.h", "INDIRECT_PATH", "branch_predictor.py", "indirectPathLength"),
    ("branch.h", "INDIRECT_GHR_BITS", "branch_predictor.py", "indirectGHRBits"),
    ("branch.h", "TABLES", "branch_predictor.py", "nHistoryTables"),
    ("tage.c", "RESET_BITS", "branch_predictor.py", "logUResetPeriod"),
    ("caches.c", "WAYS", "caches.py", "assoc"),
]


def in_model(file: str, name: str) -> int:
    """Return an enumeration constant of the C sources; the first number of its value."""
    found = re.search(rf"\b{name} = (\d+)", build.sources()[file].decode())
    assert found, f"{name} is not in {file}"
    return int(found[1])


def in_configuration(file: str, name: str) -> int:
    """Return the first value that a file of the configuration (Verbatim) gives to a name."""
    found = re.search(rf"^\s*{name} = (\d+)", (CONFIGURATION / file).read_text(), re.MULTILINE)
    assert found, f"{name} is not in {file}"
    return int(found[1])


@pytest.mark.parametrize(("file", "name", "other", "parameter"), SAME)
def test_a_figure_is_the_configurations(file: str, name: str, other: str, parameter: str) -> None:
    assert in_model(file, name) == in_configuration(other, parameter)


@pytest.mark.parametrize(
    ("name", "parameter"),
    [("tag_bits", "tagTableTagWidths"), ("size_bits", "logTagTableSizes")],
)
def test_the_predictors_tables_are_the_configurations(name: str, parameter: str) -> None:
    text = build.sources()["tage.c"].decode()
    ours = re.search(rf"{name}\[TABLES \+ 1\] = \{{([^}}]*)\}}", text)
    theirs = re.search(
        rf"{parameter} = \[([^\]]*)\]", (CONFIGURATION / "branch_predictor.py").read_text()
    )
    assert ours
    assert theirs
    assert ours[1].split(",") == theirs[1].split(",")


def test_history_lengths_follow_from_the_shortest_and_the_longest() -> None:
    shortest, longest = (
        in_configuration("branch_predictor.py", name) for name in ("minHist", "maxHist")
    )
    lengths = [int(shortest * (longest / shortest) ** (i / 11) + 0.5) for i in range(12)]
    text = build.sources()["tage.c"].decode()
    ours = re.search(r"lengths\[TABLES \+ 1\] = \{([^}]*)\}", text)
    assert ours
    assert [int(one) for one in ours[1].split(",")] == [0, *lengths]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("INT_MUL", "int_mult: int = 3"),
        ("FLOAT_DIV", '"FloatDiv": 12'),
        ("FLOAT_SQRT", '"FloatSqrt": 24'),
        ("SIMD_CVT", '"SimdCvt": 3'),
        ("SIMD_MUL", '"SimdMult": 4'),
        ("SIMD_FADD", '"SimdFloatAdd": 4'),
        ("SIMD_FMUL", '"SimdFloatMult": 4'),
        ("SIMD_FDIV", '"SimdFloatDiv": 12'),
        ("SIMD_FSQRT", '"SimdFloatSqrt": 20'),
    ],
)
def test_a_latency_is_the_configurations(ours: str, theirs: str) -> None:
    assert theirs in (CONFIGURATION / "ports.py").read_text()
    found = re.search(rf"\[{ours}\] = \{{[^}}]*, (\d+)\}}", build.sources()["ports.c"].decode())
    assert found
    assert found[1] == theirs.split()[-1]
