"""The documented way from submissions to the upper bound."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")
pytest.importorskip("tree_sitter_cpp")

from tests.e2e.conftest import Pie
from tests.unit.flows.dataset.codenet import looping, rows_of

PYTHON = "n = int(input())\nfor i in range({rounds}):\n    n += i % 2 * 0\nprint(n + 1)\n"
SUBMISSIONS = {
    ("adds", "C++"): [looping(9000), looping(900), looping(20)],
    ("counts", "Python"): [PYTHON.format(rounds=60000), PYTHON.format(rounds=300)],
}


def write_table(path: Path) -> Path:
    lines = []
    for (problem_id, language), programs in SUBMISSIONS.items():
        for number, code in enumerate(programs):
            submission = {
                "submission_id": f"{problem_id}{number}",
                "problem_id": problem_id,
                "user_id": "u1",
                "date": number,
                "language": language,
                "status": "Accepted",
                "code": code,
            }
            lines.append(json.dumps(submission) + "\n")
        tests = path.parent / "given" / problem_id
        tests.mkdir(parents=True)
        (tests / "input.0.txt").write_text("4\n")
        (tests / "output.0.txt").write_text("5\n")
    path.write_text("".join(lines))
    return path


Done = Callable[..., str]


@pytest.fixture
def done(pie: Pie) -> Done:
    """Run `pie`, which ends as said, and return what it printed."""

    def run(*arguments: object, code: int = 0) -> str:
        ended = pie(*arguments)
        assert ended.returncode == code, ended.stderr
        return ended.stderr if code else ended.stdout

    return run


BOTH = ("cpp", "python")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("languages", "options"),
    [
        pytest.param(("cpp",), (), id="defaults"),
        # The start of an interpreter takes the default machine many seconds.
        pytest.param(BOTH, ("--machine", "counts"), id="two languages"),
        pytest.param(BOTH, (), id="two languages at the defaults", marks=pytest.mark.prove),
    ],
)
def test_measured_tagged_simulated_and_bounded(
    done: Done, tmp_path: Path, languages: tuple[str, ...], options: tuple[str, ...]
) -> None:
    table = write_table(tmp_path / "submissions.jsonl")
    rows: list[dict[str, Any]] = []
    for language in languages:
        done(
            *("dataset", "build", table, "--folder", "given", "--language", language),
            *("--out", language, *options),
        )
        rows += rows_of(tmp_path / language / "pairs.jsonl")
    assert {row["language"] for row in rows} == set(languages)
    fastest = {problem: programs[-1] for (problem, _language), programs in SUBMISSIONS.items()}
    for row in rows:
        row["generated_answers"] = [fastest[row["problem_id"]]]
    both = tmp_path / "both.jsonl"
    both.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done("simulate", "--pairs", both, "--testcases", "given", "--out", "run", *options)
    for before, after in zip(rows, rows_of(tmp_path / "run" / "pairs.jsonl"), strict=True):
        for field in ("src_agg_runtime", "tgt_agg_runtime", "measured_on"):
            assert before[field] == after[field], (before["problem_id"], field)

    for language in languages:
        among = f"{language}/measured.parquet"
        bound = json.loads(done("report", "run", "--upper-bound", among, "--json"))
        others = ["no accepted human submission"] if len(languages) > 1 else []
        assert list(bound["excluded"]) == others
        assert [one["winner"] for one in bound["problems"]] == ["equal"]
        tagged = tmp_path / f"{language}.tagged.jsonl"
        done("dataset", "tag", "run/pairs.jsonl", "--among", among, "-o", tagged)
        best = [one for one in rows_of(tagged) if one["tgt_code"] in fastest.values()]
        assert {one["target_reward_updated_pct_bin"] for one in best} == {10}

    if options:
        return
    only = write_only(both, "cpp")
    budget = ("--max-instructions", 9_000_000, "--out", "bounded")
    done("simulate", "--pairs", only, "--testcases", "given", *budget)
    done("report", "bounded", "--upper-bound", "cpp/measured.parquet")
    other = ("--cxxflags", "-O1 -std=c++17", "--out", "other")
    done("simulate", "--pairs", only, "--testcases", "given", *other)
    flags = "toolchain.flags: -O3 -std=c++17 against -O1 -std=c++17; measure both with"
    assert flags in done("report", "other", "--upper-bound", "cpp/measured.parquet", code=1)
    words = ("other/pairs.jsonl", "--among", "cpp/measured.parquet", "-o", "none.jsonl")
    said = done("dataset", "tag", *words, code=1)
    assert "toolchain.flags: -O1 -std=c++17 against -O3 -std=c++17" in said
    assert len(said.strip().splitlines()) == 1


def write_only(path: Path, language: str) -> Path:
    """Write the rows of one language beside a file."""
    only = path.with_name(f"{language}.jsonl")
    only.write_text(
        "".join(json.dumps(r) + "\n" for r in rows_of(path) if r["language"] == language)
    )
    return only
