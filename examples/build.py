"""Build the example data set from `problems/`: the test cases and the rows of `test.jsonl`.

    python examples/build.py           write test_cases/ and test.jsonl
    python examples/build.py --check   change nothing; exit 1 where a file is not up to date

A problem is a folder: `problem.json` names its programs, `generate.py` makes its inputs, and its
source program (the slow one) makes the outputs. Building twice changes no byte. Building needs g++;
checking without g++ looks at everything but what the outputs of C++ programs say.
"""

import argparse
import json
import runpy
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROBLEMS = HERE / "problems"
TEST_CASES = HERE / "test_cases"
ROWS = HERE / "test.jsonl"
KINDS = ("algorithm", "input/output", "data structure", "other")
LANGUAGES = {".cpp": "cpp", ".py": "python"}
COMPILE = ("g++", "-O2", "-std=c++17")
SECONDS = 60


class Unusable(Exception):
    """The example folder cannot be built or is not up to date; the message is one sentence."""


@dataclass(frozen=True)
class Problem:
    """One folder of `problems/`."""

    folder: Path
    kind_of_edit: str
    source: str
    """File name of the slower program, whose output is the expected one."""
    target: str
    """File name of the program that is said to be faster."""
    answers: tuple[str, ...]
    """File names of further programs, shown as a model's answers."""
    note: str

    @property
    def problem_id(self) -> str:
        """The folder's name."""
        return self.folder.name

    def code(self, name: str) -> str:
        """The text of one program."""
        return (self.folder / name).read_text(encoding="utf-8")


def problems() -> list[Problem]:
    """Every problem, ordered by its id."""
    return [problem(path.parent) for path in sorted(PROBLEMS.glob("*/problem.json"))]


def problem(folder: Path) -> Problem:
    """Read one problem and see that it names exactly the programs in its folder."""
    fields = json.loads((folder / "problem.json").read_text(encoding="utf-8"))
    try:
        fields["answers"] = tuple(fields["answers"])
        found = Problem(folder=folder, **fields)
    except (KeyError, TypeError) as error:
        raise Unusable(
            f"{folder.name}/problem.json has missing or unknown keys: {error}."
        ) from error
    if found.kind_of_edit not in KINDS:
        raise Unusable(f"{folder.name}/problem.json: kind_of_edit is none of {', '.join(KINDS)}.")
    named = {found.source, found.target, *found.answers}
    present = {path.name for path in folder.iterdir() if path.suffix in LANGUAGES}
    if named != present - {"generate.py"}:
        raise Unusable(
            f"{folder.name}/problem.json does not name exactly the programs in its folder."
        )
    return found


def inputs_of(found: Problem) -> list[str]:
    """The test inputs that the problem's `generate.py` makes."""
    made = runpy.run_path(str(found.folder / "generate.py"))["inputs"]()
    if not (isinstance(made, list) and all(isinstance(text, str) for text in made)):
        raise Unusable(
            f"{found.problem_id}/generate.py: inputs() did not return a list of strings."
        )
    return made


def outputs_of(found: Problem, inputs: list[str]) -> list[str]:
    """What the problem's source program prints for each input."""
    program = found.folder / found.source
    with tempfile.TemporaryDirectory() as folder:
        if program.suffix == ".cpp":
            binary = str(Path(folder) / "reference")
            subprocess.run([*COMPILE, "-o", binary, str(program)], check=True)
            command = [binary]
        else:
            command = [sys.executable, "-I", str(program)]
        runs = [
            subprocess.run(
                command, input=text.encode(), stdout=subprocess.PIPE, timeout=SECONDS, check=True
            )
            for text in inputs
        ]
    return [run.stdout.decode() for run in runs]


def row_of(found: Problem, tests: int) -> str:
    """The problem's line of `test.jsonl`, in PIE's format; `tests` is the number of test cases."""
    row: dict[str, object] = {
        "src_id": f"{found.problem_id}.{Path(found.source).stem}",
        "tgt_id": f"{found.problem_id}.{Path(found.target).stem}",
        "problem_id": found.problem_id,
        "user_id": "examples",
        "language": LANGUAGES[Path(found.source).suffix],
        "src_code": found.code(found.source),
        "tgt_code": found.code(found.target),
        "tests": list(range(tests)),
        "kind_of_edit": found.kind_of_edit,
        "note": found.note,
    }
    if found.answers:
        row["generated_answers"] = [found.code(name) for name in found.answers]
    return json.dumps(row, ensure_ascii=False) + "\n"


def wanted_files(quick: bool) -> dict[Path, bytes | None]:
    """Every file of the built data set with its content.

    The content is None for an output that is only known to be needed: with `quick`, all of them;
    without g++, those of C++ programs.
    """
    files: dict[Path, bytes | None] = {}
    rows = ""
    for found in problems():
        inputs = inputs_of(found)
        rows += row_of(found, len(inputs))
        unknown = quick or (found.source.endswith(".cpp") and shutil.which("g++") is None)
        outputs = [None] * len(inputs) if unknown else outputs_of(found, inputs)
        folder = TEST_CASES / found.problem_id
        for number, (given, printed) in enumerate(zip(inputs, outputs, strict=True)):
            files[folder / f"input.{number}.txt"] = given.encode()
            files[folder / f"output.{number}.txt"] = None if printed is None else printed.encode()
    files[ROWS] = rows.encode()
    return files


def present_files() -> set[Path]:
    """The built files that are on disk now."""
    return {path for path in (*TEST_CASES.rglob("*"), ROWS) if path.is_file()}


def build() -> None:
    """Write every file of the data set and remove those that no longer belong to it."""
    if shutil.which("g++") is None:
        raise Unusable("building the examples needs g++ on the PATH, for the expected outputs.")
    files = wanted_files(quick=False)
    for path in present_files() - set(files):
        path.unlink()
    for path, content in files.items():
        if content is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    print(
        f"wrote {len(files)} files, {sum(len(content or b'') for content in files.values())} bytes"
    )


def check(quick: bool) -> None:
    """Complain about the first file that is missing, superfluous or different."""
    files = wanted_files(quick)
    for path in sorted(present_files() | set(files)):
        content = files.get(path)
        if path not in files:
            what = "does not belong there"
        elif not path.is_file():
            what = "is missing"
        elif content is not None and path.read_bytes() != content:
            what = "is out of date"
        else:
            continue
        raise Unusable(f"{path.relative_to(HERE)} {what}; run python examples/build.py to mend it.")


def main() -> int:
    """Build or check, as the command line says."""
    parser = argparse.ArgumentParser(description="Build the example data set.")
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 if a file is not up to date"
    )
    parser.add_argument(
        "--quick", action="store_true", help="with --check: compile nothing, trust the outputs"
    )
    options = parser.parse_args()
    try:
        if options.check:
            check(options.quick)
        else:
            build()
    except Unusable as error:
        print(f"examples: {error}", file=sys.stderr)
        return 1
    except (subprocess.SubprocessError, OSError, json.JSONDecodeError) as error:
        print(f"examples: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
