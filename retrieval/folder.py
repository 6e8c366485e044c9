"""An index on disk: one folder, written whole or not at all, refused when a byte of it changed.

| file | what |
| --- | --- |
| `manifest.json` | format, kind, metric, normalisation, encoder and its fingerprint; digests |
| `vectors.faiss` | FAISS's own file |
| `items.jsonl` | a line for each program in the order of the vectors: id, text's digest, groups |
| `payloads.jsonl` | a line for each program: what the caller keeps with it |
| `encoder.state` | what was fitted; empty for a pretrained model |

The digests are against damage and mix-ups, not against who makes an index to attack its reader:
FAISS reads its own file, so open indexes of people you trust.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from retrieval.errors import IndexRefused, RetrievalError

FORMAT = 1
MANIFEST = "manifest.json"
VECTORS = "vectors.faiss"
ITEMS = "items.jsonl"
PAYLOADS = "payloads.jsonl"
STATE = "encoder.state"
FILES = (VECTORS, ITEMS, PAYLOADS, STATE)
_AGAIN = "build it again with pie index build"


def refuse_place(path: Path, overwrite: bool) -> None:
    """RetrievalError, before anything is computed, where an index cannot be written to `path`."""
    if not path.exists():
        return
    if not (path / MANIFEST).is_file():
        if not path.is_dir() or any(path.iterdir()):
            raise RetrievalError(f"{path} exists and is no index", "give another --out")
    elif not overwrite:
        raise RetrievalError(
            f"{path} holds an index already", "give another --out, or --overwrite to replace it"
        )


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """Give a new folder to write into, which takes the place of `path` once all went well.

    However it ends, `path` is the old index or the new one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        yield made
        made.chmod(0o755)
        for file in made.iterdir():
            _to_disk(file)
        if path.exists():
            before = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
            path.rename(before / "old")
            try:
                made.rename(path)
            except OSError:
                (before / "old").rename(path)
                raise
            finally:
                shutil.rmtree(before, ignore_errors=True)
        else:
            made.rename(path)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest last, with the digest and size of each file and of itself."""
    files = {
        name: {"sha256": file_digest(folder / name), "bytes": (folder / name).stat().st_size}
        for name in FILES
    }
    full = {"format": FORMAT, **manifest, "files": files}
    full["digest"] = _digest_of(full)
    (folder / MANIFEST).write_text(json.dumps(full, indent=2) + "\n", encoding="utf-8")


def read_manifest(path: Path, *, check_files: bool) -> dict[str, Any]:
    """Return the manifest of an index; IndexRefused when the folder is not what was written."""
    if not (path / MANIFEST).is_file():
        raise IndexRefused(
            f"{path} holds no index (there is no {MANIFEST})", "give the --out of pie index build"
        )
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        digest = manifest.pop("digest")
        form = manifest["format"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise IndexRefused(f"{path / MANIFEST} is damaged", _AGAIN) from error
    if digest != _digest_of(manifest):
        raise IndexRefused(f"{path / MANIFEST} is damaged: its digest is another", _AGAIN)
    if form != FORMAT:
        raise IndexRefused(
            f"{path} is an index of format {form!r}, and this version reads {FORMAT}", _AGAIN
        )
    if not _is_manifest(manifest):
        raise IndexRefused(f"{path / MANIFEST} is not what this version writes", _AGAIN)
    if check_files:
        for name, said in manifest["files"].items():
            _check_file(path / name, said)
    return dict(manifest)


def _is_manifest(manifest: Mapping[str, Any]) -> bool:
    """Whether all that is read later is there and of its type: the digests do not say who wrote."""
    try:
        encoder, files = manifest["encoder"], manifest["files"]
        sizes = [one["bytes"] for one in files.values()]
        digests = [one["sha256"] for one in files.values()]
        kinds = [
            (int, manifest["count"], manifest["dimension"], *sizes),
            (str, manifest["kind"], encoder["kind"], encoder["name"], encoder["fingerprint"]),
            (str, *digests),
            (bool, manifest["normalised"]),
            (dict, encoder["options"], manifest["notes"]),
        ]
        typed = all(type(value) is kind for kind, *values in kinds for value in values)
        shown = typed and (encoder["name"] + encoder["fingerprint"]).isprintable()
        return shown and manifest["metric"] in ("ip", "l2") and set(files) == set(FILES)
    except (KeyError, TypeError, AttributeError):
        return False


def write_lines(file: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Write a JSON object a line."""
    with file.open("w", encoding="ascii") as opened:
        opened.writelines(json.dumps(line) + "\n" for line in lines)


def read_items(path: Path, count: int) -> Iterator[dict[str, Any]]:
    """Yield id, text's digest and groups of each program; IndexRefused unless there are `count`."""
    found = 0
    with (path / ITEMS).open("rb") as opened:
        for found, line in enumerate(opened, start=1):
            item = parsed(line, path / ITEMS)
            groups = item.get("groups")
            texts = [
                item.get("id"),
                item.get("text"),
                *(groups if isinstance(groups, list) else ()),
            ]
            if not (isinstance(groups, list) and all(isinstance(one, str) for one in texts)):
                raise IndexRefused(f"line {found} of {path / ITEMS} describes no program", _AGAIN)
            yield item
    if found != count:
        raise IndexRefused(f"the files of {path} are not of one index", _AGAIN)


def payload_offsets(path: Path, count: int) -> list[int]:
    """Return where each program's line begins; IndexRefused unless there are `count`."""
    offsets, at = [], 0
    with (path / PAYLOADS).open("rb") as opened:
        for line in opened:
            offsets.append(at)
            at += len(line)
    if len(offsets) != count:
        raise IndexRefused(f"the files of {path} are not of one index", _AGAIN)
    return offsets


def parsed(line: bytes, file: Path) -> dict[str, Any]:
    """Return the object of a line; IndexRefused when it is none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise IndexRefused(f"{file} is damaged: a line cannot be read", _AGAIN) from error
    if not isinstance(value, dict):
        raise IndexRefused(f"{file} is damaged: a line is no object", _AGAIN)
    return value


def _check_file(file: Path, said: Mapping[str, Any]) -> None:
    if not file.is_file():
        raise IndexRefused(f"{file} is missing", _AGAIN)
    size = file.stat().st_size
    if size != said["bytes"]:
        raise IndexRefused(
            f"{file} is damaged: it has {size:,} bytes, {said['bytes']:,} were written", _AGAIN
        )
    if file_digest(file) != said["sha256"]:
        raise IndexRefused(f"{file} is damaged: its digest is another", _AGAIN)


def file_digest(file: Path) -> str:
    """Return the SHA-256 of a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _digest_of(manifest: Mapping[str, Any]) -> str:
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _to_disk(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
