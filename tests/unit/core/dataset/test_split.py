"""Problems are dealt out once and for ever."""

from pathlib import Path

import pytest

from pie.core.dataset.split import Split, clusters, published
from pie.core.problem import InputError

PROBLEMS = [f"p{number:05}" for number in range(4000)]


def test_the_shares_are_met_on_average_and_every_problem_has_one_part() -> None:
    parts = [Split(0.1, 0.2).part_of(one) for one in PROBLEMS]
    assert parts.count("val") == pytest.approx(400, rel=0.15)
    assert parts.count("test") == pytest.approx(800, rel=0.15)
    assert parts.count("train") == 4000 - parts.count("val") - parts.count("test")


def test_the_parts_are_the_same_everywhere() -> None:
    parts = [Split(0.1, 0.2).part_of(one) for one in PROBLEMS[:8]]
    assert parts == ["val", "test", "train", "train", "test", "train", "train", "test"]


def test_another_seed_deals_otherwise() -> None:
    left = [Split(0.3, 0.3, seed=1).part_of(one) for one in PROBLEMS]
    assert left != [Split(0.3, 0.3, seed=2).part_of(one) for one in PROBLEMS]


def test_problems_that_are_the_same_go_together(tmp_path: Path) -> None:
    path = tmp_path / "same"
    path.write_text("p00001,p00002\np00003 p00004\np00002,p00003\n")
    same = clusters(path)
    assert {same[f"p0000{n}"] for n in range(1, 5)} == {"p00001"}
    for seed in range(50):
        split = Split(0.3, 0.3, seed, clusters=same)
        assert len({split.part_of(f"p0000{n}") for n in range(1, 5)}) == 1


def test_a_published_split_holds_and_has_no_place_for_others(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("p1\np2\n")
    (tmp_path / "test.jsonl").write_text('{"problem_id": "p3"}\n')
    given = published({"train": tmp_path / "train.txt", "test": tmp_path / "test.jsonl"})
    split = Split(published=given)
    assert [split.part_of(one) for one in ("p1", "p2", "p3", "p4")] == [
        *("train", "train", "test", None)
    ]


def test_a_problem_in_two_published_parts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("p1\np2")
    (tmp_path / "b.txt").write_text("p2")
    with pytest.raises(InputError, match="p2 is in train and in test"):
        published({"train": tmp_path / "a.txt", "test": tmp_path / "b.txt"})


@pytest.mark.parametrize(("val", "test"), [(0.5, 0.5), (-0.1, 0.1), (float("nan"), 0.1)])
def test_shares_that_leave_nothing_to_train_on_are_refused(val: float, test: float) -> None:
    with pytest.raises(InputError, match="leave nothing"):
        Split(val, test)


def test_published_parts_that_tear_one_problem_apart_are_refused() -> None:
    parts = {"p1": "train", "p2": "test", "p3": "train"}
    Split(published=parts, clusters={"p1": "p1", "p3": "p1"})
    with pytest.raises(InputError, match="p1 in train and p2 in test are the same problem"):
        Split(published=parts, clusters={"p1": "p0", "p2": "p0"})


def test_a_list_is_of_an_id_a_line_whatever_editor_wrote_it(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_bytes(b"\xef\xbb\xbftwo sum\r\n\r\n p2 \r\n")
    assert published({"train": path}) == {"two sum": "train", "p2": "train"}
    path.write_bytes(b"\xef\xbb\xbfp1 p2\r\n")
    assert set(clusters(path)) == {"p1", "p2"}


def test_lists_that_name_no_problem_are_no_reason_to_deal_by_hash(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_text("\n")
    with pytest.raises(InputError, match="no problem is named in"):
        published({"train": path})
