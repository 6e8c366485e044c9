"""The execution ports of Skylake, as gem5's pool of units; their figures are in `figures.py`."""

from __future__ import annotations

import figures
from m5.objects import FUDesc, FUPool, OpDesc


def pool(configuration):
    """Return the pool of the eight ports, p0 to p7."""
    return FUPool(
        FUList=[
            FUDesc(
                opList=[OpDesc(opClass=name, opLat=cycles) for name, cycles in begins.items()],
                count=count,
            )
            for count, begins in figures.PORTS[configuration]
        ]
    )
