import json
from pathlib import Path
from typing import Any

import pytest

from pie.core.problem import InputError
from pie.core.training.chat import check


def message(role: str, content: Any = "text") -> dict[str, Any]:
    return {"role": role, "content": content}


GOOD = {"messages": [message("system"), message("user"), message("assistant", "int x;")]}


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows))
    return path


def test_a_good_file_is_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "chat.jsonl", *[GOOD] * 12)
    found = check(path)
    assert (found.examples, found.bytes) == (12, path.stat().st_size)
    assert found.tokens == 12 * 5


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("", "blank"),
        ("{", "not JSON"),
        ({}, "no list of messages"),
        ({"messages": []}, "no list of messages"),
        ({**GOOD, "prompt": "x"}, "unknown key 'prompt'"),
        ({"messages": [message("user")]}, "nothing to learn"),
        ({"messages": [message("assistant")]}, "no message is the user's"),
        ({"messages": [message("user"), message("assistant", " ")]}, "the assistant says nothing"),
        ({"messages": [message("user", None), message("assistant")]}, "the user says nothing"),
        ({"messages": [message("robot"), message("assistant")]}, "the role 'robot'"),
        ({"messages": ["x", message("assistant")]}, "not of role and content"),
    ],
)
def test_a_row_that_the_service_would_refuse_is_named(
    tmp_path: Path, row: object, said: str
) -> None:
    path = write(tmp_path / "chat.jsonl", *[GOOD] * 10, row)
    with pytest.raises(InputError) as raised:
        check(path)
    assert f"{path}:11: " in str(raised.value)
    assert said in str(raised.value)


def test_too_few_examples_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="9 examples"):
        check(write(tmp_path / "chat.jsonl", *[GOOD] * 9))
