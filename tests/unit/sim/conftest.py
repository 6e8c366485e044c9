from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sim import compiler
from sim.limits import CompileLimits
from sim.program import Build, Language, Program, TestCase
from sim.toolchain import Toolchain


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
    def build(source: str, language: Language = Language.CPP) -> Build:
        made = compiler.build(Program(language, source), Toolchain(), CompileLimits())
        assert made.verdict is None, made.detail
        return made

    return build


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
