"""The folder of one sampling run.

manifest.json       what was asked of which model; status
prompts.jsonl       each distinct prompt, by its digest
answers.jsonl       each answer as it arrived, whole
generations.jsonl   the rows with `generated_answers`, in the file's order, for `pie simulate`
unanswered.jsonl    the rows of which a request got no answer, with the reason
left_out.jsonl      the lines that could not be used, with the reason
summary.json        how programs were found, tokens, cost
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from pie.core.problem import InputError
from pie.core.run_folder import encode, load_json, save_json

SCHEMA_VERSION = 1
KIND = "generations"


class GenerationFolder:
    """A sampling run on disk, held by one process at a time; use it as a context manager."""

    def __init__(self, path: Path, manifest: Mapping[str, Any], kind: str = KIND) -> None:
        """Make or reopen the folder; InputError when it is another run's, held, or not writable."""
        self.path = path
        self.manifest = {"schema_version": SCHEMA_VERSION, "kind": kind, **manifest}
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = (path / "lock").open("w")
        except OSError as error:
            raise InputError(
                f"the run folder {path} cannot be written ({error.strerror})",
                "give another folder with --out",
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise InputError(
                f"another process is working in the run folder {path}",
                "wait for it, or give another folder with --out",
            ) from error
        try:
            self._refuse_another_configuration()
            self.save_manifest("running")
        except BaseException:
            self._lock.close()
            raise

    def __enter__(self) -> GenerationFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.close()

    def save_manifest(self, status: str, **more: Any) -> None:
        """Write the manifest anew, whole or not at all."""
        self.manifest.update(status=status, **more)
        save_json(self.path / "manifest.json", self.manifest)

    @contextmanager
    def rewriting(self, name: str) -> Iterator[IO[bytes]]:
        """Write a file anew: it takes the old one's place only when it is whole."""
        scratch = self.path / f".{name}.part"
        try:
            with scratch.open("wb") as file:
                yield file
            scratch.replace(self.path / name)
        finally:
            scratch.unlink(missing_ok=True)

    def write_lines(self, name: str, values: list[dict[str, Any]]) -> None:
        """Write a small JSONL file anew."""
        with self.rewriting(name) as file:
            file.writelines(encode(value) for value in values)

    def _refuse_another_configuration(self) -> None:
        path = self.path / "manifest.json"
        if not path.exists():
            known = ("lock", ".manifest.json.")
            strangers = sorted(
                one.name for one in self.path.iterdir() if not one.name.startswith(known)
            )
            if strangers:
                raise InputError(
                    f"the folder {self.path} is not empty and holds no run ({strangers[0]})",
                    "give another folder with --out",
                )
            return
        earlier = load_json(path)
        if earlier.get("kind") != self.manifest["kind"]:
            raise InputError(
                f"the folder {self.path} holds a run of another command",
                "give another folder with --out",
            )
        now = json.loads(json.dumps(self.manifest))
        differing = [
            name
            for key in ("pairs_sha256", "setting")
            for name in _differing(key, earlier.get(key), now.get(key))
        ]
        if differing:
            raise InputError(
                f"the run folder {self.path} is of another configuration "
                f"({', '.join(differing)} differs)",
                "give another folder with --out, or delete that one",
            )
        self.manifest["addresses"] = sorted(
            {*earlier.get("addresses", []), *self.manifest.get("addresses", [])}
        )


def _differing(name: str, left: Any, right: Any) -> Iterator[str]:
    """Yield the names of the innermost values that differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted({*left, *right}):
            yield from _differing(f"{name}.{key}", left.get(key), right.get(key))
    elif left != right:
        yield name
