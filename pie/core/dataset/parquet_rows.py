"""Rows of a Parquet file in bounded memory: a few kilobytes of one can stand for gigabytes.

A text that stands once in a file can be that of every row, and a number of a list can stand for a
billion. So a file is asked how large its dictionaries and how many its values are before they are
read; long texts are read as places in the dictionary, and rows are made of no more than a budget.
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
_LARGE_DICTIONARY, _ROWS_OF_LARGEST = 4 << 20, 64
"""Bytes of the distinct texts of a column (writers end at about 1 MiB), and of how many rows each
may be one of that size."""
_VALUE_BYTES = 16
"""About what a number or the place of a text takes."""


def batches(parquet: Any, path: Path, most_rows: int) -> Iterator[list[dict[str, Any] | str]]:
    """Yield rows, or for a row that is too large the sentence that says so, in short lists.

    pyarrow's exceptions when it is no Parquet file; InputError when it says of itself that it
    holds more than any machine can.
    """
    with parquet.ParquetFile(path) as file:
        at_once = min(most_rows, _rows_at_once(file.metadata, path))
        longest = _dictionaries(file, path)
    # As places in a dictionary all distinct texts of a row group are held: only where one is large.
    large = [name for name, size in longest.items() if size > _LARGE_DICTIONARY]
    usual = max((size for name, size in longest.items() if name not in large), default=0)
    at_once = min(at_once, max(1, _LARGE_DICTIONARY * _ROWS_OF_LARGEST // max(1, usual)))
    with parquet.ParquetFile(path, read_dictionary=large, buffer_size=_READ_AT_ONCE) as file:
        for batch in file.iter_batches(batch_size=at_once):
            yield from _made(batch)


def _dictionaries(file: Any, path: Path) -> dict[str, int]:
    """Return the bytes of the largest dictionary of each column of texts, as its page says."""
    found: dict[str, int] = {}
    schema, about = file.schema, file.metadata
    texts = [
        number
        for number in range(about.num_columns)
        if schema.column(number).physical_type == "BYTE_ARRAY"
        and schema.column(number).logical_type.type in ("STRING", "NONE")
    ]
    with path.open("rb") as raw:
        for group in map(about.row_group, range(about.num_row_groups)):
            for column in map(group.column, texts):
                offsets = (column.dictionary_page_offset, column.data_page_offset)
                raw.seek(max(0, min(one for one in offsets if one is not None)))
                name, size = column.path_in_schema, _dictionary_bytes(raw.read(16))
                found[name] = max(size, found.get(name, 0))
    return found


def _dictionary_bytes(header: bytes) -> int:
    """Return the unpacked size that a page header begins with; 0 unless it is of a dictionary.

    Thrift's compact protocol: field 1 is the kind of the page (2), field 2 the size, both i32 as
    zigzag varints.
    """
    if header[:3] != b"\x15\x04\x15":
        return 0
    value = 0
    for place, byte in enumerate(header[3:8]):
        value |= (byte & 127) << 7 * place
        if byte < 128:
            break
    return value >> 1


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
    """Make the rows of a batch; of its halves where it is too large, or a row is bad."""
    longest = max((_longest(column) for column in batch.columns), default=0)
    size = sum(map(_bytes, batch.columns))
    alone = batch.num_rows <= 1
    if longest <= LONGEST_TEXT and size <= (LARGEST_ROW if alone else _BATCH_BYTES):
        try:
            yield batch.to_pylist()
            return
        except UnicodeDecodeError:
            pass
    if not alone:
        half = batch.num_rows // 2
        yield from _made(batch.slice(0, half))
        yield from _made(batch.slice(half))
    elif longest > LONGEST_TEXT:
        yield [f"it holds a text of {longest:,} bytes; {LONGEST_TEXT:,} are the most"]
    elif size > LARGEST_ROW:
        yield [f"it holds {size:,} bytes; {LARGEST_ROW:,} are the most of a row"]
    else:
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


def _lengths(array: Any) -> Any:
    """Return the bytes of each text; None for another kind."""
    import pyarrow
    from pyarrow import compute, types

    kind = array.type
    if types.is_dictionary(kind):
        of_each = _lengths(array.dictionary)
        return None if of_each is None else of_each.take(array.indices)
    texts = (pyarrow.string(), pyarrow.large_string(), pyarrow.binary(), pyarrow.large_binary())
    return compute.binary_length(array) if kind in texts else None


def _longest(array: Any) -> int:
    from pyarrow import compute

    lengths = _lengths(array)
    own = 0 if lengths is None else compute.max(lengths).as_py() or 0
    return max([own, *map(_longest, _inner(array))])


def _bytes(array: Any) -> int:
    from pyarrow import compute

    lengths = _lengths(array)
    own = 0 if lengths is None else compute.sum(lengths).as_py() or 0
    return own + _VALUE_BYTES * len(array) + sum(map(_bytes, _inner(array)))
