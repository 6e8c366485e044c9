"""The caches, three levels and one behind the page walkers, and the crossbars between them.

Source of every figure: darchr/gem5-skylake-config, commit d92b219: what its code has, which is what
PIE ran (its documentation gives other figures for some). Latencies are in cycles.
"""

from __future__ import annotations

from m5.objects import (
    Cache,
    L2XBar,
    PIFPrefetcher,
    SnoopFilter,
    TreePLRURP,
    WriteAllocator,
)


class _Prefetching(Cache):
    """What all three levels share."""

    assoc = 16
    response_latency = 1
    tgts_per_mshr = 16

    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.replacement_policy = TreePLRURP()
        # It learns from retired instructions when it is told of them; nothing tells it here, as
        # nothing did there, so it never prefetches.
        self.prefetcher = PIFPrefetcher()


class InstructionCache(_Prefetching):
    """First level, instructions."""

    size = "32kB"
    mshrs = 128
    demand_mshr_reserve = 96
    write_buffers = 56


class DataCache(_Prefetching):
    """First level, data."""

    size = "32kB"
    mshrs = 128
    demand_mshr_reserve = 96
    write_buffers = 128

    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.write_allocator = WriteAllocator(
            coalesce_limit=2, no_allocate_limit=8, delay_threshold=8
        )


class WalkCache(Cache):
    """Behind the page walkers; in system-call emulation nothing walks."""

    size = "8kB"
    assoc = 8
    tag_latency = 1
    data_latency = 1
    response_latency = 1
    mshrs = 32
    tgts_per_mshr = 8


class SecondLevel(_Prefetching):
    """Second level, both."""

    size = "1MB"
    tag_latency = 14
    data_latency = 14
    mshrs = 256
    write_buffers = 256


class ThirdLevel(_Prefetching):
    """Third level: it takes what the second drops."""

    size = "2MB"
    tag_latency = 44
    data_latency = 44
    mshrs = 256
    write_buffers = 256
    clusivity = "mostly_excl"


def second_level_bus():
    """The crossbar between first and second level, 192 bytes wide."""
    return L2XBar(width=192)


def third_level_bus():
    """The crossbar between second and third level, with a snoop filter for 32 MB."""
    return L2XBar(width=192, snoop_filter=SnoopFilter(max_capacity="32MB"))


def first_level(configuration):
    """Return (instruction cache, data cache); four cycles in Verbatim, one in the others."""
    cycles = 4 if configuration == "Verbatim" else 1
    latency = {"tag_latency": cycles, "data_latency": cycles}
    return InstructionCache(**latency), DataCache(**latency)
