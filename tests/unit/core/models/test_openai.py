"""A server that answers, complains, fails and lies: what becomes of the requests."""

import gc
import gzip
import json
import time
import tracemalloc
import zlib
from collections.abc import Sequence
from typing import Any

import pytest

from pie.core.models import Answer, Failure, ModelError, ModelOptions, Request, Sampling
from pie.core.models.model import PROMPT_TOO_LONG
from pie.core.models.openai import OpenAIModel
from pie.core.prompting.prompts import Form, Strategy, render
from tests.model_server import Fault, ModelServer, injected, name_of

KEY = "sk-secret-of-the-test"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def requests(number: int, form: Form = Form.CHAT) -> list[Request]:
    made = []
    for at in range(number):
        prompt = render(Strategy.INSTRUCTION, form, f"int main() {{ return {at}; }}")
        made.append(Request(f"{at:032x}", prompt, 0, at, ""))
    return made


def ask(
    server: ModelServer | str, wanted: Sequence[Request], **options: Any
) -> list[Answer | Failure]:
    url = server if isinstance(server, str) else server.url
    given = {"backoff_seconds": 0.01, "timeout_seconds": 5.0, **options}
    model = OpenAIModel("m", ModelOptions(base_url=url, **given))
    return [one for batch in model.answers(iter(wanted), Sampling()) for one in batch]


def only(got: list[Answer | Failure]) -> Answer:
    (answer,) = got
    assert isinstance(answer, Answer)
    return answer


def test_a_thousand_requests_at_64_with_faults_are_each_answered_once_with_their_own_answer() -> (
    None
):
    wanted = requests(1000)
    with ModelServer(fault=injected) as server:
        got = ask(server, wanted, concurrency=64, timeout_seconds=5.0)
    assert sorted(one.key for one in got) == [one.key for one in wanted]
    seeds = {one.key: one.seed for one in wanted}
    names = {body["seed"]: name_of(body) for _path, _headers, body in server.bodies}
    for one in got:
        assert isinstance(one, Answer)
        assert names[seeds[one.key]] in one.text
    assert server.most_at_once <= 64
    assert 1300 < sum(server.attempts.values()) < 1700, "a third of them failed at first"


def test_a_request_says_what_is_wanted() -> None:
    with ModelServer() as server:
        answer = only(ask(server, requests(1), body={"top_k": 5, "top_p": None}))
    ((path, headers, body),) = server.bodies
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert [one["role"] for one in body["messages"]] == ["system", "user"]
    del body["messages"]
    assert body == {"model": "m", "temperature": 0.7, "max_tokens": 1024, "seed": 0, "top_k": 5}
    assert (answer.tokens_in, answer.tokens_out, answer.finish_reason) == (100, 20, "stop")


def test_plain_form_asks_for_a_completion_with_its_stop() -> None:
    with ModelServer() as server:
        ask(server, requests(1, Form.PLAIN))
    ((path, _headers, body),) = server.bodies
    assert path == "/v1/completions"
    assert body["prompt"].startswith("Given the program below")
    assert body["stop"] == ["\n### Program:"]


def test_a_pause_that_the_server_asks_for_is_kept_by_all() -> None:
    def limited(_body: Any, attempt: int) -> Fault | None:
        return Fault(status=429, headers=(("Retry-After", "0.6"),)) if attempt == 0 else None

    begin = time.monotonic()
    with ModelServer(fault=limited) as server:
        got = ask(server, requests(4), concurrency=4)
    assert all(isinstance(one, Answer) for one in got)
    assert time.monotonic() - begin > 0.6
    assert set(server.attempts.values()) == {2}


def test_a_used_up_rate_limit_is_waited_for_before_it_is_hit() -> None:
    spent = (("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "400ms"))
    begin = time.monotonic()
    with ModelServer(fault=lambda _body, _attempt: Fault(headers=spent)) as server:
        ask(server, requests(2), concurrency=1)
    assert time.monotonic() - begin > 0.4


def test_fewer_are_asked_at_once_when_the_server_complains() -> None:
    def overloaded(_body: Any, attempt: int) -> Fault | None:
        if attempt < 3:
            return Fault(status=429, delay_seconds=0.01, headers=(("Retry-After", "0.01"),))
        return Fault(delay_seconds=0.01)

    with ModelServer(fault=overloaded) as server:
        got = ask(server, requests(40), concurrency=32)
        assert all(isinstance(one, Answer) for one in got)
        first, server.most_at_once = server.most_at_once, 0
    assert first <= 32


def test_a_request_that_never_succeeds_is_a_failure_with_its_reason_and_the_others_go_on() -> None:
    def one_bad(body: Any, _attempt: int) -> Fault | None:
        busy = Fault(status=503, body=b'{"error": {"message": "busy"}}')
        return busy if body["seed"] == 3 else None

    with ModelServer(fault=one_bad) as server:
        got = ask(server, requests(8), max_retries=2)
    failed = [one for one in got if isinstance(one, Failure)]
    assert [(one.key, one.reason) for one in failed] == [(f"{3:032x}", "HTTP 503: busy")]
    assert len(got) == 8
    assert max(server.attempts.values()) == 3


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault(status=401, body=b'{"error": {"message": "bad key"}}'), "refuses to answer"),
        (Fault(status=404), "has no model 'm'"),
        (Fault(status=302, headers=(("Location", "http://elsewhere/"),)), "no such path"),
        (
            Fault(status=429, body=b'{"error": {"code": "insufficient_quota", "message": "pay"}}'),
            "pay",
        ),
        (Fault(status=429, headers=(("Retry-After", "86400"),)), "left alone for 86400 s"),
    ],
)
def test_a_refusal_that_no_retry_mends_ends_the_run_at_once(fault: Fault, told: str) -> None:
    with ModelServer(fault=lambda _body, _attempt: fault) as server:
        with pytest.raises(ModelError, match=told) as caught:
            ask(server, requests(50), concurrency=4)
        assert sum(server.attempts.values()) <= 4
    assert caught.value.remedy


def test_the_key_is_in_no_message_also_when_the_server_repeats_it() -> None:
    body = json.dumps({"error": {"message": f"wrong key {KEY}"}}).encode()
    with (
        ModelServer(fault=lambda _body, _attempt: Fault(status=403, body=body)) as server,
        pytest.raises(ModelError) as caught,
    ):
        ask(server, requests(1))
    assert KEY not in str(caught.value)
    assert "[key]" in str(caught.value)


@pytest.mark.parametrize("padding", range(140, 200, 5))
@pytest.mark.parametrize("as_json", [True, False])
def test_no_part_of_the_key_is_told_where_a_message_is_cut(padding: int, as_json: bool) -> None:
    message = "x" * padding + KEY * 3
    body = json.dumps({"error": {"message": message}}) if as_json else message
    with ModelServer(fault=lambda _body, _attempt: Fault(status=400, body=body.encode())) as server:
        (got,) = ask(server, requests(1))
    assert isinstance(got, Failure)
    assert KEY[:8] not in got.reason


def replying(content: str, **more: str) -> ModelServer:
    choice = {"message": {"content": content}, "finish_reason": "stop", **more}
    body = json.dumps({"model": f"m {KEY}", "choices": [choice]}).encode()
    return ModelServer(fault=lambda _body, _attempt: Fault(status=200, body=body))


def always(body: bytes) -> ModelServer:
    return ModelServer(fault=lambda _body, _attempt: Fault(status=200, body=body))


@pytest.mark.parametrize("told", [KEY, KEY[:16], f"#include <{KEY}>\n"])
def test_an_answer_that_repeats_the_key_is_a_failure_and_is_not_kept(told: str) -> None:
    with replying(f"int main() {{}} // {told}") as server:
        (got,) = ask(server, requests(1))
    assert isinstance(got, Failure)
    assert got.reason == "the answer repeats OPENAI_API_KEY and is not kept"


def test_a_key_beside_an_answer_is_taken_away() -> None:
    with replying("int main() {}", finish_reason=f"stop {KEY}") as server:
        answer = only(ask(server, requests(1)))
    assert answer.text == "int main() {}"
    assert (answer.model, answer.finish_reason) == ("m [key]", "stop [key]")


@pytest.mark.parametrize(
    "word", ["password", "optimize", "priority_queue", "reinterpret_cast", "abc"]
)
def test_a_program_is_never_altered_for_a_key_that_is_a_word_of_it(
    word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", word)
    program = f"int {word} = 1;\nint main() {{ return {word}; }}\n"
    with replying(program) as server:
        assert only(ask(server, requests(1))).text == program


def test_a_server_that_is_not_there_ends_the_run() -> None:
    with ModelServer() as server:
        url = server.url
    with pytest.raises(ModelError, match="no connection"):
        ask(url, requests(100), concurrency=32, backoff_seconds=0.1)


def test_a_prompt_beyond_the_context_is_an_answer_with_that_reason() -> None:
    body = b'{"error": {"code": "context_length_exceeded", "message": "too long"}}'
    with ModelServer(fault=lambda _body, _attempt: Fault(status=400, body=body)) as server:
        answer = only(ask(server, requests(1)))
    assert (answer.text, answer.finish_reason) == ("", PROMPT_TOO_LONG)
    assert sum(server.attempts.values()) == 1


def test_another_refusal_is_that_requests_failure_and_is_not_repeated() -> None:
    body = b'{"error": {"message": "content filter"}}'
    with ModelServer(fault=lambda _body, _attempt: Fault(status=400, body=body)) as server:
        got = ask(server, requests(1))
    assert got == [Failure(f"{0:032x}", "HTTP 400: content filter")]
    assert sum(server.attempts.values()) == 1


def test_an_endless_reply_is_not_read_to_its_end() -> None:
    with ModelServer(text=lambda _body: "x" * (17 << 20)) as server:
        got = ask(server, requests(1))
    assert got == [Failure(f"{0:032x}", "the reply exceeds 16 MiB")]


@pytest.mark.parametrize("status", [200, 500])
def test_an_endless_reply_leaves_nothing_behind_that_complains(
    status: int, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    fault = Fault(status=status, body=b"x" * (20 << 20))
    with ModelServer(fault=lambda _body, _attempt: fault) as server:
        got = ask(server, requests(6), concurrency=3)
    gc.collect()
    assert len(got) == 6
    assert "pending" not in capfd.readouterr().err + caplog.text


def test_a_packed_reply_is_unpacked_only_as_far_as_an_answer_may_be_long() -> None:
    packed = (("Content-Encoding", "gzip"),)
    bomb = Fault(status=200, body=gzip.compress(bytes(400 << 20), 1), headers=packed)
    tracemalloc.start()
    with ModelServer(fault=lambda _body, _attempt: bomb) as server:
        got = ask(server, requests(1))
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert got == [Failure(f"{0:032x}", "the reply exceeds 16 MiB")]
    assert most < 80 << 20


@pytest.mark.parametrize("packing", ["gzip", "deflate", "identity"])
def test_a_packed_answer_is_an_answer(packing: str) -> None:
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "identity": bytes}[packing]
    body = pack(json.dumps({"choices": [{"message": {"content": "good"}}]}).encode())
    fault = Fault(status=200, body=body, headers=(("Content-Encoding", packing),))
    with ModelServer(fault=lambda _body, _attempt: fault) as server:
        assert only(ask(server, requests(1))).text == "good"


def test_a_reply_that_cannot_be_unpacked_is_asked_for_again() -> None:
    def damaged(_body: Any, attempt: int) -> Fault | None:
        packing = ("gzip", "br")[attempt % 2]
        fault = Fault(status=200, body=b"no", headers=(("Content-Encoding", packing),))
        return fault if attempt < 2 else None

    with ModelServer(fault=damaged) as server:
        assert only(ask(server, requests(1))).attempts == 3


@pytest.mark.parametrize("reason", ["error", "abort", "ERROR"])
def test_an_answer_that_the_server_gave_up_is_asked_for_again(reason: str) -> None:
    choice = {"index": 0, "finish_reason": reason, "message": {"content": "int ma"}}
    body = json.dumps({"choices": [choice]}).encode()

    def given_up(_body: Any, attempt: int) -> Fault | None:
        return Fault(status=200, body=body) if attempt < 2 else None

    with ModelServer(fault=given_up) as server:
        assert only(ask(server, requests(1))).attempts == 3
    with always(body) as server:
        (failure,) = ask(server, requests(1), max_retries=1)
    assert isinstance(failure, Failure)
    assert f"gave the answer up (finish_reason {reason!r})" in failure.reason


def test_a_good_reply_that_holds_an_error_keeps_the_servers_words() -> None:
    body = b'{"error": {"message": "the replica is restarting", "code": 503}}'

    def failing(_body: Any, attempt: int) -> Fault | None:
        return Fault(status=200, body=body) if attempt < 2 else None

    with ModelServer(fault=failing) as server:
        assert only(ask(server, requests(1))).attempts == 3
    with always(body) as server:
        (failure,) = ask(server, requests(1), max_retries=1)
    assert isinstance(failure, Failure)
    assert "the replica is restarting" in failure.reason


@pytest.mark.parametrize(
    ("error", "ends"),
    [
        ({"message": "no credit is left", "code": 402}, "no credit is left"),
        ({"message": "gone", "code": "insufficient_quota"}, "gone"),
        ({"message": "this model is unknown here", "code": "404"}, "unknown here"),
    ],
)
def test_an_error_in_a_good_reply_is_what_it_is_as_a_status(error: Any, ends: str) -> None:
    with always(json.dumps({"error": error}).encode()) as server:
        with pytest.raises(ModelError, match=ends):
            ask(server, requests(1))
        assert sum(server.attempts.values()) == 1


def test_a_prompt_beyond_the_context_is_one_in_a_good_reply_too() -> None:
    with always(b'{"error": "maximum context length is 8 tokens"}') as server:
        assert only(ask(server, requests(1))).finish_reason == PROMPT_TOO_LONG


def test_an_empty_answer_is_an_answer() -> None:
    with ModelServer(text=lambda _body: "") as server:
        assert only(ask(server, requests(1))).text == ""


def test_closing_early_gives_up_what_is_under_way() -> None:
    slow = Fault(delay_seconds=600)
    with ModelServer(fault=lambda body, _attempt: slow if body["seed"] else None) as server:
        model = OpenAIModel("m", ModelOptions(base_url=server.url, timeout_seconds=60))
        answers = model.answers(iter(requests(20)), Sampling())
        assert next(iter(answers))
        answers.close()  # type: ignore[attr-defined]
        assert len(server.answered) == 1, "the others would have been answered much later"


@pytest.mark.parametrize(
    "url", ["", "no address", "ftp://x/v1", "http://user:pass@x/v1", "http://[x"]
)
def test_a_wrong_address_is_one_sentence(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ModelError) as caught:
        list(OpenAIModel("m", ModelOptions(base_url=url)).answers(iter(()), Sampling()))
    assert "pass" not in str(caught.value).replace("password", "")
    assert caught.value.remedy


def test_a_key_that_no_header_can_carry_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "schlüssel")
    with pytest.raises(ModelError, match="OPENAI_API_KEY"):
        ask("http://127.0.0.1:1/v1", requests(1))


def test_the_body_cannot_change_what_is_asked() -> None:
    with pytest.raises(ModelError, match="'n'"):
        OpenAIModel("m", ModelOptions(body={"n": 4}))


def test_neither_key_nor_address_is_part_of_the_fingerprint() -> None:
    one = OpenAIModel("m", ModelOptions(base_url="http://a/v1", body={"top_k": 3}))
    other = OpenAIModel("m", ModelOptions(base_url="http://b/v1", body={"top_k": 3}))
    assert one.fingerprint() == other.fingerprint()
    assert KEY not in json.dumps(one.fingerprint())
