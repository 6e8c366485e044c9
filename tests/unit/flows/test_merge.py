import json
from pathlib import Path
from typing import Any

import pytest

from pie.core.problem import InputError
from pie.flows.merge import Kind, merge


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def row(pair: int, score: int = 10, seeds: tuple[int, ...] = (0, 1), **more: Any) -> dict[str, Any]:
    samples = [{"found": "fenced", "seed": seed} for seed in seeds]
    about = {"model": "m", "strategy": "perf-conditioned", "prompt_sha": f"{pair}/{score}"}
    return {
        "problem_id": f"p{pair}", "src_id": f"s{pair}", "tgt_id": "t", "src_code": f"int a{pair};",
        "tgt_code": "int b;", "tests": [0], "score": score, "prompt": f"to {score}/10",
        "generated_answers": [f"int c{score}{seed};" for seed in seeds],
        "sampling": {**about, "samples": samples}, **more,
    }  # fmt: skip


def sampled(folder: Path, rows: list[dict[str, Any]], **setting: Any) -> Path:
    chosen = {"model": {"name": "m"}, "score": 10, "sampling": {"temperature": 0.7, "seed": 0}}
    manifest = {"kind": "generations", "setting": {**chosen, **setting}}
    write(folder / "generations.jsonl", rows)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_a_mixture_of_tags_is_one_row_a_pair_from_one_file_and_from_runs(tmp_path: Path) -> None:
    tags = (10, 9, 8)
    whole = write(tmp_path / "all.jsonl", [row(pair, tag) for pair in (1, 2) for tag in tags])
    runs = [
        sampled(tmp_path / f"run{tag}", [row(pair, tag) for pair in (1, 2)], score=tag)
        for tag in tags
    ]
    one = merge([whole], tmp_path / "one.jsonl")
    several = merge(runs, tmp_path / "several.jsonl")
    assert (one.kind, several.kind) == (Kind.GENERATIONS, Kind.SAMPLED)
    assert (one.rows, one.joined) == (several.rows, several.joined) == (2, 4)
    made = read(tmp_path / "one.jsonl")
    assert made == read(tmp_path / "several.jsonl")
    assert made[1]["generated_answers"] == [f"int c{tag}{seed};" for tag in tags for seed in (0, 1)]
    assert [one["score"] for one in made[1]["sampling"]["samples"]] == [10, 10, 9, 9, 8, 8]
    assert "prompt" not in made[1], "no single one was asked"


def test_shards_are_put_together(tmp_path: Path) -> None:
    shards = [write(tmp_path / f"{at}.jsonl", [row(at), row(at + 10)]) for at in range(3)]
    merged = merge(shards, tmp_path / "o.jsonl")
    assert (merged.rows, merged.joined) == (6, 0)
    assert [one["src_id"] for one in read(tmp_path / "o.jsonl")] == [
        "s0", "s10", "s1", "s11", "s2", "s12"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"model": {"name": "n"}}, "setting.model.name: m against n"),
        ({"sampling": {"temperature": 0.2, "seed": 0}}, "setting.sampling.temperature: "),
        ({"room": 3}, "setting.room: "),
    ],
)
def test_runs_of_another_setting_are_refused_by_the_entry(
    tmp_path: Path, setting: dict[str, Any], told: str
) -> None:
    runs = [sampled(tmp_path / "a", [row(1)]), sampled(tmp_path / "b", [row(2)], **setting)]
    with pytest.raises(InputError, match=rf"cannot be joined: {told}"):
        merge(runs, tmp_path / "o.jsonl")
    assert not (tmp_path / "o.jsonl").exists()


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (row(1), "seed 0 to the same prompt .* would count twice"),
        (row(1, 9, tests=[1]), "tests differs"),
        (row(1, 9, measured_on="other"), "measured_on differs"),
        (row(2, seeds=(0,)), "has 1 answers and others 2"),
        (row(1, 9) | {"sampling": None}, "says how it was sampled"),
        (row(1, 9, seeds=(0, 1)) | {"generated_answers": ["x"]}, "tells of another number"),
    ],
)
def test_what_would_falsify_best_at_k_is_refused(
    tmp_path: Path, second: dict[str, Any], told: str
) -> None:
    files = [write(tmp_path / "a.jsonl", [row(1)]), write(tmp_path / "b.jsonl", [second])]
    with pytest.raises(InputError, match=told):
        merge(files, tmp_path / "o.jsonl")
    assert not (tmp_path / "o.jsonl").exists()


def measured(folder: Path, rows: list[dict[str, Any]], fingerprint: str = "f") -> Path:
    machine = {"name": "skylake", "deterministic": True, "fingerprint": fingerprint}
    manifest = {
        "schema_version": 1, "status": "finished", "toolkit_version": "0", "machine": machine,
        "pairs_file": "x", "pairs_sha256": folder.name, "tests_digest": "d", "testcases": None,
        "rows": len(rows), "rows_left_out": 0, "programs": 2, "runs": 2, "jobs": 1,
        "setting": {"machine": fingerprint},
    }  # fmt: skip
    write(folder / "pairs.jsonl", rows)
    write(
        folder / "measurements.jsonl",
        [{"program": name, "counters": {}} for name in (folder.name, "shared")],
    )
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def results(pair: int, score: int, seconds: float, **more: Any) -> dict[str, Any]:
    generation = {"agg_runtime": seconds, "verdict": "accepted", "tests_passed": 1, "tests": 1}
    judged = {
        "src_agg_runtime": 8.0, "src_verdict": "accepted", "tgt_agg_runtime": 4.0,
        "tgt_verdict": "accepted", "measured_on": "skylake:f", "generations": [generation],
    }  # fmt: skip
    return row(pair, score, seeds=(0,), **judged, **more)


def test_measured_runs_become_a_run_that_is_reported_on(tmp_path: Path) -> None:
    from pie.core.report.report import read_report

    runs = [
        measured(tmp_path / "ten", [results(1, 10, 8.0), results(2, 10, 2.0)]),
        measured(tmp_path / "nine", [results(1, 9, 1.0), results(2, 9, 4.0)]),
    ]
    merged = merge(runs, tmp_path / "out")
    assert (merged.kind, merged.rows, merged.joined) == (Kind.MEASURED, 2, 2)
    report = read_report(tmp_path / "out")
    best = [one.speedup.value for one in report.best_at if one.speedup is not None]
    assert best == [2.5, 6.0], "of 8/8 and 8/2, then of 8/1 and 8/2"
    assert len(read(tmp_path / "out/measurements.jsonl")) == 3
    assert json.loads((tmp_path / "out/manifest.json").read_text())["status"] == "finished"


def test_of_measured_runs_and_answers_the_first_rows_are_taken(tmp_path: Path) -> None:
    runs = [
        measured(tmp_path / "a", [results(1, 10, 8.0), results(2, 10, 2.0)]),
        measured(tmp_path / "b", [results(1, 9, 1.0), results(2, 9, 4.0)]),
    ]
    assert merge(runs, tmp_path / "out", 1).rows == 1
    assert json.loads((tmp_path / "out/manifest.json").read_text())["rows"] == 1
    files = [write(tmp_path / f"{n}.jsonl", [row(1, n), row(2, n)]) for n in (9, 10)]
    merged = merge(files, tmp_path / "o.jsonl", 1)
    assert (merged.rows, merged.joined) == (1, 1)
    manifest = json.loads((tmp_path / "o.jsonl.manifest.json").read_text())
    assert manifest["parameters"] == {"limit": 1}


def test_measured_runs_of_another_machine_are_refused(tmp_path: Path) -> None:
    runs = [
        measured(tmp_path / "a", [results(1, 10, 8.0)]),
        measured(tmp_path / "b", [results(2, 10, 8.0)], fingerprint="g"),
    ]
    with pytest.raises(InputError, match=r"setting.machine: f against g; make"):
        merge(runs, tmp_path / "out")


def test_shards_with_other_tests_and_languages_become_one_run(tmp_path: Path) -> None:
    toolchains = ({"cpp": {"flags": "-O3"}}, {"python": {"start": "s"}})
    runs = []
    for number, toolchain in enumerate(toolchains, start=1):
        run = measured(tmp_path / str(number), [results(number, 10, 8.0)])
        manifest = json.loads((run / "manifest.json").read_text())
        manifest["setting"]["toolchain"] = toolchain
        manifest["tests_digest"] = str(number)
        (run / "manifest.json").write_text(json.dumps(manifest))
        runs.append(run)
    assert merge(runs, tmp_path / "out").rows == 2
    made = json.loads((tmp_path / "out/manifest.json").read_text())
    assert made["setting"]["toolchain"] == toolchains[0] | toolchains[1]
    manifest["pairs_sha256"] = json.loads((runs[0] / "manifest.json").read_text())["pairs_sha256"]
    (runs[1] / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="tests_digest: 1 against 2"):
        merge(runs, tmp_path / "again")


def test_each_sample_of_a_mixture_names_the_score_that_it_was_asked_for(tmp_path: Path) -> None:
    """Of rows that hold their prompts by the row, of runs with --score by how they were sampled."""
    held = write(tmp_path / "held.jsonl", [row(1, tag) for tag in (10, 9)])
    runs = []
    for tag in (10, 9):
        one = row(1, tag)
        one["sampling"]["score"] = one.pop("score")
        runs.append(sampled(tmp_path / f"run{tag}", [one], score=tag))
    for sources in ([held], runs):
        out = tmp_path / f"{len(sources)}.jsonl"
        merge(sources, out)
        (joined,) = read(out)
        scores = [one["score"] for one in joined["sampling"]["samples"]]
        assert scores == [10] * (len(scores) // 2) + [9] * (len(scores) // 2)
        assert "score" not in joined["sampling"]


def test_answers_are_kept_once_and_contradictions_refused(tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", [{"key": "00", "text": "x"}, {"key": "01", "text": "y"}])
    second = write(tmp_path / "b.jsonl", [{"key": "01", "text": "y"}, {"key": "02", "text": "z"}])
    merged = merge([first, second], tmp_path / "o.jsonl")
    assert (merged.kind, merged.rows) == (Kind.ANSWERS, 3)
    third = write(tmp_path / "c.jsonl", [{"key": "01", "text": "other"}])
    with pytest.raises(InputError, match=r"line 1 answers what .*a.jsonl, line 2 answers"):
        merge([first, third], tmp_path / "p.jsonl")


def test_training_rows_of_one_form_and_format_only(tmp_path: Path) -> None:
    plain = {"prompt": "p", "completion": "c", "form": "plain", "format": "plain"}
    files = [write(tmp_path / f"{at}.jsonl", [plain]) for at in range(2)]
    assert merge(files, tmp_path / "o.jsonl").rows == 2
    chat = {"prompt": [{"role": "user", "content": "p"}], "completion": "c", "form": "chat"}
    for other in (chat, {**plain, "format": "ecco"}):
        odd = write(tmp_path / "odd.jsonl", [other])
        with pytest.raises(InputError, match="one form and format"):
            merge([files[0], odd], tmp_path / "q.jsonl")


def test_what_is_named_twice_would_count_twice(tmp_path: Path) -> None:
    training = write(tmp_path / "a.jsonl", [{"prompt": "p", "completion": "c"}])
    again = tmp_path / "." / "b" / ".." / "a.jsonl"
    (tmp_path / "b").mkdir()
    run = measured(tmp_path / "ten", [results(1, 10, 8.0, sampling={})])
    for sources in ([training, again], [run, run]):
        with pytest.raises(InputError, match="named twice"):
            merge(sources, tmp_path / "o")
    assert not (tmp_path / "o").exists()


def test_kinds_are_not_mixed_and_strange_files_told(tmp_path: Path) -> None:
    rows = write(tmp_path / "a.jsonl", [row(1)])
    training = write(tmp_path / "b.jsonl", [{"prompt": "p", "completion": "c"}])
    with pytest.raises(InputError, match=r"rows with answers and .* training rows"):
        merge([rows, training], tmp_path / "o.jsonl")
    strange = write(tmp_path / "c.jsonl", [{"src_code": "x"}])
    with pytest.raises(InputError, match="neither answers nor training rows"):
        merge([strange], tmp_path / "o.jsonl")
    with pytest.raises(InputError, match="one of the sources"):
        merge([rows], rows)
