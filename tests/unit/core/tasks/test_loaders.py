"""Each published source by a row of its schema: what becomes of it, and of one that is broken."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pie.core.problem import InputError, RowProblem
from pie.core.tasks.loaders.context import Context
from pie.core.tasks.loaders.source_rows import rows_of
from pie.core.tasks.loaders.sources import SOURCES, source
from pie.core.tasks.task import task_of
from sim.errors import MissingTool

HUMANEVAL = {
    "task_id": "HumanEval/900",
    "prompt": 'import math\n\ndef area(r):\n    """Area of a circle."""\n',
    "entry_point": "area",
    "canonical_solution": "    return math.pi * r * r\n",
    "test": "def check(candidate):\n    assert abs(candidate(1) - 3.14159265) < 1e-6\n",
}
MBPP = {
    "task_id": 900,
    "text": "Write a function to add.",
    "code": "def helper(x):\r\n  return x\r\ndef add(a, b):\r\n  return helper(a) + b",
    "test_list": ["assert add(1, 2) == 3", "assert add((1,), (2,)) == (1, 2)"],
    "test_setup_code": "import math",
    "challenge_test_list": ["assert add(0, 0) == 0"],
}
PLUS = {
    "task_id": "Mbpp/2",
    "prompt": '"""\nShared elements.\n"""\n',
    "entry_point": "similar_elements",
    "canonical_solution": "def similar_elements(a, b):\n    return tuple(set(a) & set(b))\n",
    "base_input": [[[3, 4], [4, 5]]],
    "plus_input": [[[], []], [[1, 2], [2, 3]]],
    "atol": 0,
    "contract": "",
}
APPS = {
    "problem_id": 12,
    "question": "Add the numbers.",
    "solutions": json.dumps(["a, b = map(int, input().split())\nprint(a + b)"] * 9),
    "input_output": json.dumps({"inputs": ["1 2\n"], "outputs": ["3\n"]}),
    "difficulty": "introductory",
    "starter_code": "",
}
EFFIBENCH = {
    "problem_idx": 1,
    "task_name": "Two Sum",
    "markdown_description": "Find two.",
    "canonical_solution": "class Solution:\n    def twoSum(self, nums: List[int], t):\n"
    "        return [0, 1]\n",
    "small_test_cases": "solution = Solution()\nassert solution.twoSum([2, 7], 9) == [0, 1]\n",
    "test_case": "solution = Solution()\nassert solution.twoSum([3, 3], 6) == [0, 1]\n"
    "for n in range(3):\n    assert solution.twoSum([n, n], 2 * n) == [0, 1]\n",
}
EVALPERF = {
    "task_id": "HumanEval/900",
    "entry_point": "area",
    "reference": ["def area(r):\n    return sum(r for _ in range(r))", "def area(r): return r * r"],
    "scores": [50.0, 100.0],
    "pe_input": [[1000]],
}
ENAMEL = {
    **{name: HUMANEVAL[name] for name in ("task_id", "entry_point")},
    "prompt": HUMANEVAL["prompt"].rstrip("\n"),  # the table has no last line's end
    "input_generator": "def generate_input(size, level, case):\n"
    "    return random.randint(1, size) + offset(),\n",
    "input_levels": "10 100",
    "reference_solution": "    return math.pi * r * r\n",
    "checker": "def __check(input, answer, output):\n    return abs(answer - output) < 1e-4\n",
}
PAIR = {
    "problem_id": "p1",
    "language": "Python",
    "input": "print(sum([1]))",
    "target": "print(1)",
    "submission_id_v0": "s1",
    "submission_id_v1": "s2",
}


def load(name: str, row: dict[str, Any], **options: Any) -> tuple[dict[str, Any], Any]:
    loaded = source(name).load(row, Context(**options))
    assert loaded.task is not None
    task_of(loaded.task)
    return loaded.task, loaded


def test_humaneval() -> None:
    task, _loaded = load("humaneval", HUMANEVAL)
    assert task["references"] == [HUMANEVAL["prompt"] + HUMANEVAL["canonical_solution"]]
    assert task["prelude"] == "import math\n"
    assert task["public_tests"] == []
    assert task["private_tests"] == [
        {"name": "private.0", "args": [1], "expected": 3.14159265, "absolute": 1e-6}
    ]


def test_mbpp_and_its_form_with_prompts() -> None:
    task, _loaded = load("mbpp", MBPP)
    assert (task["task_id"], task["entry_point"]) == ("Mbpp/900", "add")
    assert "\r" not in task["references"][0]
    assert task["prelude"] == "import math"
    assert [one["name"] for one in task["public_tests"]] == ["public.0", "public.1"]
    assert task["private_tests"] == [{"name": "private.0", "args": [0, 0], "expected": 0}]
    other = {**HUMANEVAL, "entry_point": "helper", "test": "def check(c):\n    assert area(0) == 0"}
    task, _loaded = load("mbpp", other)
    assert task["entry_point"] == "area"


def test_plus_inputs_get_their_tuples_and_the_values_of_the_canonical_solution() -> None:
    task, _loaded = load("mbpp-plus", PLUS)
    (public,) = task["public_tests"]
    assert public["args_text"] == "[(3, 4), (4, 5)]"
    assert (public["expected_text"], public["through"]) == ("set([4])", ["set"])
    assert len(task["private_tests"]) == 2
    floats = {**HUMANEVAL, "base_input": [[1]], "plus_input": [[2], ["x"]], "atol": 0}
    task, loaded = load("humaneval-plus", floats)
    assert task["private_tests"][0]["absolute"] == 1e-6
    assert loaded.without_value == 1


def test_special_oracles_are_checkers() -> None:
    row = {**PLUS, "entry_point": "sum_div", "task_id": "Mbpp/295", "base_input": [[4]]}
    row["canonical_solution"] = "def sum_div(n):\n    return n - 1\n"
    task, _loaded = load("mbpp-plus", {**row, "plus_input": []})
    assert "output in (expected, 0)" in task["checker"]["code"]
    task, _loaded = load("humaneval-plus", {**row, "task_id": "HumanEval/1", "plus_input": []})
    assert "checker" not in task


def test_plus_of_hugging_face() -> None:
    test = (
        "inputs = [[1], [2]]\nresults = [(1,), (2, float('inf'))]\n"
        "def check(candidate):\n"
        "    for i, (inp, exp) in enumerate(zip(inputs, results)):\n"
        "        assertion(candidate(*inp), exp, 0.5)\n"
    )
    row = {"task_id": 3, "prompt": "Do.", "code": "def f(x):\n    return (x,)\n", "test": test}
    row |= {"test_list": ["assert f(1) == (1,)"], "test_imports": ["import math"]}
    task, _loaded = load("mbpp-plus", row)
    assert [one["expected_text"] for one in task["private_tests"]] == ["(1,)", "(2, float('inf'))"]
    assert task["private_tests"][0]["absolute"] == 0.5
    assert len(task["public_tests"]) == 1
    without = {**row, "test": test.replace("results = [(1,), (2, float('inf'))]\n", "")}
    task, _loaded = load("mbpp-plus", without)
    assert [one["expected_text"] for one in task["private_tests"]] == ["(1,)", "(2,)"]


def test_apps_programs_functions_and_classes() -> None:
    task, _loaded = load("apps", APPS)
    assert task["private_tests"] == [{"name": "private.0", "input": "1 2\n", "output": "3\n"}]
    assert len(task["references"]) == 3
    data = json.dumps({"fn_name": "add", "inputs": [[1, [2]]], "outputs": [[3]]})
    task, _loaded = load("apps", {**APPS, "input_output": data})
    assert task["entry_point"] == "add"
    (test,) = task["private_tests"]
    assert (test["args"], test["expected"], test["any_sequence"]) == ([1, [2]], 3, True)
    starter = "class Solution:\n    def add(self, a, b):\n"
    task, _loaded = load("apps", {**APPS, "input_output": data, "starter_code": starter})
    assert task["entry_point"] == "Solution().add"


def test_effibench() -> None:
    task, _loaded = load("effibench", EFFIBENCH)
    assert task["entry_point"] == "Solution().twoSum"
    assert task["public_tests"][0]["args"] == [[2, 7], 9]
    block = task["private_tests"][1]["assertions"]
    assert block.startswith("solution = Solution()\n")
    assert "for n in range(3)" in block


def test_evalperf_takes_prompt_and_tests_of_its_base() -> None:
    base, _loaded = load("humaneval", HUMANEVAL)
    task, _loaded = load("evalperf", EVALPERF, base={"HumanEval/900": base})
    assert task["prompt"] == HUMANEVAL["prompt"]
    names = [one["name"] for one in task["private_tests"]]
    assert names == ["private.0", "private.pe"]
    assert task["private_tests"][1]["expected"] == 1_000_000
    assert task["reference_scores"] == [50.0, 100.0]


def test_enamel_inputs_are_the_same_each_time() -> None:
    helpers = "def offset():\n    return 100\n"
    task, _loaded = load("enamel", ENAMEL, helpers=helpers)
    again, _loaded = load("enamel", ENAMEL, helpers=helpers)
    assert task == again
    names = [one["name"] for one in task["private_tests"]]
    assert names == [f"level.0.{k}" for k in range(8)] + [f"level.1.{k}" for k in range(4)]
    assert all(101 <= one["args"][0] <= 200 for one in task["private_tests"])
    assert len({one["args"][0] for one in task["private_tests"]}) > 3
    assert task["checker"]["code"].startswith("import math\n")
    with pytest.raises(RowProblem, match=r"'offset' is not defined.*datautils.py is given"):
        load("enamel", ENAMEL)


def test_coffe_functions_and_programs(tmp_path: Path) -> None:
    prompt = "Add."
    mbpp = {
        **MBPP,
        "entry_point": "add",
        "final_prompt": prompt,
        "test_list": str(MBPP["test_list"]),
    }
    program = {"dataset": "deepmind/code_contests", "final_prompt": "Program."}
    tables = {
        "data": [mbpp, program],
        "testcases": {"Program.": [{"input": "1\n", "output": "1\n"}]},
        "stressful_testcases": {
            prompt: [
                {"input": "['a' * 1000, 'b']", "output": None},
                {"input": "[[i for i in range(3)], []]", "output": None},
                {"input": "[1, 'x']", "output": None},
            ],
            "Program.": ["def generate_input():\n    return str(random.randint(1, 9)) + '\\n'\n"],
        },
        "best_solutions": {
            prompt: ["def solution(a, b):\n    return a + b", False],
            "Program.": ["print(input())", True],
        },
        "solutions": {"prompt2groundtruth": {}},
    }
    for name, value in tables.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(value))
    rows = [row for _place, row in rows_of(str(tmp_path), "test")]
    function, loaded = load("coffe", rows[0])
    assert function["references"][1].endswith("add = solution\n")
    stress = [one for one in function["private_tests"] if one["name"].startswith("stress")]
    assert stress[0]["args_text"] == "['a' * 1000, 'b']"
    assert (stress[1]["args"], stress[1]["expected"]) == ([[0, 1, 2], []], [0, 1, 2])
    assert loaded.without_value == 1
    made, _loaded = load("coffe", rows[1])
    again, _loaded = load("coffe", rows[1])
    assert made == again
    assert made["compare"] == {"rule": "code_contests"}
    assert [one["name"] for one in made["private_tests"]] == ["private.0", "stress.0"]
    assert made["private_tests"][1]["input"] == made["private_tests"][1]["output"]


def test_pairs_and_tasks_of_codenet(tmp_path: Path) -> None:
    folders = {}
    for kind, number in (("public", 0), ("private", 3)):
        folder = tmp_path / kind / "p1"
        folder.mkdir(parents=True)
        (folder / f"input.{number}.txt").write_text("")
        (folder / f"output.{number}.txt").write_text("1\n")
        folders[kind] = tmp_path / kind
    task, loaded = load("pie-perf", PAIR, **folders)
    assert [one["name"] for one in task["public_tests"] + task["private_tests"]] == [
        "public.0",
        "private.3",
    ]
    (pair,) = loaded.pairs
    assert (pair["src_id"], pair["tgt_id"], pair["tests"]) == ("s1", "s2", [3])
    described = {"problem_id": "p1", "problem_description": "Print one."}
    task, loaded = load("ecco", described, **folders)
    assert (task["prompt"], task["references"], loaded.pairs) == ("Print one.", [], [])
    with pytest.raises(RowProblem, match="has no tests in the folders given"):
        load("ecco", described)
    with pytest.raises(RowProblem, match="is not a folder name"):
        load("ecco", {"problem_id": "../x"}, **folders)


def test_tests_that_are_too_large_are_counted() -> None:
    row = {**APPS, "input_output": json.dumps({"inputs": ["1", "2" * 900], "outputs": ["", ""]})}
    task, loaded = load("apps", row, largest=500)
    assert (len(task["private_tests"]), loaded.too_large) == (1, 1)


@pytest.mark.parametrize("name", sorted(set(SOURCES) - {"ecco", "pie-perf"}))
def test_rows_that_are_not_as_published(name: str) -> None:
    for row in ({}, {"task_id": 3}, {"prompt": 3, "test": None}):
        with pytest.raises((RowProblem, InputError, KeyError, TypeError)):
            load(name, row)


def test_kinds_of_files(tmp_path: Path) -> None:
    rows = [{"task_id": "a"}, {"task_id": "b"}]
    text = "".join(json.dumps(one) + "\n" for one in rows)
    (tmp_path / "a.jsonl").write_text(text + "broken\n")
    with gzip.open(tmp_path / "a.jsonl.gz", "wt") as file:
        file.write(text)
    (tmp_path / "a.json").write_text(json.dumps(rows))
    (tmp_path / "a.csv").write_text("task_id\na\nb\n")
    for name in ("a.jsonl", "a.jsonl.gz", "a.json", "a.csv"):
        found = list(rows_of(str(tmp_path / name), "test"))
        assert [row for _place, row in found][:2] == rows
    assert "not JSON" in list(rows_of(str(tmp_path / "a.jsonl"), "test"))[2][1]
    for name, why in (
        ("none.jsonl", "does not exist"),
        ("a.txt", "does not exist|kind of"),
        ("a b/c", "kind of"),
    ):
        with pytest.raises(InputError, match=why):
            list(rows_of(str(tmp_path / name), "test"))
    (tmp_path / "torn.jsonl.gz").write_bytes((tmp_path / "a.jsonl.gz").read_bytes()[:20])
    with pytest.raises(InputError, match=r"cannot be read.*is it whole"):
        list(rows_of(str(tmp_path / "torn.jsonl.gz"), "test"))
    with pytest.raises(InputError, match="unknown source 'x'; choose one of humaneval"):
        source("x")


def test_rows_of_hugging_face(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []

    def load_dataset(name: str, config: str | None, split: str) -> list[dict[str, Any]]:
        asked.append((name, config, split))
        if name == "no/where":
            raise FileNotFoundError("Couldn't find the dataset\nmore")
        return [{"task_id": "a"}]

    stand_in = SimpleNamespace(load_dataset=load_dataset)
    monkeypatch.setitem(sys.modules, "datasets", stand_in)  # type: ignore[arg-type]
    assert list(rows_of("owner/name", "test")) == [("row 1", {"task_id": "a"})]
    assert list(rows_of("owner/name:config@train", "test"))
    assert asked == [("owner/name", None, "test"), ("owner/name", "config", "train")]
    with pytest.raises(InputError, match=r"no/where cannot be loaded .*find the dataset\)"):
        list(rows_of("no/where", "test"))
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingTool, match="pip install datasets, or give a local file"):
        list(rows_of("owner/name", "test"))
