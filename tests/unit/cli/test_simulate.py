"""`pie simulate` and `pie measure` around the flow: exit codes and what is printed where."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from pie.cli import options
from pie.cli.app import app
from pie.core.report.report import read_report
from pie.flows import simulate as flow
from pie.flows.simulate import Finished
from sim.errors import InputError
from sim.limits import MIB
from sim.scheduler import Tally

ROW = {
    "src_id": "s1",
    "tgt_id": "s2",
    "problem_id": "p",
    "src_code": "a",
    "tgt_code": "b",
    "tests": [{"input": "", "output": ""}],
}
RESULT = {
    "src_agg_runtime": 2e-3,
    "tgt_agg_runtime": 1e-3,
    "speedup": 2.0,
    "src_verdict": "accepted",
    "tgt_verdict": "accepted",
    "generations": [],
}


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps(ROW) + "\n")
    return path


def finished(
    folder: Path, made: Any, result: dict[str, Any], machine: str = "cachegrind"
) -> Finished:
    """What the flow returns for one row with this result."""
    folder.mkdir()
    manifest = {
        "schema_version": 1,
        "machine": {"name": machine, "fingerprint": "f00d"},
        "pairs_file": "pairs.jsonl",
        "rows": 1,
        "rows_left_out": 0,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "pairs.jsonl").write_text(json.dumps({**ROW, **result}) + "\n")
    verdicts = [result["src_verdict"], result["tgt_verdict"]]
    counts = {one: verdicts.count(one) for one in ("accepted", "not_measured", "unsupported")}
    return Finished(folder, made, read_report(folder), {"counts": counts}, Tally(), 1.0)


@pytest.fixture
def simulate(tmp_path: Path, pairs: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command with a flow that ends in a given way."""

    def run(ending: BaseException | dict[str, Any], *arguments: str) -> Any:
        def fake(_request: Any, made: Any, started: Any, _show: Any) -> Finished:
            started(tmp_path / "run")
            if isinstance(ending, BaseException):
                raise ending
            machine = arguments[arguments.index("-m") + 1] if "-m" in arguments else "cachegrind"
            return finished(tmp_path / "run", made, {**RESULT, **ending}, machine)

        monkeypatch.setattr(flow, "simulate", fake)
        monkeypatch.setattr(flow, "walls", lambda _setting: "")
        return CliRunner().invoke(app, ["simulate", "--pairs", str(pairs), *arguments])

    return run


def test_a_finished_run_is_zero(simulate: Any) -> None:
    result = simulate({})
    assert result.exit_code == 0
    assert "2.000x" in result.stdout
    assert "2.000x" not in result.stderr


@pytest.mark.parametrize(
    ("machine", "head", "cost"),
    [("skylake", "source ms", "2.0000"), ("counts", "source Minstr", "7.0000")],
)
def test_the_cost_has_the_unit_of_the_machine(
    simulate: Any, machine: str, head: str, cost: str
) -> None:
    out = simulate({}, "-m", machine).stdout
    assert head in out
    assert cost in out
    assert ("source ms" in out) == (machine == "skylake")


@pytest.mark.parametrize(("least", "code"), [("1.5", 0), ("2.0", 0), ("2.5", 3)])
def test_a_missed_threshold_is_three(simulate: Any, least: str, code: int) -> None:
    result = simulate({}, "--fail-under", least)
    assert result.exit_code == code
    assert ("is under 2.5" in result.stderr) == (code == 3)


def test_a_threshold_on_nothing_is_missed(simulate: Any) -> None:
    failed = {"tgt_agg_runtime": None, "tgt_verdict": "wrong_answer", "speedup": None}
    assert simulate(failed, "--fail-under", "1").exit_code == 3


def test_programs_that_could_not_be_measured_are_four_whatever_the_threshold(simulate: Any) -> None:
    failed = {"tgt_agg_runtime": None, "tgt_verdict": "not_measured", "speedup": None}
    result = simulate(failed, "--fail-under", "9")
    assert result.exit_code == 4
    assert "1 program could not be measured; the same command tries these again" in result.stderr


def test_programs_that_the_machine_cannot_measure_are_told_and_are_no_failure_of_ours(
    simulate: Any,
) -> None:
    why = "test 0: the program starts a thread"
    refused = {"tgt_agg_runtime": None, "tgt_verdict": "unsupported", "tgt_detail": why}
    result = simulate({**refused, "speedup": None})
    assert result.exit_code == 0
    assert "unsupported: the program starts a thread (1 program)" in result.stderr
    assert "1 program did what the machine cannot measure (final" in result.stderr


def test_a_choice_for_them_that_is_not_known_is_one_sentence(simulate: Any) -> None:
    result = simulate({}, "--unsupported", "ignored")
    assert result.exit_code == 1
    assert "unknown choice --unsupported 'ignored'; choose failed or left-out" in result.stderr


def test_an_interrupt_is_130_with_the_folder_and_the_line_to_go_on_with(
    simulate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["pie", "simulate", "--pairs", "my pairs.jsonl"])
    result = simulate(KeyboardInterrupt())
    assert result.exit_code == 130
    assert result.stdout == ""
    assert "everything measured is kept in " in result.stderr
    assert result.stderr.endswith("  pie simulate --pairs 'my pairs.jsonl'\n")


def test_a_full_disk_is_one_and_one_sentence(simulate: Any) -> None:
    result = simulate(InputError("the disk is full", "free some space"))
    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == ["pie: the disk is full; free some space"]


@pytest.mark.parametrize("name", ["--dry-run", "--plan"])
def test_a_plan_alone_measures_nothing(simulate: Any, name: str) -> None:
    result = simulate(AssertionError("nothing may run"), name)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "1 row, 2 distinct programs, 2 runs" in result.stderr


def test_a_weaker_sandbox_is_said_aloud(
    simulate: Any, monkeypatch: pytest.MonkeyPatch, pairs: Path
) -> None:
    simulate({})
    monkeypatch.setattr(flow, "walls", lambda _setting: ["WARNING: no bubblewrap", "no groups"])
    monkeypatch.setattr(flow, "simulate", lambda *_: (_ for _ in ()).throw(InputError("stop")))
    result = CliRunner().invoke(app, ["simulate", "--pairs", str(pairs)])
    assert result.stderr.splitlines()[1:3] == ["pie: WARNING: no bubblewrap", "pie: no groups"]


def test_many_bad_lines_are_told_in_few(simulate: Any, pairs: Path) -> None:
    pairs.write_text(json.dumps(ROW) + "\n" + "broken\n" * 30)
    result = simulate({})
    told = result.stderr.splitlines()
    assert len([line for line in told if ": left out: " in line]) == 10
    assert "... and 20 more lines left out (see left_out.jsonl)" in result.stderr
    assert f"{pairs}:2: left out: the line is not JSON" in told[0]


def test_the_options_of_a_command_line_reach_the_setting() -> None:
    given = options.Programs(
        cxxflags="-O2 -DX='a b'", cxx="g++-12", link="dynamic", compare="exact", memory_limit=64
    )
    made = given.setting("native", max_instructions=7)
    assert made.machine.name == "native"
    assert made.toolchain.flags == ("-O2", "-DX=a b")
    assert (made.toolchain.compiler, made.toolchain.link) == ("g++-12", "dynamic")
    assert (made.comparison.rule, made.limits.max_instructions) == ("exact", 7)
    assert made.limits.memory_bytes == 64 * MIB


def test_the_defaults_are_those_of_the_manual() -> None:
    made = options.Programs().setting("auto")
    assert made.toolchain.flags == ("-O3", "-std=c++17")
    assert made.toolchain.link == "static"
    assert made.comparison.rule == "tokens"
    assert made.machine.deterministic
    assert made.limits.max_instructions == 2_000_000_000


@pytest.mark.parametrize(
    ("given", "in_rows", "follows"),
    [(None, True, True), (7, True, False), (None, False, False)],
)
def test_budgets_follow_the_source_of_a_row_unless_one_is_given(
    given: int | None, in_rows: bool, follows: bool
) -> None:
    made = options.Programs().setting("gem5", max_instructions=given, in_rows=in_rows)
    assert (made.reference_budget is not None) is follows
    assert made.limits.max_instructions == (given or 2_000_000_000)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"machine": "gem6"}, "gem6"),
        ({"link": "shared"}, "unknown kind of linking 'shared'; choose static or dynamic"),
        ({"compare": "fuzzy"}, "fuzzy"),
        ({"cxxflags": "-O2 -o /etc/passwd"}, "-o"),
        ({"cxxflags": "-O2 'unclosed"}, "cxxflags"),
    ],
)
def test_a_value_that_is_not_known_is_the_users_mistake(
    changes: dict[str, str], reason: str
) -> None:
    build = {name: value for name, value in changes.items() if name != "machine"}
    with pytest.raises(InputError) as caught:
        options.Programs(**build).setting(changes.get("machine", "auto"))
    assert reason in str(caught.value)


def test_measure_of_what_could_not_be_measured_is_four(monkeypatch: pytest.MonkeyPatch) -> None:
    from pie.core.report.ranking import Entry, Ranking
    from pie.flows import measure
    from sim import sandbox
    from sim.procedure import Outcome
    from sim.verdict import Verdict

    def fake(verdict: Verdict) -> Any:
        outcome = Outcome(verdict, "why")
        share = SimpleNamespace(share=lambda *_: None, as_dict=dict)
        made = SimpleNamespace(outcomes=(outcome,), comparable=False, names=("a.cpp",))
        made.__dict__.update(languages=("cpp",), startup=share, tests=1, machine="m")
        made.__dict__.update(outputs_agree=True, answers_from="", measured_on=(), nets=(None,))
        made.ranking = Ranking((Entry("a.cpp", verdict, "why", *[None] * 5),), "m", "time")
        return made

    monkeypatch.setattr(sandbox, "why_partial", lambda: "")
    for verdict, code in ((Verdict.NOT_MEASURED, 4), (Verdict.WRONG_ANSWER, 1)):
        monkeypatch.setattr(measure, "compare", lambda *_, verdict=verdict, **__: fake(verdict))
        result = CliRunner().invoke(app, ["measure", "a.cpp", "--json"])
        assert result.exit_code == code
        document = json.loads(result.stdout)
        assert document["speedup"] is None
        assert document["programs"][0]["verdict"] == verdict


def test_finished_counts_what_we_failed_to_measure(tmp_path: Path) -> None:
    made = finished(tmp_path / "run", None, RESULT)
    assert made.not_measured == 0
    failed = dataclasses.replace(made, summary={"counts": {"not_measured": 3}})
    assert failed.not_measured == 3


@pytest.mark.parametrize(
    ("times", "shown"),
    [
        ([1e-3] * 4, "2.00x, 2.00x, 2.00x, 2.00x"),
        ([1e-3, 5e-4] + [1e-3] * 4, "2.00x, 4.00x, 2.00x, 2.00x, +2 more"),
        ([None] * 5 + [5e-4, 1e-3], "+3 more, best 4.00x of 7"),
        ([None] * 6, "wrong_answer, +2 more"),
    ],
)
def test_of_many_generations_a_few_are_shown_and_the_best(
    simulate: Any, monkeypatch: pytest.MonkeyPatch, times: list[float | None], shown: str
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    generations = [
        {"agg_runtime": one, "verdict": "accepted" if one else "wrong_answer"} for one in times
    ]
    assert f"{shown}\n" in simulate({"generations": generations}).stdout.replace(" \n", "\n")


@pytest.mark.parametrize("columns", ["30", "60", "80"])
def test_a_narrow_terminal_shows_every_number(
    simulate: Any, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    text = simulate({"problem_id": "long\n" * 100, "src_agg_runtime": 2e6}).stdout
    for part in ("2000000000.0000", "2.000x", "%Opt", "Speedup", "%Correct", " n "):
        assert part in text
    assert "\u2026" not in text
    assert "long long long long long long long lo..." in text
