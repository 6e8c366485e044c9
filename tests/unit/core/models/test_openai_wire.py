"""Replies as odd as servers make them: an answer that is there is taken."""

import json
from typing import Any

import pytest

from pie.core.models.openai_wire import Reply, error_in, read_reply


def read(content: Any = "good", **more: Any) -> Reply:
    choice = {"index": 0, "message": {"content": content}, "finish_reason": "stop"}
    return read_reply(json.dumps({"choices": [choice], **more}).encode())


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 4}, (3, 4)),
        ({"prompt_tokens": -1, "completion_tokens": 4}, (None, 4)),
        ({"prompt_tokens": "many", "completion_tokens": 10**30}, (None, None)),
        ({"prompt_tokens": True, "completion_tokens": [1]}, (None, None)),
        ({"prompt_tokens": float("nan"), "completion_tokens": 1.5}, (None, None)),
        ({}, (None, None)),
        (None, (None, None)),
        ("none", (None, None)),
        ([], (None, None)),
    ],
)
def test_an_answer_with_odd_usage_is_an_answer(usage: Any, tokens: tuple[Any, Any]) -> None:
    got = read(usage=usage)
    assert (got.text, got.tokens_in, got.tokens_out) == ("good", *tokens)


def test_an_answer_without_usage_is_an_answer() -> None:
    assert read().tokens_in is None


def test_the_texts_of_parts_are_joined_and_other_parts_passed_over() -> None:
    image = {"type": "image_url", "image_url": {"url": "x"}}
    thought = {"type": "thinking", "text": "hm"}
    parts = [
        thought,
        {"type": "text", "text": "int main"},
        image,
        {"type": "text", "text": "() {}"},
    ]
    assert read(parts).text == "int main() {}"


def test_a_lone_surrogate_is_a_replacement_character_and_a_pair_is_kept() -> None:
    data = b'{"choices": [{"message": {"content": "a\\ud800b \\ud83d\\ude00"}}]}'
    text = read_reply(data).text
    assert text == "a\ufffdb \U0001f600"
    text.encode()


def test_of_several_choices_the_one_with_index_0_is_taken() -> None:
    choices = [{"index": at, "text": f"text {at}"} for at in (2, 0, 1)]
    assert read_reply(json.dumps({"choices": choices}).encode()).text == "text 0"
    choices = [{"text": "first"}, {"text": "second"}]
    assert read_reply(json.dumps({"choices": choices}).encode()).text == "first"


@pytest.mark.parametrize("field", ["finish_reason", "model"])
@pytest.mark.parametrize("value", [7, None, ["x"], {"x": 1}])
def test_odd_fields_beside_an_answer_do_not_lose_it(field: str, value: Any) -> None:
    reply = {"choices": [{"text": "good", "finish_reason": value}], field: value}
    got = read_reply(json.dumps(reply).encode())
    assert (got.text, got.finish_reason, got.model) == ("good", "unknown", "")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"[]",
        b"[" * 100_000,
        b'{"choices": 1}',
        b'{"choices": []}',
        b'{"choices": [1]}',
        b'{"choices": [{"message": {"content": 1}}]}',
    ],
)
def test_what_holds_no_answer_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="the reply"):
        read_reply(data)


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        ({"object": "error", "message": "it restarts", "code": 503}, 503),
        ({"detail": [{"loc": ["body"], "msg": "it restarts"}]}, 502),
    ],
    ids=["flat", "detail"],
)
def test_a_reply_that_is_itself_an_error_keeps_the_servers_words(reply: Any, status: int) -> None:
    found = error_in(json.dumps(reply).encode())
    assert found is not None
    assert found[0] == status
    assert "it restarts" in found[2]


@pytest.mark.parametrize("beside", [{"message": None}, {"message": {"content": ""}}, {"text": ""}])
def test_an_error_in_the_place_of_an_answer_is_none(beside: Any) -> None:
    choice = {"error": {"message": "it restarts"}, "finish_reason": None, **beside}
    with pytest.raises(ValueError, match="it restarts"):
        read_reply(json.dumps({"choices": [choice]}).encode())
    choice["message"] = {"content": "int main() {}"}  # paid for, so it is kept
    assert read_reply(json.dumps({"choices": [choice]}).encode()).text == "int main() {}"
