"""Tables on disk, JSONL or Parquet by the file's name, read and written one row at a time."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from pie.core.dataset.parquet_rows import batches
from pie.core.problem import InputError, RowProblem
from pie.core.rows import parse_object, read_lines
from pie.core.run_folder import encode
from sim.errors import MissingTool

_BATCH = 1024
"""Rows held at once, and rows of a Parquet row group."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row and where it stands; `problem` says why it cannot be read, and it has no fields."""

    place: str
    fields: Mapping[str, Any]
    problem: str = ""


def is_parquet(path: Path) -> bool:
    """Whether a name says Parquet; InputError when it says neither Parquet nor JSONL."""
    if path.suffix.lower() in (".parquet", ".jsonl"):
        return path.suffix.lower() == ".parquet"
    raise InputError(
        f"the kind of the table {path} is not known", "its name must end in .jsonl or .parquet"
    )


def read(path: Path, limit: int | None = None) -> Iterator[Record]:
    """Yield the rows of a table, or its first ones. InputError when it cannot be read at all."""
    require_file(path)
    return islice(_read(path), limit)


def _read(path: Path) -> Iterator[Record]:
    if not is_parquet(path):
        for line in read_lines(path):
            place = f"line {line.number}"
            try:
                yield Record(place, parse_object(line.data))
            except RowProblem as problem:
                yield Record(place, {}, str(problem))
        return
    pyarrow, parquet = _arrow()
    number = 0
    try:
        for batch in batches(parquet, path, _BATCH):
            for fields in batch:
                number += 1
                if isinstance(fields, str):
                    yield Record(f"row {number}", {}, fields)
                else:
                    yield Record(f"row {number}", {k: _known(v) for k, v in fields.items()})
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        first = (str(error).splitlines() or ["?"])[0]
        raise InputError(
            f"the table {path} cannot be read ({first[:200]})", "is it a Parquet file?"
        ) from error


def _known(value: Any) -> Any:
    """Take NaN, which pandas writes for missing values, as None."""
    return None if isinstance(value, float) and math.isnan(value) else value


def require_file(path: Path) -> None:
    """InputError unless there is a file."""
    if not path.is_file():
        is_there = "is not a file" if path.exists() else "does not exist"
        raise InputError(f"the table {path} {is_there}", "check the path")


class Writer:
    """A table that is there whole or not at all; use it as a context manager.

    Parquet takes its columns from the Parquet file `like`, with `columns` (name to kind) added; or
    else from the first rows. JSONL takes any row.
    """

    def __init__(
        self, path: Path, columns: Mapping[str, str] | None = None, like: Path | None = None
    ) -> None:
        """InputError when the file's kind is unknown or it cannot be written."""
        self.path = path
        self.rows = 0
        self._parquet = is_parquet(path)
        self._scratch = path.with_name(f".{path.name}.{os.getpid()}")
        self._columns = columns
        self._like = like if like is not None and is_parquet(like) else None
        self._batch: list[Mapping[str, Any]] = []
        self._arrow_writer: Any = None
        self._schema: Any = None
        if self._parquet:
            _arrow()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._scratch.open("wb")
        except OSError as error:
            raise InputError(
                f"the table {path} cannot be written ({error.strerror})",
                "give another place with --out",
            ) from error

    def write(self, row: Mapping[str, Any]) -> None:
        """Add one row."""
        self.rows += 1
        if not self._parquet:
            try:
                self._file.write(encode(row))
            except (TypeError, ValueError) as error:  # Parquet has more kinds of values
                raise InputError(
                    f"a row does not fit into {self.path} ({error})", "write Parquet instead"
                ) from error
            return
        self._batch.append(row)
        if len(self._batch) >= _BATCH:
            self._flush()

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                if self._parquet:
                    self._flush(last=True)
                    self._arrow_writer.close()
                self._file.flush()
                os.fsync(self._file.fileno())
                self._scratch.replace(self.path)
        finally:
            if self._arrow_writer is not None:
                with contextlib.suppress(Exception):  # it would complain when it is collected
                    self._arrow_writer.close()
            try:
                self._file.close()  # which writes what is left, if there is room
            finally:
                self._scratch.unlink(missing_ok=True)

    def _flush(self, *, last: bool = False) -> None:
        pyarrow, parquet = _arrow()
        # What JSON can hold and Parquet cannot: values of several kinds, lone surrogates, 2**64.
        unfit = (pyarrow.ArrowException, OverflowError, ValueError, TypeError)
        try:
            if self._arrow_writer is None:
                self._schema = self._make_schema(pyarrow, parquet)
                self._arrow_writer = parquet.ParquetWriter(
                    self._file, self._schema, compression="zstd"
                )
            self._refuse_unknown()
            table = pyarrow.Table.from_pylist(self._batch, schema=self._schema)
        except unfit as error:
            raise InputError(
                f"a row does not fit the columns of {self.path} ({error})",
                "write JSONL instead",
            ) from error
        if self._batch or (last and not self.rows):
            self._arrow_writer.write_table(table)
        self._batch = []

    def _make_schema(self, pyarrow: Any, parquet: Any) -> Any:
        if self._columns is None and self._like is None:
            return pyarrow.Table.from_pylist(self._batch).schema
        kinds = {
            "text": pyarrow.string(),
            "integer": pyarrow.int64(),
            "number": pyarrow.float64(),
            "integers": pyarrow.list_(pyarrow.int32()),
        }
        known = [] if self._like is None else list(parquet.read_schema(self._like))
        names = {field.name for field in known}
        added = [(n, kinds[k]) for n, k in (self._columns or {}).items() if n not in names]
        return pyarrow.schema(known + [pyarrow.field(*one) for one in added])

    def _refuse_unknown(self) -> None:
        """Parquet would lose a field that the first rows did not have, without a word."""
        known = set(self._schema.names)
        for row in self._batch:
            if not known.issuperset(row):
                unknown = sorted(set(row) - known)[0]
                raise InputError(
                    f"the field {unknown!r} is in some rows of {self.path} only",
                    "write JSONL instead",
                )


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingTool(
            "Parquet needs pyarrow, which is not installed",
            "run: pip install 'pie-perf-toolkit[data]', or use .jsonl files",
        ) from error
    return pyarrow, parquet
