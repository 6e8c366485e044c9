"""The out-of-order core in its three configurations: widths, depths, buffers and registers.

Their figures are in `figures.py`. A parameter that is not there is gem5's own.
"""

from __future__ import annotations

import figures
import ports
from branch_predictor import SkylakePredictor
from m5.objects import X86O3CPU

CONFIGURATIONS = {
    "Verbatim": "set from Skylake's documentation alone; what PIE published with",
    "Tuned": "fitted to the measured speed of hardware by its authors",
    "Unconstrained": "wide everywhere: as if only a program's dependences held it back",
}


def core(configuration):
    """Return the core; KeyError for an unknown configuration."""
    return X86O3CPU(
        branchPred=SkylakePredictor(),
        fuPool=ports.pool(configuration),
        **figures.CORES[configuration],
    )
