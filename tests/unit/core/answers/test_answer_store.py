"""Answers on the disk: once each, found again, and none lost to a torn line."""

from pathlib import Path

import pytest

from pie.core.answers.answer_store import AnswerStore
from pie.core.problem import InputError

Record = dict[str, object]


def record(number: int, text: str = "x") -> Record:
    return {"key": f"{number:032x}", "text": text}


def key(number: int) -> str:
    return f"{number:032x}"


def test_answers_are_found_again_after_reopening(tmp_path: Path) -> None:
    store = AnswerStore(tmp_path / "answers.jsonl")
    store.add([record(1, "one\nline\ud800"), record(2, "two")])
    store.close()
    store = AnswerStore(tmp_path / "answers.jsonl")
    assert len(store) == 2
    assert key(1) in store
    assert store.get(key(1)) == record(1, "one\nline\ud800")
    assert store.get(key(3)) is None
    store.add([record(3)])
    assert store.get(key(2)) == record(2, "two")
    assert store.get(key(3)) == record(3)


def test_what_add_has_returned_for_can_be_read_by_another_process(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    store = AnswerStore(path)
    store.add([record(1)])
    assert path.read_bytes().count(b"\n") == 1
    store.close()


@pytest.mark.parametrize("torn", [b'{"key": "00', b'{"key": "' + b"0" * 32 + b'", "text": "x"}'])
def test_a_torn_last_line_is_cut_off_and_the_rest_is_kept(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "answers.jsonl"
    store = AnswerStore(path)
    store.add([record(1), record(2)])
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    store = AnswerStore(path)
    assert len(store) == 2
    store.add([record(3)])
    store.close()
    assert path.read_bytes().startswith(whole)
    assert len(AnswerStore(path)) == 3


def test_a_key_has_one_answer(tmp_path: Path) -> None:
    store = AnswerStore(tmp_path / "answers.jsonl")
    store.add([record(1, "first"), record(1, "second")])
    store.add([record(1, "third")])
    assert len(store) == 1
    assert store.get(key(1)) == record(1, "first")
    assert (tmp_path / "answers.jsonl").read_bytes().count(b"\n") == 1


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_bytes(b'{"key": "00", "text": ""}\nnonsense\n{"key": "01", "text": ""}\n')
    with pytest.raises(InputError, match=r"answers.jsonl:2: the line is damaged"):
        AnswerStore(path)


def test_a_line_nested_deeper_than_python_reads_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text("[" * 200_000 + "\n")
    with pytest.raises(InputError, match=r"answers\.jsonl:1: the line is damaged"):
        AnswerStore(path)
