"""What a step of building a data set did: from which files, how, and where every row went."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pie import __version__
from pie.core.problem import InputError
from pie.core.run_folder import save_json

SCHEMA_VERSION = 1


@dataclass
class Counts:
    """Rows in and out; what is not out is left out for a reason, so that the numbers add up."""

    unit: str = "rows"
    rows_in: int = 0
    rows_out: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-able counts; AssertionError when they do not add up, which is our fault."""
        assert self.rows_in == self.rows_out + self.left_out.total(), self
        return {
            "unit": self.unit,
            "in": self.rows_in,
            "out": self.rows_out,
            "left_out": dict(sorted(self.left_out.items())),
        }


@dataclass(frozen=True)
class Step:
    """One step as asked: its name, inputs by role, parameters, and the output."""

    name: str
    output: Path
    inputs: Mapping[str, Path]
    parameters: Mapping[str, Any]

    @property
    def manifest_path(self) -> Path:
        return manifest_beside(self.output)

    def done(self) -> dict[str, Any] | None:
        """Return the manifest when this very step is finished and its output still there."""
        try:
            manifest = json.loads(self.manifest_path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(manifest, dict) or any(
            manifest.get(key) != value for key, value in self._asked.items()
        ):
            return None
        stated = manifest.get("output")
        same = isinstance(stated, dict) and self.output.exists()
        return manifest if same and stated == fingerprint(self.output) else None

    def claim(self, *files: Path) -> None:
        """Refuse to write over an input, or over a file that this step has not made.

        `files` are written, where that is not the output itself. From here on the output is ours
        even without an end of the step: there is a manifest, which says that it is unfinished.
        """
        written = (*(files or (self.output,)), self.manifest_path, listing_beside(self.output))
        for path in written:
            for role, given in self.inputs.items():
                if _same(path, given):
                    raise InputError(
                        f"the output {path} is an input of this step too ({role})",
                        "give another place with --out",
                    )
        earlier = earlier_manifest(self.output).get("step")
        if earlier == self.name:
            return
        for path in (*files, self.output) if earlier else files or (self.output,):
            if os.path.lexists(path):
                made = f", but by `pie dataset {earlier}`" if isinstance(earlier, str) else ""
                raise InputError(
                    f"{path} is there and was not made by this command{made}",
                    "give another place with --out, or remove it",
                )
        try:
            self.output.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"the folder {self.output.parent} cannot be made ({error.strerror})",
                "give another place with --out",
            ) from error
        save_json(self.manifest_path, {**self._asked, "output": None})

    def finish(self, *counts: Counts, **more: Any) -> dict[str, Any]:
        """Write the manifest beside the output and return it.

        InputError when there were rows and none is left: what follows would be about nothing.
        """
        for one in counts:
            if one.rows_in and not one.rows_out:
                reasons = (f"{name} {number:,}" for name, number in one.left_out.most_common(4))
                raise InputError(
                    f"none of {one.rows_in:,} {one.unit} of "
                    f"{' and '.join(map(str, self.inputs.values()))} is left "
                    f"({', '.join(reasons)})",
                    self._remedy(),
                )
        manifest = {
            **self._asked,
            "counts": [one.as_dict() for one in counts],
            "output": fingerprint(self.output),
            **more,
        }
        save_json(self.manifest_path, manifest)
        return manifest

    def _remedy(self) -> str:
        listed = listing_beside(self.output)
        if listed.is_file() and listed.stat().st_size:
            return f"see {listed} for the reason of each"
        return "check that these files belong together"

    @cached_property
    def _asked(self) -> dict[str, Any]:
        """What decides the output, with the inputs as they were when first asked for."""
        asked = {
            "schema_version": SCHEMA_VERSION,
            "toolkit_version": __version__,
            "step": self.name,
            "inputs": {role: fingerprint(path) for role, path in self.inputs.items()},
            "parameters": dict(self.parameters),
        }
        plain: dict[str, Any] = json.loads(json.dumps(asked, default=str))
        return plain


def limited(limit: int | None) -> dict[str, int]:
    """Return what a step's parameters say of its first rows; nothing where it takes all."""
    return {} if limit is None else {"limit": limit}


def manifest_beside(output: Path) -> Path:
    """Return where the manifest of a file or folder lies."""
    return output.with_name(f"{output.name}.manifest.json")


def listing_beside(output: Path) -> Path:
    """Return where the rows lie that a step has left out, with the reasons."""
    return output.with_name(f"{output.name}.left_out.jsonl")


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)


def earlier_manifest(path: Path) -> dict[str, Any]:
    """Return the manifest that a file came with; empty when it has none."""
    try:
        found = json.loads(manifest_beside(path).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def fingerprint(path: Path) -> dict[str, Any]:
    """Return name, size and SHA-256 of a file, or of all files in a folder with their names."""
    if not path.is_dir():
        return {"name": path.name, "bytes": path.stat().st_size, "sha256": _sha256(path)}
    digest, size = hashlib.sha256(), 0
    for found in sorted(path.rglob("*")):
        if found.is_file():
            name = str(found.relative_to(path))
            size += found.stat().st_size
            digest.update(f"{name}\0{_sha256(found)}\n".encode("utf-8", "replace"))
    return {"name": path.name, "bytes": size, "sha256": digest.hexdigest()}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
