"""`pie plot`: every figure, of one run and of several, with and without generations."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pie.cli.app import app
from pie.flows.plot import KINDS
from tests.page_runs import make_run

pytest.importorskip("matplotlib")


def plot(*words: object, code: int = 0) -> Any:
    done = CliRunner().invoke(app, ["plot", *map(str, words)])
    assert done.exit_code == code, done.output
    return done


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("runs")
    return [make_run(folder / f"run{seed}", 20, generations=4, seed=seed) for seed in (1, 2)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_is_drawn_with_the_names_of_the_runs(
    kind: str, runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    matplotlib = pytest.importorskip("matplotlib")
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        plot(kind, *runs, "-o", tmp_path / "a.svg")
        plot(kind, *runs, "-o", tmp_path / "b.svg")
    text = (tmp_path / "a.svg").read_text()
    assert "run1" in text
    assert "run2" in text
    assert text == (tmp_path / "b.svg").read_text()


@pytest.mark.parametrize("name", ["a.pdf", "a.png", "a.SVG"])
def test_the_ending_of_the_name_is_the_form(name: str, runs: list[Path], tmp_path: Path) -> None:
    plot("thresholds", runs[0], "-o", tmp_path / name)
    begins = {"a.pdf": b"%PDF", "a.png": b"\x89PNG", "a.SVG": b"<?xml"}
    assert (tmp_path / name).read_bytes().startswith(begins[name])


def test_a_run_without_generations_is_drawn_by_its_targets(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 9, generations=0)
    for kind in ("distribution", "thresholds", "verdicts"):
        plot(kind, run, "-o", tmp_path / "a.svg")
    assert "no generations" in plot("speedup", run, "-o", tmp_path / "b.svg", code=1).stderr
    assert not (tmp_path / "b.svg").exists()


@pytest.mark.parametrize(
    ("kind", "name"), [("pie-chart", "a.svg"), ("opt", "a.docx"), ("opt", "nowhere/a.svg")]
)
def test_what_cannot_be_drawn_is_one_sentence(
    kind: str, name: str, runs: list[Path], tmp_path: Path
) -> None:
    assert plot(kind, runs[0], "-o", tmp_path / name, code=1).stderr.startswith("pie: ")


def make_refinement(folder: Path) -> Path:
    """Make what `pie plot` reads of a finished refinement: two iterations of two samples."""
    make_run(folder / "measured", 12, generations=6, seed=3)
    (folder / "summary.json").write_text('{"iterations": 2, "samples": 2}')
    return folder


@pytest.mark.parametrize("kind", ["speedup", "opt", "correct"])
def test_a_refinement_is_drawn_over_its_iterations(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    matplotlib = pytest.importorskip("matplotlib")
    runs = [make_refinement(tmp_path / "soap"), make_refinement(tmp_path / "ecco")]
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        plot(kind, *runs, "-o", tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text()
    for word in ("iteration", "soap", "ecco"):
        assert word in text


def test_what_a_refinement_has_no_figure_for_is_one_sentence(
    runs: list[Path], tmp_path: Path
) -> None:
    refined = make_refinement(tmp_path / "soap")
    told = plot("verdicts", refined, "-o", tmp_path / "a.svg", code=1).stderr
    assert "its folder measured/" in " ".join(told.split())
    told = plot("opt", refined, runs[0], "-o", tmp_path / "a.svg", code=1).stderr
    assert "draw them apart" in " ".join(told.split())
    (refined / "summary.json").unlink()
    assert "not finished" in plot("opt", refined, "-o", tmp_path / "a.svg", code=1).stderr
