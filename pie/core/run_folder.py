"""The folder of one run: what it was asked, and what came of it so far.

    manifest.json        what was asked, on what, with which fingerprint; status
    measurements.jsonl   a line for each program and test
    native.jsonl         what the host's processor says; the one file that differs between hosts
    pairs.jsonl          the rows with their results, in the order of the data set; a run of tasks
                         has tasks.jsonl instead
    left_out.jsonl       the lines that could not be used, with the reason
    summary.json         the metrics, once the run is finished

Lines are only ever appended. A run that goes on where an earlier one stopped produces the same
lines again from the store; what is there already is compared and kept, so nothing is lost
meanwhile. When a line comes out differently, what stood there from that line on is first appended
to `NAME.superseded` beside the file and only then cut off: no line that was written is ever lost.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from pie.core.differences import differences, named
from pie.core.problem import InputError

SCHEMA_VERSION = 1
_IDENTITY = (
    "pairs_sha256",
    "tasks_sha256",
    "samples_sha256",
    "testcases",
    "tests_digest",
    "setting",
    "fuzz",
)
"""The entries of a manifest that are the same in each part of one run."""


_COMPACT = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def encode(value: object) -> bytes:
    """Return one line of JSON: compact, ASCII, no NaN."""
    return _COMPACT.encode(value).encode() + b"\n"


class Lines:
    """A JSONL file that is written from its beginning, keeping what is there already and equal."""

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("r+b" if path.exists() else "w+b")
        self._kept = True
        self.path = path

    def write(self, *values: object) -> None:
        """Append lines, or pass over those that stand there already."""
        for value in values:
            self._write(encode(value))
        if not self._kept:
            self._file.flush()

    def _write(self, line: bytes) -> None:
        if self._kept:
            at = self._file.tell()
            stands = self._file.read(len(line))
            if stands == line:
                return
            self._file.seek(at)
            # The torn end of a killed run is not a line of its own.
            self._cut_off(keep=not line.startswith(stands))
            self._kept = False
        self._file.write(line)

    def finish(self) -> None:
        """Cut off what an earlier run wrote beyond; the file is complete."""
        self._cut_off()
        self._file.flush()
        os.fsync(self._file.fileno())

    def _cut_off(self, *, keep: bool = True) -> None:
        """Shorten the file to where it is, with the rest moved beside it."""
        at = self._file.tell()
        if keep and self._file.read(1):
            self._file.seek(at)
            with self.path.with_name(f"{self.path.name}.superseded").open("ab") as beside:
                shutil.copyfileobj(self._file, beside)
                beside.flush()
                os.fsync(beside.fileno())
        self._file.seek(at)
        self._file.truncate()

    def close(self) -> None:
        self._file.close()


class HeldFolder:
    """A folder on disk, held by one process at a time; use it as a context manager."""

    def __init__(self, path: Path, manifest: Mapping[str, Any]) -> None:
        """Make the folder or hold the one that is there; InputError when that cannot be."""
        self.path = path
        self.manifest = dict(manifest)
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = (path / "lock").open("w")
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise InputError(
                f"another process is working in the run folder {path}",
                "wait for it, or give another folder with --out",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let others have the folder."""
        self._lock.close()

    def save_manifest(self, status: str, **more: Any) -> None:
        """Write the manifest anew, whole or not at all."""
        self.manifest.update(status=status, **more)
        save_json(self.path / "manifest.json", self.manifest)

    def refuse_strangers(self) -> None:
        """InputError when there is anything in a folder without a manifest.

        A run that was killed while it first wrote its manifest leaves the scratch file.
        """
        known = ("lock", ".manifest.json.")
        names = sorted(one.name for one in self.path.iterdir() if not one.name.startswith(known))
        if names:
            raise InputError(
                f"the folder {self.path} is not empty and holds no run ({names[0]})",
                "give another folder with --out",
            )

    def _unwritable(self, error: OSError) -> InputError:
        return InputError(
            f"the run folder {self.path} cannot be written ({error.strerror})",
            "give another folder with --out",
        )


class RunFolder(HeldFolder):
    """One run of `pie simulate` on disk."""

    def __init__(
        self, path: Path, manifest: Mapping[str, Any], *, rows: str = "pairs.jsonl"
    ) -> None:
        """Make or reopen the folder; `rows` names the file of the rows with their results.

        InputError when it belongs to another configuration, is held by another process, or cannot
        be written.
        """
        super().__init__(path, manifest)
        try:
            self._refuse_another_configuration()
            self.save_manifest("running")
            self.measurements = Lines(path / "measurements.jsonl")
            self.rows = Lines(path / rows)
            self.native = Lines(path / "native.jsonl")
        except OSError as error:
            raise self._unwritable(error) from error

    def close(self) -> None:
        self.measurements.close()
        self.rows.close()
        self.native.close()
        super().close()

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Complete the folder."""
        self.measurements.finish()
        self.rows.finish()
        self.native.finish()
        save_json(self.path / "summary.json", summary)

    def _refuse_another_configuration(self) -> None:
        file = self.path / "manifest.json"
        if not file.exists():
            self.refuse_strangers()
            return
        earlier = load_json(file)
        differing = [
            key
            for key in _IDENTITY
            if earlier.get(key) != json.loads(json.dumps(self.manifest.get(key)))
        ]
        if differing:
            what = "; ".join(_place(earlier, self.manifest, key) for key in differing)
            raise InputError(
                f"the run folder {self.path} is of another configuration ({what})",
                "give another folder with --out, or delete that one",
            )


def _place(earlier: Mapping[str, Any], now: Mapping[str, Any], key: str) -> str:
    """Name what differs in a setting, as far down as it is told easily."""
    if key == "tests_digest":
        return "test cases differ"
    now_plain = json.loads(json.dumps(now.get(key)))
    if key == "setting":
        return named(differences(key, earlier.get(key), now_plain))
    return f"{key} differs"


def save_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file whole or not at all; InputError when there is no room."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with scratch.open("w", encoding="utf-8") as file:
            json.dump(value, file, indent=2, allow_nan=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def load_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; InputError says which file cannot be read."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"the file {path} cannot be read ({error})", "is this the folder of a run?"
        ) from error
    if not isinstance(value, dict):
        raise InputError(f"the file {path} is not a JSON object", "is this the folder of a run?")
    return value
