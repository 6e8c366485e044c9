"""Length against accuracy and speedup, and speed got against tag asked, counted by hand."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pie.cli.app import app
from pie.core.report.pair_rows import pair_from_row
from pie.core.report.relations import by_length, by_tag
from tests.unit.core.report.test_error_analysis import bad, correct, row

Row = dict[str, Any]


def read(rows: list[Row]) -> Any:
    return ((pair_from_row(one), one) for one in rows)


def lengths() -> list[Row]:
    return [
        row(correct(0.5), correct(0.25), problem_id="a", src_code="x" * 10, description="d" * 9),
        row(correct(0.5), bad("wrong_answer", 10), problem_id="b", src_code="x" * 20),
        row(bad("wrong_answer", 5), bad("compile_error"), problem_id="c", src_code="x" * 30),
        row(problem_id="d"),
        row(bad("not_measured"), problem_id="e"),
        row(correct(1.0), problem_id="f", src_verdict="wrong_answer", src_agg_runtime=None),
    ]


def test_longer_sources_do_worse_where_they_do() -> None:
    found = by_length(read(lengths()))
    # accuracies 1, 0.75, 0.125; speedups 3, 1.5, 1
    assert found.source_accuracy.rows == 3
    assert found.source_accuracy.pearson is not None
    assert found.source_accuracy.pearson.value == pytest.approx(-0.9707, abs=1e-4)
    assert found.source_speedup.pearson is not None
    assert found.source_speedup.pearson.value == pytest.approx(-0.9608, abs=1e-4)
    assert found.source_speedup.spearman is not None
    assert found.source_speedup.spearman.value == -1
    assert found.description_accuracy is not None
    assert found.description_accuracy.rows == 1
    assert found.left_out == {
        "no answers": 1,
        "an answer is not measured": 1,
        "source not accepted": 1,
    }
    assert by_length(read(lengths()[1:])).description_speedup is None


def tagged() -> list[Row]:
    samples = [{"score": 10}, {"score": 10}, {"score": 9}]
    answers = (correct(0.25), bad("wrong_answer"), correct(0.5))
    return [
        row(*answers, problem_id="a", sampling={"samples": samples}),
        row(*answers, problem_id="b", sampling={"samples": samples}),
        row(correct(2.0), problem_id="c", sampling={"score": 1, "samples": [{}]}),
        row(correct(1.0), problem_id="d", score=8),
        row(correct(1.0), problem_id="e"),
    ]


def test_what_a_tag_asked_for_is_found_in_sample_run_or_row() -> None:
    found = by_tag(read(tagged()))
    lines = [(one.tag, one.answers, one.correct.value, one.speedup.value) for one in found.lines]
    assert lines == [(10, 4, 0.5, 2.5), (9, 2, 1.0, 2.0), (8, 1, 1.0, 1.0), (1, 1, 1.0, 1.0)]
    assert [one.accepted_speedup for one in found.lines] == [4.0, 2.0, 1.0, 0.5]
    assert found.left_out == {"no tag is known": 1}
    assert found.tag_accepted_speedup.rows == 6
    assert found.tag_accepted_speedup.spearman is not None
    assert found.tag_accepted_speedup.spearman.value == 1


@pytest.mark.parametrize("option", ["--by-length", "--by-tag"])
@pytest.mark.parametrize("form", ["table", "markdown", "csv", "json"])
def test_both_are_printed_in_every_format(tmp_path: Path, option: str, form: str) -> None:
    machine = {"name": "skylake", "fingerprint": "f", "deterministic": True}
    manifest = {"schema_version": 1, "machine": machine, "rows": 5, "rows_left_out": 0}
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "pairs_file": "x"}))
    rows = "".join(json.dumps(one) + "\n" for one in tagged())
    (tmp_path / "pairs.jsonl").write_text(rows)
    done = CliRunner().invoke(app, ["report", str(tmp_path), option, "-f", form])
    assert done.exit_code == 0, done.output
    if form == "json":
        assert json.loads(done.stdout)["schema_version"] == 1
    else:
        assert ("10/10" if option == "--by-tag" else "source length") in done.stdout
    twice = CliRunner().invoke(app, ["report", str(tmp_path), option, "--errors"])
    assert twice.exit_code == 1
    assert "are two reports" in twice.stderr


def with_nets(made: Row, source: float | None, *answers: float | None) -> Row:
    made["src_net_runtime"] = source
    made["src_marks"] = ["below_start"] if source is None else []
    for one, net in zip(made["generations"], answers, strict=True):
        one["net_runtime"] = net
    return made


def test_net_speedups_stand_beside_the_whole_ones() -> None:
    rows = tagged()
    assert [one.net_speedup for one in by_tag(read(rows)).lines] == [None] * 4
    assert by_length(read(lengths())).source_net_speedup is None
    with_nets(rows[0], 0.8, 0.1, None, 0.4)
    with_nets(rows[1], None, 0.1, None, 0.4)
    nets = {one.tag: one.net_speedup for one in by_tag(read(rows)).lines}
    ten, nine = nets[10], nets[9]
    assert ten is not None
    assert nine is not None
    # 0.8 / 0.1 and a wrong answer; the second row has no net baseline.
    assert (ten.value, nine.value) == (4.5, 2.0)
    measured = [with_nets(one, 0.5, *([0.1] * len(one["generations"]))) for one in lengths()[:2]]
    measured[1]["generations"][1]["net_runtime"] = None
    net = by_length(read(measured)).source_net_speedup
    assert net is not None
    assert net.rows == 2
