"""The index: programs in, the nearest of other problems out.

build_index(items, unfitted_encoder, Path("train.index"))
index = open_index(Path("train.index"))
[[hit, ...], ...] = index.search([code, ...], k=4, groups=[problem_id, ...])
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from retrieval import folder, partial, structures
from retrieval.encoder import Encoder, EncoderConfig, ToFit
from retrieval.encoders import catalogue
from retrieval.errors import IndexRefused, RetrievalError
from retrieval.item import Hit, Item, text_digest
from retrieval.structures import Kind

_AGAIN = "build it again with pie index build"


def build_index(
    items: Sequence[Item],
    encoder: Encoder,
    path: Path,
    kind: Kind = "exact",
    *,
    overwrite: bool = False,
    notes: Mapping[str, Any] | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> Index:
    """Encode the items, write the index to `path`, and return it, opened from there.

    `encoder` is fitted to the items, if it is one to fit. What a pretrained one has encoded is
    kept beside `path` until the index is there: an interrupted build goes on where it was.
    `notes` are JSON values for the manifest. RetrievalError, before anything is encoded, when
    there are no items, an id stands twice or `path` is taken.
    """
    folder.refuse_place(path, overwrite)
    if kind not in structures.KINDS:
        raise RetrievalError(f"there is no kind {kind!r}", "use exact, hnsw or ivfpq")
    if not items:
        raise RetrievalError("there is no program to index", "give a file with at least one pair")
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise RetrievalError(f"the id {item.id!r} stands twice", "give each program its own id")
        seen.add(item.id)
    structures.refuse_too_few(len(items), kind)
    texts = [item.text for item in items]
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = path.with_name(f".{path.name}.partial")
    fitted = encoder
    if isinstance(encoder, ToFit):
        fitted, vectors = encoder.fitted(texts, progress)
    else:
        vectors = partial.encoded(texts, encoder, kept, progress)
    structure = structures.build(vectors, kind, fitted.metric)
    with folder.written(path) as made:
        _write_structure(structure, made / folder.VECTORS)
        (made / folder.STATE).write_bytes(fitted.state())
        folder.write_lines(made / folder.ITEMS, map(_described, items))
        folder.write_lines(made / folder.PAYLOADS, (dict(item.payload) for item in items))
        config = fitted.config
        manifest = {
            "kind": kind,
            "count": len(items),
            "dimension": fitted.dimension,
            "metric": fitted.metric,
            "normalised": fitted.normalised,
            "encoder": {
                "kind": config.kind,
                "name": config.name,
                "options": dict(config.options),
                "fingerprint": fitted.fingerprint(),
            },
            "notes": dict(notes or {}),
        }
        folder.write_manifest(made, manifest)
    kept.unlink(missing_ok=True)
    return open_index(path, fitted)


def _write_structure(structure: Any, file: Path) -> None:
    """Write FAISS's own file; OSError when the disk is full.

    Through Python's file: FAISS itself raises a RuntimeError there, or, when the last of its bytes
    do not fit, only prints a line.
    """
    import faiss

    with file.open("wb") as opened:
        faiss.write_index(structure, faiss.PyCallbackIOWriter(opened.write))


def open_index(path: Path, encoder: Encoder | None = None, *, model: str | None = None) -> Index:
    """Open an index with the encoder it was built by, or with `encoder` if it is the same.

    `model` is where the weights are now, if they have moved. IndexRefused, in one sentence, for
    another encoder, a damaged file or another format.
    """
    import faiss

    path = Path(path)
    manifest = folder.read_manifest(path, check_files=True)
    said = manifest["encoder"]
    if encoder is None:
        config = EncoderConfig(said["kind"], said["name"], said["options"])
        encoder = catalogue.restore(config, (path / folder.STATE).read_bytes(), model)
    if encoder.fingerprint() != said["fingerprint"]:
        raise IndexRefused(
            f"{path} was built by the encoder {_short(said['fingerprint'])}, and this is "
            f"{_short(encoder.fingerprint())}",
            "use the encoder that it was built by, or build it again",
        )
    try:
        structure = faiss.read_index(str(path / folder.VECTORS))
        if structure is None:
            raise RuntimeError("it holds no index")
    except RuntimeError as error:
        raise IndexRefused(f"{path / folder.VECTORS} cannot be read", _AGAIN) from error
    return Index(path, manifest, encoder, structure)


class Index:
    """An opened index; nothing in it changes."""

    def __init__(
        self, path: Path, manifest: Mapping[str, Any], encoder: Encoder, structure: Any
    ) -> None:
        self.path, self.manifest, self.encoder = path, manifest, encoder
        self._structure = structure
        self.ids: list[str] = []
        self._digests: list[str] = []
        self._groups: list[list[str]] = []
        self._in_group: dict[str, list[int]] = {}
        self._of_text: dict[str, list[int]] = {}
        count, dimension = manifest["count"], manifest["dimension"]
        for position, line in enumerate(folder.read_items(path, count)):
            self.ids.append(line["id"])
            self._digests.append(line["text"])
            self._of_text.setdefault(line["text"], []).append(position)
            self._groups.append(line["groups"])
            for group in line["groups"]:
                self._in_group.setdefault(group, []).append(position)
        if (structure.ntotal, structure.d, len(set(self.ids))) != (count, dimension, count):
            raise IndexRefused(f"the files of {path} are not of one index", _AGAIN)
        self._place = {name: position for position, name in enumerate(self.ids)}
        self._payloads = folder.payload_offsets(path, count)

    def __len__(self) -> int:
        """Return the number of programs."""
        return len(self.ids)

    @property
    def fingerprint(self) -> str:
        """The digest of encoder and contents: equal indexes give equal answers."""
        files = {name: said["sha256"] for name, said in self.manifest["files"].items()}
        return text_digest(json.dumps([self.manifest["encoder"]["fingerprint"], files]))

    def search(
        self,
        texts: Sequence[str],
        k: int,
        groups: Sequence[str | None] | None = None,
        *,
        guard: bool = True,
    ) -> list[list[Hit]]:
        """Return the k nearest programs of each text, the nearest first.

        The guard leaves out, before anything is counted: every program with the query's own text
        (whitespace aside); every program of the query's groups, which are the one given and those
        of programs with its text; and every program whose text also stands in one of these groups.
        Fewer than k come back only if fewer are left.
        """
        if groups is not None and len(groups) != len(texts):
            raise ValueError(f"{len(texts)} texts and {len(groups)} groups")
        if not texts:
            return []
        vectors = self.encoder.encode(texts)
        asked = groups if groups is not None else [None] * len(texts)
        return [
            self._nearest(vector, k, self.barred(text, group) if guard else [])
            for vector, text, group in zip(vectors, texts, asked, strict=True)
        ]

    def barred(self, text: str, group: str | None) -> list[int]:
        """Return the positions that the guard leaves out for this query, in order."""
        itself = text_digest(text)
        of_text = self._of_text.get(itself, [])
        groups = {group, *(name for position in of_text for name in self._groups[position])}
        own = [at for name in groups if name is not None for at in self._in_group.get(name, [])]
        texts = {itself} | {self._digests[position] for position in own}
        return sorted({*own, *(at for digest in texts for at in self._of_text.get(digest, []))})

    def _nearest(self, vector: Any, k: int, barred: list[int]) -> list[Hit]:
        import numpy

        left_out = numpy.array(barred, dtype=numpy.int64)
        places, values = structures.nearest(self._structure, vector, k, left_out)
        sign = 1.0 if self.manifest["metric"] == "ip" else -1.0
        ordered = sorted(zip(places, values, strict=True), key=lambda one: (-sign * one[1], one[0]))
        return [Hit(self.ids[place], sign * value) for place, value in ordered]

    def payload(self, name: str) -> dict[str, Any]:
        """Return what was kept with a program; KeyError for an id that is not in the index.

        IndexRefused where the file has changed since it was opened.
        """
        position = self._place[name]
        file = self.path / folder.PAYLOADS
        with file.open("rb") as opened:
            opened.seek(self._payloads[position])
            return folder.parsed(opened.readline(), file)


def _described(item: Item) -> dict[str, Any]:
    return {"id": item.id, "text": text_digest(item.text), "groups": sorted(set(item.groups))}


def _short(fingerprint: str) -> str:
    kind, _, digest = fingerprint.rpartition(":")
    return f"{kind}:{digest[:12]}"
