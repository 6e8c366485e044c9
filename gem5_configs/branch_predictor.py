"""The branch predictor of Skylake's model: LTAGE with its target buffer, return stack and so on.

Its figures are in `figures.py`. gem5 24 made the target buffer and the return stack objects of
their own; they were parameters of the predictor.
"""

from __future__ import annotations

import figures
from m5 import objects
from m5.objects import LTAGE, LTAGE_TAGE, SimpleIndirectPredictor


class SkylakePredictor(LTAGE):
    """The whole, the same in all three configurations.

    Twelve history tables with a short longest history; indirect targets by history.
    """

    tage = LTAGE_TAGE(**figures.TAGE)
    indirectBranchPred = SimpleIndirectPredictor(**figures.INDIRECT)
    if hasattr(objects, "SimpleBTB"):
        btb = objects.SimpleBTB(**figures.BTB)
        ras = objects.ReturnAddrStack(**figures.RAS)
    else:  # gem5 23
        BTBEntries = figures.BTB["numEntries"]
        BTBTagSize = figures.BTB["tagBits"]
        RASSize = figures.RAS["numEntries"]
