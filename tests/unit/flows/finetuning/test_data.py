import json
from pathlib import Path
from typing import Any

import pytest

from finetune.rows import read_rows
from pie.core.problem import InputError
from pie.core.prompting.prompts import Form, Strategy, render
from pie.core.training.formats import Format
from pie.flows.finetuning.data import Request, run
from sim.program import Language, Program

TAG = "target_reward_updated_pct_bin"


def pair(number: int, **more: Any) -> dict[str, Any]:
    return {
        "problem_id": f"p{number % 3}",
        "user_id": "u",
        "src_id": f"s{number}",
        "tgt_id": f"t{number}",
        "src_code": f"int slow{number};",
        "tgt_code": f"int fast{number};",
        "src_agg_runtime": 10.0 + number,
        "tgt_agg_runtime": 1.0 + number / 100,
        TAG: 1 + number % 10,
        "tests": [0, 1],
        **more,
    }


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    return write(tmp_path / "pairs.jsonl", [pair(number) for number in range(20)])


def rows(request: Request) -> list[dict[str, Any]]:
    run(request)
    return [json.loads(line) for line in request.out.read_text().splitlines()]


def test_a_row_is_the_sampling_prompt_and_the_whole_target(pairs: Path, tmp_path: Path) -> None:
    found = rows(Request(pairs, tmp_path / "o.jsonl"))
    assert len(found) == 20
    assert found[3]["prompt"] == render(Strategy.FINETUNED, Form.PLAIN, "int slow3;").text
    assert found[3]["completion"] == "int fast3;"
    assert found[3]["src_id"] == "s3"


def test_training_shows_the_targets_score_and_sampling_asks_for_ten(
    pairs: Path, tmp_path: Path
) -> None:
    scored = rows(Request(pairs, tmp_path / "o.jsonl", Format.PERF_CONDITIONED))
    assert [row["score"] for row in scored[:11]] == [*range(1, 11), 1]
    assert "4/10" in scored[3]["prompt"]
    assert "10/10" not in scored[3]["prompt"]
    asked = rows(Request(pairs, tmp_path / "o.jsonl", Format.PERF_CONDITIONED, sampling=True))
    assert {row["score"] for row in asked} == {10}
    assert all("10/10" in row["prompt"] and "completion" not in row for row in asked)


def test_other_scores_and_mixtures_are_asked_for_on_request(pairs: Path, tmp_path: Path) -> None:
    mixed = (10, 9, 8)
    asked = rows(
        Request(pairs, tmp_path / "o.jsonl", Format.PERF_CONDITIONED, tags=mixed, sampling=True)
    )
    assert [row["score"] for row in asked[:4]] == [10, 9, 8, 10]
    assert len(asked) == 60
    kept = rows(Request(pairs, tmp_path / "o.jsonl", Format.PERF_CONDITIONED, tags=mixed))
    assert sorted(row["score"] for row in kept) == [8, 8, 9, 9, 10, 10]


def test_a_score_outside_1_to_10_is_left_out_and_told(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [pair(0), pair(1, **{TAG: 11})])
    manifest = run(Request(path, tmp_path / "o.jsonl", Format.PERF_CONDITIONED))
    assert manifest["counts"][0]["left_out"] == {"tag_outside_1_to_10": 1}
    assert "line 2" in (tmp_path / "o.jsonl.left_out.jsonl").read_text()


def test_a_row_without_its_score_is_counted_and_only_where_none_has_one_it_is_an_error(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "p.jsonl", [pair(0), pair(1, **{TAG: None})])
    manifest = run(Request(path, tmp_path / "o.jsonl", Format.PERF_CONDITIONED))
    assert manifest["counts"][0]["left_out"] == {"no_tag": 1}
    bare = write(tmp_path / "bare.jsonl", [pair(1, **{TAG: None})])
    with pytest.raises(InputError, match=r"1 no_tag.*`pie dataset tag`"):
        run(Request(bare, tmp_path / "o.jsonl", Format.PERF_CONDITIONED))


def test_rows_to_ask_are_pairs_that_hold_their_prompt(pairs: Path, tmp_path: Path) -> None:
    tags = (10, 9, 8)
    asked = Request(pairs, tmp_path / "o.jsonl", Format.PERF_CONDITIONED, tags, sampling=True)
    found = rows(asked)
    prompt = render(Strategy.PERF_CONDITIONED, Form.PLAIN, "int slow0;", score=9)
    assert found[1]["prompt"] == prompt.text
    assert (found[1]["form"], found[1]["stop"]) == ("plain", list(prompt.stop))
    kept = ("problem_id", "src_id", "tgt_id", "src_code", "tgt_code", "tests")
    assert {name: found[1][name] for name in kept} == {name: pair(0)[name] for name in kept}


def test_rows_in_chat_form_are_messages(pairs: Path, tmp_path: Path) -> None:
    found = rows(Request(pairs, tmp_path / "o.jsonl", form=Form.CHAT, limit=2))
    assert [row["src_id"] for row in found] == ["s0", "s1"]
    prompt = render(Strategy.FINETUNED, Form.CHAT, "int slow0;")
    assert found[0]["prompt"] == [{"role": m.role, "content": m.content} for m in prompt.messages]
    assert found[0]["completion"] == [{"role": "assistant", "content": "int fast0;"}]
    assert found[0]["form"] == "chat"
    with pytest.raises(InputError, match="--form says plain"):
        run(Request(pairs, tmp_path / "o.jsonl", form=Form.PLAIN, openai=True))


def test_hq_takes_the_highest_speedups_of_each_problem_and_self_play_is_added(
    pairs: Path, tmp_path: Path
) -> None:
    best = rows(Request(pairs, tmp_path / "o.jsonl", hq=True, per_problem=2))
    assert [row["src_id"] for row in best] == ["s14", "s15", "s16", "s17", "s18", "s19"]
    made = write(tmp_path / "self.jsonl", [pair(90, src_id="made", speedup=5.0)])
    both = rows(
        Request(pairs, tmp_path / "o.jsonl", hq=True, per_problem=2, size=3, self_play=made)
    )
    assert [row["src_id"] for row in both] == ["s17", "s18", "s19", "made"]


def test_long_rows_are_left_out_whole_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [pair(0), pair(1, tgt_code="x" * 9000), pair(2)])
    manifest = run(Request(path, tmp_path / "o.jsonl", max_tokens=2000))
    assert manifest["counts"][0] == {
        "unit": "rows", "in": 3, "out": 2, "left_out": {"too_long": 1}
    }  # fmt: skip
    assert "x" * 10 not in (tmp_path / "o.jsonl").read_text()


def test_a_row_without_a_completion_is_left_out_unless_it_is_only_asked(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [pair(0), pair(1, tgt_code="  ")])
    request = Request(path, tmp_path / "o.jsonl")
    assert run(request)["counts"][0]["left_out"] == {"no_completion": 1}
    with pytest.raises(InputError, match="no_completion"):
        run(Request(path, tmp_path / "o.jsonl", strict=True))
    assert len(rows(Request(path, tmp_path / "o.jsonl", sampling=True))) == 2


def test_a_target_that_was_judged_and_not_accepted_is_not_learned(tmp_path: Path) -> None:
    judged = ["accepted", "wrong_answer", "time_limit", None]
    path = write(tmp_path / "p.jsonl", [pair(n, tgt_verdict=one) for n, one in enumerate(judged)])
    request = Request(path, tmp_path / "o.jsonl")
    assert [row["src_id"] for row in rows(request)] == ["s0", "s3"]
    assert run(request)["counts"][0]["left_out"] == {"target_not_accepted": 2}
    asked = rows(Request(path, tmp_path / "asked.jsonl", sampling=True))
    assert len(asked) == 4, "asking shows no target"


def test_a_target_that_is_its_source_is_left_out_of_training_and_counted(tmp_path: Path) -> None:
    same = pair(1)["src_code"]
    path = write(tmp_path / "p.jsonl", [pair(0), pair(1, tgt_code=f"{same}\n")])
    request = Request(path, tmp_path / "o.jsonl")
    assert [row["src_id"] for row in rows(request)] == ["s0"]
    assert run(request)["counts"][0]["left_out"] == {"target_equals_source": 1}
    assert len(rows(Request(path, tmp_path / "asked.jsonl", sampling=True))) == 2


def test_half_a_character_in_a_target_is_left_out_as_no_training_could_read_it(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "p.jsonl", [pair(0), pair(1, tgt_code="int x; // \ud800")])
    out = tmp_path / "o.jsonl"
    assert run(Request(path, out))["counts"][0]["left_out"] == {"half_a_character": 1}
    assert len(list(read_rows(out))) == 1


@pytest.mark.parametrize("name", ["pairs.jsonl", "more.jsonl", "mine.jsonl"])
def test_neither_an_input_nor_somebody_elses_file_is_written_over(
    pairs: Path, tmp_path: Path, name: str
) -> None:
    more = write(tmp_path / "more.jsonl", [pair(1)])
    (tmp_path / "mine.jsonl").write_text("mine\n")
    before = (tmp_path / name).read_bytes()
    with pytest.raises(InputError, match="give another place with --out"):
        run(Request(pairs, tmp_path / name, self_play=more))
    assert (tmp_path / name).read_bytes() == before


def test_the_folder_of_the_output_is_made_and_a_name_of_no_kind_leaves_nothing(
    pairs: Path, tmp_path: Path
) -> None:
    assert len(rows(Request(pairs, tmp_path / "new/deep/o.jsonl"))) == 20
    with pytest.raises(InputError, match="must end in"):
        run(Request(pairs, tmp_path / "other/o.txt"))
    assert not (tmp_path / "other").exists()
    with pytest.raises(InputError, match="cannot be made"):
        run(Request(pairs, pairs / "o.jsonl"))


def test_execution_rows_show_the_first_tests_of_the_source(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [pair(0, tests=[5, 1, 3]), pair(1)])
    digest = Program(Language.CPP, "int slow0;").digest
    line = {"problem_id": "p0", "program": digest, "verdict": "accepted"}
    folder = tmp_path / "run"
    folder.mkdir()
    write(
        folder / "measurements.jsonl",
        [{**line, "test": str(test), "seconds": test / 8} for test in (1, 3, 5)],
    )
    request = Request(path, tmp_path / "o.jsonl", Format.ECCO_EXECUTION, run=folder, tests_shown=2)
    (row,) = rows(request)
    assert row["prompt"].index("Run time: 0.625 s") < row["prompt"].index("Run time: 0.125 s")
    assert "0.375" not in row["prompt"]
    assert run(request)["counts"][0]["left_out"] == {"source_not_in_the_run": 1}


def test_trajectory_rows_are_one_of_each_user_and_problem(tmp_path: Path) -> None:
    times = {"a": 9.0, "b": 6.0, "c": 3.0, "d": 1.0}
    made = [
        pair(
            0, src_id=slow, tgt_id=fast, src_code=slow, tgt_code=fast,
            src_agg_runtime=times[slow], tgt_agg_runtime=times[fast],
        )
        for slow, fast in (("a", "b"), ("c", "d"), ("b", "c"))
    ]  # fmt: skip
    alone, nobody = pair(1, user_id="v"), pair(2, user_id=None)
    blank = {**made[1], "tgt_code": " \n"}  # under the name of the fastest one
    path = write(tmp_path / "p.jsonl", [*made, blank, alone, nobody])
    request = Request(path, tmp_path / "o.jsonl", Format.ECCO_TRAJECTORY)
    (row,) = rows(request)
    assert (row["steps"], row["completion"], row["user_id"]) == (["a", "b", "c"], "d", "u")
    manifest = run(request)
    assert [one["left_out"] for one in manifest["counts"]] == [
        {"no_program": 1, "no_user_id": 1},
        {"fewer_than_three_programs": 1},
    ]


def test_chat_rows_are_what_the_service_takes(pairs: Path, tmp_path: Path) -> None:
    request = Request(pairs, tmp_path / "o.jsonl", openai=True)
    found = rows(request)
    assert set(found[0]) == {"messages"}
    assert run(request)["examples"] == 20


@pytest.mark.parametrize(
    ("request_of", "said"),
    [
        ({"tags": (9,)}, "shows no tag"),
        ({"openai": True, "sampling": True}, "give one of the two"),
        ({"format": Format.ECCO_EXECUTION}, "give --run"),
        ({"run": Path("r")}, "give --run"),
    ],
)
def test_options_that_do_not_go_together_are_told(
    pairs: Path, tmp_path: Path, request_of: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        run(Request(pairs, tmp_path / "o.jsonl", **request_of))


def test_no_row_left_names_the_reasons_and_writes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [pair(0, tgt_code="")])
    with pytest.raises(InputError, match="1 no_completion"):
        run(Request(path, tmp_path / "o.jsonl"))
    assert not (tmp_path / "o.jsonl").exists()
    assert "no_completion" in (tmp_path / "o.jsonl.left_out.jsonl").read_text()
