"""`pie report RUN --upper-bound`: a run against all measured human submissions to its problems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pie.core.dataset.table import read, require_file
from pie.core.dataset.trajectory import in_range
from pie.core.measured_on import Settings, label_of, run_settings, same, settings_beside, told
from pie.core.metrics.standing import UnsupportedAs
from pie.core.problem import InputError, RowProblem
from pie.core.report.pair_rows import ReportError, pair_from_row, read_rows
from pie.core.report.upper_bound import Human, RunRow, UpperBound, add_submission, upper_bound
from pie.core.rows import language_of
from pie.core.run_folder import load_json
from sim.program import Language, digest_of
from sim.verdict import Verdict

_COLUMNS = ("problem_id", "submission_id", "verdict", "agg_runtime", "tests", "measured_on")


@dataclass(frozen=True)
class Compared:
    """The comparison and what it is of."""

    run: str
    submissions: str
    machine: str
    bound: UpperBound


def read_upper_bound(
    run: Path,
    submissions: Path,
    unsupported: UnsupportedAs = UnsupportedAs.FAILED,
    limit: int | None = None,
) -> Compared:
    """Compare a run with measured submissions, in one pass over each.

    `limit`: only the first rows of the run. InputError when the submissions were not measured, or
    on another machine or configuration than the run; ReportError for a folder that is no run.
    """
    if not (run / "manifest.json").is_file():
        raise ReportError(
            f"{run} is not a run folder: it has no manifest.json; "
            "give the folder that `pie simulate --out` wrote"
        )
    if not submissions.is_dir():
        require_file(submissions)
    manifest = load_json(run / "manifest.json")
    machine = manifest.get("machine")
    if not isinstance(machine, dict):
        raise ReportError(f"{run / 'manifest.json'} names no machine")
    path = run / "pairs.jsonl"
    rows = list(_rows(path, limit, inside=submissions.is_dir())) if path.exists() else []
    wanted = _languages(rows)
    sources = {row.src_id for row in rows if row.src_id is not None}
    humans: dict[str, Human] = {}
    others: set[str] = set()
    seen: set[tuple[str, str]] = set()
    labels = {one: label_of(manifest, one) for one in {*wanted.values()}}
    if submissions.is_dir():
        known = {**run_settings(load_json(submissions / "manifest.json")), **run_settings(manifest)}
        people = _programs_of_run(submissions, wanted, labels, known)
    else:
        known = {**settings_beside(submissions), **run_settings(manifest)}
        people = _submissions(submissions, wanted, labels, known)
    for fields in people:
        problem_id = str(fields["problem_id"])
        name = problem_id, str(fields["submission_id"])
        if name in seen:
            raise InputError(
                f"two submissions of {problem_id} have the same submission_id ({submissions})",
                "give the file that `pie dataset measure` wrote, unchanged",
            )
        seen.add(name)
        if _language(fields, submissions) != wanted[problem_id]:
            others.add(problem_id)
            continue
        human = humans.get(problem_id)
        if human is not None and set(human.tests) != set(fields["tests"]):
            raise InputError(
                f"the submissions to {problem_id} were not all measured on the same "
                f"tests ({submissions})",
                "measure them together with `pie dataset measure`",
            )
        add_submission(humans, fields, sources)
    deterministic = bool(machine.get("deterministic", True))
    bound = upper_bound(
        rows, humans, deterministic=deterministic, others=others, unsupported=unsupported
    )
    told_on = ", ".join(sorted(labels.values())) or str(machine.get("name"))
    return Compared(str(run), str(submissions), told_on, bound)


def _numbers(tests: object) -> tuple[int, ...]:
    """Return the indices of tests; of a test inside its row, a number made of its texts."""
    given = tests if isinstance(tests, list) else []
    return tuple(one if isinstance(one, int) else int(digest_of(one), 16) for one in given)


def _rows(path: Path, limit: int | None, *, inside: bool) -> Iterator[RunRow]:
    """Yield the rows of the run; `inside`: tests inside the rows can be compared, too."""
    for number, fields in read_rows(path, limit):
        try:
            result = pair_from_row(fields)
        except ValueError as error:
            raise ReportError(f"{path}:{number}: {error}") from error
        assert isinstance(fields, Mapping)
        tests = fields.get("tests")
        indices = isinstance(tests, list) and all(isinstance(one, int) for one in tests)
        src_id = fields.get("src_id")
        yield RunRow(
            result,
            None if src_id is None else str(src_id),
            _numbers(tests) if indices or inside else None,
            _language(fields, path),
        )


def _language(fields: Mapping[str, Any], path: Path) -> Language:
    try:
        return language_of(str(fields.get("language") or "cpp"))
    except RowProblem as problem:
        raise InputError(f"{path}: {problem}", "give it as the command wrote it") from problem


def _languages(rows: Iterable[RunRow]) -> dict[str, Language]:
    """Return each problem's language; InputError where its rows have two: one limit is not both."""
    found: dict[str, Language] = {}
    for row in rows:
        name = row.result.problem_id
        if found.setdefault(name, row.language) != row.language:
            raise InputError(
                f"the rows of {name} are in {found[name]} and in {row.language}, and people's "
                "limit is of one language",
                "measure the rows of one language at a time",
            )
    return found


def _programs_of_run(
    run: Path, wanted: Mapping[str, Language], labels: Mapping[Language, str], known: Settings
) -> Iterator[Mapping[str, Any]]:
    """Yield each distinct program of a run whose answers people wrote, as a submission.

    Sources and targets are people's, too.
    """
    path = run / "pairs.jsonl"
    require_file(path)
    seen: set[str] = set()
    for number, row in read_rows(path):
        try:
            result = pair_from_row(row)
        except ValueError as error:
            raise ReportError(f"{path}:{number}: {error}") from error
        assert isinstance(row, Mapping)
        language = wanted.get(result.problem_id)
        if language is None or _language(row, path) != language:
            continue
        _refuse_unlike(path, str(row.get("measured_on")), labels[language], known)
        codes = [row.get("src_code"), row.get("tgt_code"), *(row.get("generated_answers") or [])]
        names = [row.get("src_id") or f"{number}.src", row.get("tgt_id") or f"{number}.tgt"]
        names += [f"{path.parent.name}:{number}.{k}" for k in range(len(codes) - 2)]
        verdicts = [result.src_verdict, result.tgt_verdict]
        verdicts += [one.verdict for one in result.generations]
        seconds = [result.src_seconds, result.tgt_seconds]
        seconds += [one.seconds for one in result.generations]
        for code, name, verdict, took in zip(codes, names, verdicts, seconds, strict=True):
            identity = digest_of(result.problem_id, code)
            if identity not in seen:
                seen.add(identity)
                yield {
                    "problem_id": result.problem_id,
                    "submission_id": str(name),
                    "verdict": verdict.value,
                    "agg_runtime": took,
                    "tests": _numbers(row.get("tests")),
                    "language": language.value,
                }


def _refuse_unlike(path: Path, on: str, label: str, known: Settings) -> None:
    if not same(on, label, known):
        raise InputError(
            f"the submissions of {path} were measured on {on}, the run on {label}, so they cannot "
            f"be compared: {told(on, label, known)}",
            "measure both with the same machine, compiler and options",
        )


def _submissions(
    path: Path,
    wanted: Mapping[str, Language],
    labels: Mapping[Language, str],
    known: Settings,
) -> Iterator[Mapping[str, Any]]:
    """Yield the submissions to the wanted problems; InputError for what cannot be compared."""
    for record in read(path):
        fields = record.fields
        missing = [name for name in _COLUMNS if name not in fields]
        if record.problem or missing:
            problem = record.problem or f"the column {missing[0]} is missing"
            raise InputError(
                f"{path}, {record.place}: {problem}",
                "give submissions that `pie dataset measure` wrote",
            )
        language = wanted.get(str(fields["problem_id"]))
        if language is None:
            continue
        if _language(fields, path) == language:
            _refuse_unlike(path, str(fields["measured_on"]), labels[language], known)
        if fields["verdict"] not in tuple(Verdict):  # whatever it means, it may not go uncounted
            raise InputError(
                f"{path}, {record.place}: the verdict {str(fields['verdict'])[:40]!r} is not known",
                "give submissions that `pie dataset measure` wrote",
            )
        seconds = fields["agg_runtime"]
        proper = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        proper = proper and in_range(seconds)
        if fields["verdict"] == Verdict.ACCEPTED and not proper:
            raise InputError(
                f"{path}, {record.place}: an accepted submission without a runtime",
                "give submissions that `pie dataset measure` wrote",
            )
        tests = fields["tests"]
        if not isinstance(tests, list) or not all(isinstance(one, int) for one in tests):
            raise InputError(
                f"{path}, {record.place}: tests is not a list of numbers",
                "give submissions that `pie dataset measure` wrote",
            )
        yield fields
