"""`pie dataset import`: accepted programs of a CodeNet folder or of any table, in one order."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from pie.core.dataset import codenet
from pie.core.dataset.csv_rows import SHORT_FIELD, heading_of, read_csv
from pie.core.dataset.grouping import SUBMISSION_COLUMNS
from pie.core.dataset.manifest import Counts, Step, fingerprint, limited
from pie.core.dataset.output_lock import one_at_a_time
from pie.core.dataset.sorting import Sorter
from pie.core.dataset.submission import KNOWN, Dropped, Submission, Wanted, check, check_code
from pie.core.dataset.table import Record, Writer, read
from pie.core.problem import InputError, RowProblem
from pie.core.run_folder import save_json
from pie.flows.dataset.rows import listing

_BROKEN = "broken_row"
_LISTED = frozenset({_BROKEN, "duplicate", "no_source", "code_not_utf8", "code_too_long"})
"""Reasons that are told row by row; the others (`not_accepted` ...) are what was asked for."""


@dataclass(frozen=True)
class Request:
    """What to take in, and where to."""

    source: Path
    out: Path
    wanted: Wanted = field(default_factory=Wanted)
    columns: Mapping[str, str] = field(default_factory=dict)
    """This toolkit's name of a column to the table's."""
    fresh: bool = False
    limit: int | None = None
    """Only the first rows of the table, or of CodeNet's tables one after the other."""


Tick = Callable[[int, str], None]
"""Told how many rows were read, and of what."""


@one_at_a_time
def run(request: Request, tick: Tick) -> dict[str, Any]:
    """Import, or return the manifest of the same import done before. InputError says what lacks."""
    source = request.source
    is_folder = source.is_dir()
    inputs = {"metadata": source / "metadata"} if is_folder else {"table": source}
    parameters: dict[str, Any] = {
        "wanted": asdict(request.wanted),
        "columns": dict(request.columns),
        **limited(request.limit),
    }
    programs: dict[str, str] = {}
    if is_folder:
        tables = codenet.problem_files(source)
        programs = {one.stem: codenet.listing_digest(source, one.stem) for one in tables}
        parameters["programs_sha256"] = _digest(programs)
    elif not source.is_file():
        is_there = "is neither a file nor a folder" if source.exists() else "does not exist"
        raise InputError(f"{source} {is_there}", "give a CodeNet folder or a table")
    step = Step("import", request.out, inputs, parameters)
    done = None if request.fresh else step.done()
    if done is not None:
        return done
    step.claim()
    counts = Counts("submissions")
    with Writer(request.out, SUBMISSION_COLUMNS) as writer, listing(request.out) as listed:
        for row in (
            _of_folder(request, programs, counts, listed, tick)
            if is_folder
            else _of_table(request, counts, listed, tick)
        ):
            writer.write(row)
    counts.rows_out = writer.rows
    manifest = step.finish(counts, left_out_list=listed.path.name)
    shutil.rmtree(_parts(request.out), ignore_errors=True)
    return manifest


def _parts(out: Path) -> Path:
    return out.with_name(f"{out.name}.parts")


def _digest(programs: Mapping[str, str]) -> str:
    text = "".join(f"{problem_id}\0{digest}\n" for problem_id, digest in programs.items())
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _of_folder(
    request: Request, programs: Mapping[str, str], counts: Counts, listed: Writer, tick: Tick
) -> Iterator[Mapping[str, Any]]:
    """Yield the submissions of a CodeNet folder, a problem at a time, each kept as it is done.

    What is kept stands while the table and the listing of `programs` are the same.
    """
    parts = _parts(request.out)
    if request.fresh:
        shutil.rmtree(parts, ignore_errors=True)
    parts.mkdir(parents=True, exist_ok=True)
    for table in codenet.problem_files(request.source):
        part = parts / f"{table.stem}{request.out.suffix}"
        state = parts / f"{table.stem}.json"
        left = None if request.limit is None else request.limit - counts.rows_in
        if left == 0:
            return
        about = [fingerprint(table), programs.get(table.stem), asdict(request.wanted), left]
        asked = json.loads(json.dumps(about))
        try:
            kept = json.loads(state.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            kept = {}
        if kept.get("asked") != asked or not part.exists():
            kept = {"asked": asked, **_import_problem(request, table, part, left)}
            save_json(state, kept)
        counts.rows_in += kept["in"]
        counts.left_out.update(kept["left_out"])
        for line in kept["listed"]:
            listed.write(line)
        tick(counts.rows_in, table.stem)
        for record in read(part):
            yield record.fields


def _import_problem(request: Request, table: Path, part: Path, limit: int | None) -> dict[str, Any]:
    """Write one problem's submissions, or those of its first rows, in order; return the counts."""
    lacking = [name for name in codenet.COLUMNS if name not in heading_of(table)]
    if lacking:
        raise InputError(
            f"the table {table} has no column {lacking[0]}",
            f"CodeNet's tables have {', '.join(codenet.COLUMNS)}",
        )
    counts = Counts()
    listed: list[dict[str, str]] = []
    taken: dict[str, Submission] = {}
    for record in islice(read_csv(table, SHORT_FIELD), limit):
        counts.rows_in += 1
        try:
            one = _checked(record, request.wanted)
            if one.problem_id != table.stem:
                raise RowProblem(f"it is of the problem {one.problem_id[:40]!r}")
            if one.submission_id in taken:
                raise Dropped("duplicate")
            path = codenet.source_path(request.source, one, record.fields)
            if path is None:
                raise Dropped("no_source")
            code = check_code(codenet.read_source(request.source, path))
            taken[one.submission_id] = replace(one, code=code)
        except (Dropped, RowProblem) as problem:
            _leave_out(counts, listed.append, table.name, record, problem)
    with Writer(part, SUBMISSION_COLUMNS) as writer:
        for one in sorted(taken.values(), key=lambda s: (s.user_id, s.date, s.submission_id)):
            writer.write(one.as_row())
    return {"in": counts.rows_in, "left_out": dict(counts.left_out), "listed": listed}


def _of_table(
    request: Request, counts: Counts, listed: Writer, tick: Tick
) -> Iterator[Mapping[str, Any]]:
    """Yield the submissions of a table of any order: put on disk, sorted, read back."""
    source = request.source.name
    with Sorter(request.out.with_name(f".{request.out.name}.sort")) as sorter:
        for record in islice(_named(request), request.limit):
            counts.rows_in += 1
            try:
                one = _checked(record, request.wanted)
                if not sorter.add(replace(one, code=_inline_code(record))):
                    raise Dropped("duplicate")
            except (Dropped, RowProblem) as problem:
                _leave_out(counts, listed.write, source, record, problem)
            if counts.rows_in % 1000 == 0:
                tick(counts.rows_in, source)
        for one in sorter.ordered():
            yield one.as_row()


def _named(request: Request) -> Iterator[Record]:
    """Yield a table's rows under this toolkit's names of columns; InputError for a missing one."""
    source, renamed = request.source, request.columns
    for name in renamed:
        if name not in KNOWN:
            raise InputError(f"there is no column {name!r}", f"choose from {', '.join(KNOWN)}")
    needed = {name: renamed.get(name, name) for name in KNOWN}
    as_csv = source.suffix.lower() == ".csv"
    records = read_csv(source) if as_csv else read(source)
    complete = False
    for record in records:
        if not record.problem and not complete:
            # A table's heading stands for all rows; in JSONL each row is asked for itself later.
            lacking = [
                theirs
                for ours, theirs in needed.items()
                if theirs not in record.fields and ours != "cpu_time"
            ]
            if lacking:
                raise InputError(
                    f"{source}, {record.place}: there is no column {lacking[0]}",
                    "name the table's columns with --column OURS=THEIRS",
                )
            complete = True
        fields = {ours: record.fields.get(theirs) for ours, theirs in needed.items()}
        yield replace(record, fields=fields)


def _inline_code(record: Record) -> str:
    code = record.fields.get("code")
    if not isinstance(code, str | bytes):
        raise RowProblem("code is not a text")
    return check_code(code)


def _checked(record: Record, wanted: Wanted) -> Submission:
    if record.problem:
        raise RowProblem(record.problem)
    return check(record.fields, wanted)


def _leave_out(
    counts: Counts,
    tell: Callable[[dict[str, str]], object],
    table: str,
    record: Record,
    problem: Exception,
) -> None:
    reason = str(problem) if isinstance(problem, Dropped) else _BROKEN
    counts.left_out[reason] += 1
    if reason in _LISTED:
        name = str(record.fields.get("submission_id") or "")[:100]
        detail = "" if isinstance(problem, Dropped) else str(problem)
        tell(
            {
                "table": table,
                "place": record.place,
                "submission_id": name.encode("utf-8", "replace").decode(),
                "reason": reason,
                "detail": detail,
            }
        )
