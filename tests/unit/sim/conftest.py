from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.program import Build, TestCase
from tests import built


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that all worker processes of this test run share."""
    named = os.environ.get("PIE_CACHE")
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder = Path(named) if named else shared / "cache"
    monkeypatch.setenv("PIE_CACHE", str(folder))
    return folder


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
