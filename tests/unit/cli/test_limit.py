"""`--limit N` is the same as a file that ends after N rows, on every command that reads rows."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

pytest.importorskip("pyarrow")
pytest.importorskip("tree_sitter_cpp")

from pie.cli.app import app
from tests.unit.cli.test_report import MANIFEST, ROW
from tests.unit.flows.dataset.codenet import Sent, looping, rows_of, write_codenet

SENT = {
    f"p{number:05}": [
        Sent(f"s{number}a", "u1", 1, looping(number), cpu_time=100),
        Sent(f"s{number}b", "u1", 2, looping(number * 1000 + 7) + "int x;", cpu_time=40),
        Sent(f"s{number}c", "u2", 2, looping(3) + f"int y{number};", cpu_time=20),
    ]
    for number in range(9)
}
ROWS = {
    "simulate", "generate", "refine", "selfplay", "report", "calibrate",
    "index build", "index search",
    "dataset import", "dataset tests", "dataset measure", "dataset build", "dataset check",
    "dataset pairs", "dataset fastest", "dataset tag", "dataset split", "dataset hq",
    "dataset card", "dataset tasks", "dataset strengthen", "dataset strength", "finetune data",
    "finetune run", "finetune submit", "finetune preferences", "merge",
}  # fmt: skip
"""Commands that read rows."""
NO_ROWS = {
    "measure": "programs in files",
    "equal": "programs in files",
    "compare": "two runs",
    "history": "costs of programs",
    "plot": "runs",
    "view": "a run",
    "serve": "requests",
    "cache info": "the store",
    "cache prune": "the store",
    "doctor": "the host",
    "finetune merge": "a model",
    "finetune push": "a model",
    "finetune pull": "a model",
    "index stats": "an index",
}
"""All other commands, and what they read."""


def pie(*arguments: object) -> Any:
    done = CliRunner().invoke(app, [*map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done


def test_every_command_that_reads_rows_has_a_limit() -> None:
    def limited(command: Any, name: str) -> set[str]:
        if hasattr(command, "commands"):
            below = command.commands.items()
            return {one for word, sub in below for one in limited(sub, f"{name} {word}".strip())}
        names.add(name)
        return {name} if any("--limit" in one.opts for one in command.params) else set()

    names: set[str] = set()
    assert limited(typer.main.get_command(app), "") == ROWS
    assert names - ROWS == set(NO_ROWS)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("limit")
    write_codenet(folder / "codenet", SENT)
    pie("dataset", "import", folder / "codenet", "-o", folder / "submissions.jsonl")
    tests = folder / "codenet" / "derived" / "input_output" / "data"
    for problem in tests.iterdir():
        (problem / "input.txt").rename(problem / "input.0.txt")
        (problem / "output.txt").rename(problem / "output.0.txt")
    submissions, measured = folder / "submissions.jsonl", folder / "measured.jsonl"
    pie("dataset", "measure", submissions, "--runtimes-from-table", "--testcases", tests,
        "-o", measured)  # fmt: skip
    pie("dataset", "pairs", measured, "-o", folder / "pairs.jsonl")
    pie("dataset", "tag", folder / "pairs.jsonl", "--among", measured, "-o", folder / "tag.jsonl")
    return folder


def cut(path: Path, rows: int, to: Path) -> Path:
    made = to / path.name
    made.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:rows]))
    return made


STEPS = {
    "measure": ("submissions.jsonl", ["--runtimes-from-table"]),
    "tests": ("submissions.jsonl", ["--references", "0", "--folder", "TESTS"]),
    "pairs": ("measured.jsonl", []),
    "fastest": ("measured.jsonl", []),
    "tag": ("pairs.jsonl", ["--among", "measured.jsonl"]),
    "split": ("tag.jsonl", ["--val", "0.3"]),
    "hq": ("tag.jsonl", ["--per-problem", "1"]),
}


def contents(path: Path) -> list[bytes]:
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
    return [one.read_bytes() for one in files]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("rows", [1, 4, 1000])
def test_a_step_takes_the_first_rows(built: Path, tmp_path: Path, step: str, rows: int) -> None:
    name, words = STEPS[step]
    if rows == 1 and step == "pairs":
        rows = 3  # one program makes no pair
    places = {"TESTS": built / "codenet/derived/input_output/data"}
    words = [str(places.get(one, built / one if one.endswith(".jsonl") else one)) for one in words]
    ending = "" if step in ("tests", "split") else ".jsonl"
    limited, shorter = tmp_path / f"limited{ending}", tmp_path / f"shorter{ending}"
    pie("dataset", step, built / name, *words, "-o", limited, "--limit", rows)
    pie("dataset", step, cut(built / name, rows, tmp_path), *words, "-o", shorter)
    assert contents(limited) == contents(shorter)
    # Another limit is another step, and the same one is done.
    manifest = json.loads((tmp_path / f"{limited.name}.manifest.json").read_text())
    assert manifest["parameters"]["limit"] == rows


@pytest.mark.parametrize("rows", [1, 4, 1000])
def test_an_import_takes_the_first_rows_of_all_tables(
    built: Path, tmp_path: Path, rows: int
) -> None:
    out = tmp_path / "taken.jsonl"
    pie("dataset", "import", built / "codenet", "-o", out, "--limit", rows)
    assert rows_of(out) == rows_of(built / "submissions.jsonl")[:rows]
    # What a smaller limit left is not taken for the whole.
    pie("dataset", "import", built / "codenet", "-o", out)
    assert rows_of(out) == rows_of(built / "submissions.jsonl")
    table = tmp_path / "table.jsonl"
    lines = [
        {**one, "status": "Accepted", "cpu_time": one.pop("cpu_time_ms")}
        for one in rows_of(built / "submissions.jsonl")
    ]
    table.write_text("".join(json.dumps(one) + "\n" for one in lines))
    pie("dataset", "import", table, "-o", tmp_path / "again.jsonl", "--limit", rows)
    assert len(rows_of(tmp_path / "again.jsonl")) == min(rows, len(lines))


def test_a_build_begins_with_the_first_rows(tmp_path: Path) -> None:
    write_codenet(tmp_path / "codenet", SENT)
    out = tmp_path / "made"
    pie("dataset", "build", tmp_path / "codenet", "--out", out, "--runtimes-from-table",
        "--limit", 15, "--val", 0, "--test", 0)  # fmt: skip
    assert {one["problem_id"] for one in rows_of(out / "pairs.jsonl")} == set(list(SENT)[:5])


def test_a_card_tells_its_first_rows(built: Path) -> None:
    card = json.loads(pie("dataset", "card", built / "tag.jsonl", "--limit", 2, "--json").stdout)
    assert (card["limit"], card["files"][0]["pairs"]) == (2, 2)


def test_an_index_answers_the_first_rows(built: Path, tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    made = tmp_path / "x.index"
    pairs = built / "pairs.jsonl"
    pie("index", "build", "--pairs", pairs, "--out", made, "--encoder", "tokens")
    asked = ("index", "search", made, "--pairs", pairs, "--k", 1, "--json")
    assert len(json.loads(pie(*asked, "--limit", 2).stdout)["results"]) == 2
    refused = CliRunner().invoke(app, ["index", "search", str(made), "--code", "x", "--limit", "2"])
    assert (refused.exit_code, "--pairs" in refused.stderr) == (2, True)


@pytest.mark.parametrize("kind", [(), ("--errors",), ("--by-length",)])
def test_a_report_is_of_the_first_rows_of_a_run(tmp_path: Path, kind: tuple[str, ...]) -> None:
    def told(folder: Path, rows: int, *words: object) -> dict[str, Any]:
        folder.mkdir()
        (folder / "manifest.json").write_text(json.dumps({**MANIFEST, "rows": rows}))
        row = {**ROW, "generated_answers": ["int main() {}"]}
        row["generations"] = [{"verdict": "accepted", "agg_runtime": 0.1}]
        lines = [{**row, "problem_id": f"p{n}"} for n in range(rows)]
        (folder / "pairs.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
        pairs = [{"kind": "pair", "row": n, "problem_id": f"p{n}", "role": "tgt",
                  "eligible": True, "suspicious": True} for n in range(rows)]  # fmt: skip
        (folder / "native.jsonl").write_text("".join(json.dumps(one) + "\n" for one in pairs))
        done = pie("report", folder, *kind, "--format", "json", *words)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    limited = told(tmp_path / "whole", 5, "--limit", 3)
    shorter = told(tmp_path / "short", 3)
    if not kind:
        assert "only the first 3 of 5 rows" in limited["notes"]
        limited["notes"].remove("only the first 3 of 5 rows")
    assert limited == shorter


def test_preferences_are_of_the_first_rows_of_a_run(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "manifest.json").write_text(json.dumps(MANIFEST))
    row = {**ROW, "generated_answers": ["int main() {}", "int main() { return 0; }"]}
    row["generations"] = [{"verdict": "accepted", "agg_runtime": one} for one in (0.1, 0.5)]
    lines = [{**row, "problem_id": f"p{n}"} for n in range(4)]
    (run / "pairs.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    out = tmp_path / "preferences.jsonl"
    pie("finetune", "preferences", run, "-o", out, "--format", "plain", "--limit", 3)
    assert [one["problem_id"] for one in rows_of(out)] == ["p0", "p1", "p2"]


def test_a_calibration_and_a_check_plan_the_first_rows(built: Path) -> None:
    tests = built / "codenet" / "derived" / "input_output" / "data"
    words = ("--pairs", built / "pairs.jsonl", "--testcases", tests, "--reference", "counts")
    done = pie("calibrate", *words, "--machine", "skylake", "--limit", 2, "--dry-run")
    assert done.stdout == ""
    assert "of 2 rows to judge and measure on skylake and counts" in done.stderr


def test_a_merge_takes_the_first_rows_of_each_source(tmp_path: Path) -> None:
    def rows(name: str, score: int) -> Path:
        path = tmp_path / name
        about = {"prompt": "p", "completion": "c", "form": "plain", "format": "plain"}
        path.write_text("".join(json.dumps({**about, "at": [score, n]}) + "\n" for n in range(5)))
        return path

    out = tmp_path / "o.jsonl"
    pie("merge", rows("a.jsonl", 1), rows("b.jsonl", 2), "--out", out, "--limit", 2)
    assert [one["at"] for one in rows_of(out)] == [[1, 0], [1, 1], [2, 0], [2, 1]]
