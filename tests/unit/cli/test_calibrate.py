"""`pie calibrate` around the flow: what is printed where, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pie.cli.app import app
from pie.cli.calibration import output
from pie.core.calibration import calibration
from pie.core.calibration.agreement import CommonPair, CommonRun
from pie.core.calibration.calibration import Calibration
from pie.flows.calibration import calibrate as flow
from pie.flows.calibration.calibrate import Finished
from sim.scheduler import Tally

ROW = {
    "src_id": "s",
    "tgt_id": "t",
    "problem_id": "p",
    "src_code": "a",
    "tgt_code": "b",
    "tests": [{"input": "", "output": ""}],
}


def made() -> Calibration:
    runs = [
        CommonRun("a" * 16, "p", "0", 1000, 1100, 10),
        CommonRun("b" * 16, "p", "0", 500, 500, 10),
    ]
    pairs = [CommonPair("p", "s", "t", ((0, 1),))]
    return Calibration(
        reference={"name": "gem5 Verbatim"},
        machine={"machine": "cachegrind"},
        runs=tuple(runs),
        pairs=tuple(pairs),
        left_out={"rows of the pairs: tests is empty": 3},
        models=(calibration.as_it_is("cachegrind", False, runs, pairs),),
        notice="no fitted models beside it: 1 problems are too few for 10 folds",
    )


@pytest.fixture
def calibrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command on a flow that returns what the test wants."""
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text(json.dumps(ROW) + "\n")

    def run(outcome: Any, *options: str) -> Any:
        def fake(*_: Any) -> Any:
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        monkeypatch.setattr(flow, "calibrate", fake)
        command = ["calibrate", "--pairs", str(pairs), "--reference", "cachegrind", *options]
        return CliRunner().invoke(app, command, env={"COLUMNS": "160"})

    return run


def finished(**changes: Any) -> Finished:
    given: dict[str, Any] = {
        "folder": Path("out"),
        "made": made(),
        "constants": None,
        "notices": (),
        "not_measured": {},
        "tally": Tally(run={"measure": 4}),
        "seconds": 1.0,
        **changes,
    }
    return Finished(**given)


def test_the_table_tells_errors_with_their_n_and_what_was_left_out(calibrate: Any) -> None:
    result = calibrate(finished())
    assert result.exit_code == 0
    text = " ".join(result.stdout.split())
    assert "cachegrind against gem5 Verbatim: 2 runs of 2 programs of 1 problem, 1 pair" in text
    assert "cycles of a run 2 5.00 % 10.00 % 10.00 % +5.00 %" in text
    assert "over 2.5 million instructions 0 - - - -" in text
    assert "speedup on a test 1 10.00 % 10.00 % 10.00 % +10.00 %" in text
    assert "100.00 % of 1 100.00 % of 1 1.000 (n 1) 0 of 1" in text
    assert "3 rows of the pairs: tests is empty" in text
    assert "no fitted models beside it: 1 problems are too few" in text


def test_json_is_one_document_on_standard_output(calibrate: Any) -> None:
    result = calibrate(finished(constants=Path("out/c.json"), notices=("no plot",)), "--json")
    document = json.loads(result.stdout)
    assert document["n"]["runs"] == 2
    assert document["constants"] == "out/c.json"
    assert document["models"][0]["agreement"]["runs"]["median"] == pytest.approx(0.05)
    assert "pie: no plot" in result.stderr
    assert "constants written to out/c.json; do not use them" in result.stderr


def test_constants_that_are_nearer_to_the_reference_come_with_the_way_to_use_them() -> None:
    said = output.how_to_use(Path("out/c.json"), better=True)
    assert "to measure with them: cp out/c.json" in said


def test_what_could_not_be_measured_is_told_and_is_four(calibrate: Any) -> None:
    result = calibrate(finished(not_measured={"gem5 lacks AVX": 2}))
    assert result.exit_code == 4
    assert "pie: not measured: gem5 lacks AVX (2 runs)" in result.stderr


def test_what_a_machine_cannot_measure_is_told_and_is_no_failure_of_ours(calibrate: Any) -> None:
    result = calibrate(finished(unsupported={"gem5: it uses AVX": 2}))
    assert result.exit_code == 0
    assert "pie: unsupported on gem5: it uses AVX (2 runs)" in result.stderr


def test_an_interruption_keeps_everything_and_tells_how_to_go_on(calibrate: Any) -> None:
    result = calibrate(KeyboardInterrupt())
    assert result.exit_code == 130
    assert "everything measured is kept" in result.stderr


def test_a_gem5_that_is_not_there_is_one_sentence_with_its_remedy(
    calibrate: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIE_GEM5", str(tmp_path / "gem5"))
    result = calibrate(finished(), "--reference", "gem5")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "gem5" in result.stderr


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "none of the 0 lines"),
        ("broken\n", "none of the 1 line of"),
        ('{"sha": "0123456789abcdef"}\n', "(line 1: the field problem_id is missing)"),
    ],
)
def test_a_file_of_recorded_measurements_that_cannot_be_used_is_one_sentence(
    calibrate: Any, tmp_path: Path, text: str, reason: str
) -> None:
    record = tmp_path / "gem5.jsonl"
    record.write_text(text)
    result = calibrate(finished(), "--reference-results", str(record))
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert reason in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("options", [["--folds", "1"], ["--folds", "many"]])
def test_folds_that_are_none_are_a_usage_error(calibrate: Any, options: list[str]) -> None:
    assert calibrate(finished(), *options).exit_code == 2
