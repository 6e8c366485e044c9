"""Main memory: one range on one DDR4 channel, behind the memory bus.

Source: darchr/gem5-skylake-config, commit d92b219, but for the size: it has 100 MB for a kernel and
32 GB for the rest, of which a process in system-call emulation sees one range. What gem5 itself
knows of DDR4-2400 stands in `figures.GEM5_OWN`.
"""

from __future__ import annotations

import figures
from m5.objects import AddrRange, BadAddr, DDR4_2400_16x4, MemCtrl, Self, SystemXBar

SIZE = "4GB"


def memory_range():
    """All physical memory. Pages are given out from address 0 upwards."""
    return AddrRange(SIZE)


def memory_bus():
    """The crossbar in front of memory; addresses without memory answer so."""
    bus = SystemXBar(width=figures.CROSSBAR_WIDTH)
    bus.badaddr_responder = BadAddr()
    bus.default = Self.badaddr_responder.pio
    return bus


def controller(bus, span):
    """One channel DDR4-2400."""
    return MemCtrl(dram=DDR4_2400_16x4(range=span), port=bus.mem_side_ports)
