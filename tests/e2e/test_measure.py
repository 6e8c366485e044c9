"""`pie measure` from the command line to its table, on the default machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pie.cli.app import app
from sim.machines.counts import Counts

PRINTS = '#include <cstdio>\nint main() {{ int n; if (scanf("%d", &n) != 1) n = 0; {} }}\n'
LOOP = "volatile int s = 0; for (int i = 0; i < {}; i++) s = s + i; "


@pytest.fixture(autouse=True)
def _machine(cache: Path) -> None:
    found = Counts().check()
    if not found.ok:
        pytest.skip(f"{found.problem}; {found.remedy}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write("slow.cpp", LOOP.format(2000) + 'printf("%d\\n", n);')
    write("fast.cpp", 'printf("%d\\n", n);')
    write("near.cpp", 'printf("%d.0000001\\n", n);')
    write("other.cpp", 'printf("%d\\n", n + 1);')
    write("crash.cpp", 'fprintf(stderr, "first\\nit is over\\n"); return 3;')
    Path("broken.cpp").write_text("int main() { return nothing; }\n")
    Path("i.txt").write_text("7\n")
    return tmp_path


def write(name: str, body: str) -> None:
    Path(name).write_text(PRINTS.format(body))


def measure(*words: str, given: str | None = None, code: int = 0) -> Any:
    done = CliRunner().invoke(app, ["measure", *words, "-m", "counts"], input=given)
    assert done.exit_code == code, done.output
    return done


def ranking(*words: str, code: int = 0) -> dict[str, dict[str, Any]]:
    document = json.loads(measure(*words, "--json", code=code).stdout)
    return {line["program"]: line for line in document["ranking"]}


def test_a_broken_program_is_a_line_with_its_reason_and_the_good_ones_are_compared(
    folder: Path,
) -> None:
    words = ["slow.cpp", "broken.cpp", "crash.cpp", "other.cpp", "fast.cpp", "-i", "i.txt"]
    done = measure(*words, code=1)
    lines = [line.split()[0] for line in done.stdout.splitlines() if ".cpp " in line]
    assert lines[:5] == ["fast.cpp", "slow.cpp", "broken.cpp", "crash.cpp", "other.cpp"]
    text = " ".join(done.stdout.split())
    assert "times faster than slow.cpp" in text
    assert "Left out: broken.cpp, crash.cpp and other.cpp." in text
    assert "nothing" in text  # the compiler's complaint
    assert "it is over" in text  # the last line on standard error
    assert "prints something else than slow.cpp" in text


@pytest.mark.parametrize("expected", [(), ("-e", "o.txt")])
def test_the_rule_of_comparison_holds_with_and_without_the_right_output(
    folder: Path, expected: tuple[str, ...]
) -> None:
    Path("o.txt").write_text("7\n")
    words = ["fast.cpp", "near.cpp", "-i", "i.txt", *expected]
    write("fast.cpp", 'printf("%d.0\\n", n);')
    Path("o.txt").write_text("7.0\n")
    assert ranking(*words)["near.cpp"]["verdict"] == "accepted"
    assert ranking(*words, "--compare", "exact", code=1)["near.cpp"]["verdict"] == "wrong_answer"


def test_the_first_program_that_ends_well_says_what_is_right(folder: Path) -> None:
    document = json.loads(
        measure("crash.cpp", "fast.cpp", "other.cpp", "-i", "i.txt", "--json", code=1).stdout
    )
    assert document["answers_from"] == "fast.cpp"


def test_the_reference_says_what_is_right_and_has_the_ratio_one(folder: Path) -> None:
    words = ["other.cpp", "fast.cpp", "slow.cpp", "-i", "i.txt", "--reference", "slow.cpp"]
    lines = ranking(*words, code=1)
    assert lines["other.cpp"]["verdict"] == "wrong_answer"
    assert lines["slow.cpp"]["ratio"] == 1
    assert 0 < lines["fast.cpp"]["ratio"] < 1


def test_an_empty_input_is_said_before_anything_is_measured(folder: Path) -> None:
    done = measure("fast.cpp")
    assert "no input is given (-i FILE, --tests DIR)" in done.stderr
    assert "no input is given" not in measure("fast.cpp", "-i", "i.txt").stderr


def test_an_input_comes_from_standard_input(folder: Path) -> None:
    Path("o.txt").write_text("12\n")
    measure("fast.cpp", "-i", "-", "-e", "o.txt", given="12\n")
    measure("fast.cpp", "-i", "-", "-e", "o.txt", given="13\n", code=1)


def test_a_folder_of_tests_is_judged_and_each_input_is_a_line(folder: Path) -> None:
    tests = folder / "tests"
    tests.mkdir()
    for number in (1, 2, 10):
        (tests / f"{number}.in").write_text(f"{number}\n")
        (tests / f"{number}.out").write_text(f"{number}\n")
    done = measure("slow.cpp", "fast.cpp", "--tests", "tests")
    lines = [line.split()[0] for line in done.stdout.splitlines() if line]
    at = lines.index("input")
    assert lines[at + 1 : at + 4] == ["1.in", "2.in", "10.in"]
    assert "over 3 inputs" in " ".join(done.stdout.split())


def test_a_folder_of_programs_and_a_pattern_are_all_of_them(folder: Path) -> None:
    programs = folder / "programs"
    programs.mkdir()
    for name in ("slow.cpp", "fast.cpp"):
        (programs / name).write_text(Path(name).read_text())
    assert set(ranking("programs", "-i", "i.txt")) == {"programs/fast.cpp", "programs/slow.cpp"}
    assert set(ranking("*w.cpp", "fast.cpp", "-i", "i.txt")) == {"slow.cpp", "fast.cpp"}


def test_each_value_of_a_parameter_is_a_build_of_its_own(folder: Path) -> None:
    write("n.cpp", LOOP.format("N") + 'printf("%d\\n", n);')
    flags = ["--cxxflags", "-O{O} -DN={N}", "--parameter", "O=0,3", "--parameter", "N=10,5000"]
    lines = ranking("n.cpp", "-i", "i.txt", *flags)
    assert set(lines) == {f"n.cpp O={o} N={n}" for o in (0, 3) for n in (10, 5000)}
    assert lines["n.cpp O=3 N=10"]["ratio"] == 1
    assert lines["n.cpp O=0 N=5000"]["ratio"] == max(line["ratio"] for line in lines.values())
    assert "stands nowhere" in measure("n.cpp", "--parameter", "X=1", code=1).stderr


def test_what_is_exported_is_what_is_printed(folder: Path) -> None:
    words = ["slow.cpp", "fast.cpp", "-i", "i.txt"]
    files = [word for end in ("json", "csv", "md", "tex") for word in ("--export", f"r.{end}")]
    document = json.loads(measure(*words, *files, "--json").stdout)
    assert json.loads(Path("r.json").read_text()) == document
    assert [line.split(",")[1] for line in Path("r.csv").read_text().splitlines()] == [
        "program", "fast.cpp", "slow.cpp",
    ]  # fmt: skip
    assert Path("r.md").read_text().count("\n| ") == 3
    assert "\\midrule\nfast.cpp & " in Path("r.tex").read_text()
    assert "its name must end in" in measure(*words, "--export", "r.pdf", code=1).stderr


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_nothing_is_wider_than_the_terminal(
    folder: Path, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    done = measure("slow.cpp", "fast.cpp", "broken.cpp", "crash.cpp", "-i", "i.txt", code=1)
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= width
    assert min(map(len, lines)) == 0


def test_what_is_exported_is_what_a_repository_compares_with(folder: Path) -> None:
    words = ["slow.cpp", "fast.cpp", "-i", "i.txt", "--export", "now.json"]
    for code, loops in ((0, 2000), (0, 2000), (3, 9000)):
        write("slow.cpp", LOOP.format(loops) + 'printf("%d\\n", n);')
        measure(*words)
        done = CliRunner().invoke(app, ["history", "now.json"])
        assert done.exit_code == code, done.output
    assert "1 slower (slow.cpp" in done.stdout
    assert "1 as before" in done.stdout


def test_programs_are_started_with_arguments_which_parameters_fill(folder: Path) -> None:
    Path("args.cpp").write_text(
        "#include <cstdio>\n#include <cstdlib>\nint main(int count, char** words) {\n"
        "    volatile int s = 0;\n    for (int i = 0; i < atoi(words[2]); i++) s = s + 1;\n"
        '    printf("%d %s\\n", count, words[1]);\n}\n'
    )
    Path("o.txt").write_text("3 a b\n")
    words = ["args.cpp", "-i", "i.txt", "-e", "o.txt", "--args", "'a b' {N}"]
    lines = ranking(*words, "--parameter", "N=10,9000")
    assert lines["args.cpp N=10"]["ratio"] == 1 < lines["args.cpp N=9000"]["ratio"]
    Path("a.py").write_text("print(1)\n")
    assert "for C++ programs" in measure("a.py", "--args", "1", code=1).stderr
    for odd in ("'", "{log}", "a\x1b"):
        assert "--args" in measure("args.cpp", "--args", odd, code=1).stderr


def test_the_hosts_processor_is_a_second_opinion(folder: Path) -> None:
    write("slow.cpp", LOOP.format(30_000_000) + 'printf("%d\\n", n);')
    words = ["slow.cpp", "fast.cpp", "-i", "i.txt", "--native"]
    text = " ".join(measure(*words).stdout.split())
    assert "On this host's processor" in text
    assert "The processor agrees with the model 'counts' about who is faster" in text
    assert len(json.loads(measure(*words, "--json").stdout)["native"]) == 2


def test_a_checker_takes_every_right_answer(folder: Path) -> None:
    Path("check.py").write_text(
        "def check(input, expected, output):\n    return int(output) % 2 == int(input) % 2\n"
    )
    write("two.cpp", 'printf("%d\\n", n + 2);')
    words = ["fast.cpp", "two.cpp", "other.cpp", "-i", "i.txt", "--checker", "check.py"]
    lines = ranking(*words, code=1)
    verdicts = {name: line["verdict"] for name, line in lines.items()}
    assert verdicts == {
        "fast.cpp": "accepted", "two.cpp": "accepted", "other.cpp": "wrong_answer",
    }  # fmt: skip
