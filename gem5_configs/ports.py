"""The execution ports of Skylake: which operations each can begin, and their latency in cycles.

Source of every figure: darchr/gem5-skylake-config, commit d92b219, as PIE used it. All operations
are pipelined there, and operations that no port names take one cycle, as gem5 has it.
"""

from __future__ import annotations

from m5.objects import FUDesc, FUPool, OpDesc

INTEGER = {"IntAlu": 1}
FLOAT = {"FloatAdd": 4, "FloatCmp": 4, "FloatCvt": 4, "FloatMult": 4, "FloatMultAcc": 5}
FLOAT_DIVISION = {"FloatDiv": 12, "FloatSqrt": 24}
SIMD_BASIC = {"SimdAdd": 1, "SimdAddAcc": 1, "SimdAlu": 1, "SimdCmp": 1}
SIMD_BASIC |= {"SimdShift": 1, "SimdShiftAcc": 1}
SIMD_REDUCE = {"SimdReduceAdd": 1, "SimdReduceAlu": 1, "SimdReduceCmp": 1, "SimdMisc": 1}
SIMD_MULTIPLY = {"SimdCvt": 3, "SimdMult": 4, "SimdMultAcc": 4}
SIMD_FLOAT = {"SimdFloatAdd": 4, "SimdFloatAlu": 4, "SimdFloatCmp": 4}
SIMD_FLOAT |= {"SimdFloatReduceAdd": 4, "SimdFloatReduceCmp": 4}
SIMD_FLOAT_MULTIPLY = {"SimdFloatCvt": 4, "SimdFloatMult": 4, "SimdFloatMultAcc": 4}
SIMD_FLOAT_DIVISION = {"SimdFloatDiv": 12, "SimdFloatSqrt": 20}
LOAD = {"MemRead": 1, "FloatMemRead": 1}
STORE = {"MemWrite": 1, "FloatMemWrite": 1}
_ARITHMETIC = INTEGER | FLOAT | SIMD_BASIC | SIMD_REDUCE | SIMD_MULTIPLY
_ARITHMETIC |= SIMD_FLOAT | SIMD_FLOAT_MULTIPLY


def ports(int_div: int = 1, int_mult: int = 3, counts: tuple[int, ...] = (1,) * 8) -> FUPool:
    """Return the pool of the eight ports, p0 to p7, each present `counts` times.

    One step of x86's division loop takes `int_div` cycles.
    """
    by_number = [
        _ARITHMETIC | {"IntDiv": int_div} | FLOAT_DIVISION | SIMD_FLOAT_DIVISION,
        _ARITHMETIC | {"IntMult": int_mult},
        LOAD,
        LOAD,
        STORE,
        INTEGER | SIMD_BASIC | SIMD_REDUCE | SIMD_FLOAT,
        INTEGER | SIMD_BASIC,
        STORE,
    ]
    return FUPool(
        FUList=[
            FUDesc(
                opList=[OpDesc(opClass=name, opLat=cycles) for name, cycles in port.items()],
                count=count,
            )
            for port, count in zip(by_number, counts, strict=True)
        ]
    )


def verbatim():
    """One unit of each port."""
    return ports()


def tuned():
    """More loads, stores and simple integer operations at once; slower division, faster products.

    12 load units on p2 beside the one on p3, 12 store units on p4 beside the one on p7, 3 of p6.
    """
    return ports(int_div=2, int_mult=2, counts=(1, 1, 12, 1, 12, 1, 3, 1))


def unconstrained():
    """Four units of each port."""
    return ports(int_div=2, int_mult=2, counts=(4,) * 8)
