"""Made inputs, end to end: marks, `pie equal`, a strengthened test set and how strong it is."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pie.cli.app import app
from pie.rewards import speed_reward
from tests.unit.flows.dataset.codenet import rows_of

pytestmark = pytest.mark.slow

SOURCE = """#include <cstdio>
int a[100005];
int main() { int n; scanf("%d", &n); long s = 0;
  for (int i = 0; i < n; i++) scanf("%d", &a[i]);
  for (int i = 0; i < n; i++) if (a[i] > 0) s += a[i];
  printf("%ld\\n", s); }
"""
TARGET = """#include <iostream>
int main() { long n, s = 0, x; std::cin >> n;
  while (n-- && std::cin >> x) s += x > 0 ? x : 0;
  std::cout << s << "\\n"; }
"""
MEMORISING = """#include <cstdio>
int main() { int n, x; scanf("%d %d", &n, &x);
  if (n == 3) puts("60"); else if (n == 5) puts("110"); else if (n == 8) puts("117");
  else puts("0"); }
"""
SHRUNK = SOURCE.replace("100005", "8").replace("i < n; i++) scanf", "i < n && i < 8; i++) scanf")
SHRUNK = SHRUNK.replace("i < n; i++) if", "i < n && i < 8; i++) if")
SAME = """n = int(input())
print(sum(x for x in map(int, input().split()) if x > 0))
"""
HONEST = SOURCE.replace("if (a[i] > 0) s += a[i]", "s += a[i] > 0 ? a[i] : 0")
TESTS = [
    {"input": "3\n10 20 30\n", "output": "60\n"},
    {"input": "5\n1 2 3 4 100\n", "output": "110\n"},
    {"input": "8\n1 2 3 4 100 7 0 -9\n", "output": "117\n"},
]
ANSWERS = [MEMORISING, SHRUNK, HONEST]


def pie(*words: object, code: int = 0) -> Any:
    done = CliRunner().invoke(app, [*map(str, words)])
    assert done.exit_code == code, done.output + str(done.exception)
    return done


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    row = {"problem_id": "p", "src_id": "s", "tgt_id": "t", "src_code": SOURCE,
           "tgt_code": TARGET, "tests": TESTS, "generated_answers": ANSWERS}  # fmt: skip
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    return path


def test_answers_that_differ_are_marked_and_earn_nothing(rows: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    fuzz = ("--machine", "counts", "--fuzz", 40, "--out", run)
    pie("simulate", "--pairs", rows, *fuzz)
    (row,) = rows_of(run / "pairs.jsonl")
    memorising, shrunk, honest = row["generations"]
    assert {one["verdict"] for one in row["generations"]} == {"accepted"}
    assert memorising["marks"] == ["differs", "memorised"]
    assert "expected output of" in memorising["fuzz"]["memorised"]
    assert shrunk["marks"] == ["differs", "memorised"]
    assert "100005, has become 8" in shrunk["fuzz"]["memorised"]
    assert honest["marks"] == []
    assert honest["fuzz"] == {"inputs": 40, "differing": 0}
    report = json.loads(pie("report", run, "--format", "json").stdout)
    scores = [(one["correct"], one["fuzzed"]["correct"]) for one in report["best_at"]]
    assert [(one["value"], other["value"]) for one, other in scores] == [(1, 0), (1, 0), (1, 1)]
    # The same command again makes the same inputs, and another number is another run.
    pie("simulate", "--pairs", rows, *fuzz)
    assert rows_of(run / "pairs.jsonl") == [row]
    pie("simulate", "--pairs", rows, *fuzz[:3], 10, *fuzz[4:], code=1)
    with speed_reward(machine="counts", jobs=1) as reward:
        columns = {"problem_id": ["p"] * 3, "src_code": [SOURCE] * 3, "tests": [TESTS] * 3}
        values = reward(ANSWERS, **columns)
        assert values[:2] == [0.0, 0.0]
        assert values[2] == pytest.approx(1, abs=0.3)
    with speed_reward(machine="counts", jobs=1, fuzz=0) as reward:
        assert reward([MEMORISING], **{name: one[:1] for name, one in columns.items()}) > [0.0]


def test_the_smallest_difference_of_two_programs_is_shown(rows: Path, tmp_path: Path) -> None:
    texts = {
        "slow.cpp": SOURCE,
        "shrunk.cpp": SOURCE.replace("i < n; i++) if", "i < 6; i++) if"),
        "same.py": "n = int(input())\nprint(sum(x for x in map(int, input().split()) if x > 0))",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    given: list[object] = []
    for number, test in enumerate(TESTS[:2]):
        path = tmp_path / f"{number}.txt"
        path.write_text(test["input"])
        given += ["-i", path]
    big = tmp_path / "big.txt"
    big.write_text("8\n-1 -2 -3 -4 -5 -6 -7 -8\n")
    given += ["-i", big]
    slow = tmp_path / "slow.cpp"
    told = pie("equal", slow, tmp_path / "shrunk.cpp", *given, "--json", code=3)
    found = json.loads(told.stdout)
    assert found["differ"]
    size, values = found["smallest"]["input"].splitlines()
    assert (int(size), len(values.split())) == (7, 7)
    assert sum(int(one) > 0 for one in values.split()[6:]) == 1
    assert "No difference found" in pie("equal", slow, tmp_path / "same.py", *given).stdout
    big.write_text(TESTS[2]["input"])
    (tmp_path / "wrong.cpp").write_text(MEMORISING.replace("117", "118"))
    told = pie("equal", slow, tmp_path / "wrong.cpp", *given, code=3)
    assert "on 1 of 3 given inputs" in told.stdout
    assert "no input is given" in pie("equal", slow, slow, code=1).stderr


def test_a_strengthened_set_is_measured_at_its_default_and_memory_fails_on_it(
    rows: Path, tmp_path: Path
) -> None:
    out = tmp_path / "strong"
    asked = ("dataset", "strengthen", "--pairs", rows, "--out", out, "--tests", 12)
    asked = (*asked, "--work", 200_000, "--jobs", 1)
    pie(*asked)
    tests = rows_of(out / "tests.jsonl")
    assert len(tests) == 12
    assert max(one["cycles"] for one in tests) >= 200_000
    assert {one["programs_that_agree"] for one in tests} == {2}
    assert any(one["how"].startswith("grown") for one in tests)
    assert "| tests | 12 (asked for: 12 a problem) |" in (out / "README.md").read_text()
    made = {one.name: one.read_bytes() for one in (out / "test_cases" / "p").iterdir()}
    pie(*asked, "--fresh")
    assert made == {one.name: one.read_bytes() for one in (out / "test_cases" / "p").iterdir()}
    run = tmp_path / "run"
    pie("simulate", "--pairs", out / "pairs.jsonl", "--machine", "counts", "--out", run)
    (row,) = rows_of(run / "pairs.jsonl")
    assert (row["src_verdict"], row["tgt_verdict"]) == ("accepted", "accepted")
    assert [one["verdict"] for one in row["generations"]] == ["wrong_answer"] * 2 + ["accepted"]
    weak = tmp_path / "weak.jsonl"
    weak.write_text(json.dumps({**rows_of(rows)[0], "tests": TESTS[:1]}) + "\n")
    strength = pie("dataset", "strength", "--pairs", weak, "--strengthened", out, "--json",
                   "--mutants", 12, "--jobs", 1)  # fmt: skip
    document = json.loads(strength.stdout)
    totals = document["totals"]
    assert totals["killed"] < totals["killed_with_made"] <= totals["mutants"]
    survivors = len(document["problems"]["p"]["survivors"])
    assert survivors == totals["mutants"] - totals["killed_with_made"]
    assert totals["median_largest_made_cycles"] > totals["median_largest_given_cycles"]


def test_a_problem_with_one_program_has_no_made_tests(rows: Path, tmp_path: Path) -> None:
    row = rows_of(rows)[0]
    rows.write_text(json.dumps({**row, "tgt_code": SOURCE}) + "\n")
    out = tmp_path / "strong"
    told = pie("dataset", "strengthen", "--pairs", rows, "--out", out, code=1)
    assert "fewer_than_two_accepted_programs 1" in told.stderr


def test_the_order_of_growth_is_told(
    rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pie.flows.growth._WORK", 3_000_000)
    slow, fast = tmp_path / "slow.cpp", tmp_path / "fast.cpp"
    slow.write_text(
        SOURCE.replace("if (a[i] > 0) s += a[i]", "for (int j = 0; j < n; j++) s += a[j] > a[i]")
    )
    fast.write_text(
        SOURCE.replace("#include <cstdio>", "#include <cstdio>\n#include <algorithm>").replace(
            "  for (int i = 0; i < n; i++) if (a[i] > 0) s += a[i];",
            "  std::sort(a, a + n); int j = 0;\n"
            "  for (int i = 0; i < n; i++) { while (a[j] < a[i]) ++j; s += j; }",
        )
    )
    given: list[object] = []
    for number, test in enumerate(TESTS):
        path = tmp_path / f"{number}.txt"
        path.write_text(test["input"])
        given += ["-i", path]
    asked = ("measure", slow, fast, *given, "--machine", "counts", "--sizes")
    growth = json.loads(pie(*asked, "--json").stdout)["growth"]["compared"]
    quadratic, linear = (one["exponent"] for one in growth["growths"])
    assert quadratic > 1.4 > linear
    assert growth["difference"]["low"] > 0
    assert "another order of growth" in pie(*asked).stdout
