"""Print what a gem5 is, as one JSON line: version, instruction sets and where its Python lies."""

from __future__ import annotations

import json
import sys

import _m5.core
from m5.defines import buildEnv

isas = [
    name[4:-4]
    for name, on in buildEnv.items()
    if name.startswith("USE_") and name.endswith("_ISA") and on
]
print(
    json.dumps({"version": _m5.core.gem5Version, "isas": sorted(isas), "prefix": sys.base_prefix}),
    flush=True,
)
