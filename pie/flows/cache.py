"""`pie cache`: what is kept between runs, and how to be rid of it."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from sim.paths import cache_directory
from sim.store import Store

FOLDERS = ("binaries", "precompiled", "texts", "runner")


@dataclass(frozen=True)
class CacheInfo:
    """What the cache holds."""

    path: Path
    results: dict[str, int]
    """Kept results by kind."""
    bytes_of: dict[str, int]
    """Size of each part, in bytes."""


def info() -> CacheInfo:
    """Look through the cache; InputError when it cannot be read."""
    root = cache_directory()
    results: dict[str, int] = {}
    file = root / "results.sqlite"
    if file.exists():
        store = Store(file)
        results = store.counts()
        store.close()
    sizes = {name: _size(root / name) for name in FOLDERS}
    sizes["results.sqlite"] = file.stat().st_size if file.exists() else 0
    return CacheInfo(root, results, sizes)


def prune(days: float | None, everything: bool) -> CacheInfo:
    """Delete what can be made again, and results older than so many days; return what is left.

    Executables, precompiled headers and texts always go: they are built again when needed.
    """
    root = cache_directory()
    if everything:
        for name in (*FOLDERS, "results.sqlite", "results.sqlite-wal", "results.sqlite-shm"):
            _delete(root / name)
        return info()
    # What a run under way has just written stays: an hour is longer than any job.
    horizon = time.time() - 3600
    for name in ("binaries", "precompiled", "texts"):
        for file in (root / name).rglob("*") if (root / name).exists() else ():
            if file.is_file() and file.stat().st_mtime < horizon:
                file.unlink(missing_ok=True)
    if days is not None and (root / "results.sqlite").exists():
        store = Store(root / "results.sqlite")
        store.prune(days * 86400)
        store.close()
    return info()


def _size(folder: Path) -> int:
    if not folder.exists():
        return 0
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
