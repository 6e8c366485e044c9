"""The caches, three levels and one behind the page walkers, and the crossbars between them.

Their figures are in `figures.py`.
"""

from __future__ import annotations

import figures
from m5.objects import (
    Cache,
    L2XBar,
    PIFPrefetcher,
    SnoopFilter,
    TreePLRURP,
    WriteAllocator,
)


def _sized(figures_of_it):
    """Return them with the size as gem5 wants it."""
    return figures_of_it | {"size": f"{figures_of_it['size']}B"}


class _Prefetching(Cache):
    """What all three levels share."""

    def __init__(self, level, **parameters):
        super().__init__(**figures.EVERY_LEVEL, **_sized(level), **parameters)
        self.replacement_policy = TreePLRURP()
        # It learns from retired instructions when it is told of them; nothing tells it here, as
        # nothing did there, so it never prefetches.
        self.prefetcher = PIFPrefetcher()


def first_level(configuration):
    """Return (instruction cache, data cache)."""
    cycles = figures.FIRST_LEVEL_LATENCY[configuration]
    latency = {"tag_latency": cycles, "data_latency": cycles}
    data = _Prefetching(figures.L1D, **latency)
    data.write_allocator = WriteAllocator(**figures.L1D_ALLOCATION)
    return _Prefetching(figures.L1I, **latency), data


def walk_cache(**parameters):
    """Return what is behind the page walkers; in system-call emulation nothing walks."""
    return Cache(**_sized(figures.WALK_CACHE), **parameters)


def second_level(**parameters):
    """Return the second level, both."""
    return _Prefetching(figures.L2, **parameters)


def third_level(**parameters):
    """Return the third level: it takes what the second drops."""
    return _Prefetching(figures.L3, clusivity="mostly_excl", **parameters)


def second_level_bus():
    """Return the crossbar between first and second level."""
    return L2XBar(width=figures.CROSSBAR_WIDTH)


def third_level_bus():
    """Return the crossbar between second and third level, with a snoop filter of its own."""
    snoops = SnoopFilter(max_capacity=f"{figures.SNOOP_CAPACITY}B")
    return L2XBar(width=figures.CROSSBAR_WIDTH, snoop_filter=snoops)
