"""The files of `pie measure`: programs by file, folder or pattern; inputs by file or folder."""

from __future__ import annotations

import glob
import itertools
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pie.core.problem import InputError
from sim.program import Language, Program

SUFFIXES = {
    ".c": Language.CPP,  # as in rows: C is compiled as C++
    ".cpp": Language.CPP,
    ".cc": Language.CPP,
    ".cxx": Language.CPP,
    ".py": Language.PYTHON,
}
_STANDARD_INPUT = Path("-")
_ANSWERS = ("output", "out", "ans", "answer", "expected", "a", "ok")
_QUESTIONS = ("input", "in", "inp", "i")
_MOST_CONTESTANTS = 200
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True)
class Given:
    """What programs read, and what they must print; None where nobody says."""

    name: str
    text: bytes
    expected: bytes | None


def program_files(given: Sequence[Path]) -> list[Path]:
    """Return the files that are meant: of a folder the programs in it, of a pattern what fits.

    InputError for a folder without programs and a pattern that nothing fits.
    """
    found: list[Path] = []
    for path in given:
        if path.is_dir():
            inside = sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES)
            if not inside:
                endings = ", ".join(SUFFIXES)
                raise InputError(f"no program is in the folder {path}", f"they end in {endings}")
            found += inside
        elif not path.exists() and glob.has_magic(str(path)):
            fitting = sorted(map(Path, glob.glob(str(path), recursive=True)))  # noqa: PTH207
            if not fitting:
                raise InputError(f"no file fits {path}", "check the pattern")
            found += fitting
        else:
            found.append(path)
    if len(found) > _MOST_CONTESTANTS:
        raise InputError(
            f"{len(found)} programs are more than a table shows", "use `pie simulate` for data sets"
        )
    return found


def program(file: Path) -> Program:
    """Read a program; InputError when its language is not known or it is no text."""
    language = SUFFIXES.get(file.suffix.lower())
    if language is None:
        known = ", ".join(SUFFIXES)
        raise InputError(f"the language of {file} is not known", f"its name must end in {known}")
    try:
        return Program(language, file.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"the program {file} is not UTF-8", "convert it") from error
    except OSError as error:
        raise InputError(
            f"the program {file} cannot be read ({error.strerror})", "check the path"
        ) from error


def inputs(
    files: Sequence[Path], expected: Sequence[Path], folder: Path | None = None
) -> list[Given]:
    """Return the inputs in the order of the command line, those of the folder last.

    One empty input where nothing is given. InputError for a file that cannot be read.
    """
    if expected and len(expected) != len(files):
        raise InputError(
            f"{len(files)} inputs but {len(expected)} expected outputs",
            "give one -e for each -i, in the same order",
        )
    if [*files, *expected].count(_STANDARD_INPUT) > 1:
        raise InputError("standard input can be read once", "give `-` for one file only")
    given = [
        Given(_name(path), _bytes(path), _bytes(answer) if answer else None)
        for path, answer in itertools.zip_longest(files, expected)
    ]
    if folder is not None:
        given += list(_of_folder(folder))
    return given or [Given("empty input", b"", None)]


def _of_folder(folder: Path) -> Iterator[Given]:
    """Yield the tests of a folder: `input.1.txt` and `output.1.txt`, `1.in` and `1.out`, ..."""
    if not folder.is_dir():
        raise InputError(f"the folder of tests {folder} does not exist", "check the path")
    files = [one for one in sorted(folder.rglob("*")) if one.is_file()]
    names = {str(one.relative_to(folder)): one for one in files}
    found = 0
    for name in sorted(names, key=_natural):
        answer = _answer_of(name, names)
        if answer is None:
            continue
        found += 1
        yield Given(name, _bytes(names[name]), _bytes(names[answer]))
    if not found:
        raise InputError(
            f"no test is in the folder {folder}",
            "tests are files such as input.1.txt and output.1.txt, or 1.in and 1.out",
        )


def _answer_of(name: str, names: dict[str, Path]) -> str | None:
    """Return the file with the answer to an input: one part of its path says `out` for `in`."""
    parts = re.split(r"([./_-])", name)
    for place, part in enumerate(parts):
        if part.lower() not in _QUESTIONS:
            continue
        for word in _ANSWERS:
            other = "".join([*parts[:place], word, *parts[place + 1 :]])
            if other != name and other in names:
                return other
    return None


def _natural(name: str) -> list[tuple[int, str]]:
    """Order names so that 10 comes after 9."""
    return [
        (int(part), "") if part.isdigit() else (-1, part)
        for part in re.split(r"([0-9]+)", name)
        if part
    ]


def _name(path: Path) -> str:
    return "standard input" if path == _STANDARD_INPUT else str(path)


def _bytes(path: Path) -> bytes:
    return sys.stdin.buffer.read() if path == _STANDARD_INPUT else read(path)


def read(path: Path) -> bytes:
    """Read an input or an output; InputError when that cannot be."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"the file {path} cannot be read ({error.strerror})", "check the path"
        ) from error


def parameters(given: Sequence[str]) -> list[dict[str, str]]:
    """Return every combination of `NAME=a,b,c`; one empty one for nothing.

    InputError for another form, and a name that is there twice.
    """
    named: dict[str, list[str]] = {}
    for text in given:
        name, sign, values = text.partition("=")
        if not sign or not _PARAMETER.match(name) or not all(values.split(",")):
            raise InputError(f"--parameter {text!r} is not NAME=a,b,c", "write one such as N=1,2")
        if name in named:
            raise InputError(f"the parameter {name} is there twice", "give all its values at once")
        named[name] = values.split(",")
    return [dict(zip(named, values, strict=True)) for values in itertools.product(*named.values())]


def filled(text: str, values: dict[str, str]) -> str:
    """Return a text with each `{NAME}` of the parameters replaced."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
