"""Reading the rows of a run, finished or cut off, whole or damaged."""

import json
from pathlib import Path

import pytest

from pie.core.metrics.pair_result import Generation, PairResult
from pie.core.report.pair_rows import ReportError, pair_from_row, read_pairs
from sim.verdict import Verdict

ROW = {
    "src_id": "s1",
    "tgt_id": "s2",
    "problem_id": "p1",
    "src_code": "int main() {}",
    "src_verdict": "accepted",
    "src_agg_runtime": 2,
    "tgt_verdict": "accepted",
    "tgt_agg_runtime": 0.5,
    "speedup": 4.0,
    "generations": [{"verdict": "time_limit", "agg_runtime": None}],
}
PAIR = PairResult(
    "p1",
    Verdict.ACCEPTED,
    2.0,
    Verdict.ACCEPTED,
    0.5,
    (Generation(Verdict.TIME_LIMIT, None),),
    "s1 -> s2",
)
LINE = json.dumps(ROW).encode() + b"\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pairs.jsonl"


def test_a_row_becomes_its_numbers():
    assert pair_from_row(ROW) == PAIR


@pytest.mark.parametrize("generations", [None, []])
def test_a_row_may_have_no_generations(generations):
    assert pair_from_row({**ROW, "generations": generations}).generations == ()


@pytest.mark.parametrize("size", range(1, len(LINE) - 1, 7))
def test_a_row_cut_off_anywhere_is_not_there(file, size):
    file.write_bytes(LINE + LINE[:size])
    assert list(read_pairs(file)) == [PAIR]


def test_a_row_cut_off_within_a_character_is_not_there(file):
    file.write_bytes(LINE + '{"src_id": "é'.encode()[:-1])
    assert list(read_pairs(file)) == [PAIR]


def test_a_whole_row_that_lacks_only_its_newline_is_there(file):
    file.write_bytes(LINE + LINE.rstrip())
    assert list(read_pairs(file)) == [PAIR, PAIR]


def test_blank_lines_are_no_rows(file):
    file.write_bytes(b"\n" + LINE + b"\n  \n")
    assert list(read_pairs(file)) == [PAIR]


@pytest.mark.parametrize("damage", [LINE[:20] + b"\n", LINE[:20] + LINE, b"\xff\xfe\n", b"\0\0\n"])
def test_a_damaged_line_elsewhere_is_named_by_file_and_line(file, damage):
    file.write_bytes(LINE + damage + LINE)
    with pytest.raises(ReportError, match=r"pairs\.jsonl:2: not a line of JSON"):
        list(read_pairs(file))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"problem_id": None}, "problem_id is None"),
        ({"src_verdict": "slow"}, "src_verdict is 'slow', not a verdict"),
        ({"tgt_verdict": None}, "tgt_verdict is None, not a verdict"),
        ({"src_agg_runtime": "2"}, "src_agg_runtime is '2'"),
        ({"src_agg_runtime": True}, "src_agg_runtime is True"),
        ({"src_agg_runtime": None}, "the source is accepted but has no runtime"),
        ({"src_verdict": "tampering"}, "the source is tampering but has a runtime"),
        ({"tgt_agg_runtime": 0}, "the target is 0.0 s"),
        ({"tgt_agg_runtime": float("nan")}, "the target is nan s"),
        ({"tgt_agg_runtime": float("inf")}, "the target is inf s"),
        ({"generations": "none"}, "generations is not a list"),
        ({"generations": [1]}, "a generation is not a JSON object"),
        ({"generations": [{"agg_runtime": 1.0}]}, "verdict is None, not a verdict"),
        ({"generations": [{"verdict": "accepted", "agg_runtime": -1}]}, "generation 1 is -1.0 s"),
    ],
)
def test_a_row_that_cannot_be_is_named_by_file_line_and_row(file, change, complaint):
    file.write_bytes(LINE + json.dumps({**ROW, **change}).encode() + b"\n")
    with pytest.raises(ReportError, match=rf"pairs\.jsonl:2: row s1 -> s2: .*{complaint}"):
        list(read_pairs(file))


@pytest.mark.parametrize("line", [b"[]\n", b"1\n", b"null\n"])
def test_a_line_of_json_that_is_no_object_is_no_row(file, line):
    file.write_bytes(line)
    with pytest.raises(ReportError, match=r":1: not a row"):
        list(read_pairs(file))


def test_a_numeric_problem_is_taken_as_its_text(file):
    file.write_bytes(json.dumps({**ROW, "problem_id": 7}).encode() + b"\n")
    (pair,) = read_pairs(file)
    assert pair.problem_id == "7"
