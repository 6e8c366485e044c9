"""Functions in Python and the verdict that each must get, natively and in the measured run.

A new case is a new folder below `functions` and no code: `program.py` and `verdict.json` with

    verdict          the verdict, or a list where the host's processor or kernel decides
    detail_contains  a part of the explanation (optional)
    entry_point      what is called
    call, returns    the arguments and the expected value, as Python has them; or
    block, checks    assertions that run in the guest, and how many there are
    shapes, result   LeetCode's classes (sim.calls.call_test)
    mechanism, twin  of a hostile program: what it makes use of, and the folder of an honest program
                     that makes use of the same and is accepted
    limits           what is smaller or larger than usual, by the names of `Limits`
"""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from sim.calls import block_test, call_test
from sim.jobs import MeasureJob
from sim.limits import MIB, Limits
from sim.machines.counts import Counts
from sim.procedure import Outcome, examine
from sim.program import Language, Program, TestCase
from sim.performing import perform
from sim.setting import Setting

HERE = Path(__file__).parent / "functions"
CASES = sorted(file.parent for file in HERE.rglob("verdict.json"))
SMALL = {"max_instructions": 400_000_000, "output_bytes": MIB, "file_bytes": 4 * MIB}


def settings_of(case: Path) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads((case / "verdict.json").read_text("utf-8"))
    return settings


def verdicts_of(settings: dict[str, Any]) -> list[str]:
    verdict = settings["verdict"]
    return [verdict] if isinstance(verdict, str) else list(verdict)


HOSTILE = [case for case in CASES if "mechanism" in settings_of(case)]


def test_hostile_functions_are_many_of_many_kinds_and_each_has_an_honest_twin() -> None:
    assert len(HOSTILE) >= 40
    assert len({settings_of(case)["mechanism"] for case in HOSTILE}) >= 12
    for case in HOSTILE:
        twin = HERE / settings_of(case)["twin"]
        assert twin not in HOSTILE
        assert settings_of(twin)["verdict"] == "accepted", twin
        assert "accepted" not in verdicts_of(settings_of(case)), case


def test_a_case_says_nothing_that_is_not_read() -> None:
    known = {"verdict", "detail_contains", "entry_point", "call", "returns", "block", "checks"}
    known |= {"shapes", "result", "mechanism", "twin", "limits"}
    for case in CASES:
        assert not set(settings_of(case)) - known, case


def test_of(settings: dict[str, Any], folder: Path) -> TestCase:
    if "block" in settings:
        return block_test("0", folder, settings["block"], settings["checks"])
    return call_test(
        "0",
        folder,
        ast.literal_eval(settings["call"]),
        ast.literal_eval(settings["returns"]),
        shapes=settings.get("shapes", []),
        returns=settings.get("result", ""),
    )


test_of.__test__ = False  # type: ignore[attr-defined]


def outcome_of(case: Path, scratch: Path, *, measured_only: bool = False) -> Outcome:
    """Send a program the whole way; the judge can be left out, so that the measured run decides."""
    settings = settings_of(case)
    limits = Limits(**{**SMALL, **settings.get("limits", {})})
    source = (case / "program.py").read_text("utf-8")
    program = Program(Language.PYTHON, source, settings["entry_point"])
    procedure = examine([program], [test_of(settings, scratch)], Setting(Counts(), limits=limits))
    jobs = next(procedure)
    while True:
        try:
            jobs = procedure.send([perform(job)[0] for job in jobs])
        except StopIteration as stop:
            (outcome,) = stop.value
            assert isinstance(outcome, Outcome)
            return outcome


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_the_function_gets_its_verdict(case: Path, tmp_path: Path) -> None:
    if not Counts().check().ok:
        pytest.skip("needs valgrind and gcc")
    settings = settings_of(case)
    outcome = outcome_of(case, tmp_path)
    assert outcome.verdict in verdicts_of(settings), outcome.detail
    assert settings.get("detail_contains", "") in outcome.detail
