"""The branch predictor of Skylake's model: LTAGE with its target buffer, return stack and so on.

Source of every figure: darchr/gem5-skylake-config, commit d92b219. gem5 24 made the target buffer
and the return stack objects of their own; they were parameters of the predictor.
"""

from __future__ import annotations

from m5 import objects
from m5.objects import LTAGE, LTAGE_TAGE, SimpleIndirectPredictor


class Tage(LTAGE_TAGE):
    """Twelve history tables with a short longest history."""

    nHistoryTables = 12
    minHist = 4
    maxHist = 34  # gem5's own is 640
    tagTableTagWidths = [0, 7, 7, 8, 8, 9, 10, 11, 12, 12, 13, 14, 15]
    logTagTableSizes = [14, 10, 10, 11, 11, 11, 11, 10, 10, 10, 10, 9, 9]
    logUResetPeriod = 19


class IndirectTargets(SimpleIndirectPredictor):
    """Where an indirect branch goes, by history."""

    indirectSets = 128
    indirectWays = 4
    indirectTagSize = 16
    indirectPathLength = 7
    indirectGHRBits = 16


class SkylakePredictor(LTAGE):
    """The whole, the same in all three configurations."""

    tage = Tage()
    indirectBranchPred = IndirectTargets()
    if hasattr(objects, "SimpleBTB"):
        btb = objects.SimpleBTB(numEntries=512, tagBits=19)
        ras = objects.ReturnAddrStack(numEntries=32)
    else:  # gem5 23
        BTBEntries = 512
        BTBTagSize = 19
        RASSize = 32
