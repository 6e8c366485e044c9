"""What the suite runs on each machine: small programs, built once, and a way to measure them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.limits import MIB, Limits
from sim.machine import Machine, Measurement
from sim.machines import MACHINES
from sim.program import Build, TestCase
from sim.toolchain import Toolchain
from tests import built

TOOLCHAIN = Toolchain()
# Small, so that what never ends costs a second of CPU time.
LIMITS = Limits(max_instructions=200_000_000, output_bytes=MIB, file_bytes=MIB)

# gem5 takes five seconds for a million instructions, and judge0 a server: each has its own suite.
QUICK = {name: kind for name, kind in MACHINES.items() if name not in ("gem5", "judge0")}

Builder = Callable[..., Build]
Measure = Callable[..., Measurement]
CaseMaker = Callable[[str, str], TestCase]


@pytest.fixture(autouse=True)
def cache(cache: Path) -> Path:
    """The shared cache, in every test here."""
    return cache


@pytest.fixture(params=QUICK)
def machine(request: pytest.FixtureRequest) -> Machine:
    return able(MACHINES[request.param]())


@pytest.fixture(params=[name for name, kind in QUICK.items() if kind().deterministic])
def deterministic(request: pytest.FixtureRequest) -> Machine:
    return able(MACHINES[request.param]())


@pytest.fixture
def build() -> Builder:
    return built.build


@pytest.fixture
def measure(tmp_path: Path, build: Builder) -> Measure:
    """Measure a source text or a build on some input."""

    def measure(
        machine: Machine,
        what: str | Build,
        stdin: str = "",
        limits: Limits = LIMITS,
        toolchain: Toolchain = TOOLCHAIN,
    ) -> Measurement:
        path = tmp_path / "input.txt"
        path.write_text(stdin)
        built = what if isinstance(what, Build) else build(what)
        return machine.measure(built, path, limits, toolchain)

    return measure


@pytest.fixture
def case(tmp_path: Path) -> CaseMaker:
    def case(stdin: str, expected: str) -> TestCase:
        paths = tmp_path / "case.in", tmp_path / "case.out"
        for path, text in zip(paths, (stdin, expected), strict=True):
            path.write_text(text)
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
        return TestCase("0", *paths, *digests)

    return case


def able(machine: Machine) -> Machine:
    found = machine.check()
    if not found.ok:
        pytest.skip(f"{machine.name} cannot run here: {found.problem}; {found.remedy}")
    return machine
