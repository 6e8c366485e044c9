"""`pie index build`: from rows in PIE's format to an index of their distinct sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pie.core.problem import InputError, RowProblem
from pie.core.prompting.examples import Candidate, better, candidate
from pie.core.rows import parse_object, read_lines
from pie.core.wording import count
from sim.program import Language

if TYPE_CHECKING:
    from retrieval.index import Index
    from retrieval.structures import Kind

REPORTED = 10
"""Lines that are named one by one; of the others the number is told."""


PIE = "pie"
"""PIE's own retrieval by one name: codebert-cpp, on the first 512 tokens of a program."""


@dataclass(frozen=True)
class BuildRequest:
    """What the user asked for."""

    pairs: Path
    out: Path
    encoder: str = "auto"
    model: str | None = None
    kind: Kind = "exact"
    truncate: bool = False
    language: Language | None = None
    """None: the one that all rows have."""
    above: float = 1.0
    overwrite: bool = False
    strict: bool = False
    limit: int | None = None
    """Only the first rows that can be read."""


@dataclass(frozen=True)
class LeftOut:
    """A line that could not be used."""

    line: int
    reason: str


@dataclass
class Sources:
    """The distinct sources of a file, each with the best of its targets."""

    rows: int = 0
    best: dict[str, Candidate] = field(default_factory=dict)
    """By the digest of the source text, in the order of the file."""
    problems: dict[str, set[str]] = field(default_factory=dict)
    """Every problem in which a source text stands, by the same digest."""
    faults: Counter[str] = field(default_factory=Counter)
    left_out: list[LeftOut] = field(default_factory=list)


def check_place(request: BuildRequest) -> None:
    """RetrievalError, before anything is read, where the index cannot be written."""
    from retrieval import folder

    folder.refuse_place(request.out, request.overwrite)


def read_sources(request: BuildRequest) -> Sources:
    """Read the rows; InputError when none is of use, or with `strict` at the first that is not.

    A source text, whitespace aside, is indexed once, however many targets it has.
    """
    from retrieval.item import text_digest

    found = Sources()
    for number, fields in _rows(request, found):
        try:
            one = candidate(fields, f"line-{number}", request.above)
        except RowProblem as problem:
            _leave_out(request.pairs, found, number, str(problem), strict=request.strict)
            continue
        found.rows += 1
        digest = text_digest(one.example.src_code)
        found.problems.setdefault(digest, set()).add(one.example.problem_id)
        if one.fault is not None:
            found.faults[one.fault] += 1
        elif request.language not in (None, one.example.language):
            found.faults[f"it is not {request.language}"] += 1
        elif digest not in found.best or better(one, found.best[digest]):
            found.best[digest] = one
    if not found.best:
        raise InputError(f"no row of {request.pairs} can be indexed", _why(found))
    languages = {one.example.language for one in found.best.values()}
    if len(languages) > 1:
        raise InputError(
            f"{request.pairs} has programs in {' and '.join(sorted(languages))}",
            "an index is of one language: name it with --language",
        )
    return found


def build(
    request: BuildRequest,
    found: Sources,
    notice: Callable[[str], None],
    progress: Callable[[int], None],
) -> Index:
    """Encode and index what was read; RetrievalError when the encoder cannot be had."""
    from retrieval.encoders.catalogue import open_encoder
    from retrieval.index import build_index
    from retrieval.item import Item

    language = next(iter(found.best.values())).example.language
    encoder = open_encoder(
        request.encoder,
        language=language.value,
        model=request.model,
        truncate=request.truncate,
        notice=notice,
    )
    items = [
        Item(digest, one.example.src_code, tuple(found.problems[digest]), one.example.payload())
        for digest, one in found.best.items()
    ]
    notes = {"language": language.value, "pairs": request.pairs.name, "rows": found.rows}
    return build_index(
        items,
        encoder,
        request.out,
        request.kind,
        overwrite=request.overwrite,
        notes=notes,
        progress=progress,
    )


def stats(path: Path) -> dict[str, Any]:
    """Return what an index is, its files checked; IndexRefused when it is damaged."""
    from retrieval import folder

    manifest = folder.read_manifest(path, check_files=True)
    groups: Counter[str] = Counter()
    for item in folder.read_items(path, manifest["count"]):
        groups.update(item["groups"])
    files = manifest["files"]
    return {
        "path": str(path),
        "programs": manifest["count"],
        "problems": len(groups),
        "largest_problem": max(groups.values(), default=0),
        "kind": manifest["kind"],
        "encoder": manifest["encoder"]["name"],
        "fingerprint": manifest["encoder"]["fingerprint"],
        "dimension": manifest["dimension"],
        "metric": manifest["metric"],
        "normalised": manifest["normalised"],
        "bytes": sum(said["bytes"] for said in files.values()),
        **manifest["notes"],
    }


def _rows(request: BuildRequest, found: Sources) -> Iterator[tuple[int, dict[str, Any]]]:
    for line in islice(read_lines(request.pairs), request.limit):
        try:
            fields = parse_object(line.data)
        except RowProblem as problem:
            _leave_out(request.pairs, found, line.number, str(problem), strict=request.strict)
            continue
        yield line.number, fields


def _leave_out(pairs: Path, found: Sources, line: int, reason: str, *, strict: bool) -> None:
    if strict:
        raise InputError(f"{pairs}:{line}: {reason}", "mend the row, or leave out --strict")
    found.left_out.append(LeftOut(line, reason))


def _why(found: Sources) -> str:
    if found.left_out:
        first = found.left_out[0]
        others = f" (and {count(len(found.left_out) - 1, 'more line')})" * (len(found.left_out) > 1)
        return f"line {first.line}: {first.reason}{others}"
    if found.faults:
        fault, number = found.faults.most_common(1)[0]
        return f"of {count(number, 'row')} {fault}"
    return "the file has no rows"
