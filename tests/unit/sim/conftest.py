from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.program import Build, TestCase
from tests import built


@pytest.fixture
def build(cache: Path) -> Callable[..., Build]:
    return built.build


@pytest.fixture
def case(tmp_path: Path) -> Callable[..., TestCase]:
    """A test case by input and expected output."""

    def case(stdin: str = "", expected: str | None = "", name: str = "0") -> TestCase:
        source, wanted = tmp_path / f"{name}.in", tmp_path / f"{name}.out"
        source.write_text(stdin)
        wanted.write_text(expected or "")
        digests = [hashlib.sha256(text.encode()).hexdigest() for text in (stdin, expected or "")]
        return TestCase(name, source, wanted if expected is not None else None, *digests)

    return case
