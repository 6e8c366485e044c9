"""The report's line on the host's processor, and the file that it is read from."""

import json
from pathlib import Path

import pytest

from pie.core.report.native_agreement import NativeAgreement, read_native
from pie.core.report.pair_rows import ReportError

RUN = {"kind": "run", "problem_id": "p", "program": "d", "test": "0"}
PAIR = {"kind": "pair", "row": 2, "problem_id": "p", "role": "tgt"}


def written(folder: Path, *lines: object) -> Path:
    text = "".join(one if isinstance(one, str) else json.dumps(one) + "\n" for one in lines)
    (folder / "native.jsonl").write_text(text)
    return folder / "native.jsonl"


def pair(eligible: bool, suspicious: bool, **more: object) -> dict[str, object]:
    return {**PAIR, "eligible": eligible, "suspicious": suspicious, **more}


def test_pairs_are_counted_and_marked_ones_named(tmp_path: Path) -> None:
    lines = [RUN, pair(False, False), pair(True, False), RUN, pair(True, True, role="generation_1")]
    found = read_native(written(tmp_path, *lines, '{"kind": "pa'))
    assert found == NativeAgreement(3, 2, ("row 3, p, generation_1",))
    assert found.sentence == (
        "native check: 2 of 3 accepted answers (66.7%) have over 5 ms of native work on both "
        "sides; 1 suspicious (native speedup another by a factor over 4): row 3, p, generation_1"
    )


def test_many_marked_ones_are_told_in_part(tmp_path: Path) -> None:
    found = read_native(written(tmp_path, *[pair(True, True)] * 12))
    assert found is not None
    assert found.sentence.endswith("; and 2 more")


def test_nothing_compared_is_nothing_said(tmp_path: Path) -> None:
    assert read_native(tmp_path / "native.jsonl") is None
    assert read_native(written(tmp_path, RUN)) is None


@pytest.mark.parametrize("line", ["{}\n", "[]\n", "{\n", '{"kind": "pair"}\n', "7\n"])
def test_a_damaged_line_is_told_with_its_place(tmp_path: Path, line: str) -> None:
    with pytest.raises(ReportError, match="jsonl:2"):
        read_native(written(tmp_path, RUN, line))
