"""Instructions without a cost are counted, named and refused."""

from __future__ import annotations

import pytest

from sim.errors import Unsupported
from sim.machines import unknown

LOG = b"==2== PIE-UNKNOWN 0f03c1 2000\n==2== PIE-UNKNOWN 0f02d8 1\n"


def counters(count: int) -> dict[str, int]:
    return {"unknown": count, "instructions": 1_000_000}


def test_a_thousandth_is_accepted() -> None:
    unknown.refuse(LOG, counters(1000))
    unknown.refuse(b"", counters(0))


def test_more_is_refused_by_name() -> None:
    with pytest.raises(Unsupported) as refused:
        unknown.refuse(LOG, counters(1001))
    assert "1001 of 1000000 instructions" in refused.value.what
    assert refused.value.what.endswith("most of them lsl, lar")
    assert "--machine native" in refused.value.remedy


def test_without_a_disassembler_the_bytes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(Unsupported, match="the bytes 0f 03 c1, the bytes 0f 02 d8"):
        unknown.refuse(LOG, counters(2001))


def test_what_is_no_instruction_is_told_by_its_bytes() -> None:
    assert unknown.names([bytes.fromhex("06"), bytes.fromhex("c5f877")]) == ["", "vzeroupper"]
