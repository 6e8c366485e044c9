"""Self-play with everything planted: exactly the pairs counted by hand come out."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import FAST, Pie, row, sums, write_rows
from tests.model_server import ModelServer

NUMBERS = (3, 40, 7)


def printing(formula: str, rounds: int = 0, note: str = "") -> str:
    """Read n, work for so many rounds, print a formula of n."""
    work = f"volatile long work = 0;\n    for (int i = 0; i < {rounds}; i++) work = work + 1;\n"
    return (
        f'{note}#include <cstdio>\nint main() {{\n    long n;\n    if (scanf("%ld", &n) != 1) '
        f'return 1;\n    {work if rounds else ""}    printf("%ld\\n", {formula});\n}}\n'
    )


DOUBLE = printing("2 * n")
SLOWEST = printing("n * n", 1_000_000)
SLOWER = """#include <iostream>
using namespace std;
long long square(long long value) {
    volatile int steps = 750000;
    while (steps > 0) { steps = steps - 1; }
    return value * value;
}
int main() { long long given; cin >> given; cout << square(given) << endl; return 0; }
"""
SLOW = """#include <cstdlib>
#include <cstdio>
static volatile unsigned counter;
int main(int argc, char **argv) {
    char line[64];
    if (!fgets(line, sizeof line, stdin)) return 3;
    do { counter += 1; } while (counter != 500000u);
    const long side = atol(line);
    printf("%ld", side * side);
    puts("");
}
"""
LEAST_SLOW = """#include <bits/stdc++.h>
struct Grid { std::vector<int> cells; explicit Grid(int n) : cells(n) {} };
int main() {
    int edge = 0;
    std::cin >> edge;
    for (volatile int turn = 0; turn < 150000; turn = turn + 1) {}
    std::printf("%d\\n", int(Grid(edge * edge).cells.size()));
}
"""
SQUARE = printing("n * n")
FIFTH = printing("n * n * n * n * n", 750_000)
CUBE = printing("n * n * n", 500_000)
FOURTH = printing("n * n * n * n", 500_000)
CLOCK = printing("n + time(nullptr)").replace("#include", "#include <ctime>\n#include", 1)
RANDOM = (
    printing("n + std::random_device{}() % 1000000000")
    .replace("#include", "#include <random>\n#include", 1)
    .replace("%ld\\n", "%u\\n", 1)
)
PLANTED = {
    "slowest": (SLOWEST, "kept"),
    "its text": (printing("n * n", 1_000_000, "// the same, said again\n"), "same_text"),
    "slower": (SLOWER, "kept"),
    "slow": (SLOW, "kept"),
    "least slow": (LEAST_SLOW, "beyond_the_most_of_a_class"),
    "nearly the slowest": (SLOWEST.replace("1000000", "999999"), "near_duplicate"),
    "what is known": (printing("n * n / 2 + (n + 1) / 2 + 0 * n"), "known_behaviour"),
    "a known text": (FAST.replace("    long n;", "\tlong n; // how many"), "known_text"),
    "what another problem does": (printing("n + n"), "known_behaviour"),
    "the time": (CLOCK, "nondeterministic"),
    "chance": (RANDOM, "nondeterministic"),
    "broken": ("#include <cstdio>\nint main() { return undeclared; }\n", "compile_error"),
    "prose": ("I would rather not write a program today.", "no_program"),
    "a crash": (printing("n / (n - n)"), "runtime_error"),
    "a constant": (printing("42L"), "constant_output"),
    "nothing": ("int main() { return 0; }\n", "no_output"),
    "no end": (printing("n", 0).replace("printf", "for (volatile int i = 0;; i = 1); printf"),
               "time_limit"),
    "little to gain": (CUBE, "too_little_faster"),
    "a wrong answer": (FOURTH, "no_right_answer"),
    "alone": (FIFTH, "kept"),
}  # fmt: skip
VERSIONS = {
    SLOWEST: SQUARE,
    SLOWER: SQUARE,
    SLOW: SQUARE,
    LEAST_SLOW: SQUARE,
    CUBE: printing("n * n * n", 250_000),
    FOURTH: printing("n * n * n * n + 1"),
    FIFTH: f"Done:\n```cpp\n{printing('n * n * n * n * n')}```\n",
}


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def command_on(
    folder: Path, texts: Sequence[str], versions: Mapping[str, str]
) -> tuple[object, ...]:
    about = {"speedup": 2.0, "target_reward_updated_pct_bin": 9}
    described = {**about, "description": "Add the first n numbers."}
    doubles = [{"input": f"{n}\n", "output": f"{2 * n}\n"} for n in (5, 6)]
    seeds = write_rows(
        folder / "train.jsonl",
        row("sums", fast=FAST, tests=sums(*NUMBERS), **described),
        row("doubles", slow=printing("2 * n", 1000), fast=DOUBLE, tests=doubles, **about),
    )
    recorded = {"problem_id": "selfplay", "src_id": "propose", "tgt_id": "0", "src_code": ""}
    proposer = write_rows(folder / "proposer.jsonl", {**recorded, "generated_answers": texts})
    answered = [
        {"problem_id": "sums", "src_code": source, "generated_answers": [text]}
        for source, text in versions.items()
    ]
    optimiser = write_rows(folder / "optimiser.jsonl", *answered)
    return (
        *("selfplay", "--seeds", seeds, "--machine", "counts"),
        *("--model", f"replay:{proposer}", "--optimiser", f"replay:{optimiser}"),
        *("--proposals", len(texts), "--bases", 1, "--inputs", len(NUMBERS)),
        *("--near-duplicate", 0.8, "--max-instructions", 200_000_000),
    )


@pytest.fixture
def planted(tmp_path: Path) -> tuple[object, ...]:
    """The command on two problems, of which one has three inputs, with recorded answers."""
    return command_on(tmp_path, [text for text, _fate in PLANTED.values()], VERSIONS)


def test_exactly_the_planted_survivors_are_kept(
    pie: Pie, planted: tuple[object, ...], tmp_path: Path
) -> None:
    done = pie(*planted, "--out", "made", "--json")
    assert done.returncode == 0, done.stderr
    made = tmp_path / "made"
    fates = {one["src_id"]: one["fate"] for one in lines_of(made / "pairs.jsonl")}
    proposals = lines_of(made / "proposals.jsonl")
    named = dict(zip(PLANTED, proposals, strict=True))
    seen = {
        name: fates[one["id"]] if one["fate"] == "new" else one["fate"]
        for name, one in named.items()
    }
    assert seen == {name: fate for name, (_text, fate) in PLANTED.items()}
    kept = {one["src_id"]: one for one in lines_of(made / "synthetic.jsonl")}
    survivors = ("slowest", "slower", "slow", "alone")
    assert set(kept) == {named[name]["id"] for name in survivors}
    classes = {name: named[name]["class"] for name in (*survivors, "least slow")}
    assert len(set(classes.values())) == 2
    assert len({classes[name] for name in classes if name != "alone"}) == 1
    summary = json.loads(done.stdout)
    expected = Counter(fate for _text, fate in PLANTED.values())
    late = ("kept", "beyond_the_most_of_a_class", "too_little_faster", "no_right_answer")
    answers, programs = summary["counts"]
    assert (answers["in"], answers["out"]) == (20, 7)
    assert answers["left_out"] == {
        fate: number for fate, number in expected.items() if fate not in late
    }
    assert (programs["in"], programs["out"]) == (7, 4)
    assert (summary["new_programs"], summary["classes"], summary["kept"]) == (7, 4, 4)


def test_the_rows_are_pies_marked_and_measured_again_to_the_same_number(
    pie: Pie, planted: tuple[object, ...], tmp_path: Path
) -> None:
    assert pie(*planted, "--out", "made").returncode == 0
    made = lines_of(tmp_path / "made" / "synthetic.jsonl")
    for one in made:
        assert one["synthetic"] is True
        assert one["speedup"] >= 5
        about = one["provenance"]
        assert about["base_problem_id"] == "sums"
        assert about["example_problem_id"] == "doubles"
        assert about["proposer"].startswith("replay:")
        prompts = {
            step: [line["prompt_sha"] for line in lines_of(tmp_path / "made" / step)]
            for step in ("proposing/prompts.jsonl", "optimising/prompts.jsonl")
        }
        assert about["proposer_prompt_sha"] in prompts["proposing/prompts.jsonl"]
        assert about["optimiser_prompt_sha"] in prompts["optimising/prompts.jsonl"]
        own = tmp_path / "made" / "test_cases" / one["problem_id"]
        given = [int((own / f"input.{k}.txt").read_text()) for k in one["tests"]]
        assert sorted(given) == sorted(NUMBERS)
    again = pie(
        *("simulate", "--pairs", "made/synthetic.jsonl", "--machine", "counts"),
        *("--max-instructions", 200_000_000, "--out", "again"),
    )
    assert again.returncode == 0, again.stderr
    for mine, theirs in zip(made, lines_of(tmp_path / "again" / "pairs.jsonl"), strict=True):
        for name in ("src_agg_runtime", "tgt_agg_runtime", "measured_on"):
            assert mine[name] == theirs[name], name


def test_training_mixes_the_best_pairs_with_those_of_self_play(
    pie: Pie, planted: tuple[object, ...], tmp_path: Path
) -> None:
    assert pie(*planted, "--out", "made").returncode == 0
    synthetic = lines_of(tmp_path / "made" / "synthetic.jsonl")
    command = ("finetune", "data", "--pairs", "train.jsonl", "--hq", "--format")
    extra = ("--self-play", "made/synthetic.jsonl", "--out", "rows.jsonl")
    for form, scores in (("plain", None), ("perf-conditioned", [10, 10, 10, 10])):
        done = pie(*command, form, *extra)
        assert done.returncode == 0, done.stderr
        rendered = lines_of(tmp_path / "rows.jsonl")
        assert [one["problem_id"] for one in rendered[:2]] == ["sums", "doubles"]
        assert [one["completion"] for one in rendered[2:]] == [one["tgt_code"] for one in synthetic]
        if scores:
            assert [one["score"] for one in rendered[2:]] == scores


def test_mutated_inputs_tell_programs_apart_and_losing_one_loses_no_program(
    pie: Pie, tmp_path: Path
) -> None:
    usual = "n == 3 || n == 40 || n == 7"
    fragile = printing(f"{usual} ? n * n : n / (n - n)", 500_000)
    pretender = printing(f"{usual} ? n * (n + 1) / 2 : 0", 500_000)
    versions = {fragile: SQUARE, pretender: printing(f"{usual} ? n * (n + 1) / 2 : 0")}
    command = command_on(tmp_path, [fragile, pretender, SLOWEST], {**versions, SLOWEST: SQUARE})
    assert pie(*command, "--out", "few").returncode == 0
    fates = [one["fate"] for one in lines_of(tmp_path / "few" / "proposals.jsonl")]
    assert fates == ["new", "known_behaviour", "new"]
    done = pie(*command, "--mutate", 2, "--out", "more")
    assert done.returncode == 0, done.stderr
    proposals = lines_of(tmp_path / "more" / "proposals.jsonl")
    assert [one["fate"] for one in proposals] == ["new", "new", "new"]
    assert proposals[0]["class"] == proposals[2]["class"] != proposals[1]["class"]
    rows = {one["src_id"]: one for one in lines_of(tmp_path / "more" / "synthetic.jsonl")}
    assert [rows[one["id"]]["tests"] for one in proposals] == [
        [0, 1, 2],
        [0, 1, 2, 3, 4],
        [0, 1, 2],
    ]
    folders = {one.name: one for one in (tmp_path / "more" / "test_cases").iterdir()}
    assert set(folders) == {proposals[0]["class"], proposals[1]["class"]}, "a class is one problem"
    for name, answer in (
        (proposals[0]["id"], lambda n: n * n),
        (proposals[1]["id"], lambda n: n * (n + 1) // 2 if n in NUMBERS else 0),
    ):
        for given in folders[name].glob("input.*.txt"):
            output = given.with_name(given.name.replace("input", "output"))
            assert int(output.read_text()) == answer(int(given.read_text()))


def test_a_killed_run_goes_on_and_makes_the_same(
    pie: Pie,
    start_pie: Callable[..., Any],
    planted: tuple[object, ...],
    tmp_path: Path,
) -> None:
    killed = start_pie(*planted, "--out", "made", "--no-cache")
    at = tmp_path / "made" / "optimising" / "answers.jsonl"
    deadline = time.monotonic() + 600
    while not at.exists() or at.read_bytes().count(b"\n") < len(VERSIONS):
        assert time.monotonic() < deadline
        assert killed.poll() is None, killed.communicate()
        time.sleep(0.02)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    answers = tmp_path / "made" / "proposing" / "answers.jsonl"
    before = answers.read_bytes()
    assert not (tmp_path / "made" / "synthetic.jsonl").exists()
    done = pie(*planted, "--out", "made", "--no-cache")
    assert done.returncode == 0, done.stderr
    assert answers.read_bytes() == before, "nothing is asked twice"
    assert pie(*planted, "--out", "whole").returncode == 0
    for name in ("proposals.jsonl", "pairs.jsonl", "synthetic.jsonl"):
        one, other = (tmp_path / folder / name for folder in ("made", "whole"))
        assert one.read_bytes() == other.read_bytes(), name


def test_temperature_and_top_p_reach_the_server_and_each_prompt_has_five_seeds(
    pie: Pie, tmp_path: Path, environment: dict[str, str]
) -> None:
    environment["OPENAI_API_KEY"] = "sk-test"
    seeds = write_rows(
        tmp_path / "train.jsonl",
        *(row(f"p{at}", fast=FAST + f"// {at}\n", tests=sums(*NUMBERS)) for at in range(6)),
    )
    with ModelServer() as server:
        done = pie(
            *("selfplay", "--seeds", seeds, "--model", "openai:m", "--base-url", server.url),
            *("--proposals", 10, "--bases", 2, "--inputs", 3, "--out", "made"),
            *("--machine", "counts"),
        )
    assert done.returncode == 0, done.stderr
    bodies = [body for _path, _headers, body in server.bodies]
    assert len(bodies) == 10, "nothing was new, so the optimiser was asked nothing"
    assert {(one["temperature"], one["top_p"]) for one in bodies} == {(1.0, 0.9)}
    seeds_of: dict[str, set[int]] = {}
    for one in bodies:
        assert [message["role"] for message in one["messages"]] == ["user"]
        seeds_of.setdefault(one["messages"][0]["content"], set()).add(one["seed"])
    assert sorted(map(len, seeds_of.values())) == [5, 5]


def test_missing_answers_are_told_by_four_and_a_folder_refuses_another_question(
    pie: Pie, planted: tuple[object, ...], tmp_path: Path
) -> None:
    more = pie(*planted, "--proposals", len(PLANTED) + 2, "--out", "made")
    assert more.returncode == 4, more.stderr
    assert "no answer of the proposer: the file has no recorded answer to it (2)" in more.stderr
    rows = (tmp_path / "made" / "synthetic.jsonl").read_bytes()
    assert len(rows.splitlines()) == 4, "what is there is not held back"
    other = pie(*planted, "--inputs", 2, "--out", "made")
    assert other.returncode == 1
    assert "setting.inputs: " in other.stderr
    strict = pie(*planted, "--per-class", 1, "--at-least", 1.5, "--out", "made")
    assert strict.returncode == 0, strict.stderr
    kept = lines_of(tmp_path / "made" / "synthetic.jsonl")
    assert len({one["problem_id"] for one in kept}) == len(kept) == 3


def test_what_cannot_begin_is_told_before_a_folder_is_made(
    pie: Pie, planted: tuple[object, ...], tmp_path: Path
) -> None:
    for more, sentence in (
        (("--machine", "native"), "native gives another number each time"),
        (("--inputs", 4), "no problem of"),
        (("--seeds", "nowhere.jsonl"), "check the path given to --seeds"),
        (("--model", "replay:nowhere.jsonl"), "nowhere.jsonl does not exist"),
        (("--body", "[]"), "--body is not a JSON object"),
        (("--strategy", "retrieval"), "cannot be asked by the strategy retrieval"),
        (("--descriptions", "nowhere"), "check the path given to --descriptions"),
        (("--known", "nowhere.jsonl"), "check the path given to --known"),
    ):
        done = pie(*planted, *more, "--out", "made")
        assert done.returncode == 1, more
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "made").exists()
