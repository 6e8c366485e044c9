"""Every figure of the simulated Skylake, as plain data: what two machines are made of.

The other files here give these figures to gem5, and `sim/skylake/parameters.py` makes the header
of the embedded machine of them, so that the two cannot drift apart. Names are gem5's own parameter
names. Delays and latencies are in cycles, widths and buffers in operations, sizes in bytes, times
of memory in picoseconds.

Source of every figure but those under `GEM5_OWN`: darchr/gem5-skylake-config, commit d92b219: what
its code has, which is what PIE ran (its documentation gives other figures for some).
"""

from __future__ import annotations

CLOCK_HZ = 3_500_000_000

# ---- the core --------------------------------------------------------------------------------

_VERBATIM = {
    # A pipeline of about 15 stages: depth 3.
    "fetchToDecodeDelay": 3,
    "decodeToRenameDelay": 1,
    "renameToIEWDelay": 9,
    "issueToExecuteDelay": 1,
    "iewToCommitDelay": 6,
    "forwardComSize": 19,  # the longest delay must fit
    "backComSize": 19,
    "fetchWidth": 4,
    "decodeWidth": 4,
    "renameWidth": 8,
    "dispatchWidth": 8,
    "issueWidth": 8,
    "wbWidth": 8,
    "commitWidth": 8,
    "squashWidth": 8,
    "fetchBufferSize": 16,
    "fetchQueueSize": 50,
    "numROBEntries": 224,
    "numIQEntries": 97,
    "LQEntries": 72,
    "SQEntries": 56,
    "numPhysIntRegs": 180,
    "numPhysFloatRegs": 168,
}
_TUNED = {
    "fetchWidth": 8,
    "decodeWidth": 8,
    "renameWidth": 12,
    "squashWidth": 12,
    "fetchQueueSize": 64,
    "numROBEntries": 336,
    "numIQEntries": 146,
    "LQEntries": 144,
    "SQEntries": 112,
    "numPhysIntRegs": 270,
    "numPhysFloatRegs": 252,
}
# The original is 32 wide in each stage; gem5 is compiled for at most 12 (cpu/o3/limits.hh).
_UNCONSTRAINED = {
    "decodeToRenameDelay": 2,
    "forwardComSize": 12,
    "backComSize": 12,
    "fetchWidth": 12,
    "decodeWidth": 12,
    "renameWidth": 12,
    "dispatchWidth": 12,
    "issueWidth": 12,
    "wbWidth": 12,
    "commitWidth": 12,
    "squashWidth": 12,
    "fetchBufferSize": 64,
    "fetchQueueSize": 128,
    "numROBEntries": 1024,
    "numIQEntries": 512,
    "LQEntries": 256,
    "SQEntries": 224,
    "numPhysIntRegs": 336,
    "numPhysFloatRegs": 256,
}
CORES = {
    "Verbatim": _VERBATIM,
    "Tuned": _VERBATIM | _TUNED,
    "Unconstrained": _VERBATIM | _UNCONSTRAINED,
}

# ---- the execution ports: which operations each can begin, and their latency -------------------

_INTEGER = {"IntAlu": 1}
_FLOAT = {"FloatAdd": 4, "FloatCmp": 4, "FloatCvt": 4, "FloatMult": 4, "FloatMultAcc": 5}
_FLOAT_DIVISION = {"FloatDiv": 12, "FloatSqrt": 24}
_SIMD_BASIC = {"SimdAdd": 1, "SimdAddAcc": 1, "SimdAlu": 1, "SimdCmp": 1}
_SIMD_BASIC |= {"SimdShift": 1, "SimdShiftAcc": 1}
_SIMD_REDUCE = {"SimdReduceAdd": 1, "SimdReduceAlu": 1, "SimdReduceCmp": 1, "SimdMisc": 1}
_SIMD_MULTIPLY = {"SimdCvt": 3, "SimdMult": 4, "SimdMultAcc": 4}
_SIMD_FLOAT = {"SimdFloatAdd": 4, "SimdFloatAlu": 4, "SimdFloatCmp": 4}
_SIMD_FLOAT |= {"SimdFloatReduceAdd": 4, "SimdFloatReduceCmp": 4}
_SIMD_FLOAT_MULTIPLY = {"SimdFloatCvt": 4, "SimdFloatMult": 4, "SimdFloatMultAcc": 4}
_SIMD_FLOAT_DIVISION = {"SimdFloatDiv": 12, "SimdFloatSqrt": 20}
_LOAD = {"MemRead": 1, "FloatMemRead": 1}
_STORE = {"MemWrite": 1, "FloatMemWrite": 1}
_ARITHMETIC = _INTEGER | _FLOAT | _SIMD_BASIC | _SIMD_REDUCE | _SIMD_MULTIPLY
_ARITHMETIC |= _SIMD_FLOAT | _SIMD_FLOAT_MULTIPLY


def _ports(int_div, int_mult, counts):
    """Return p0 to p7: how often each is there, and what it begins with which latency."""
    by_number = [
        _ARITHMETIC | {"IntDiv": int_div} | _FLOAT_DIVISION | _SIMD_FLOAT_DIVISION,
        _ARITHMETIC | {"IntMult": int_mult},
        _LOAD,
        _LOAD,
        _STORE,
        _INTEGER | _SIMD_BASIC | _SIMD_REDUCE | _SIMD_FLOAT,
        _INTEGER | _SIMD_BASIC,
        _STORE,
    ]
    return [*zip(counts, by_number, strict=True)]


# IntDiv is one step of x86's division loop. All operations are pipelined, and operations that no
# port names take one cycle, as gem5 has it.
PORTS = {
    "Verbatim": _ports(int_div=1, int_mult=3, counts=(1, 1, 1, 1, 1, 1, 1, 1)),
    # More loads, stores and simple integer operations at once; slower division, faster products.
    "Tuned": _ports(int_div=2, int_mult=2, counts=(1, 1, 12, 1, 12, 1, 3, 1)),
    "Unconstrained": _ports(int_div=2, int_mult=2, counts=(4, 4, 4, 4, 4, 4, 4, 4)),
}

# ---- the branch predictor, the same in all three -----------------------------------------------

TAGE = {
    "nHistoryTables": 12,
    "minHist": 4,
    "maxHist": 34,  # gem5's own is 640
    "tagTableTagWidths": [0, 7, 7, 8, 8, 9, 10, 11, 12, 12, 13, 14, 15],
    "logTagTableSizes": [14, 10, 10, 11, 11, 11, 11, 10, 10, 10, 10, 9, 9],
    "logUResetPeriod": 19,
}
INDIRECT = {
    "indirectSets": 128,
    "indirectWays": 4,
    "indirectTagSize": 16,
    "indirectPathLength": 7,
    "indirectGHRBits": 16,
}
BTB = {"numEntries": 512, "tagBits": 19}
RAS = {"numEntries": 32}

# ---- the caches and crossbars ------------------------------------------------------------------

EVERY_LEVEL = {"assoc": 16, "response_latency": 1, "tgts_per_mshr": 16}
FIRST_LEVEL_LATENCY = {"Verbatim": 4, "Tuned": 1, "Unconstrained": 1}
L1I = {"size": 32 << 10, "mshrs": 128, "demand_mshr_reserve": 96, "write_buffers": 56}
L1D = {"size": 32 << 10, "mshrs": 128, "demand_mshr_reserve": 96, "write_buffers": 128}
L1D_ALLOCATION = {"coalesce_limit": 2, "no_allocate_limit": 8, "delay_threshold": 8}
L2 = {"size": 1 << 20, "tag_latency": 14, "data_latency": 14, "mshrs": 256, "write_buffers": 256}
L3 = {"size": 2 << 20, "tag_latency": 44, "data_latency": 44, "mshrs": 256, "write_buffers": 256}
WALK_CACHE = {
    "size": 8 << 10,
    "assoc": 8,
    "tag_latency": 1,
    "data_latency": 1,
    "response_latency": 1,
    "mshrs": 32,
    "tgts_per_mshr": 8,
}
CROSSBAR_WIDTH = 192
SNOOP_CAPACITY = 32 << 20

# ---- what the configuration leaves as gem5 has it ----------------------------------------------

# By gem5's class, as in gem5 24.0.0.1; gem5 itself is not told these figures.
GEM5_OWN = {
    "X86O3CPU": {
        "decodeToFetchDelay": 1,
        "commitToFetchDelay": 1,
        "commitToRenameDelay": 1,
        "trapLatency": 13,
        "LSQDepCheckShift": 4,
        "store_set_clear_period": 250000,
        "SSITSize": 1024,
    },
    "LTAGE_TAGE": {
        "pathHistBits": 16,
        "logRatioBiModalHystEntries": 2,
        "tagTableCounterBits": 3,
        "tagTableUBits": 2,
        "useAltOnNaBits": 4,
        "initialTCounterValue": 1 << 17,
    },
    "LoopPredictor": {
        "logSizeLoopPred": 8,
        "logLoopTableAssoc": 2,
        "loopTableAgeBits": 8,
        "loopTableConfidenceBits": 2,
        "loopTableTagBits": 14,
        "loopTableIterBits": 14,
        "withLoopBits": 7,
    },
    "System": {"cache_line_size": 64},
    "L2XBar": {"frontend_latency": 1, "forward_latency": 0, "response_latency": 1},
    "SnoopFilter": {"lookup_latency": 1},
    "SystemXBar": {"frontend_latency": 3, "forward_latency": 4, "response_latency": 2},
    "MemCtrl": {
        "static_frontend_latency": 10000,
        "static_backend_latency": 10000,
        "min_writes_per_switch": 16,
        "write_low_thresh_perc": 50,
    },
    "DDR4_2400_16x4": {
        "device_rowbuffer_size": 512,
        "devices_per_rank": 16,
        "ranks_per_channel": 2,
        "banks_per_rank": 16,
        "bank_groups_per_rank": 4,
        "max_accesses_per_row": 16,
        "write_buffer_size": 128,
        "tBURST": 3332,
        "tCCD_L": 5000,
        "tCS": 1666,
        "tRCD": 14160,
        "tCL": 14160,
        "tRP": 14160,
        "tRAS": 32000,
        "tRRD": 3332,
        "tRRD_L": 4900,
        "tRFC": 350000,
        "tREFI": 7800000,
        "tRTP": 7500,
        "tWR": 15000,
        "tWTR": 5000,
        "tRTW": 1666,
    },
}
