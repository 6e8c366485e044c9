"""`pie merge`: runs, answers, rows and shards joined, if they are of one kind and one setting."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

from pie import __version__
from pie.core.answers.generation_folder import KIND
from pie.core.answers.merging import Joined
from pie.core.dataset.manifest import Counts, Step
from pie.core.dataset.table import Writer, is_parquet, read
from pie.core.differences import Difference, differences, named
from pie.core.problem import InputError, RowProblem
from pie.core.report.report import read_report
from pie.core.report.report_formats import as_dict
from pie.core.run_folder import RunFolder, load_json
from pie.core.wording import count
from sim.program import digest_of


class Kind(StrEnum):
    """What is merged."""

    MEASURED = "runs of `pie simulate`"
    SAMPLED = "runs of `pie generate`"
    GENERATIONS = "rows with answers"
    ANSWERS = "recorded answers"
    TRAINING = "training rows"


_MAY_DIFFER = ("setting.score", "setting.sampling.seed", "setting.examples")
"""Of runs of `pie generate`: the tag that was asked for, and which samples were drawn."""


@dataclass(frozen=True)
class Merged:
    """What was written."""

    out: Path
    kind: Kind
    sources: int
    rows: int
    joined: int
    """Rows that were joined to another row of their pair."""


def merge(sources: Sequence[Path], out: Path, limit: int | None = None) -> Merged:
    """Join the sources, in their order; InputError when they are not of one kind and setting.

    With a `limit` only the first rows of each source are joined.
    """
    places = [one.resolve() for one in sources]
    twice = next((one for one in sources if places.count(one.resolve()) > 1), None)
    if twice is not None:
        raise InputError(f"{twice} is named twice and would count twice", "name each source once")
    kinds = [_kind(one) for one in sources]
    for source, kind in zip(sources, kinds, strict=True):
        if kind is not kinds[0]:
            raise InputError(
                f"{sources[0]} holds {kinds[0]} and {source} {kind}",
                "merge things of one kind at a time",
            )
        if source.resolve() == out.resolve():
            raise InputError(
                f"the output {out} is one of the sources", "give another place with --out"
            )
    if kinds[0] is Kind.MEASURED:
        return _measured(sources, out, limit)
    if kinds[0] is Kind.SAMPLED:
        _refuse_unequal(sources, ("setting",), _MAY_DIFFER)
        tables = [one / "generations.jsonl" for one in sources]
        return _generations(Kind.SAMPLED, tables, out, limit)
    if kinds[0] is Kind.GENERATIONS:
        return _generations(Kind.GENERATIONS, sources, out, limit)
    if kinds[0] is Kind.ANSWERS:
        return _answers(sources, out, limit)
    return _training(sources, out, limit)


def _kind(source: Path) -> Kind:
    if source.is_dir():
        manifest = load_json(source / "manifest.json")
        if manifest.get("kind") == KIND:
            if not (source / "generations.jsonl").is_file():
                raise InputError(
                    f"the run {source} has not come to its rows yet", "finish it first"
                )
            return Kind.SAMPLED
        if (source / "pairs.jsonl").is_file() and "machine" in manifest:
            return Kind.MEASURED
        raise InputError(
            f"{source} is a run of neither `pie simulate` nor `pie generate`",
            "give the folder of one, or a file of rows",
        )
    for record in islice(read(source), 1):
        fields = record.fields
        if "generated_answers" in fields:
            return Kind.GENERATIONS
        if "key" in fields and "text" in fields:
            return Kind.ANSWERS
        if ("prompt" in fields and "completion" in fields) or "messages" in fields:
            return Kind.TRAINING
        raise InputError(
            f"{source} holds neither answers nor training rows "
            f"({record.problem or 'its first row has none of their fields'})",
            "give what `pie generate`, `pie simulate` or `pie finetune data` wrote",
        )
    raise InputError(f"{source} is empty", "leave it out")


def _refuse_unequal(
    sources: Sequence[Path], keys: Sequence[str], may_differ: Sequence[str] = ()
) -> None:
    """InputError when two runs differ in a key of their manifests; it names the entries."""
    first = load_json(sources[0] / "manifest.json")
    for source in sources[1:]:
        other = load_json(source / "manifest.json")
        found = [
            one
            for key in keys
            for one in differences(key, first.get(key), other.get(key))
            if one.name not in may_differ and not _of_one_language(one)
        ]
        if found:
            raise InputError(
                f"the runs {sources[0]} and {source} cannot be joined: {named(found)}",
                "make both with the same options",
            )


def _of_one_language(one: Difference) -> bool:
    """Tell whether only one of two runs has programs of a language, and so its compiler."""
    above, _dot, _language = one.name.rpartition(".")
    return above == "setting.toolchain" and None in (one.left, one.right)


def _joined(tables: Sequence[Path], limit: int | None, *, parts: bool = False) -> Joined:
    joined = Joined(parts=parts)
    for table in tables:
        for record in read(table, limit):
            try:
                if record.problem:
                    raise RowProblem(record.problem)
                joined.add(record.fields, f"{table}, {record.place}")
            except RowProblem as problem:
                raise InputError(
                    f"{table}, {record.place}: {problem}",
                    "merge runs of one setting, each of them once",
                ) from problem
    return joined


def _rows(joined: Joined) -> Iterator[dict[str, Any]]:
    try:
        yield from joined.rows()
    except RowProblem as problem:
        raise InputError(str(problem), "give all runs of these rows, and each whole") from problem


def _generations(kind: Kind, tables: Sequence[Path], out: Path, limit: int | None) -> Merged:
    step = _step(tables, out, limit)
    joined = _joined(tables, limit)
    counts = Counts("rows", len(joined) + joined.joined, len(joined))
    if joined.joined:
        counts.left_out["joined_to_its_pair"] = joined.joined
    with Writer(out) as writer:
        for row in _rows(joined):
            writer.write(row)
    step.finish(counts)
    return Merged(out, kind, len(tables), len(joined), joined.joined)


def _measured(sources: Sequence[Path], out: Path, limit: int | None) -> Merged:
    """Write a run folder that `pie report` reads as it reads each of the sources."""
    manifests = [load_json(one / "manifest.json") for one in sources]
    # Two shards have different tests; two runs of one file must not.
    one_file = len({one.get("pairs_sha256") for one in manifests}) == 1
    _refuse_unequal(sources, ("setting", *(("tests_digest",) if one_file else ())))
    _refuse_unequal(sources, ("machine",), ("machine.fingerprint",))
    parts = all(one.get("shard") for one in manifests)
    joined = _joined([one / "pairs.jsonl" for one in sources], limit, parts=parts)
    rows = list(_rows(joined))
    digest = hashlib.sha256("".join(str(one["pairs_sha256"]) for one in manifests).encode())
    digest.update(b"" if limit is None else f" {limit}".encode())
    unfinished = sum(
        max(0, min(int(one.get("rows", 0)), limit or sys.maxsize) - _lines(source, limit))
        for source, one in zip(sources, manifests, strict=True)
    )
    finished = all(one.get("status") == "finished" for one in manifests)
    manifest = {
        **manifests[0],
        "toolkit_version": __version__,
        "pairs_file": ", ".join(str(one.get("pairs_file")) for one in manifests),
        "pairs_sha256": digest.hexdigest(),
        **_common(manifests),
        "merged_from": [str(one) for one in sources],
        "rows": len(rows) + unfinished,
        "rows_left_out": sum(int(one.get("rows_left_out", 0)) for one in manifests),
        "programs": sum(int(one.get("programs", 0)) for one in manifests),
        "runs": sum(int(one.get("runs", 0)) for one in manifests),
    }
    with RunFolder(out, manifest) as folder:
        for row in rows:
            folder.rows.write(row)
        seen: set[bytes] = set()
        for source in sources:
            for record in read(source / "measurements.jsonl"):
                line = json.dumps(record.fields, sort_keys=True).encode()
                key = hashlib.blake2b(line, digest_size=16).digest()
                if key not in seen:
                    seen.add(key)
                    folder.measurements.write(record.fields)
        report = as_dict(read_report(out))
        folder.finish({"schema_version": 1, "rows": len(rows), "report": report})
        folder.save_manifest("finished" if finished else "interrupted")
    return Merged(out, Kind.MEASURED, len(sources), len(rows), joined.joined)


def _lines(source: Path, limit: int | None) -> int:
    """Return how many rows of a run are done, of its first ones."""
    with (source / "pairs.jsonl").open("rb") as file:
        return sum(1 for _ in islice(file, limit))


def _common(manifests: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return setting and machine of all runs, and one digest of their tests."""
    setting = dict(manifests[0]["setting"])
    toolchains = [one["setting"].get("toolchain") or {} for one in manifests]
    tests = sorted({str(one.get("tests_digest")) for one in manifests})
    setting["toolchain"] = {name: one for each in toolchains for name, one in each.items()}
    machine = {**manifests[0]["machine"], "fingerprint": digest_of(setting)[:12]}
    return {
        "setting": setting,
        "machine": machine,
        "tests_digest": tests[0] if len(tests) == 1 else digest_of(tests),
    }


def _answers(sources: Sequence[Path], out: Path, limit: int | None) -> Merged:
    """Join recorded answers: an answer to each key, which is the same wherever it is."""
    step = _step(sources, out, limit)
    counts = Counts("answers")
    texts: dict[str, tuple[bytes, str]] = {}
    with Writer(out) as writer:
        for source in sources:
            for fields, place in _fields(source, limit):
                counts.rows_in += 1
                key, text = str(fields.get("key")), str(fields.get("text"))
                digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass")).digest()
                known = texts.setdefault(key, (digest, place))
                if known[0] != digest:
                    raise InputError(
                        f"{place} answers what {known[1]} answers otherwise",
                        "merge answers of one model and one way of drawing",
                    )
                if known[1] != place:
                    counts.left_out["answered_before"] += 1
                    continue
                writer.write(fields)
                counts.rows_out += 1
    step.finish(counts)
    return Merged(out, Kind.ANSWERS, len(sources), counts.rows_out, counts.left_out.total())


def _training(sources: Sequence[Path], out: Path, limit: int | None) -> Merged:
    step = _step(sources, out, limit)
    counts = Counts("rows")
    first: tuple[tuple[Any, Any], str] | None = None
    with Writer(out) as writer:
        for source in sources:
            for fields, place in _fields(source, limit):
                asked = (fields.get("form") or _form(fields), fields.get("format"))
                first = first or (asked, place)
                if asked != first[0]:
                    raise InputError(
                        f"{place} is a row of the form {asked[0]} and format {asked[1]}, and "
                        f"{first[1]} of the form {first[0][0]} and format {first[0][1]}",
                        "a model is trained on rows of one form and format",
                    )
                writer.write(fields)
    counts.rows_in = counts.rows_out = writer.rows
    step.finish(counts)
    return Merged(out, Kind.TRAINING, len(sources), writer.rows, 0)


def _form(fields: Mapping[str, Any]) -> str:
    """Return the form of a row that does not name it."""
    if "messages" in fields:
        return "messages"
    return "plain" if isinstance(fields.get("prompt"), str) else "chat"


def _fields(source: Path, limit: int | None) -> Iterator[tuple[Mapping[str, Any], str]]:
    for record in read(source, limit):
        place = f"{source}, {record.place}"
        if record.problem:
            raise InputError(f"{place}: {record.problem}", "mend or remove it")
        yield record.fields, place


def _step(sources: Sequence[Path], out: Path, limit: int | None) -> Step:
    is_parquet(out)  # a name that says neither is refused before anything is written
    inputs = {f"source_{at}": one for at, one in enumerate(sources)}
    step = Step("merge", out, inputs, {} if limit is None else {"limit": limit})
    step.claim()
    return step


def sentence(merged: Merged) -> str:
    """Say what was written."""
    joined = f", {count(merged.joined, 'row')} joined to its pair" if merged.joined else ""
    if merged.joined > 1:
        joined = f", {merged.joined:,} joined to their pairs"
    what = "answer" if merged.kind is Kind.ANSWERS else "row"
    return (
        f"wrote {count(merged.rows, what)} of {merged.sources} sources ({merged.kind}{joined}) "
        f"to {merged.out}"
    )
