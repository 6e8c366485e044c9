"""`pie history`: a baseline in a repository, and exit code 3 on a regression."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pie.cli.app import app
from tests.page_runs import make_run


def measured(path: Path, on: str = "skylake:1", **seconds: float | None) -> Path:
    programs = [{"program": name, "seconds": value} for name, value in seconds.items()]
    path.write_text(json.dumps({"schema_version": 1, "measured_on": [on], "programs": programs}))
    return path


def history(*words: object, code: int = 0) -> Any:
    done = CliRunner().invoke(app, ["history", *map(str, words)])
    assert done.exit_code == code, done.output
    return done


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    path = tmp_path / "baseline.json"
    now = measured(tmp_path / "first.json", a=1.0, b=2.0, c=None, d=4.0, e=1.0)
    assert "was not there" in history(now, "--baseline", path).stderr
    return path


def test_the_same_costs_are_no_regression(tmp_path: Path, baseline: Path) -> None:
    done = history(tmp_path / "first.json", "--baseline", baseline)
    assert done.stdout == "5 programs: 5 as before\n"


def test_a_slower_and_a_broken_program_are_a_regression_and_come_first(
    tmp_path: Path, baseline: Path
) -> None:
    now = measured(tmp_path / "now.json", a=1.2, b=1.0, c=3.0, d=None, f=1.0)
    line = history(now, "--baseline", baseline, code=3).stdout
    assert line == (
        "6 programs: 1 slower (a 1.200 times the time); 1 without a number now (d); "
        "1 faster (b 0.500 times the time); 1 with a number again (c); 1 new (f); 1 gone (e); "
        "0 as before\n"
    )
    told = json.loads(history(now, "--baseline", baseline, "--json", code=3).stdout)
    assert told["regressed"]
    assert told["programs"]["a"] == {"moved": "slower", "factor": 1.2}


@pytest.mark.parametrize(("factor", "code"), [("1.05", 3), ("1.2", 0)])
def test_the_factor_decides(tmp_path: Path, baseline: Path, factor: str, code: int) -> None:
    now = measured(tmp_path / "now.json", a=1.1, b=2.0, c=None, d=4.0, e=1.0)
    history(now, "--baseline", baseline, "--factor", factor, code=code)


def test_an_update_is_the_new_baseline(tmp_path: Path, baseline: Path) -> None:
    now = measured(tmp_path / "now.json", on="skylake:2", a=9.0)
    assert "1 slower" in history(now, "--baseline", baseline, "--update").stdout
    assert history(now, "--baseline", baseline).stdout == "1 program: 1 as before\n"


def test_another_machine_is_refused_unless_asked_for(tmp_path: Path, baseline: Path) -> None:
    now = measured(tmp_path / "now.json", on="skylake:2", a=1.0)
    refused = history(now, "--baseline", baseline, code=1).stderr
    assert "measured on skylake:1, and this on skylake:2" in " ".join(refused.split())
    history(now, "--baseline", baseline, "--across")


def test_a_run_folder_is_compared_program_by_program(tmp_path: Path) -> None:
    run, path = make_run(tmp_path / "run", 3), tmp_path / "baseline.json"
    history(run, "--baseline", path)
    assert history(run, "--baseline", path).stdout == "15 programs: 15 as before\n"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"programs": [{"program": "a", "seconds": -1}]}']
)
def test_what_holds_no_costs_is_one_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(text)
    assert history(file, "--baseline", tmp_path / "b.json", code=1).stderr.startswith("pie: ")
    assert not (tmp_path / "b.json").exists()
