"""From a small CodeNet to the upper bound, with real programs on a real machine."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")
pytest.importorskip("tree_sitter_cpp")

from pie.core.dataset.table import read
from tests.e2e.conftest import Pie
from tests.unit.flows.dataset.codenet import Sent, looping, rows_of, write_codenet

CHEAP = 4_000_000
"""Instructions of a source, at most, of real programs that are measured here."""
ADDS_TWO = looping(10).replace("n + 1", "n + 2")
PROBLEMS = {
    "p00001": [
        Sent("s1", "u1", 10, looping(9000)),
        Sent("s2", "u1", 20, looping(8900)),
        Sent("s3", "u1", 30, looping(900)),
        Sent("s4", "u1", 40, looping(900, "only a comment")),
        Sent("s5", "u4", 50, ADDS_TWO),
        Sent("s6", "u2", 10, looping(10)),
        Sent("s7", "u2", 20, looping(7000)),
        Sent("s8", "u2", 5, looping(1), "Wrong Answer"),
        Sent("s9", "u3", 5, "int main() { return undeclared; }"),
    ],
    "p00002": [Sent("t1", "u1", 1, looping(5000)), Sent("t2", "u1", 2, looping(50))],
}
CONTEST = {
    "name": "p00001 Add One",
    "public_tests": {"input": ["4"], "output": ["5"]},
    "generated_tests": {"input": ["7\n", "8\n"], "output": ["8\n", "10\n"]},
}


@pytest.fixture
def codenet(tmp_path: Path) -> Path:
    (tmp_path / "contests.jsonl").write_text(json.dumps(CONTEST) + "\n")
    return write_codenet(tmp_path / "codenet", PROBLEMS)


def build(pie: Pie, codenet: Path, out: Path, **options: Any) -> list[dict[str, Any]]:
    done = pie(
        *("dataset", "build", codenet, "--code-contests", codenet.parent / "contests.jsonl"),
        *("--out", out, "-m", "cachegrind", "--json"),
        **options,
    )
    assert done.returncode == 0, done.stderr
    made: list[dict[str, Any]] = json.loads(done.stdout)
    return made


def test_a_small_codenet_gives_exactly_these_pairs_and_bounds(
    pie: Pie, codenet: Path, tmp_path: Path
) -> None:
    out = tmp_path / "made"
    steps = {one["step"]: one for one in build(pie, codenet, out)}
    assert steps["import"]["counts"][0]["left_out"] == {"not_accepted": 1}
    assert steps["tests"]["counts"][0]["left_out"] == {
        "duplicate_input": 1,
        "programs_disagree": 1,
    }
    measured = [one.fields for one in read(out / "measured.parquet")]
    verdicts = {one["submission_id"]: one["verdict"] for one in measured}
    assert verdicts.pop("s5") == "wrong_answer"
    assert verdicts.pop("s9") == "compile_error"
    assert set(verdicts.values()) == {"accepted"}
    rows = rows_of(out / "pairs.jsonl")
    # s4 is s3 but for a comment, and s1 to s2 gains 1 %; u2's later program is the slower.
    names = [(row["src_id"], row["tgt_id"]) for row in rows]
    assert names == [("s1", "s3"), ("s2", "s3"), ("t1", "t2")]
    assert steps["pairs"]["counts"][1]["left_out"] == {"near_duplicate": 2, "no_improvement": 3}
    assert [row["tests"] for row in rows] == [[0, 1], [0, 1], [0]]
    assert [row["fastest_id"] for row in rows] == ["s6", "s6", "t2"]

    # The rows are PIE's: measured again, each runtime is the same.
    for row in rows:
        row["generated_answers"] = [looping(3) if row["problem_id"] == "p00001" else ADDS_TWO]
    answered = tmp_path / "answered.jsonl"
    answered.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = tmp_path / "run"
    done = pie(
        *("simulate", "--pairs", answered, "--testcases", out / "test_cases", "--out", run),
        *("-m", "cachegrind", "--trust-programs"),
    )
    assert done.returncode == 0, done.stderr
    for before, after in zip(rows, rows_of(run / "pairs.jsonl"), strict=True):
        for field in ("src_agg_runtime", "tgt_agg_runtime", "speedup", "measured_on"):
            assert before[field] == after[field]

    done = pie("report", run, "--upper-bound", out / "measured.parquet", "--json")
    assert done.returncode == 0, done.stderr
    bound = json.loads(done.stdout)
    assert bound["excluded"] == {}
    assert bound["model_beats_every_human"] == ["p00001"]
    assert [one["winner"] for one in bound["problems"]] == ["model", "no generation"]
    assert bound["problems"][0]["human_id"] == "s6"
    again = build(pie, codenet, out)
    assert {one["step"]: one for one in again} == steps, "nothing is done twice"


def test_a_build_that_is_killed_goes_on_and_ends_the_same(
    pie: Pie,
    start_pie: Callable[..., subprocess.Popen[str]],
    codenet: Path,
    tmp_path: Path,
    environment: dict[str, str],
    fresh_cache: Callable[[Path], Path],
) -> None:
    undisturbed = tmp_path / "undisturbed"
    build(pie, codenet, undisturbed)
    own = {**environment, "PIE_CACHE": str(fresh_cache(tmp_path / "cache"))}
    out = tmp_path / "killed"
    arguments = (
        *("dataset", "build", codenet, "--code-contests", tmp_path / "contests.jsonl"),
        *("--out", out, "-m", "cachegrind"),
    )
    for seconds, number in ((1.0, signal.SIGKILL), (3.0, signal.SIGKILL), (4.0, signal.SIGINT)):
        process = start_pie(*arguments, env=own)
        time.sleep(seconds)
        process.send_signal(number)
        _out, said = process.communicate(timeout=600)
        if number is signal.SIGINT and process.returncode == 130:
            assert "what was done is kept. Go on with:" in said
    build(pie, codenet, out, env=own)
    for name in ("submissions.parquet", "measured.parquet", "pairs.jsonl", "splits/train.jsonl"):
        assert (out / name).read_bytes() == (undisturbed / name).read_bytes(), name


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["build", "nowhere"], "nowhere does not exist"),
        (["import", "nowhere.csv"], "nowhere.csv does not exist"),
        (["import", "codenet", "--language", "cobol"], "unknown language 'cobol'"),
        (["import", "codenet", "-o", "x.csv"], "must end in .jsonl or .parquet"),
        (["import", "codenet", "--column", "user_id"], "has no ="),
        (["tests", "nowhere.parquet", "--codenet", "codenet"], "nowhere.parquet does not exist"),
        (["measure", "nowhere.parquet", "--testcases", "."], "nowhere.parquet does not exist"),
        (["measure", "contests.jsonl"], "give their folder with --testcases"),
        (["measure", "contests.jsonl", "--testcases", "no"], "no does not exist"),
        (["pairs", "contests.jsonl"], "the column problem_id is missing"),
        (["pairs", "codenet"], "is not a file"),
        (["tag", "contests.jsonl", "--among", "nowhere.jsonl"], "nowhere.jsonl does not exist"),
        (["split", "contests.jsonl"], "has no usable row"),
        (["split", "contests.jsonl", "--val", "1"], "leave nothing to train on"),
        (["hq", "nowhere.jsonl"], "nowhere.jsonl does not exist"),
        (["card", "nowhere.jsonl"], "nowhere.jsonl does not exist"),
        (["card", "contests.jsonl", "--length", "./no.json"], "there is no tokeniser"),
    ],
    ids=" ".join,
)
def test_bad_input_is_one_sentence(
    pie: Pie, codenet: Path, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    done = pie("dataset", *arguments)
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1
    assert sentence in lines[0]


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.prove
def test_real_programs_of_people_become_pairs_whose_gain_was_measured(
    pie: Pie, shared_data: Path, tmp_path: Path
) -> None:
    pairs = [json.loads(line) for line in (shared_data / "pairs.jsonl").open("rb")]
    cheap = [one for one in pairs if one.get("ref_ir_src", CHEAP) < CHEAP]
    cheap = sorted(cheap, key=lambda one: one["ref_ir_tgt"] / one["ref_ir_src"])[::8][:6]
    table = tmp_path / "table.jsonl"
    with table.open("w") as file:
        for number, row in enumerate(cheap):
            for date, role in enumerate(("src", "tgt")):
                submission = {
                    "submission_id": f"{number}.{role}",
                    "problem_id": row["problem_id"],
                    "user_id": f"u{number}",
                    "date": date,
                    "language": "C++",
                    "status": "Accepted",
                    "code": row[f"{role}_code"],
                }
                file.write(json.dumps(submission) + "\n")
    out = tmp_path / "made"
    done = pie(
        *("dataset", "build", table, "--folder", shared_data / "test_cases"),
        *("--out", out, "-m", "cachegrind", "--json"),
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    measured = [one.fields for one in read(out / "measured.parquet")]
    assert len(measured) == 12
    assert {one["verdict"] for one in measured} == {"accepted"}
    cycles = {one["submission_id"]: one["cycles"] for one in measured}
    gains = {
        (f"{n}.src", f"{n}.tgt")
        for n in range(6)
        if cycles[f"{n}.src"] - cycles[f"{n}.tgt"] > 0.1 * cycles[f"{n}.src"]
    }
    made = {(one.fields["src_id"], one.fields["tgt_id"]) for one in read(out / "pairs.parquet")}
    assert made == gains != set()
