"""The flow of `pie calibrate` around the measuring: what is compared, refused, written."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pie.core.calibration.reference_results import text_hash
from pie.core.problem import InputError
from pie.flows.calibration import calibrate as flow
from pie.flows.calibration import plot
from pie.flows.calibration.calibrate import Request
from pie.flows.calibration.runs import Measured
from sim.comparison import named
from sim.errors import MissingTool
from sim.jobs import MeasuredRun
from sim.machine import Check
from sim.machines import cachegrind, machine
from sim.setting import Setting
from sim.verdict import Verdict

PROBLEMS = 12
DRAW = plot.draw


def source(problem: int, role: str) -> str:
    return f"// {role} of {problem}\nint main() {{}}\n"


def counters(problem: int, role: str, test: int) -> dict[str, float]:
    made = dict.fromkeys(cachegrind.cost_model()["cost"], 0)
    made["instructions"] = 100_000 * (problem + 1) * (3 if role == "src" else 1) + 1_000 * test
    made["ll_misses"] = 900 + 37 * problem
    made["data_reads"] = made["instructions"] // (3 + problem % 3)
    return {name: float(value) for name, value in made.items()}


def run(problem: int, role: str, test: int) -> MeasuredRun:
    counted = counters(problem, role, test)
    whole = {name: int(value) for name, value in counted.items()}
    cycles = cachegrind.cycles(whole)
    return MeasuredRun(Verdict.ACCEPTED, "", cycles, whole["instructions"], 0.0, counted)


def true_cycles(problem: int, role: str, test: int) -> int:
    """What the reference says: other constants than the machine's."""
    whole = {name: int(value) for name, value in counters(problem, role, test).items()}
    return 2 * whole["instructions"] + 100 * whole["ll_misses"]


@pytest.fixture
def request_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Request]:
    """A data set, a record of it, and a machine that measures nothing."""
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cachegrind.Cachegrind, "check", lambda _self: Check(True))
    monkeypatch.setattr(cachegrind.Cachegrind, "fingerprint", lambda _self: {"machine": "cg"})
    monkeypatch.setattr(type(Setting(machine("cachegrind")).toolchain), "fingerprint", no_compiler)
    rows, records = [], []
    for problem in range(PROBLEMS):
        folder = tmp_path / "test_cases" / f"p{problem}"
        folder.mkdir(parents=True)
        for test in (0, 1):
            (folder / f"input.{test}.txt").write_text("")
            (folder / f"output.{test}.txt").write_text("")
        texts = {role: source(problem, role) for role in ("src", "tgt")}
        rows.append(
            {
                "problem_id": f"p{problem}",
                "src_id": "s",
                "tgt_id": "t",
                "src_code": texts["src"],
                "tgt_code": texts["tgt"],
                "tests": [0, 1],
            }
        )
        records += [
            {
                "sha": text_hash(text),
                "problem_id": f"p{problem}",
                "test": test,
                "cycles": true_cycles(problem, role, test),
                "insts": int(counters(problem, role, test)["instructions"]),
            }
            for role, text in texts.items()
            for test in (0, 1)
        ]
    write(tmp_path / "pairs.jsonl", rows)
    write(tmp_path / "gem5.jsonl", records)

    def measured(work: Any, settings: Any, *_rest: Any) -> Measured:
        runs = {
            (text_hash(program.source), one.problem_id, str(test)): run(
                int(one.problem_id[1:]), program.source.split()[1], int(test)
            )
            for one in work
            for program in one.programs
            for test in one.tests
        }
        return Measured([dict(runs) for _ in settings], Counter())

    monkeypatch.setattr(flow, "measure", measured)
    monkeypatch.setattr(plot, "draw", lambda *_: "")  # it takes a second

    def make(**changes: Any) -> Request:
        given: dict[str, Any] = {
            "pairs": (tmp_path / "pairs.jsonl",),
            "setting": Setting(machine("cachegrind")),
            "reference_results": tmp_path / "gem5.jsonl",
            "out": tmp_path / "out",
            **changes,
        }
        return Request(**given)

    return make


def no_compiler(_self: Any, _language: Any) -> dict[str, str]:
    return {"compiler": "g++", "flags": "-O3 -std=c++17", "link": "static"}


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def done(request: Request) -> flow.Finished:
    return flow.calibrate(request, flow.plan(request), lambda _: None, lambda _: None)


def test_a_refit_finds_the_references_constants_and_writes_them(
    request_of: Callable[..., Request], tmp_path: Path
) -> None:
    finished = done(request_of(refit=True))
    assert finished.constants == tmp_path / "out" / "cachegrind_cost.json"
    written = json.loads(finished.constants.read_text())
    assert written["cost"]["instructions"] == 200
    assert written["cost"]["ll_misses"] == 10_000
    assert written["cost"]["data_reads"] == 0
    assert written["geometry"] == cachegrind.cost_model()["geometry"]
    assert list(written["cost"]) == list(cachegrind.cost_model()["cost"])
    assert finished.made.models[0].agreement.runs.median > 0.01
    held_out = next(one for one in finished.made.models if one.name.startswith("refit"))
    assert held_out.agreement.runs.worst == pytest.approx(0, abs=1e-4)


def test_without_refit_no_constants_are_written_but_the_models_are_compared(
    request_of: Callable[..., Request], tmp_path: Path
) -> None:
    finished = done(request_of())
    assert finished.constants is None
    assert not (tmp_path / "out" / "cachegrind_cost.json").exists()
    assert len(finished.made.models) == 5
    document = json.loads((tmp_path / "out" / "calibration.json").read_text())
    assert document["n"] == {"runs": 48, "programs": 24, "problems": 12, "pairs": 12}


def test_the_same_command_again_writes_the_same_bytes(
    request_of: Callable[..., Request], tmp_path: Path
) -> None:
    done(request_of(refit=True))
    first = {one.name: one.read_bytes() for one in (tmp_path / "out").iterdir()}
    done(request_of(refit=True))
    assert {one.name: one.read_bytes() for one in (tmp_path / "out").iterdir()} == first
    assert {"runs.jsonl", "pairs.jsonl", "calibration.json"} <= set(first)


def test_each_run_and_pair_has_its_line(request_of: Callable[..., Request], tmp_path: Path) -> None:
    done(request_of())
    runs = rows_of(tmp_path / "out" / "runs.jsonl")
    assert len(runs) == 48
    assert all(len(one["cycles"]) == 5 for one in runs)
    one = rows_of(tmp_path / "out" / "pairs.jsonl")[0]
    assert one["reference_speedup"] == pytest.approx(
        true_cycles(0, "src", 0) / true_cycles(0, "tgt", 0)
    )


def test_without_matplotlib_everything_but_the_plot_is_there_and_one_sentence_says_so(
    request_of: Callable[..., Request], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plot, "draw", DRAW)
    monkeypatch.setattr(plot.importlib.util, "find_spec", lambda _name: None)
    finished = done(request_of(refit=True))
    assert finished.notices == (plot.MISSING,)
    assert not (tmp_path / "out" / "scatter.png").exists()
    assert (tmp_path / "out" / "calibration.json").exists()


def test_with_matplotlib_the_same_plot_is_drawn_to_the_byte(
    request_of: Callable[..., Request], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(plot, "draw", DRAW)
    done(request_of())
    first = (tmp_path / "out" / "scatter.svg").read_bytes()
    assert (tmp_path / "out" / "scatter.png").read_bytes().startswith(b"\x89PNG")
    done(request_of())
    assert (tmp_path / "out" / "scatter.svg").read_bytes() == first


def test_a_reference_measured_here_leaves_a_record_that_others_can_calibrate_with(
    request_of: Callable[..., Request], tmp_path: Path
) -> None:
    live = request_of(reference=Setting(machine("cachegrind")), reference_results=None)
    finished = done(live)
    assert finished.made.models[0].agreement.runs.worst == 0
    record = tmp_path / "out" / "reference.jsonl"
    assert len(rows_of(record)) == 48
    again = done(request_of(reference_results=record, out=tmp_path / "again"))
    assert again.made.models[0].agreement.runs.worst == 0


def test_with_too_few_problems_a_refit_is_refused_and_a_comparison_says_why_it_has_none(
    request_of: Callable[..., Request], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="12 problems are too few for 13 folds"):
        done(request_of(refit=True, folds=13))
    finished = done(request_of(folds=13))
    assert len(finished.made.models) == 1
    assert "12 problems are too few for 13 folds" in finished.made.notice


def test_programs_built_in_another_way_are_noticed_by_their_instructions(
    request_of: Callable[..., Request], tmp_path: Path
) -> None:
    record = tmp_path / "gem5.jsonl"
    write(record, [{**one, "insts": 3 * one["insts"]} for one in rows_of(record)])
    with pytest.raises(InputError, match="other instruction counts than here"):
        done(request_of())


def test_with_no_run_on_both_machines_it_says_what_became_of_them(
    request_of: Callable[..., Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = Measured([{}], Counter({"runs on cachegrind: the program is wrong_answer": 48}))
    monkeypatch.setattr(flow, "measure", lambda *_: nothing)
    with pytest.raises(InputError, match="48 runs on cachegrind: the program is wrong_answer"):
        done(request_of())


def test_programs_accepted_on_one_machine_only_are_left_out(
    request_of: Callable[..., Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = flow.measure

    def half(*arguments: Any) -> Measured:
        made = honest(*arguments)
        gone = text_hash(source(0, "tgt"))
        made.runs[0] = {key: one for key, one in made.runs[0].items() if key[0] != gone}
        return made

    monkeypatch.setattr(flow, "measure", half)
    finished = done(request_of())
    assert len(finished.made.pairs) == PROBLEMS - 1
    assert finished.made.left_out["pairs: no test that both programs have"] == 1


def test_a_missing_gem5_is_said_with_its_remedy(request_of: Callable[..., Request]) -> None:
    gone = Setting(machine("gem5", gem5="/nowhere/gem5"))
    with pytest.raises(MissingTool):
        flow.plan(request_of(reference=gone, reference_results=None))


def test_the_real_cpu_has_no_cycles_to_compare(request_of: Callable[..., Request]) -> None:
    with pytest.raises(InputError, match="native counts no cycles"):
        flow.plan(request_of(reference=Setting(machine("native")), reference_results=None))


def test_a_machine_without_a_linear_cost_cannot_be_refitted(
    request_of: Callable[..., Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    gem5 = machine("gem5")
    monkeypatch.setattr(type(gem5), "check", lambda _self: Check(True))
    with pytest.raises(InputError, match="gem5 has no linear cost"):
        flow.plan(request_of(setting=Setting(gem5), refit=True))


def test_a_folder_of_something_else_is_left_alone(
    request_of: Callable[..., Request], tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("precious")
    with pytest.raises(InputError, match=r"holds no calibration \(thesis.tex\)"):
        done(request_of())
    done(request_of(out=tmp_path / "other"))
    with pytest.raises(InputError, match=r"or another configuration \(folds: \d+ against 5\)"):
        done(request_of(out=tmp_path / "other", folds=5))
    other = replace(request_of().setting, comparison=named("exact"))
    with pytest.raises(InputError, match=r"comparison.rule: tokens against exact"):
        done(request_of(out=tmp_path / "other", setting=other))
