"""`pie measure --explain --annotate` and `pie doctor --build` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pie.cli.app import app
from sim.machines.skylake import Skylake

SOURCE = '#include <cstdio>\nint main() {\n    std::puts("1");\n}\n'


@pytest.fixture
def program(tmp_path: Path) -> str:
    found = Skylake().check()
    if not found.ok:
        pytest.skip(f"{found.problem}; {found.remedy}")
    file = tmp_path / "a.cpp"
    file.write_text(SOURCE)
    return str(file)


def test_json_holds_the_split_and_the_lines(program: str) -> None:
    done = CliRunner().invoke(app, ["measure", program, "--explain", "--annotate", "--json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["machine"] == "skylake"
    assert sum(document["programs"][0]["explanation"]["split"].values()) == pytest.approx(1)
    (annotation,) = document["annotations"]
    assert 3 in [line["line"] for line in annotation["lines"]]


def test_text_tells_the_five_shares(program: str) -> None:
    done = CliRunner().invoke(app, ["measure", program, "--explain"])
    assert "retiring" in done.stdout
    assert "bad speculation" in done.stdout


def test_a_machine_that_cannot_explain_is_refused_with_the_remedy(program: str) -> None:
    done = CliRunner().invoke(app, ["measure", program, "--explain", "-m", "cachegrind"])
    assert done.exit_code == 1
    assert "measure with --machine skylake" in done.output


def test_a_program_that_fails_still_gets_its_verdict(program: str) -> None:
    Path(program).write_text("int main() { return 3; }\n")
    done = CliRunner().invoke(app, ["measure", program, "--explain", "--annotate"])
    assert done.exit_code == 1
    assert "exit code 3" in done.stdout


def test_doctor_builds_the_tool_ahead_and_tells_its_place_and_digest(program: str) -> None:
    done = CliRunner().invoke(app, ["doctor", "--build", "--json"])
    (finding,) = json.loads(done.stdout)["findings"]
    assert done.exit_code == 0
    assert "skylake-amd64-linux (model " in finding["text"]


def test_a_budget_of_cycles_is_kept_and_named(program: str) -> None:
    done = CliRunner().invoke(app, ["measure", program, "-m", "skylake", "--max-cycles", "1000"])
    assert done.exit_code == 1
    assert "cycles, budget 1000" in " ".join(done.output.split())


def test_a_machine_without_cycles_refuses_a_budget_of_them(program: str) -> None:
    done = CliRunner().invoke(app, ["measure", program, "-m", "native", "--max-cycles", "1000"])
    assert done.exit_code == 1
    assert "counts no cycles" in " ".join(done.output.split())


@pytest.mark.parametrize("option", ["--max-instructions", "--max-cycles"])
def test_the_largest_budget_works_and_a_larger_one_is_refused_by_name(
    program: str, option: str
) -> None:
    done = CliRunner().invoke(app, ["measure", program, option, str(10**15)])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(app, ["measure", program, option, str(10**15 + 1)])
    assert done.exit_code == 2
    assert option in done.output
