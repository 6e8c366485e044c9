"""From measured submissions to pairs, tags, parts and the best: exact, with every row accounted."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tree_sitter_cpp")

from pie.core.dataset.improvement_pairs import Rules
from pie.core.dataset.score_tag import FIELD
from pie.core.dataset.split import Split
from pie.core.dataset.table import read
from pie.core.problem import InputError
from pie.core.rows import parse_row
from pie.flows.dataset import card, hq, pairs, split, tag
from tests.unit.flows.dataset.codenet import looping, rows_of


def program(seed: int) -> str:
    """A program that is like no other of another seed."""
    lines = "".join(f"v{seed}_{n} = f{seed}({n * seed});\n" for n in range(20))
    return f"int main() {{\n{lines}}}\n"


def measured(
    name: str, user: str, date: int, cycles: int | None, code: str, problem: str = "p1", **more: Any
) -> dict[str, Any]:
    return {
        "problem_id": problem,
        "user_id": user,
        "submission_id": name,
        "date": date,
        "language": "cpp",
        "code": code,
        "cpu_time_ms": None,
        "detail": "",
        "verdict": "accepted" if cycles else "wrong_answer",
        "agg_runtime": cycles / 3.5e9 if cycles else None,
        "cycles": cycles,
        "tests": [0, 1],
        "measured_on": "cachegrind:f00d",
        **more,
    }


ROWS = [
    measured("s1", "u1", 1, 10_000, program(1)),
    measured("s2", "u1", 2, 9_500, program(2)),
    measured("s3", "u1", 3, None, program(3)),
    measured("s4", "u1", 4, 1_000, program(4)),
    measured("s5", "u2", 1, 8_000, program(1) + "// mine"),
    measured("s6", "u2", 2, 900, program(4).replace("v4_0", "w")),
    measured("s7", "u2", 3, 500, program(7) + " " * 100_000),
    measured("t1", "u1", 1, 7_000, looping(7), "p2"),
    measured("t2", "u1", 2, 700, looping(7, "the same tokens"), "p2"),
]


def tick(_number: int, _of: str) -> None:
    pass


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "measured.jsonl", ROWS)


def make(source: Path, out: Path, **rules: Any) -> dict[str, Any]:
    return pairs.run(pairs.Request(source, out, Rules(longest=1000, **rules)), tick)


def test_exactly_the_expected_pairs_come_out(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs.jsonl"
    manifest = make(source, out)
    rows = rows_of(out)
    # s5 to s6 is nearly s1 to s4, and gains less; t1 and t2 are one program.
    assert [(row["src_id"], row["tgt_id"]) for row in rows] == [("s1", "s4"), ("s2", "s4")]
    programs, candidates = manifest["counts"]
    assert programs == {
        "unit": "programs",
        "in": 9,
        "out": 7,
        "left_out": {"too_long": 1, "wrong_answer": 1},
    }
    assert candidates == {
        "unit": "pairs",
        "in": 5,
        "out": 2,
        "left_out": {"near_duplicate": 1, "no_improvement": 1, "same_program": 1},
    }
    assert manifest["measured_on"] == ["cachegrind:f00d"]


def test_a_pair_is_a_row_of_pie(source: Path, tmp_path: Path) -> None:
    make(source, tmp_path / "pairs.jsonl")
    line = (tmp_path / "pairs.jsonl").read_bytes().splitlines()[0]
    row = json.loads(line)
    assert parse_row(line).tests == (0, 1)
    assert row["speedup"] == 10.0
    assert row["src_agg_runtime"] == 10_000 / 3.5e9
    assert row["fastest_id"] == "s7", "also a program that is too long for a pair"
    assert row["fastest_agg_runtime"] == 500 / 3.5e9
    assert row["target_reward"] == 0.5
    assert (row["user_id"], row["problem_id"], row["language"]) == ("u1", "p1", "cpp")


def test_without_the_rule_near_duplicates_stay(source: Path, tmp_path: Path) -> None:
    make(source, tmp_path / "pairs.jsonl", near_duplicate=1.0)
    names = [(row["src_id"], row["tgt_id"]) for row in rows_of(tmp_path / "pairs.jsonl")]
    assert names == [("s1", "s4"), ("s2", "s4"), ("s5", "s6")]


def test_the_length_limit_is_a_percentile_of_accepted_programs(
    source: Path, tmp_path: Path
) -> None:
    request = pairs.Request(source, tmp_path / "pairs.jsonl", Rules(), percentile=80)
    manifest = pairs.run(request, tick)
    assert manifest["longest_kept"] == len(ROWS[4]["code"])
    assert manifest["counts"][0]["left_out"]["too_long"] == 1


@pytest.mark.parametrize("change", [{"measured_on": "gem5:1"}, {"tests": [0]}])
def test_runtimes_that_do_not_compare_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    source = write(tmp_path / "m.jsonl", [ROWS[0], {**ROWS[1], **change}])
    with pytest.raises(InputError, match="p1 differ in"):
        make(source, tmp_path / "pairs.jsonl")


def test_a_file_of_another_step_is_one_sentence(tmp_path: Path) -> None:
    wrong = {
        "the column cycles is missing": [{k: v for k, v in ROWS[0].items() if k != "cycles"}],
        "rows of p1 are not together": [ROWS[0], ROWS[7], ROWS[1]],
        "without a proper runtime": [{**ROWS[0], "agg_runtime": None, "cycles": None}],
    }
    for what, rows in wrong.items():
        with pytest.raises(InputError, match=what):
            make(write(tmp_path / "m.jsonl", rows), tmp_path / "pairs.jsonl")


def test_the_fastest_of_each_problem(tmp_path: Path) -> None:
    rows = [*ROWS, measured("x", "u", 1, None, "x", "p3")]
    source = write(tmp_path / "m.jsonl", rows)
    out = tmp_path / "fastest.jsonl"
    manifest = pairs.fastest(pairs.FastestRequest(source, out), tick)
    found = {row["problem_id"]: (row["fastest_id"], row["solutions"]) for row in rows_of(out)}
    assert found == {"p1": ("s7", 6), "p2": ("t2", 2)}
    assert manifest["counts"][0]["left_out"] == {"no_accepted_program": 1}


def test_targets_are_tagged_among_all_solutions(source: Path, tmp_path: Path) -> None:
    make(source, tmp_path / "pairs.jsonl")
    extra = {**rows_of(tmp_path / "pairs.jsonl")[0], "problem_id": "p9"}
    other = {**rows_of(tmp_path / "pairs.jsonl")[0], "measured_on": "gem5:1"}
    with (tmp_path / "pairs.jsonl").open("a") as file:
        file.write(json.dumps(extra) + "\n" + json.dumps(other) + "\nbroken\n")
    out = tmp_path / "tagged.jsonl"
    manifest = tag.run(tag.Request(tmp_path / "pairs.jsonl", source, out), tick)
    # s7 (500) and s6 (900) are faster than s4 (1000) of six: the third, 10 - floor(20 / 6).
    assert [row[FIELD] for row in rows_of(out)] == [7, 7]
    assert manifest["counts"][0]["left_out"] == {
        "broken_row": 1,
        "measured_on_another_machine": 1,
        "no_solutions_of_its_problem": 1,
    }


def pair(problem: str, src: str, tgt: str, speedup: float = 2.0) -> dict[str, Any]:
    return {
        "problem_id": problem,
        "src_id": f"{problem}a",
        "tgt_id": f"{problem}b",
        "src_code": src,
        "tgt_code": tgt,
        "speedup": speedup,
        "tests": [0],
    }


def published(tmp_path: Path) -> dict[str, Path]:
    for part in ("train", "val", "test"):
        (tmp_path / f"{part}.txt").write_text(f"{part}1\n{part}2\n")
    return {part: tmp_path / f"{part}.txt" for part in ("train", "val", "test")}


def divide(tmp_path: Path, rows: list[dict[str, Any]], how: split.NearDuplicates) -> dict[str, Any]:
    source = write(tmp_path / "rows.jsonl", rows)
    request = split.Request(source, tmp_path / "parts", Split(), published(tmp_path), None, how)
    return split.run(request, tick)


@pytest.mark.parametrize("how", ["count", "remove", "ignore"])
def test_no_problem_and_on_request_no_near_duplicate_is_in_two_parts(
    tmp_path: Path, how: split.NearDuplicates
) -> None:
    rows = [
        pair("train1", program(1), program(2)),
        pair("train2", program(3), program(4)),
        pair("val1", program(5), program(2).replace("v2_1 =", "w =")),
        pair("val2", program(6), program(7)),
        pair("test1", program(7) + "// copied", program(8)),
        pair("other", program(9), program(10)),
    ]
    manifest = divide(tmp_path, rows, how)
    parts = {
        part: [row["problem_id"] for row in rows_of(tmp_path / "parts" / f"{part}.jsonl")]
        for part in ("train", "val", "test")
    }
    removed = how == "remove"
    assert parts == {
        "train": ["train2"] if removed else ["train1", "train2"],
        "val": ["val1"] if removed else ["val1", "val2"],
        "test": ["test1"],
    }
    found = {"train_near_val": 1, "val_near_test": 1}
    assert manifest["near_duplicates"] == (None if how == "ignore" else found)
    lost = {"not_in_the_published_split": 1, **(found if removed else {})}
    assert manifest["counts"][0]["left_out"] == lost


def test_the_best_pairs_are_chosen_in_the_order_of_the_file(tmp_path: Path) -> None:
    rows = [pair("p1", "a", "b", speedup) for speedup in (1.5, 9.0, 2.0)]
    rows += [pair("p2", "a", "b", 1.2), {**pair("p2", "a", "b"), "speedup": None}]
    source = write(tmp_path / "rows.jsonl", rows)
    out = tmp_path / "hq.jsonl"
    manifest = hq.run(hq.Request(source, out, per_problem=2))
    assert [row["speedup"] for row in rows_of(out)] == [9.0, 2.0, 1.2]
    assert manifest["counts"][0]["left_out"] == {"no_speedup": 1, "not_among_the_best": 1}
    assert manifest["problems"] == 2
    asked = hq.Request(source, out, per_problem=2, least_speedup=1.3, size=1)
    (counts,) = hq.run(asked)["counts"]
    told = rows_of(tmp_path / "hq.jsonl.left_out.jsonl")
    assert told == [
        {"place": "line 1", "problem_id": "p1", "reason": "not_among_the_best"},
        {"place": "line 3", "problem_id": "p1", "reason": "over_the_size"},
        {"place": "line 4", "problem_id": "p2", "reason": "below_the_least_speedup"},
        {"place": "line 5", "problem_id": "p2", "reason": "no_speedup"},
    ]
    assert counts["left_out"] == dict.fromkeys(sorted(one["reason"] for one in told), 1)


def test_a_pairs_file_without_a_usable_row_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"problem_id": "p"}\n')
    with pytest.raises(InputError, match="no usable row"):
        hq.run(hq.Request(tmp_path / "rows.jsonl", tmp_path / "hq.jsonl"))


@pytest.mark.parametrize(
    ("name", "value"), [("problem_id", ["p1"]), ("problem_id", ""), ("src_id", {"a": 1})]
)
def test_a_pair_whose_ids_are_no_names_is_left_out_and_told(
    tmp_path: Path, name: str, value: Any
) -> None:
    good = pair("p1", "int a;", "int b;")
    source = write(tmp_path / "rows.jsonl", [good, {**good, name: value}])
    (counts,) = hq.run(hq.Request(source, tmp_path / "hq.jsonl"))["counts"]
    assert counts["left_out"] == {"broken_row": 1}
    (told,) = rows_of(tmp_path / "hq.jsonl.left_out.jsonl")
    assert name in told["reason"]


@pytest.mark.parametrize(
    ("name", "value"), [("user_id", ["u"]), ("tests", None), ("cycles", "many"), ("code", 5)]
)
def test_a_measured_row_with_a_value_of_another_kind_is_one_sentence(
    tmp_path: Path, name: str, value: Any
) -> None:
    source = write(tmp_path / "measured.jsonl", [{**ROWS[0], name: value}])
    with pytest.raises(InputError, match=f"line 1: the value of {name} is not of the kind"):
        make(source, tmp_path / "out.jsonl")


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_every_step_takes_a_part_without_rows(source: Path, tmp_path: Path, ending: str) -> None:
    make(source, tmp_path / f"pairs.{ending}")
    split.run(split.Request(tmp_path / f"pairs.{ending}", tmp_path / "s", Split(0.0, 0.0)), tick)
    empty = tmp_path / "s" / f"val.{ending}"
    (of_none,) = card.read_cards([empty], "leaves")["files"]
    assert (of_none["pairs"], of_none["problems"], of_none["speedup_mean"]) == (0, 0, None)
    for manifest in (
        tag.run(tag.Request(empty, source, tmp_path / f"tagged.{ending}"), tick),
        hq.run(hq.Request(empty, tmp_path / f"hq.{ending}")),
        split.run(split.Request(empty, tmp_path / "again", Split()), tick),
    ):
        assert (manifest["counts"][0]["in"], manifest["counts"][0]["out"]) == (0, 0)
    assert not list(read(tmp_path / f"tagged.{ending}"))
    none = write(tmp_path / "none.jsonl", [])
    make(none, tmp_path / f"no_pairs.{ending}")
    pairs.fastest(pairs.FastestRequest(none, tmp_path / f"fastest.{ending}"), tick)
    tag.run(tag.Request(empty, none, tmp_path / f"tagged2.{ending}"), tick)


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_both_kinds_of_files_go_through_all_steps(
    source: Path, tmp_path: Path, ending: str
) -> None:
    first, last = tmp_path / "pairs.parquet", tmp_path / f"tagged.{ending}"
    make(source, first)
    tag.run(tag.Request(first, source, last), tick)
    parts = tmp_path / "parts"
    split.run(split.Request(last, parts, Split(0.0, 0.0)), tick)
    best = tmp_path / "hq.parquet"
    hq.run(hq.Request(parts / f"train.{ending}", best, per_problem=1))
    (row,) = [one.fields for one in read(best)]
    assert (row["src_id"], row[FIELD], row["tests"], row["speedup"]) == ("s1", 7, [0, 1], 10.0)
    assert list(read(parts / f"val.{ending}")) == []


def test_no_step_writes_over_its_own_input_or_a_file_of_somebody_else(
    source: Path, tmp_path: Path
) -> None:
    rows = [pair(name, "int a;", "int b;") for name in ("p1", "p2")]
    folder = tmp_path / "s"
    folder.mkdir()
    own = write(folder / "train.jsonl", rows)
    before = own.read_bytes(), source.read_bytes()
    steps = (
        lambda: hq.run(hq.Request(own, own)),
        lambda: split.run(split.Request(own, folder, Split(0.05, 0.03, 0)), tick),
        lambda: tag.run(tag.Request(own, source, source), tick),
        lambda: make(source, source),
        lambda: make(source, own),
        lambda: pairs.fastest(pairs.FastestRequest(source, own), tick),
    )
    for step in steps:
        with pytest.raises(InputError, match=r"is an input of this step|not made by this command"):
            step()
        assert (own.read_bytes(), source.read_bytes()) == before


@pytest.mark.parametrize("runtime", [5e-324, 1e308, 10**400])
def test_rows_with_a_runtime_that_gives_no_ratio_are_left_out_and_counted(
    tmp_path: Path, runtime: float
) -> None:
    good = pair("p1", "int a;", "int b;")
    bad = {**good, "src_agg_runtime": 1.0, "tgt_agg_runtime": runtime}
    path = write(tmp_path / "rows.jsonl", [good, bad, {**good, "speedup": runtime}])
    (read_card,) = card.read_cards([path], "characters")["files"]
    assert (read_card["pairs"], read_card["left_out"], read_card["speedup_mean"]) == (1, 2, 2.0)


def test_programs_with_a_runtime_that_gives_no_ratio_are_left_out_and_counted(
    tmp_path: Path,
) -> None:
    slow, fast = (program(seed) for seed in (1, 4))
    rows = [
        measured("s1", "u1", 1, None, slow, verdict="accepted", agg_runtime=2.0),
        measured("s2", "u1", 2, None, fast, verdict="accepted", agg_runtime=1.0),
        measured("s3", "u1", 3, None, program(7), verdict="accepted", agg_runtime=5e-324),
    ]
    path = write(tmp_path / "measured.jsonl", rows)
    programs, _pairs = make(path, tmp_path / "out.jsonl")["counts"]
    assert programs["left_out"]["runtime_out_of_range"] == 1
    assert [one["speedup"] for one in rows_of(tmp_path / "out.jsonl")] == [2.0]


def test_a_problem_with_no_runtime_that_can_be_one_gives_no_fastest_and_no_tag(
    tmp_path: Path,
) -> None:
    row = measured("s1", "u1", 1, None, program(1), verdict="accepted", agg_runtime=5e-324)
    among = write(tmp_path / "measured.jsonl", [row])
    request = pairs.FastestRequest(among, tmp_path / "fastest.jsonl")
    with pytest.raises(InputError, match=r"none of 1 problems .*runtime_out_of_range 1"):
        pairs.fastest(request, tick)
    source = write(tmp_path / "pairs.jsonl", [pair("p1", "int a;", "int b;")])
    with pytest.raises(InputError, match=r"none of 1 pairs .*no_solutions_of_its_problem 1"):
        tag.run(tag.Request(source, among, tmp_path / "tagged.jsonl"), tick)


def test_pairs_of_another_machine_are_an_error_that_names_what_differs(
    source: Path, tmp_path: Path
) -> None:
    make(source, tmp_path / "pairs.jsonl")
    rows = [{**row, "measured_on": "m:b"} for row in rows_of(tmp_path / "pairs.jsonl")]
    other = write(tmp_path / "other.jsonl", rows)
    request = tag.Request(other, source, tmp_path / "tagged.jsonl")
    with pytest.raises(InputError, match=r"m:b and cachegrind:f00d; what is behind .* in no manif"):
        tag.run(request, tick)
    for path, label, flags in ((other, "m:b", "-O3 -O2"), (source, "cachegrind:f00d", "-O3")):
        settings = {label: {"toolchain": {"flags": flags, "link": "static"}}}
        path.with_name(f"{path.name}.manifest.json").write_text(json.dumps({"settings": settings}))
    with pytest.raises(InputError, match=r"f00d; toolchain.flags: -O3 -O2 against -O3; measure"):
        tag.run(request, tick)
