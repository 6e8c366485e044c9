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

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from pie.core.differences import differences, named
from pie.core.problem import InputError
from pie.core.run_folder import HeldFolder, encode, load_json

SCHEMA_VERSION = 1
KIND = "generations"


class GenerationFolder(HeldFolder):
    """A sampling run on disk."""

    def __init__(self, path: Path, manifest: Mapping[str, Any], kind: str = KIND) -> None:
        """Make or reopen the folder; InputError when it is another run's, held, or not writable."""
        super().__init__(path, {"schema_version": SCHEMA_VERSION, "kind": kind, **manifest})
        try:
            self._refuse_another_configuration()
            self.save_manifest("running")
        except BaseException:
            self.close()
            raise

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
            self.refuse_strangers()
            return
        earlier = load_json(path)
        if earlier.get("kind") != self.manifest["kind"]:
            raise InputError(
                f"the folder {self.path} holds a run of another command",
                "give another folder with --out",
            )
        now = json.loads(json.dumps(self.manifest))
        found = [
            one
            for key in ("pairs_sha256", "setting")
            for one in differences(key, earlier.get(key), now.get(key))
        ]
        if found:
            raise InputError(
                f"the run folder {self.path} is of another configuration ({named(found)})",
                "give another folder with --out, or delete that one",
            )
        self.manifest["addresses"] = sorted(
            {*earlier.get("addresses", []), *self.manifest.get("addresses", [])}
        )
