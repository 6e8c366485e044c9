"""The timing tool's decoder against a disassembler, over the encodings that g++ can emit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.errors import MissingTool
from sim.skylake.build import valgrind_parts
from tests.unit.sim.skylake import decoder
from tests.unit.sim.skylake.encoding_space import Form, disassembler, forms

# What gem5's micro-code does otherwise than the processor, and cycles must stay gem5's: by mnemonic
# (without a VEX prefix) the differences that are known, and why.
GEM5 = {
    r"(p?unpck|comis|ucomis)": r"loads \d+ bytes for 16|reads xmm0",  # only the half that is wanted
    r"cvtt?ss2si": "loads 8 bytes for 4",
    r"(cvtps2pd|cvtdq2pd)": "loads 16 bytes for 8",
    r"(psrldq|pslldq)": "reads xmm2",  # more than 16 bytes: zeros
    r"v?mov([lh]p[sd]|hlps|lhps)": "reads xmm0",  # one half is written, the other stays where it is
    r"rounds[sd]": "reads xmm0",
    r"punpckl": "loads 8 bytes for 4",  # on MMX's registers
    r"pshuf[lh]w": "loads 8 bytes for 16",
    r"nop": r"reads \w+|loads 1 bytes for 0",
    r"(clflush|clflushopt|clwb)": r"reads \w+",  # no operation
    r"i?div": r"writes \w*flags",  # undefined behind a division
    r"(xsave|xrstor)": r"reads [re]?[ad]x",
    r"(bsf|bsr|movbe)": r"(loads|stores) 8 bytes for [24]",  # 66 with REX.W: capstone's fault
    r"(frstor|fnsave)": r"(loads|stores) 108 bytes for 4",
    r"(cdq|cqo|cwd|test)": r"writes [re]?ax",
    r"stosq": r"(reads|writes) rcx",
    r"leave": "loads 8 bytes for 0",
    r"enter": "stores 8 bytes for 0",
    r"vzeroupper": r"writes ymm\d+",
}  # fmt: skip


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        valgrind_parts()
    except MissingTool as missing:
        pytest.skip(f"{missing.what}; {missing.remedy}")
    return decoder.build(tmp_path_factory.mktemp("decoder"))


def is_gem5s(form: Form, difference: str) -> bool:
    name = form.instruction.mnemonic
    return any(
        re.match(f"(?:{which})", name) and re.fullmatch(expected, difference)
        for which, expected in GEM5.items()
    )


def faults(program: Path, tried: list[Form]) -> list[str]:
    told = decoder.describe(program, [form.code for form in tried])
    return [
        f"{form.code.hex()} {form.name}: {one}"
        for form, what in zip(tried, told, strict=True)
        for one in decoder.differences(form, what)
        if not is_gem5s(form, one)
    ]


def of(code: str) -> Form:
    raw = bytes.fromhex(code)
    return Form(raw, next(disassembler().disasm(raw, 0x400000)))


# One form of each kind that the decoder once took for something else.
SAMPLE = [
    "c5fc58c1",
    "c5fd7f06",
    "c5fc2806",
    "c5f35e06",
    "c5fb59c1",
    "c4e26db800",
    "c4e269b900",
    "c4e269920c08",
    "c4e2ed910c08",
    "c4e26d2c06",
    "c4e26d2e06",
    "c4e26d8e06",
    "c4e27d1806",
    "c4e27d7806",
    "c4e27d5a06",
    "c4e37d391601",
    "c4e36d380601",
    "c4e36d4b0640",
    "c4e37d1d0600",
    "c4e27d1306",
    "c4e268f206",
    "c4e2f8f706",
    "c4e278f3ce",
    "c4e2fbf506",
    "c4e2e3f606",
    "c4e3fbf00611",
    "c5f877",
    "c5fc77",
    "c5f9f7c1",
    "c5f96e06",
    "c5f97e06",
    "c5f9d606",
    "c5f8ae16",
    "c5f8ae1e",
    "c5fd6f06",
    "c5ffe606",
    "c5fae606",
    "0f38f006",
    "0f38f106",
    "480f38f106",
    "660f38f106",
    "f20f38f006",
    "66f20f38f106",
    "660f38f606",
    "f30f38f606",
    "f30fb806",
    "f30fbd06",
    "660ff7c1",
    "0ff7c1",
    "0fc306",
    "660fe706",
    "0f2b06",
    "f20ff006",
    "d7",
    "480fc70e",
    "0fc70e",
    "0fc7f0",
    "0fc7f8",
    "0fc8",
    "660f3a630611",
    "660f3a600611",
    "660f3817c1",
    "660f38dc06",
    "660f3a440611",
    "660f3a400611",
    "660f3a140611",
    "66480f3a160611",
    "660f3a220611",
    "660f3a210611",
    "660f382006",
    "0fa306",
    "0fab06",
    "0fa40611",
    "0fad06",
    "0fc106",
    "0fb106",
    "f0480fb10e",
    "f3a4",
    "f3ab",
    "a411",
    "c8100000",
    "9e",
    "9f",
    "48a11122334455667788",
    "dd26",
    "d936",
    "df26",
    "df36",
    "dd3e",
    "f30f1206",
    "f20f1206",
    "f30f1606",
    "f30fd6c1",
    "f20fd6c1",
    "660f2a06",
    "0f2d06",
    "f30fc7f8",
]


@pytest.mark.parametrize("code", SAMPLE)
def test_an_instruction_is_decoded_as_what_it_is(program: Path, code: str) -> None:
    assert faults(program, [of(code)]) == []


@pytest.mark.prove
def test_all_forms_that_a_compiler_can_emit_are_decoded_as_what_they_are(program: Path) -> None:
    tried = list(forms())
    assert len(tried) > 2800
    assert sum(form.is_vex for form in tried) > 1200
    assert faults(program, tried) == []


def test_a_difference_is_seen(program: Path) -> None:
    """vaddps with the description of vmovaps: the walk would tell."""
    moved = decoder.describe(program, [bytes.fromhex("c5fc28c1")])[0]
    assert "reads ymm2" in [*decoder.differences(of("c5ec58c1"), moved)]
