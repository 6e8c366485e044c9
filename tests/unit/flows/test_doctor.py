"""`pie doctor`: what it says of this host, of the known pair, and of the walls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pie.flows import doctor
from sim.machines import DEFAULT, machine

pytestmark = pytest.mark.skipif(not machine(DEFAULT).check().ok, reason="needs valgrind and gcc")


@pytest.fixture(autouse=True)
def empty_cache(
    tmp_path: Path, fresh_cache: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIE_CACHE", str(fresh_cache(tmp_path / "cache")))


def test_the_known_pair_has_the_stored_cycles_where_some_are_stored() -> None:
    found = doctor._known_pair()
    assert found.ok, found.text
    if "no value is stored" in found.text:
        pytest.skip(f"other toolchain than the stored one: {found.text}")
    assert found.text.endswith("as stored, to the cycle")


def test_other_cycles_than_the_stored_ones_are_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    stored: list[dict[str, Any]] = [{"cycles": [7, 5], "holds_for": {"machine": DEFAULT}}]
    monkeypatch.setattr(doctor, "references", lambda: stored)
    found = doctor._known_pair()
    assert not found.ok
    assert "stored for this very toolchain: 7 and 5" in found.text
    assert "pie doctor --json" in found.remedy


def test_only_the_default_machine_is_needed() -> None:
    needed = [one.name for one in doctor._machines() if one.needed]
    assert needed == [f"machine {DEFAULT}"]


def test_all_walls_hold() -> None:
    found = list(doctor._attacks())
    assert [one for one in found if not one.ok and one.needed] == []
    assert sum(one.name.startswith("wall measured_") for one in found) >= 7
    assert len(found) >= 20


@pytest.mark.parametrize("name", ["measured_mild.cpp", "mild.cpp"])
def test_a_wall_that_does_not_hold_is_told_with_what_became_of_the_attack(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("// any: nothing works\n// ends: tampering\nint main() {}\n")
    found = doctor.attack(tmp_path / name)
    assert (found.ok, found.needed) == (False, True)
    assert found.text == "nothing works: accepted, "
    assert "hostile" in found.remedy


def test_an_attack_that_cannot_be_built_is_not_tried(tmp_path: Path) -> None:
    (tmp_path / "broken.cpp").write_text("// any: nothing\nint main() { return }\n")
    assert doctor.attack(tmp_path / "broken.cpp").text.startswith("not tried: ")


def test_what_limits_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.cgroup, "why_address_space", lambda: "no group here")
    assert doctor._memory().text == "limited as address space: no group here"
    assert not doctor._memory().needed
