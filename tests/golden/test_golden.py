"""Programs and the verdict that each must get: a new case is a new folder and no code.

A folder holds `program.cpp` or `program.py` and `verdict.json`:

    program_of       instead of a program: the folder beside it whose program it is, and
    replaced         what is put there in place of what, each found once
    verdict          the verdict, or a list where the host's processor or kernel decides
    detail_contains  a part of the explanation (optional)
    input, expected  what it reads and what it must print; both empty by default
    machine          whether it is measured too (default: yes, if it gets that far)
    skylake          what is different on that machine and on `counts`, which is the same tool: they show a
                     program less of the host and count what it hides from others; or "no", where that takes
                     too long
    counts           what is different on that one alone: it counts instructions and no cycles
    cachegrind       the same for that machine, which is for trusted programs: a hostile one can forge it
    mechanism, twin  of a hostile program: what it makes use of, and the folder of an honest program that
                     makes use of the same and is accepted
    without_groups   what is different where no control group counts memory, and address space is limited
    limits           what is smaller or larger than usual, by the names of `Limits`
    compile_limits   the same by the names of `CompileLimits`
    needs            "full" (a sandbox with namespaces) or a flag of /proc/cpuinfo
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

from sim import cgroup, sandbox
from sim.jobs import BuildJob, Job, MeasuredRun, MeasureJob
from sim.limits import MIB, CompileLimits, Limits
from sim.machine import Machine
from sim.machines.cachegrind import Cachegrind
from sim.machines.counts import Counts
from sim.machines.skylake import Skylake
from sim.procedure import Outcome, Procedure, examine
from sim.program import Build, Language, Program, TestCase
from sim.performing import perform
from sim.setting import Setting
from sim.verdict import Verdict

HERE = Path(__file__).parent
CASES = sorted(
    file.parent for file in HERE.rglob("verdict.json") if file.parent.parent.name != "functions"
)
LANGUAGES = {".cpp": Language.CPP, ".py": Language.PYTHON}
# Small, so that what never ends costs a second of CPU time.
SMALL = {"max_instructions": 200_000_000, "output_bytes": MIB, "file_bytes": 4 * MIB}
BAIT = "bait-" + "5b1fd6c09a"


def test_there_is_a_program_for_every_verdict_that_a_program_can_get() -> None:
    wanted = {one for case in CASES for one in verdicts_of(settings_of(case))}
    assert wanted >= {
        "accepted",
        "wrong_answer",
        "runtime_error",
        "time_limit",
        "memory_limit",
        "output_limit",
        "compile_error",
        "no_code",
        "nondeterministic",
        "tampering",
        "unsupported",
    }


def settings_of(case: Path) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads((case / "verdict.json").read_text("utf-8"))
    return settings


def verdicts_of(settings: dict[str, Any]) -> list[str]:
    verdict = settings["verdict"]
    return [verdict] if isinstance(verdict, str) else list(verdict)


def machines_of(settings: dict[str, Any]) -> list[Machine]:
    """On which machines a program is tried; one that is never measured gets its verdict once."""
    measured = {"accepted", "nondeterministic", "tampering", "unsupported"}
    counted = " instructions" in settings.get("detail_contains", "")
    if not settings.get("machine", True) or not (counted or measured & set(verdicts_of(settings))):
        return [Cachegrind()]
    said = {"counts": settings.get("skylake"), **settings}
    return [one for one in (Skylake(), Cachegrind(), Counts()) if said.get(one.name) != "no"]


def runs() -> Iterator[ParameterSet]:
    """Every program on its machines; both runs of one go to the same worker, which builds it once.

    A hostile program that is tried on the default machine is tried on the others in `make prove`, and
    every program on `counts`. The start of an interpreter takes the model many seconds, so scripts
    are tried on `counts`, which is its tool without its clock, and on the others in `make prove`;
    tests/conformance measures scripts on every machine.
    """
    for case in CASES:
        name = str(case.relative_to(HERE))
        machines = machines_of(settings_of(case))
        script = (case / "program.py").exists() and machines[0].name == "skylake"
        if script:
            machines.sort(key=lambda machine: machine.name != "counts")
        for number, machine in enumerate(machines):
            marks = [pytest.mark.xdist_group(name)]
            seldom = script or case.parent.name == "hostile" or machine.name == "counts"
            if number and seldom:
                marks.append(pytest.mark.prove)
            yield pytest.param(case, machine, id=f"{name}-{machine.name}", marks=marks)


def test_hostile_programs_are_many_of_many_kinds_and_each_has_an_honest_twin() -> None:
    hostile = [settings_of(case) for case in CASES if case.parent.name == "hostile"]
    assert len(hostile) >= 100
    assert len({one["mechanism"] for one in hostile}) >= 30
    for twin in {one["twin"] for one in hostile}:
        assert (HERE / twin).parent.name != "hostile"
        assert settings_of(HERE / twin)["verdict"] == "accepted", twin


def test_a_case_says_nothing_that_is_not_read() -> None:
    known = {"verdict", "detail_contains", "input", "expected", "machine", "needs"}
    known |= {"skylake", "counts", "cachegrind", "without_groups", "limits", "compile_limits"}
    known |= {"program_of", "replaced"}
    for case in CASES:
        unknown = set(settings_of(case)) - known - {"mechanism", "twin"}
        assert not unknown, f"{case.name}: {unknown}"


@pytest.mark.parametrize(("case", "machine"), list(runs()))
def test_the_program_gets_its_verdict(
    case: Path, machine: Machine, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = settings_of(case)
    for name in ("skylake", "counts") if machine.name == "counts" else (machine.name,):
        wanted |= wanted.get(name, {})
    if cgroup.kind() == "address space":
        wanted |= wanted.get("without_groups", {})
    skip_without(wanted.get("needs", ""))
    outcome = examined(case, wanted, machine, tmp_path, monkeypatch)
    if log := os.environ.get("PIE_VERDICTS"):
        with open(log, "a") as file:
            file.write(f"{case.name}-{machine.name} {outcome.verdict.value}\n")
    assert outcome.verdict in verdicts_of(wanted), outcome.detail
    assert wanted.get("detail_contains", "") in outcome.detail
    assert BAIT not in repr(outcome)


def program_of(case: Path) -> Program:
    settings = settings_of(case)
    folder = case.parent / settings.get("program_of", case.name)
    source = next(file for file in folder.iterdir() if file.stem == "program")
    text = source.read_text("utf-8")
    for old, new in settings.get("replaced", {}).items():
        assert text.count(old) == 1, f"{case.name}: {old}"
        text = text.replace(old, new)
    return Program(LANGUAGES[source.suffix], text)


def examined(
    case: Path,
    wanted: dict[str, Any],
    machine: Machine,
    scratch: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Outcome:
    """Send the program the whole way, with the expected output and a secret as bait nearby."""
    program = program_of(case)
    test = inline_test(scratch, wanted.get("input", ""), wanted.get("expected", ""))
    # A descriptor that is inheritable, a variable and a world-readable file beside the input.
    monkeypatch.setenv("PIE_BAIT", BAIT)
    bait = os.open(scratch / "bait.txt", os.O_RDWR | os.O_CREAT, 0o644)
    os.write(bait, BAIT.encode())
    os.set_inheritable(bait, True)
    try:
        setting = Setting(
            machine,
            limits=Limits(**{**SMALL, **wanted.get("limits", {})}),
            compile_limits=CompileLimits(**wanted.get("compile_limits", {})),
        )
        procedure = examine([program], [test], setting)
        return driven(procedure, case, measure=wanted.get("machine", True))[0]
    finally:
        os.close(bait)


_latest: dict[str, Build] = {}
"""The executable of the case at hand, by its job's key: its next machine runs the same."""


def result_of(job: Job, case: Path) -> Any:
    if not isinstance(job, BuildJob):
        return perform(job)[0]
    key = f"{case} {job.key}"
    if key not in _latest:
        for build in _latest.values():
            if build.digest:
                build.path.unlink(missing_ok=True)
        _latest.clear()
        _latest[key] = perform(job)[0]
    return _latest[key]


def driven(procedure: Procedure, case: Path, *, measure: bool) -> list[Outcome]:
    """Run a procedure's jobs in this process."""
    jobs: Sequence[Job] = next(procedure)
    while True:
        wanted = [job for job in jobs if measure or not isinstance(job, MeasureJob)]
        results: list[Any] = [result_of(job, case) for job in wanted]
        results += [[MeasuredRun(Verdict.ACCEPTED)] for _ in range(len(jobs) - len(wanted))]
        try:
            jobs = procedure.send(results)
        except StopIteration as stop:
            outcomes: list[Outcome] = stop.value
            return outcomes


def inline_test(folder: Path, text: str, expected: str) -> TestCase:
    paths = folder / "input.0.txt", folder / "output.0.txt"
    digests = []
    for path, content in zip(paths, (text, expected), strict=True):
        path.write_text(content)
        digests.append(hashlib.sha256(content.encode()).hexdigest())
    return TestCase("0", *paths, *digests)


def skip_without(need: str) -> None:
    if need == "full" and sandbox.level() != "full":
        pytest.skip(f"needs the full sandbox: {sandbox.why_partial()}")
    if need and need != "full" and need not in Path("/proc/cpuinfo").read_text().split():
        pytest.skip(f"needs a processor with {need}")
    if not Cachegrind().check().ok or not Skylake().check().ok:
        pytest.skip("needs valgrind and gcc")
