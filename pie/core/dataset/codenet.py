"""Project CodeNet's folders: `metadata/pNNNNN.csv` and `data/pNNNNN/LANGUAGE/sNNNNNNNNN.EXT`."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pie.core.dataset.regular_file import NotRegular, TooLarge, read_regular
from pie.core.dataset.submission import LONGEST_CODE, Dropped, Submission
from pie.core.problem import InputError

COLUMNS = ("submission_id", "problem_id", "user_id", "date", "language", "filename_ext", "status")
"""What is used of a problem's CSV; CodeNet has more."""


def problem_files(folder: Path) -> list[Path]:
    """Return the CSV of each problem, in the order of their names; InputError for another folder.

    `problem_list.csv` is not needed: it holds no submission.
    """
    metadata = folder / "metadata"
    if not metadata.is_dir():
        raise InputError(
            f"{folder} is not a CodeNet folder: it has no metadata/",
            "give the folder that holds metadata/ and data/, or a table of submissions",
        )
    found = sorted(path for path in metadata.glob("*.csv") if path.stem != "problem_list")
    if not found:
        raise InputError(f"{metadata} holds no table of a problem", "is the download complete?")
    return found


def source_path(folder: Path, submission: Submission, fields: Mapping[str, Any]) -> Path | None:
    """Return where a submission's program lies; None when its names lead elsewhere."""
    language, ending = str(fields["language"]).strip(), str(fields["filename_ext"]).strip()
    if any("/" in part or part in ("", ".", "..") for part in (language, ending)):
        return None
    name = f"{submission.submission_id}.{ending}"
    return folder / "data" / submission.problem_id / language / name


def read_source(folder: Path, path: Path) -> bytes:
    """Return a program's bytes; Dropped as `no_source` or `code_too_long`."""
    try:
        return read_regular(folder / "data", path, LONGEST_CODE)
    except NotRegular as error:
        raise Dropped("no_source") from error
    except TooLarge as error:
        raise Dropped("code_too_long") from error


def listing_digest(folder: Path, problem_id: str) -> str:
    """Return a SHA-256 of a problem's programs: names, sizes in bytes, times of change in ns.

    The programs themselves are not read, there are millions; no more than the names of one
    language are held at once.
    """
    digest = hashlib.sha256()
    for language in _entries(folder / "data" / problem_id):
        for program in _entries(Path(language.path)):
            try:
                about = program.stat()
            except OSError:  # a link to nowhere
                continue
            line = f"{language.name}/{program.name}\0{about.st_size}\0{about.st_mtime_ns}\n"
            digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what lies in a folder, by name; nothing when there is none."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


def own_tests(folder: Path) -> Path:
    """Return where each problem's own test lies in a folder of its name."""
    return folder / "derived" / "input_output" / "data"
