"""An instruction that the translator lacks is named by its set, with the option that allows it."""

from __future__ import annotations

import pytest

from sim.ended import Ended
from sim.errors import Unsupported
from sim.machines import instruction_sets, valgrind

# What assemblers make of one instruction of each set.
EXAMPLES = [
    ("AVX-512", "62 f1 7c 48 58 c0"),  # vaddps %zmm0, %zmm0, %zmm0
    ("AVX-512", "c5 f4 47 c9"),  # kxorw %k1, %k1, %k1
    ("AVX-512", "c5 f8 92 c8"),  # kmovw %eax, %k1
    ("AVX-512", "c4 e1 fb 92 c8"),  # kmovq %rax, %k1
    ("AMX", "c4 e2 78 49 00"),  # ldtilecfg (%rax)
    ("AMX", "c4 e2 7b 49 c0"),  # tilezero %tmm0
    ("AMX", "c4 e2 6b 5e c1"),  # tdpbssd %tmm2, %tmm1, %tmm0
    ("3DNow!", "0f 0f c1 9e"),  # pfadd %mm1, %mm0
    ("SSE4a", "66 0f 79 c1"),  # extrq %xmm1, %xmm0
    ("SSE4a", "f2 0f 2b 00"),  # movntsd %xmm0, (%rax)
    ("XOP or TBM", "8f e8 78 a2 c2 10"),  # vpcmov
    ("XOP or TBM", "8f ea 78 10 c0 00 00 00 00"),  # bextr
    ("SHA", "0f 3a cc c1 00"),  # sha1rnds4 $0, %xmm1, %xmm0
    ("SHA", "0f 38 cb c1"),  # sha256rnds2
    ("GFNI", "66 0f 38 cf c1"),  # gf2p8mulb %xmm1, %xmm0
    ("VAES", "c4 e2 75 dc c2"),  # vaesenc %ymm2, %ymm1, %ymm0
    ("VAES", "c4 e3 75 44 c2 00"),  # vpclmulqdq
    ("AVX-VNNI", "c4 e2 75 50 c2"),  # vpdpbusd %ymm2, %ymm1, %ymm0
    ("", "0f 01 e8"),  # serialize
    ("", "c4 e2 79 00 c0"),  # vpshufb, which the translator has
]


def log_of(code: str) -> bytes:
    told = " ".join(f"0x{int(one, 16):X}" for one in code.split())  # as Valgrind writes them
    return (
        f"==2== x\nvex amd64->IR: unhandled instruction bytes: {told}\nvex amd64->IR: REX".encode()
    )


@pytest.mark.parametrize(("name", "code"), EXAMPLES)
def test_an_instruction_is_named_by_its_set(name: str, code: str) -> None:
    told = instruction_sets.unhandled(log_of(code))
    assert told == [int(one, 16) for one in code.split()]
    assert instruction_sets.name_of(told) == name


@pytest.mark.parametrize("code", ["", "66", "0f", "c4", "c5", "8f", "62"])
def test_an_instruction_that_is_cut_short_is_no_error(code: str) -> None:
    instruction_sets.name_of([int(one, 16) for one in code.split()])


@pytest.mark.parametrize(("name", "code"), EXAMPLES)
def test_each_is_unsupported_and_says_what_to_remove(name: str, code: str) -> None:
    ended = Ended(None, 4, b"", b"", log_of(code), False, 0, 0, 0, 0)
    with pytest.raises(Unsupported) as failure:
        valgrind.refuse_own_failure(ended)
    assert (name or "an instruction that Valgrind cannot translate") in failure.value.what
    assert "target pragma" in failure.value.remedy
    assert "--machine native" in failure.value.remedy


def test_an_instruction_that_is_there_to_raise_a_signal_is_none_that_is_lacking() -> None:
    assert instruction_sets.unhandled(log_of("0f 0b 90")) is None
    assert instruction_sets.unhandled(log_of("0f 0b") + b"\n" + log_of("62 f1")) == [0x62, 0xF1]


def test_a_log_without_such_a_line_is_no_failure() -> None:
    assert instruction_sets.unhandled(b"==2== all is well") is None
