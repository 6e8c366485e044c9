"""`pie cache`: what is counted, and what prune may and may not delete."""

import os
import time
from pathlib import Path

import pytest

from pie.flows import cache
from sim.store import Store


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with an old and a fresh file of each kind, and two results."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("PIE_CACHE", str(folder))
    for part in cache.FOLDERS:
        (folder / part / "ab").mkdir(parents=True)
        for name, age in (("old", 7200), ("fresh", 0)):
            file = folder / part / "ab" / name
            file.write_bytes(b"x" * 100)
            os.utime(file, (time.time() - age,) * 2)
    store = Store(folder / "results.sqlite")
    store.put("k1", "build", {})
    store.put("k2", "measure", {})
    store.close()
    return folder


def names(root: Path, part: str) -> list[str]:
    return sorted(one.name for one in (root / part).rglob("*") if one.is_file())


def test_a_cache_that_is_not_there_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "none"))
    found = cache.info()
    assert (found.path, found.results) == (tmp_path / "none", {})
    assert set(found.bytes_of.values()) == {0}
    assert not (tmp_path / "none").exists(), "looking makes nothing"


def test_results_and_bytes_are_counted(root: Path) -> None:
    found = cache.info()
    assert found.results == {"build": 1, "measure": 1}
    assert found.bytes_of["binaries"] == 200
    assert found.bytes_of["results.sqlite"] > 0


def test_prune_deletes_what_can_be_made_again_and_keeps_results(root: Path) -> None:
    left = cache.prune(None, False)
    assert left.results == {"build": 1, "measure": 1}
    for part in ("binaries", "precompiled", "texts"):
        assert names(root, part) == ["fresh"], "what a run under way has just written stays"
    assert names(root, "runner") == ["fresh", "old"]


def test_prune_deletes_results_only_by_age(root: Path) -> None:
    assert cache.prune(1.0, False).results == {"build": 1, "measure": 1}
    assert cache.prune(0.0, False).results == {}


def test_prune_all_leaves_nothing(root: Path) -> None:
    left = cache.prune(None, True)
    assert left.results == {}
    assert set(left.bytes_of.values()) == {0}
