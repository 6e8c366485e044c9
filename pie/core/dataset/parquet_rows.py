"""Rows of a Parquet file in bounded memory: a few kilobytes of one can stand for gigabytes.

A text that stands once in a file can be that of every row, and a number of a list can stand for a
billion. So texts are read as numbers into the list of distinct ones, as Parquet keeps them, a file
says how many values it has before they are read, and rows are made of no more than a budget.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pie.core.problem import InputError

LONGEST_TEXT = 32 << 20
"""Bytes of one value; no program and no test that is taken has so many."""
LARGEST_ROW = 256 << 20
"""Bytes of a row's values together."""
MOST_VALUES = 1 << 20
"""Of one column in one row, on average."""
MOST_PACKED, LARGE_COLUMN = 1000, 256 << 20
"""How many times smaller than its values a column is, at most, when these are so many bytes."""
_BATCH_BYTES = 64 << 20
"""Of rows that are made at once, unless a single one is larger."""
_READ_AT_ONCE = 4 << 20
_VALUE_BYTES = 16
"""About what a number or the place of a text takes."""


def batches(parquet: Any, path: Path, most_rows: int) -> Iterator[list[dict[str, Any] | str]]:
    """Yield rows, or for a row that is too large the sentence that says so, in short lists.

    pyarrow's exceptions when it is no Parquet file; InputError when it says of itself that it
    holds more than any machine can.
    """
    with parquet.ParquetFile(path) as file:
        texts = [
            column.path
            for column in map(file.schema.column, range(file.metadata.num_columns))
            if column.physical_type == "BYTE_ARRAY"
            and column.logical_type.type in ("STRING", "NONE")
        ]
        at_once = min(most_rows, _rows_at_once(file.metadata, path))
    with parquet.ParquetFile(path, read_dictionary=texts, buffer_size=_READ_AT_ONCE) as file:
        for batch in file.iter_batches(batch_size=at_once):
            yield from _made(batch)


def _rows_at_once(about: Any, path: Path) -> int:
    """Return how many rows fit into the budget, by what the file says about its largest part."""
    fewest = _BATCH_BYTES
    for group in map(about.row_group, range(about.num_row_groups)):
        if not group.num_rows:
            continue
        a_row = group.total_byte_size / group.num_rows
        for column in map(group.column, range(group.num_columns)):
            size, packed = column.total_uncompressed_size, column.total_compressed_size
            if size > LARGE_COLUMN and size > MOST_PACKED * packed:
                raise InputError(
                    f"the table {path} packs {size:,} bytes of {column.path_in_schema} into "
                    f"{packed:,}, which no programs or tests do",
                    "is it what it should be? Leave the column out",
                )
            values = column.num_values / group.num_rows
            if values > MOST_VALUES:
                raise InputError(
                    f"the table {path} holds {column.num_values:,} values of "
                    f"{column.path_in_schema} in {group.num_rows:,} rows, too many to be read",
                    "is it what it should be? Leave the column out, or give a smaller table",
                )
            a_row += values * _VALUE_BYTES
        fewest = min(fewest, max(1, int(_BATCH_BYTES / max(1, a_row))))
    return fewest


def _made(batch: Any) -> Iterator[list[dict[str, Any] | str]]:
    """Make the rows of a batch, fewer at once the larger they could be."""
    longest = max((_longest(column) for column in batch.columns), default=0)
    values = sum(_values(column) for column in batch.columns)
    if longest * values <= _BATCH_BYTES:
        try:
            yield batch.to_pylist()
            return
        except UnicodeDecodeError:
            pass  # only the rows that have such a text are broken
    for number in range(batch.num_rows):
        row = batch.slice(number, 1)
        longest = max(_longest(column, used=True) for column in row.columns)
        size = sum(_bytes(column) for column in row.columns)
        if longest > LONGEST_TEXT:
            yield [f"it holds a text of {longest:,} bytes; {LONGEST_TEXT:,} are the most"]
        elif size > LARGEST_ROW:
            yield [f"it holds {size:,} bytes; {LARGEST_ROW:,} are the most of a row"]
        else:
            try:
                yield row.to_pylist()
            except UnicodeDecodeError:
                yield ["a text in it is not UTF-8"]


def _inner(array: Any) -> list[Any]:
    """Return the arrays inside a list or a structure, cut to the rows; none for other kinds."""
    from pyarrow import types

    kind = array.type
    if types.is_struct(kind):
        return list(array.flatten())
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return [array.flatten()]
    if types.is_map(kind):
        return [array.keys, array.items]
    return []


def _values(array: Any) -> int:
    return len(array) + sum(map(_values, _inner(array)))


def _lengths(array: Any, *, used: bool) -> Any:
    """Return the bytes of each text; None for another kind. Without `used` of each distinct one."""
    import pyarrow
    from pyarrow import compute, types

    kind = array.type
    if types.is_dictionary(kind):
        of_each = _lengths(array.dictionary, used=used)
        return of_each.take(array.indices) if used and of_each is not None else of_each
    texts = (pyarrow.string(), pyarrow.large_string(), pyarrow.binary(), pyarrow.large_binary())
    return compute.binary_length(array) if kind in texts else None


def _longest(array: Any, *, used: bool = False) -> int:
    from pyarrow import compute

    lengths = _lengths(array, used=used)
    own = 0 if lengths is None else compute.max(lengths).as_py() or 0
    return max([own, *(_longest(one, used=used) for one in _inner(array))])


def _bytes(array: Any) -> int:
    from pyarrow import compute

    lengths = _lengths(array, used=True)
    own = 0 if lengths is None else compute.sum(lengths).as_py() or 0
    return own + _VALUE_BYTES * len(array) + sum(map(_bytes, _inner(array)))
