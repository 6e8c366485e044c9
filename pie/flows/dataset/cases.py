"""`pie dataset tests`: test cases of several sources, merged and verified by accepted programs."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pie.core.dataset.grouping import SUBMISSION_COLUMNS, by_problem
from pie.core.dataset.manifest import Counts, Step, limited
from pie.core.dataset.output_lock import one_at_a_time
from pie.core.dataset.table import Record, Writer, read, require_file
from pie.core.dataset.test_sources import (
    SourceTest,
    codenet_tests,
    contest_tests,
    folder_tests,
    problem_of,
)
from pie.core.dataset.verification import decide, merge, references
from pie.core.problem import InputError, RowProblem
from pie.core.test_cases import text_case
from pie.flows.dataset.measuring import Measuring, outcomes
from pie.flows.dataset.rows import listing
from pie.flows.simulate import Progress
from sim.procedure import Outcome, Procedure, examine
from sim.program import Language, Program
from sim.verdict import Verdict


@dataclass(frozen=True)
class Request:
    """Sources of tests, in the order in which they win, and the programs to verify with."""

    submissions: Path
    out: Path
    measuring: Measuring
    codenet: Path | None = None
    contests: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    references: int = 5
    """Programs of different users that verify each test; 0 verifies nothing."""
    fresh: bool = False
    limit: int | None = None
    """Only the first rows of the submissions."""


@dataclass(frozen=True)
class _Candidate:
    """A test that is to be verified, or is left out already."""

    problem_id: str
    test: SourceTest
    reason: str
    last: bool


@one_at_a_time
def run(request: Request, show: Callable[[Progress], None]) -> dict[str, Any]:
    """Write PIE's folders of test cases; return the manifest. InputError says what lacks."""
    if not (request.codenet or request.contests or request.folders):
        raise InputError(
            "no source of tests is given", "give --codenet, --code-contests or --folder"
        )
    inputs = {"submissions": request.submissions}
    if request.codenet is not None:
        inputs["codenet"] = request.codenet / "derived" / "input_output"
    inputs |= {f"code_contests.{n}": path for n, path in enumerate(request.contests)}
    inputs |= {f"folder.{n}": path for n, path in enumerate(request.folders)}
    for role, path in inputs.items():
        if role == "submissions" or role.startswith("code_contests"):
            require_file(path)
        elif not path.is_dir():
            is_there = "is not a folder" if path.exists() else "does not exist"
            raise InputError(f"{path} {is_there}", "check the paths of the sources")
    verified: object = "by nothing"
    if request.references:
        verified = request.measuring.label(_language(request.submissions))
    parameters = {
        "references": request.references,
        "verified_on": verified,
        **limited(request.limit),
    }
    step = Step("tests", request.out, inputs, parameters)
    done = None if request.fresh else step.done()
    if done is not None and not done["counts"][0]["left_out"].get("not_measured"):
        return done
    sources = request.out.with_name(f"{request.out.name}.sources.jsonl")
    if request.out.exists() and not sources.exists():
        # What stands there is deleted in the end: only if this command made it.
        raise InputError(
            f"the folder {request.out} is there and was not made by this command",
            "give another folder with --out",
        )
    out = Path(os.path.realpath(request.out))
    for path in inputs.values():
        if Path(os.path.realpath(path)).is_relative_to(out):
            raise InputError(
                f"{path} lies in the folder {request.out}, which is made anew",
                "give another folder with --out",
            )
    step.claim(sources)
    scratch = request.out.with_name(f".{request.out.name}.work")
    shutil.rmtree(scratch / "made", ignore_errors=True)
    (scratch / "made").mkdir(parents=True)
    with Writer(sources) as kept, listing(request.out) as listed:
        counts = _collect(request, scratch, kept, listed, show)
    shutil.rmtree(request.out, ignore_errors=True)
    (scratch / "made").replace(request.out)
    shutil.rmtree(scratch)
    return step.finish(*counts)


def _collect(
    request: Request,
    scratch: Path,
    kept: Writer,
    listed: Writer,
    show: Callable[[Progress], None],
) -> tuple[Counts, Counts, Counts]:
    """Lay out the tests that stay in `made`; return where tests, problems and rows went."""
    counts, problems = Counts("tests"), Counts("problems")
    rows = _stage_contests(request, scratch, listed)
    index = 0
    work = _work(request, scratch, problems)
    for candidate, results in outcomes(request.measuring, work, scratch, show):
        counts.rows_in += 1
        reason = candidate.reason or _reason(results, request.references)
        about = {
            "problem_id": candidate.problem_id,
            "source": candidate.test.source,
            "source_index": candidate.test.index,
        }
        if reason:
            counts.left_out[reason] += 1
            listed.write({**about, "reason": reason})
        else:
            counts.rows_out += 1
            _keep(scratch / "made" / candidate.problem_id, index, candidate.test)
            kept.write({**about, "test": index})
            index += 1
        if candidate.last:
            if index == 0:
                problems.left_out["no_test_left"] += 1
            problems.rows_out += index > 0
            index = 0
    return counts, problems, rows


def _language(submissions: Path) -> Language:
    """Return the language of submissions, by the first; InputError when there is none."""
    first = next(read(submissions), None)
    try:
        return Language(str(first.fields.get("language") if first else None))
    except ValueError as error:
        raise InputError(
            f"{submissions} holds no submissions", "give the file that `pie dataset import` wrote"
        ) from error


def _reason(results: list[Outcome], wanted: int) -> str:
    if not wanted:
        return ""
    if any(one.verdict is Verdict.NOT_MEASURED for one in results):
        return "not_measured"
    return decide([one.verdict for one in results])


def _keep(folder: Path, index: int, test: SourceTest) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"input.{index}.txt").write_bytes(test.input)
    (folder / f"output.{index}.txt").write_bytes(test.output or b"")


def _stage_contests(request: Request, scratch: Path, listed: Writer) -> Counts:
    """Lay the `code_contests` tests out by problem, so that each problem's are found at once."""
    wanted: set[str] = set()
    for record in read(request.submissions, request.limit):
        wanted.add(str(record.fields.get("problem_id")))
    staged = Counts("code_contests rows")
    shutil.rmtree(scratch / "contests", ignore_errors=True)
    (scratch / "contests").mkdir()
    for path in request.contests:
        for record in read(path):
            staged.rows_in += 1
            try:
                if record.problem:
                    raise RowProblem(record.problem)
                problem_id = problem_of(record.fields)
                if problem_id not in wanted:
                    staged.left_out["other_problem"] += 1
                    continue
                tests = list(contest_tests(record.fields))
            except RowProblem as problem:
                staged.left_out["broken_row"] += 1
                about = {"table": path.name, "place": record.place, "reason": "broken_row"}
                listed.write({**about, "detail": str(problem)})
                continue
            staged.rows_out += 1
            with (scratch / "contests" / problem_id).open("a", encoding="ascii") as file:
                for test in tests:
                    texts = [one.decode("latin-1") for one in (test.input, test.output or b"")]
                    missing = test.output is None
                    file.write(json.dumps([test.source, test.index, *texts, missing]) + "\n")
    return staged


def _sources(request: Request, scratch: Path, problem_id: str) -> Iterator[SourceTest]:
    if request.codenet is not None:
        yield from codenet_tests(request.codenet, problem_id)
    for folder in request.folders:
        yield from folder_tests(folder, problem_id)
    staged = scratch / "contests" / problem_id
    if staged.exists():
        with staged.open(encoding="ascii") as file:
            for line in file:
                source, index, given, expected, missing = json.loads(line)
                output = None if missing else expected.encode("latin-1")
                yield SourceTest(source, index, given.encode("latin-1"), output)


def _work(
    request: Request, scratch: Path, problems: Counts
) -> Iterator[tuple[_Candidate, Procedure | None]]:
    """Yield each test of each problem with the procedure that verifies it."""
    made_by = "pie dataset import"
    for group in by_problem(request.submissions, SUBMISSION_COLUMNS, made_by, request.limit):
        problem_id = str(group[0].fields["problem_id"])
        problems.rows_in += 1
        programs = [_program(one) for one in references(group, request.references)]
        earlier: tuple[SourceTest, str] | None = None
        for merged in merge(_sources(request, scratch, problem_id)):
            if earlier is not None:
                yield _candidate(request, problem_id, programs, *earlier, last=False)
            earlier = merged
        if earlier is None:
            problems.left_out["no_tests"] += 1
        else:
            yield _candidate(request, problem_id, programs, *earlier, last=True)


def _program(record: Record) -> Program:
    return Program(Language(record.fields["language"]), str(record.fields["code"]))


def _candidate(
    request: Request,
    problem_id: str,
    programs: list[Program],
    test: SourceTest,
    reason: str,
    *,
    last: bool,
) -> tuple[_Candidate, Procedure | None]:
    candidate = _Candidate(problem_id, test, reason, last)
    if reason or not programs:
        return candidate, None
    case = text_case(f"{test.source}.{test.index}", test.input, test.output)
    return candidate, examine(programs, [case], request.measuring.setting)
