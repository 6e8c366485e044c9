"""`pie index`: each source once, with its best target; neighbours are of other problems."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pie.cli.app import app
from pie.core.problem import InputError
from pie.core.prompting.examples import Example
from pie.flows.examples import open_examples
from retrieval import folder
from retrieval.encoders import weights

MAP = "#include <map>\nint main() { std::map<int, int> m; m[1]++; }"
MAP_TOO = "#include <map>\nint main() { std::map<int, int> seen; seen[7]++; seen[8]++; }"
VECTOR = "#include <vector>\nint main() { std::vector<int> v(9); v[1]++; }"
PRINT = '#include <cstdio>\nint main() { printf("%d", 1); }'


def row(problem: str, source: str, target: str, **more: Any) -> dict[str, Any]:
    return {"problem_id": problem, "src_code": source, "tgt_code": target, **more}


ROWS = [
    row("p1", MAP, VECTOR, src_id="s1", tgt_id="slower", speedup=2.0),
    row("p1", MAP.replace(" ", "  "), PRINT, src_id="s1", tgt_id="best", speedup=5.0),
    row("p2", MAP_TOO, PRINT, src_id="s2", tgt_id="t2", speedup=3.0),
    row("p3", PRINT, VECTOR, src_id="s3", tgt_id="t3"),
    row("p4", VECTOR, PRINT, src_id="s4", tgt_id="t4", speedup=0.9),
]


@pytest.fixture(autouse=True)
def no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "at_hand", lambda *_: False)


def pie(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    return write(tmp_path / "train.jsonl", ROWS)


@pytest.fixture
def index(tmp_path: Path, pairs: Path) -> Path:
    out = tmp_path / "train.index"
    done = pie("index", "build", "--pairs", pairs, "--out", out)
    assert done.exit_code == 0, done.output
    return out


def test_build_says_what_it_did_and_which_encoder_it_took(tmp_path: Path, pairs: Path) -> None:
    done = pie("index", "build", "--pairs", pairs, "--out", tmp_path / "x", "--json")
    assert done.exit_code == 0
    assert "no model is at hand: the embedded encoder `tokens` is used" in done.stderr
    assert "1 row left out: its target is not more than 1 times faster" in done.stderr
    assert "5 rows, 3 distinct sources to index" in done.stderr
    said = json.loads(done.stdout)
    assert (said["programs"], said["problems"], said["kind"]) == (3, 3, "exact")
    assert (said["encoder"], said["language"]) == ("tokens", "cpp")


def test_a_source_is_indexed_once_with_the_best_of_its_targets(index: Path) -> None:
    found = open_examples(index).nearest(MAP_TOO, 9, "p2")
    assert [(one.example.src_id, one.example.tgt_id) for one in found] == [
        ("s1", "best"),
        ("s3", "t3"),
    ]
    expected = Example("s3", "t3", "p3", PRINT, VECTOR, None, found[1].example.language)
    assert found[1].example == expected


def test_search_gives_the_nearest_of_other_problems(index: Path, tmp_path: Path) -> None:
    (tmp_path / "q.cpp").write_text(MAP_TOO + "\n")
    done = pie("index", "search", index, "--code", tmp_path / "q.cpp", "--k", "1", "--json")
    assert done.exit_code == 0
    (result,) = json.loads(done.stdout)["results"]
    assert result["query"] == "q.cpp"
    (near,) = result["neighbours"]
    assert (near["rank"], near["src_id"], near["tgt_code"]) == (1, "s1", PRINT)
    text = pie("index", "search", index, "--code", tmp_path / "q.cpp", "--k", "1").stdout
    assert "s1" in text
    assert "5.000" in text
    own = pie("index", "search", index, "--code", tmp_path / "q.cpp", "--k", "1", "--no-guard")
    assert "s2" in own.stdout


def test_every_row_of_a_pairs_file_is_a_query(index: Path, tmp_path: Path) -> None:
    asked = write(tmp_path / "test.jsonl", [*ROWS[2:4], {"problem_id": "p"}])
    done = pie("index", "search", index, "--pairs", asked, "--k", "2", "--json")
    assert f"{asked}:3: left out: the field src_code is missing" in done.stderr
    results = json.loads(done.stdout)["results"]
    assert [one["query"] for one in results] == ["s2", "s3"]
    for one in results:
        assert one["problem_id"] not in {near["problem_id"] for near in one["neighbours"]}


def test_more_neighbours_than_there_are_is_no_error_and_is_said(index: Path, pairs: Path) -> None:
    done = pie("index", "search", index, "--pairs", pairs, "--k", "50", "--json")
    assert done.exit_code == 0
    assert "too few programs of other problems for k = 50: 5 of 5 queries got fewer" in done.stderr
    assert len(json.loads(done.stdout)["results"][0]["neighbours"]) == 2


def test_stats_describe_an_index(index: Path) -> None:
    said = json.loads(pie("index", "stats", index, "--json").stdout)
    assert (said["programs"], said["largest_problem"], said["rows"]) == (3, 1, 5)
    assert "tokens" in pie("index", "stats", index).stdout


def sentence(done: Result) -> str:
    assert done.exit_code == 1, done.output
    assert "Traceback" not in done.output
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("pie: ")
    return last


def test_what_is_wrong_is_one_sentence(index: Path, pairs: Path, tmp_path: Path) -> None:
    (tmp_path / "q.cpp").write_text(MAP)
    (tmp_path / "empty.cpp").write_text(" \n")
    build = ("index", "build", "--pairs")
    search = ("index", "search")
    code = ("--code", tmp_path / "q.cpp")
    assert "holds an index already" in sentence(pie(*build, pairs, "--out", index))
    assert "holds no index" in sentence(pie(*search, tmp_path, *code))
    assert "empty.cpp is empty" in sentence(pie(*search, index, "--code", tmp_path / "empty.cpp"))
    assert "was built by the encoder tokens, not by codebert-cpp" in sentence(
        pie(*search, index, *code, "--encoder", "codebert-cpp")
    )
    none = write(tmp_path / "none.jsonl", [{"input": "x", "target": "y"}] * 3)
    out = ("--out", tmp_path / "new")
    assert "line 1: the field src_code is missing (and 2 more lines)" in sentence(
        pie(*build, none, *out)
    )
    assert "line 1: the field src_code is missing" in sentence(pie(*search, index, "--pairs", none))
    assert "does not exist" in sentence(pie(*build, tmp_path / "nowhere.jsonl", *out))
    assert "the file has no rows" in sentence(pie(*build, write(tmp_path / "0", []), *out))
    slow = write(tmp_path / "slow.jsonl", ROWS[4:])
    assert "of 1 row its target is not more than" in sentence(pie(*build, slow, *out))
    assert "at least 9,984 programs" in sentence(pie(*build, pairs, *out, "--kind", "ivfpq"))
    assert "holds no model" in sentence(pie(*build, pairs, *out, "--encoder", tmp_path))
    assert ":6: the line is not JSON" in sentence(
        pie(*build, broken(tmp_path, pairs), *out, "--strict")
    )
    assert not (tmp_path / "new").exists()
    (index / "vectors.faiss").write_bytes(b"")
    for done in (pie(*search, index, *code), pie("index", "stats", index)):
        assert "is damaged: it has 0 bytes" in sentence(done)


def broken(tmp_path: Path, pairs: Path) -> Path:
    file = tmp_path / "broken.jsonl"
    file.write_text(pairs.read_text() + "{\n")
    return file


def test_a_line_that_cannot_be_used_is_told_and_left_out(pairs: Path, tmp_path: Path) -> None:
    done = pie("index", "build", "--pairs", broken(tmp_path, pairs), "--out", tmp_path / "x")
    assert done.exit_code == 0
    assert "broken.jsonl:6: left out: the line is not JSON" in done.stderr


def test_an_index_is_of_one_language(tmp_path: Path, pairs: Path) -> None:
    both = write(
        tmp_path / "both.jsonl", [*ROWS, row("q", "print(1)", "print(2)", language="python")]
    )
    out = ("--out", tmp_path / "x")
    assert "has programs in cpp and python" in sentence(
        pie("index", "build", "--pairs", both, *out)
    )
    done = pie("index", "build", "--pairs", both, *out, "--language", "python", "--json")
    assert json.loads(done.stdout)["programs"] == 1
    assert "4 rows left out: it is not python" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--code", "x", "--pairs", "y"),
        ("--code", "x", "--k", "0"),
        ("--pairs", "y", "--problem", "p"),
    ],
)
def test_a_wrong_use_is_2(words: tuple[str, ...], index: Path) -> None:
    assert pie("index", "search", index, *words).exit_code == 2


def test_what_was_kept_by_another_program_is_one_sentence(index: Path) -> None:
    file = index / folder.PAYLOADS
    file.write_text(file.read_text().replace("5.0", '"fast"'))
    manifest = json.loads((index / folder.MANIFEST).read_text())
    kept = {name: manifest[name] for name in manifest if name not in ("digest", "files", "format")}
    folder.write_manifest(index, kept)
    code = index.parent / "slow.cpp"
    code.write_text(MAP_TOO)
    found = pie("index", "search", index, "--code", code)
    assert (found.exit_code, found.stdout) == (1, "")
    assert "was not built from pairs" in found.stderr


def test_missing_weights_for_reranking_name_the_options_of_reranking(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    def nobody(*_: object, **__: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", nobody)
    code = index.parent / "slow.cpp"
    code.write_text(MAP_TOO)
    found = pie("index", "search", index, "--code", code, "--rerank", "f1")
    assert found.exit_code == 1
    assert "with --rerank-model, or leave out --rerank" in found.stderr
    assert "--encoder" not in found.stderr


def test_pies_own_setting_has_one_name_and_the_first_rows_are_enough(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pie.flows import index as flow

    asked: list[flow.BuildRequest] = []
    read = flow.read_sources

    def noted(request: flow.BuildRequest) -> flow.Sources:
        asked.append(request)
        return read(request)

    monkeypatch.setattr(flow, "read_sources", noted)
    monkeypatch.setattr(flow, "build", lambda *_: (_ for _ in ()).throw(InputError("stop")))
    for encoder in ("pie", "codebert-cpp"):
        pie("index", "build", "--pairs", pairs, "--out", tmp_path / "i", "--encoder", encoder,
            "--limit", 1)  # fmt: skip
    assert [(one.encoder, one.truncate) for one in asked] == [
        ("codebert-cpp", True),
        ("codebert-cpp", False),
    ]
    assert read(asked[0]).rows == 1
