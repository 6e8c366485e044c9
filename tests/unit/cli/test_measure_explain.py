"""`pie measure --explain --annotate` and `pie doctor --build` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pie.cli.app import app
from sim.machines.counts import Counts
from sim.machines.skylake import Skylake
from sim.program import Language
from sim.setting import Setting

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


@pytest.fixture
def script(tmp_path: Path) -> str:
    setting = Setting(Counts())
    if not setting.machine.check().ok:
        pytest.skip("the tool cannot be built here")
    version = setting.toolchain.fingerprint(Language.PYTHON)["interpreter"]
    if not version.startswith("Python 3.11."):
        pytest.skip(f"lines are read from CPython 3.11, here is {version}")
    file = tmp_path / "a.py"
    file.write_text("def f(n):\n    return [n][n]\n\nfor i in range(3):\n    print(f(i))\n")
    return str(file)


def test_lines_of_python_are_told_up_to_where_it_ended(script: str) -> None:
    done = CliRunner().invoke(app, ["measure", script, "--annotate", "-m", "counts"])
    assert done.exit_code == 1
    assert "No speedup can be stated" in done.stdout
    assert "Line #      Hits         Time  Per Hit   % Time  Line Contents" in done.stdout
    assert "Line #    Mem usage    Increment  Occurrences   Line Contents" in done.stdout
    (line,) = [
        one for one in done.stdout.splitlines() if "return [n][n]" in one and "MiB" not in one
    ]
    assert line.split()[:2] == ["2", "2"]
    assert "IndexError: list index out of range" in done.stdout.splitlines()[-1]
    assert done.stdout.splitlines()[-1].endswith("This is what was seen until then.")


def test_json_holds_the_functions_of_python(script: str) -> None:
    Path(script).write_text("def f(n):\n    return n\n\nprint(f(1))\n")
    options = ["--annotate", "-m", "counts", "--json"]
    done = CliRunner().invoke(app, ["measure", script, *options])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    (annotation,) = document["annotations"]
    assert annotation["cycles"] == document["programs"][0]["cycles"]
    (function,) = [one for one in annotation["functions"] if one["function"] == "f"]
    assert [(one["line"], one["hits"]) for one in function["lines"]] == [(2, 1)]
    assert function["lines"][0]["text"] == "    return n"


def test_a_machine_that_does_not_see_lines_is_refused_with_the_remedy(script: str) -> None:
    done = CliRunner().invoke(app, ["measure", script, "--annotate", "-m", "native"])
    assert done.exit_code == 1
    assert "measure with --machine skylake" in done.output
