"""The out-of-order core in its three configurations: widths, depths, buffers and registers.

Source of every figure: darchr/gem5-skylake-config, commit d92b219. A parameter that is not set
here is gem5's own. Delays and widths are in cycles and in micro-operations.
"""

from __future__ import annotations

import ports
from branch_predictor import SkylakePredictor
from m5.objects import X86O3CPU


class Verbatim(X86O3CPU):
    """Set from Skylake's documentation alone; what PIE published with."""

    branchPred = SkylakePredictor()
    fuPool = ports.verbatim()

    # A pipeline of about 15 stages: depth 3.
    fetchToDecodeDelay = 3
    decodeToRenameDelay = 1
    renameToIEWDelay = 9
    issueToExecuteDelay = 1
    iewToCommitDelay = 6
    forwardComSize = 19  # the longest delay must fit
    backComSize = 19

    fetchWidth = 4
    decodeWidth = 4
    renameWidth = 8
    dispatchWidth = 8
    issueWidth = 8
    wbWidth = 8
    commitWidth = 8
    squashWidth = 8

    fetchBufferSize = 16  # bytes
    fetchQueueSize = 50
    numROBEntries = 224
    numIQEntries = 97
    LQEntries = 72
    SQEntries = 56
    numPhysIntRegs = 180
    numPhysFloatRegs = 168


class Tuned(Verbatim):
    """Fitted to the measured speed of hardware by its authors."""

    branchPred = SkylakePredictor()
    fuPool = ports.tuned()

    fetchWidth = 8
    decodeWidth = 8
    renameWidth = 12
    squashWidth = 12

    fetchQueueSize = 64
    numROBEntries = 336
    numIQEntries = 146
    LQEntries = 144
    SQEntries = 112
    numPhysIntRegs = 270
    numPhysFloatRegs = 252


class Unconstrained(Verbatim):
    """Wide everywhere: what a program could reach if only its dependences held it back.

    The original is 32 wide in each stage; gem5 is compiled for at most 12 (cpu/o3/limits.hh).
    """

    branchPred = SkylakePredictor()
    fuPool = ports.unconstrained()

    decodeToRenameDelay = 2
    forwardComSize = 12
    backComSize = 12

    fetchWidth = 12
    decodeWidth = 12
    renameWidth = 12
    dispatchWidth = 12
    issueWidth = 12
    wbWidth = 12
    commitWidth = 12
    squashWidth = 12

    fetchBufferSize = 64
    fetchQueueSize = 128
    numROBEntries = 1024
    numIQEntries = 512
    LQEntries = 256
    SQEntries = 224
    numPhysIntRegs = 336
    numPhysFloatRegs = 256
