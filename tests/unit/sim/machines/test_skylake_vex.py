"""What vector and bit instructions cost beside their honest twins, which gem5 has a cost of."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.machine import Measurement
from sim.machines.skylake import Skylake
from tests.unit.sim.machines.test_skylake import run

COPIES, TURNS = 32, 2000

# A chain of dependent instructions, and the cycles of one: a figure of gem5's, or of LLVM's model.
CHAINS = {
    "vdivsd %xmm1, %xmm0, %xmm0": 12,
    "vdivpd %ymm1, %ymm0, %ymm0": 12,
    "vsqrtps %ymm0, %ymm0": 20,
    "vaddps %ymm1, %ymm0, %ymm0": 4,
    "vmulsd %xmm0, %xmm1, %xmm0": 4,
    "vfmadd231sd %xmm1, %xmm2, %xmm0": 4,
    "vfmadd132ps %ymm0, %ymm2, %ymm1\n vfmadd213ps %ymm2, %ymm1, %ymm0": 8,
    "vpermd %ymm1, %ymm0, %ymm0": 3,
    "vperm2i128 $1, %ymm1, %ymm0, %ymm0": 3,
    "vextracti128 $1, %ymm0, %xmm0": 3,
    "vpmuludq %ymm1, %ymm0, %ymm0": 4,
    "vpmovzxbd %xmm0, %ymm0": 4,  # and a move, since it reads what it overwrites
    "vcvtph2ps %xmm0, %xmm0": 6,
    "vroundpd $0, %ymm0, %ymm0": 8,
    "aesenc %xmm1, %xmm0": 4,
    "vaesdec %xmm1, %xmm0, %xmm0": 4,
    "pclmulqdq $0, %xmm1, %xmm0": 6,
    "dpps $255, %xmm1, %xmm0": 13,
    "pdep %rax, %rbx, %rax": 3,
    "pext %rbx, %rax, %rax": 3,
    "crc32q %rax, %rax": 3,
    "popcnt %rax, %rax": 3,
    "lzcnt %rax, %rax": 3,
    "mulx %rdx, %rdx, %rbx\n mov %rbx, %rdx": 5,
    "vpaddd %ymm1, %ymm0, %ymm0": 1,
}

# The same work in an instruction of its own, and by those that gem5 has.
TWINS = {
    "a division": ("vdivsd %xmm1, %xmm0, %xmm0", "divsd %xmm1, %xmm0", 0.9),
    "a sum of 128 bits": ("vaddpd %xmm1, %xmm0, %xmm0", "addpd %xmm1, %xmm0", 0.9),
    "movbe to memory": (
        "movbe %rax, 64(%rdx)\n add $64, %rdx",
        "mov %rax, %rbx\n bswap %rbx\n mov %rbx, 64(%rdx)\n add $64, %rdx",
        0.9,
    ),
    "stores of 256 bits": (
        "vmovdqa %ymm0, 64(%rdx)\n add $64, %rdx",
        "movdqa %xmm0, 64(%rdx)\n movdqa %xmm0, 80(%rdx)\n add $64, %rdx",
        0.9,
    ),
    "stores past the caches": (
        "vmovntps %ymm0, 64(%rdx)\n add $64, %rdx",
        "movaps %xmm0, 64(%rdx)\n movaps %xmm0, 80(%rdx)\n add $64, %rdx",
        0.9,
    ),
    "masked stores": (
        "vmaskmovps %ymm0, %ymm1, 64(%rdx)\n add $64, %rdx",
        "movaps %xmm0, 64(%rdx)\n movaps %xmm0, 80(%rdx)\n add $64, %rdx",
        0.9,
    ),
    "loads of 256 bits": (
        "vaddps 64(%rdx), %ymm0, %ymm0\n add $64, %rdx",
        "addps 64(%rdx), %xmm0\n addps 80(%rdx), %xmm1\n add $64, %rdx",
        0.9,
    ),
    "a gather of far elements": (
        "vpcmpeqd %xmm3, %xmm3, %xmm3\n vpgatherqq %xmm3, 64(%rdx,%xmm2), %xmm1\n add $64, %rdx",
        "mov 64(%rdx), %rax\n add $64, %rdx",
        0.9,
    ),
}


def cycles_each(machine: Skylake, folder: Path, body: str, copies: int = COPIES) -> float:
    """One repetition more, with the loop's own cost taken away."""
    half, whole = (run(machine, folder, body, TURNS, n) for n in (copies // 2, copies))
    return (whole.cycles - half.cycles) / (TURNS * (copies - copies // 2))


def measured(machine: Skylake, folder: Path, body: str) -> Measurement:
    return run(machine, folder, body, turns=1000, copies=32)


@pytest.mark.parametrize("body", CHAINS)
def test_a_chain_costs_its_latency(machine: Skylake, tmp_path: Path, body: str) -> None:
    assert cycles_each(machine, tmp_path, body) == pytest.approx(CHAINS[body], rel=0.1, abs=0.3)


@pytest.mark.parametrize("twin", TWINS)
def test_an_instruction_is_not_cheaper_than_its_twin(
    machine: Skylake, tmp_path: Path, twin: str
) -> None:
    own, honest, least = TWINS[twin]
    ours, theirs = (measured(machine, tmp_path, body) for body in (own, honest))
    assert ours.counters["unknown"] == 0
    assert ours.cycles >= least * theirs.cycles


@pytest.mark.parametrize(
    ("body", "loads", "stores"),
    [
        ("vpcmpeqd %ymm3, %ymm3, %ymm3\n vpgatherdd %ymm3, (%rdx,%ymm2,4), %ymm1", 8, 0),
        ("vpcmpeqd %ymm3, %ymm3, %ymm3\n vgatherqpd %ymm3, (%rdx,%ymm2,8), %ymm1", 4, 0),
        ("vmovups (%rdx), %ymm0", 2, 0),
        ("vmovups %ymm0, (%rdx)", 0, 2),
        ("vpmaskmovd %ymm0, %ymm1, (%rdx)", 0, 2),
        ("vextracti128 $1, %ymm0, (%rdx)", 0, 1),
        ("vbroadcasti128 (%rdx), %ymm0", 1, 0),
        ("vfmadd231sd (%rdx), %xmm1, %xmm0", 1, 0),
        ("movbe (%rdx), %rax", 1, 0),
        ("movbe %eax, (%rdx)", 0, 1),
        ("mov %rdx, %rdi\n maskmovdqu %xmm0, %xmm1", 0, 2),
        ("movnti %rax, (%rdx)", 0, 1),
        ("lddqu (%rdx), %xmm0", 2, 0),
        ("lea buffer(%rip), %r9\n lock cmpxchg16b (%r9)", 2, 2),
        ("bts %rax, (%rdx)", 1, 1),
        ("vpinsrw $1, (%rdx), %xmm1, %xmm0", 1, 0),
        ("vcvtps2ph $0, %ymm0, (%rdx)", 0, 1),
        ("fnstenv (%rdx)\n fldenv (%rdx)", 4, 4),
    ],
)
def test_accesses_are_counted(
    machine: Skylake, tmp_path: Path, body: str, loads: int, stores: int
) -> None:
    once, more = (run(machine, tmp_path, body, n, copies=1) for n in (100, 600))
    assert more.counters["unknown"] == 0
    assert more.counters["loads"] - once.counters["loads"] == 500 * loads
    assert more.counters["stores"] - once.counters["stores"] == 500 * stores


def test_a_gather_waits_for_memory_as_its_elements_do(machine: Skylake, tmp_path: Path) -> None:
    """Far elements cost more than near ones, so their addresses are theirs."""
    gather = "vpcmpeqd %ymm3, %ymm3, %ymm3\n vpgatherdd %ymm3, (%rdx,%ymm2), %ymm1\n add $64, %rdx"
    near, far = (
        run(
            machine,
            tmp_path,
            f"mov ${distance}, %eax\n vmovd %eax, %xmm2\n {gather}",
            turns=100,
            copies=64,
        )
        for distance in (0, 1 << 20)
    )
    assert far.counters["l2_misses"] > 1.8 * near.counters["l2_misses"]
    assert far.cycles > 1.5 * near.cycles
