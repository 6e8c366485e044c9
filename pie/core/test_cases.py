"""Finds the test cases of a row: files beside the data set, or texts inside the row."""

from __future__ import annotations

import hashlib
import os
import shlex
import stat
import threading
from collections import OrderedDict
from collections.abc import Sequence
from io import BufferedReader
from pathlib import Path

from pie.core.problem import InputError, RowProblem
from pie.core.rows import InlineTest
from pie.core.wording import escaped
from sim.checker import Checker
from sim.paths import cache_directory
from sim.program import Language, Program, TestCase
from sim.toolchain import Toolchain

_REMEMBERED = 20_000
_CHECKERS = {"checker.cpp": Language.CPP, "checker.py": Language.PYTHON}
_LARGEST_CHECKER = 4 << 20
_BLOCK = 256
"""Indices of a problem that are remembered together, as the bits of one number."""


class TestCases:
    """The tests of a data set, in PIE's layout `<folder>/<problem_id>/input.K.txt|output.K.txt`.

    `checker.cpp` or `checker.py` beside them decides in place of the comparison.
    """

    __test__ = False

    def __init__(self, folder: Path | None, toolchain: Toolchain | None = None) -> None:
        """`folder` may be None for data sets with inline tests only.

        `toolchain` builds checkers; None: as nothing is asked for.
        """
        self._folder = folder
        self._toolchain = toolchain or Toolchain()
        self._checkers: OrderedDict[str, Checker | None] = OrderedDict()
        self._checked: set[str] = set()
        """Problems whose checker is in `digest`."""
        self._listed: OrderedDict[str, frozenset[str]] = OrderedDict()
        self._resolved: OrderedDict[tuple[str, int], TestCase] = OrderedDict()
        self._whole = hashlib.blake2b(digest_size=16)
        self._taken: dict[tuple[str, int], int] = {}

    def check(self, problem_id: str, tests: Sequence[int | InlineTest]) -> None:
        """Make sure that every test is there; RowProblem names the first that is not."""
        for test in tests:
            if isinstance(test, InlineTest):
                continue
            names = self._names(problem_id)
            for kind in ("input", "output"):
                if f"{kind}.{test}.txt" not in names:
                    folder = self._folder or Path("test_cases")
                    missing = folder / problem_id / f"{kind}.{test}.txt"
                    raise RowProblem(f"test {test} is not there ({escaped(str(missing))})")

    def take(self, problem_id: str, tests: Sequence[int | InlineTest]) -> None:
        """Add the files of checked tests to `digest`, each file once.

        RowProblem when one cannot be read; then none of the row's files is added.
        """
        added = []
        for test in tests:
            # A bit for each index, in blocks: a few bytes for a test, whatever the number of rows.
            if isinstance(test, int):
                block, bit = (problem_id, test // _BLOCK), 1 << test % _BLOCK
                if not self._taken.get(block, 0) & bit:
                    given, expected = self._digests(problem_id, test)
                    added.append((block, bit, f"{test} {given} {expected}\n"))
        checker = self._checker(problem_id) if added else None
        if checker is not None and problem_id not in self._checked:
            self._checked.add(problem_id)
            self._whole.update(checker.program.digest.encode())
        name = problem_id.encode("utf-8", "surrogatepass")
        for block, bit, line in added:
            self._taken[block] = self._taken.get(block, 0) | bit
            self._whole.update(b"%d %b %b" % (len(name), name, line.encode()))

    @property
    def digest(self) -> str:
        """Of the contents of all files taken so far, in the order of their first use."""
        return self._whole.hexdigest()

    def resolve(self, problem_id: str, tests: Sequence[int | InlineTest]) -> list[TestCase]:
        """Return the tests with the digests of their texts; RowProblem when one cannot be read."""
        resolved = []
        folder = None
        for position, test in enumerate(tests):
            if isinstance(test, InlineTest):
                folder = folder or _texts()
                resolved.append(_inline(position, test, folder))
            else:
                resolved.append(self._file(problem_id, test))
        return resolved

    def _names(self, problem_id: str) -> frozenset[str]:
        if problem_id in (".", "..") or "/" in problem_id or "\0" in problem_id:
            raise RowProblem(f"problem_id {problem_id[:80]!r} is not a folder name")
        known = self._listed.get(problem_id)
        if known is None:
            if self._folder is None:
                raise RowProblem("its tests are indices, but no folder of test cases is known")
            try:
                with os.scandir(self._folder / problem_id) as entries:
                    known = frozenset(entry.name for entry in entries)
            except OSError as error:
                place = escaped(str(self._folder / problem_id))
                raise RowProblem(
                    f"the problem has no test cases ({place}: {error.strerror})"
                ) from error
            self._listed[problem_id] = known
            if len(self._listed) > _REMEMBERED // 100:
                self._listed.popitem(last=False)
        return known

    def _file(self, problem_id: str, index: int) -> TestCase:
        key = (problem_id, index)
        found = self._resolved.get(key)
        if found is None:
            given, expected = self._paths(problem_id, index)
            digests = self._digests(problem_id, index)
            checker = self._checker(problem_id)
            found = TestCase(str(index), given, expected, *digests, comparison=checker)
            self._resolved[key] = found
            if len(self._resolved) > _REMEMBERED:
                self._resolved.popitem(last=False)
        return found

    def _checker(self, problem_id: str) -> Checker | None:
        """Return the checker that lies beside a problem's tests; RowProblem for two of them."""
        if problem_id not in self._checkers:
            names = self._names(problem_id) & _CHECKERS.keys()
            if len(names) > 1:
                raise RowProblem(f"the problem has two checkers ({' and '.join(sorted(names))})")
            made = None
            for name in names:
                assert self._folder is not None
                path = self._folder / problem_id / name
                try:
                    program = Program(_CHECKERS[name], _text(path))
                except (OSError, ValueError) as error:
                    raise RowProblem(f"the checker {path} cannot be read ({error})") from error
                made = Checker(program, self._toolchain)
            self._checkers[problem_id] = made
            if len(self._checkers) > _REMEMBERED // 100:
                self._checkers.popitem(last=False)
        return self._checkers[problem_id]

    def _paths(self, problem_id: str, index: int) -> tuple[Path, Path]:
        assert self._folder is not None
        folder = (self._folder / problem_id).absolute()
        return folder / f"input.{index}.txt", folder / f"output.{index}.txt"

    def _digests(self, problem_id: str, index: int) -> tuple[str, str]:
        given, expected = self._paths(problem_id, index)
        try:
            return _digest(given), _digest(expected)
        except OSError as error:
            raise RowProblem(f"test {index} cannot be read ({error})") from error


def test_folder(given: Path | None, pairs: Path) -> Path | None:
    """Return the folder of test cases: the one given, or `test_cases/` beside the pairs file."""
    if given is not None:
        if not given.is_dir():
            raise InputError(
                f"the folder of test cases {given} does not exist",
                "check the path given to --testcases",
            )
        return given
    beside = pairs.parent / "test_cases"
    return beside if beside.is_dir() else None


def measuring_command(rows: Path, made_from: Path, given: Path | None = None) -> str:
    """Return the command that measures rows which lie elsewhere than the file of their tests.

    `given` is the folder of test cases that was named for that file.
    """
    words = ["pie", "simulate", "--pairs", str(rows)]
    beside = given or test_folder(None, made_from)
    if beside is not None:
        words += ["--testcases", str(beside)]
    return shlex.join(words)


test_folder.__test__ = False  # type: ignore[attr-defined]


def text_case(
    name: str, given: bytes, expected: bytes | None, folder: Path | None = None
) -> TestCase:
    """Return a test made of texts, kept under their digests in the cache folder.

    `folder` is `_texts()`, for who makes many.
    """
    folder = folder or _texts()
    given_path, given_digest = _keep(folder, given)
    if expected is None:
        return TestCase(name, given_path, None, given_digest, "")
    expected_path, expected_digest = _keep(folder, expected)
    return TestCase(name, given_path, expected_path, given_digest, expected_digest)


def _texts() -> Path:
    """Return the folder of the cache in which texts of tests lie."""
    folder = cache_directory() / "texts"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _keep(folder: Path, data: bytes) -> tuple[Path, str]:
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    path = folder / digest
    try:
        kept = path.read_bytes() == data
    except FileNotFoundError:
        kept = False
    if not kept:
        scratch = folder / f"{digest}.{os.getpid()}.{threading.get_ident()}"
        scratch.write_bytes(data)
        scratch.replace(path)
    return path, digest


def _inline(position: int, test: InlineTest, folder: Path) -> TestCase:
    return text_case(
        f"inline.{position}",
        test.input.encode("utf-8", "surrogatepass"),
        test.output.encode("utf-8", "surrogatepass"),
        folder,
    )


def _text(path: Path) -> str:
    """Return a checker's text; ValueError where it is none or too long."""
    with _plain_file(path) as file:
        data = file.read(_LARGEST_CHECKER + 1)
    if len(data) > _LARGEST_CHECKER:
        raise ValueError("it is too long")
    return data.decode("utf-8")


def _plain_file(path: Path) -> BufferedReader:
    """Open a plain file; OSError for any other kind."""
    # Without waiting: a named pipe has no end and perhaps no beginning.
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(f"{path} is not a plain file")
    return file


def _digest(path: Path) -> str:
    with _plain_file(path) as file:
        return hashlib.file_digest(
            file,
            lambda: hashlib.blake2b(digest_size=16),
        ).hexdigest()
