"""The board: one Skylake core with its caches and its memory, at 3.5 GHz.

Another board is a file like this one: `CONFIGURATIONS`, and `board(configuration)` that returns the
system with one `cpu` that has no workload yet.
"""

from __future__ import annotations

import caches
import core
import figures
import memory
from m5.objects import L2XBar, SrcClockDomain, System, VoltageDomain

CONFIGURATIONS = core.CONFIGURATIONS
ISA = "X86"


def board(configuration):
    """Return the system; KeyError for an unknown configuration."""
    system = System(mem_mode="timing", mem_ranges=[memory.memory_range()])
    system.clk_domain = SrcClockDomain(
        clock=f"{figures.CLOCK_HZ}Hz", voltage_domain=VoltageDomain()
    )
    system.cpu = cpu = core.core(configuration)
    system.membus = memory.memory_bus()
    system.system_port = system.membus.cpu_side_ports

    cpu.icache, cpu.dcache = caches.first_level(configuration)
    cpu.icache.cpu_side = cpu.icache_port
    cpu.dcache.cpu_side = cpu.dcache_port
    cpu.walkbus = L2XBar()
    cpu.walkcache = caches.walk_cache(cpu_side=cpu.walkbus.mem_side_ports)
    for tlb in (cpu.mmu.itb, cpu.mmu.dtb):
        tlb.walker.port = cpu.walkbus.cpu_side_ports

    system.l2bus = caches.second_level_bus()
    for cache in (cpu.icache, cpu.dcache, cpu.walkcache):
        cache.mem_side = system.l2bus.cpu_side_ports
    system.l2cache = caches.second_level(cpu_side=system.l2bus.mem_side_ports)
    system.l3bus = caches.third_level_bus()
    system.l2cache.mem_side = system.l3bus.cpu_side_ports
    system.l3cache = caches.third_level(cpu_side=system.l3bus.mem_side_ports)
    system.l3cache.mem_side = system.membus.cpu_side_ports

    cpu.createInterruptController()
    cpu.interrupts[0].pio = system.membus.mem_side_ports
    cpu.interrupts[0].int_requestor = system.membus.cpu_side_ports
    cpu.interrupts[0].int_responder = system.membus.mem_side_ports
    system.memory = memory.controller(system.membus, system.mem_ranges[0])
    return system
