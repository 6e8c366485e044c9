"""What the routes answer, over a real socket and real workers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.service import FAST, ROW, SLOW, TESTS, WRONG, Running, endless


def ask(http: httpx.Client, path: str, body: Any, **headers: str) -> httpx.Response:
    return http.post(path, json=body, headers=headers)


def test_programs_are_measured_against_the_first(http: httpx.Client) -> None:
    body = {"programs": [{"code": one} for one in (SLOW, FAST, SLOW, WRONG)], "tests": TESTS}
    answer = ask(http, "/measure", body)
    assert answer.status_code == 200
    slow, fast, same, wrong = answer.json()["result"]["programs"]
    assert (slow["speedup"], same["speedup"]) == (1.0, 1.0)
    assert fast["speedup"] == slow["cycles"] / fast["cycles"] > 1.5
    assert (wrong["verdict"], wrong["speedup"], wrong["cycles"]) == ("wrong_answer", None, None)
    assert [one["instructions"] for one in fast["tests"]] == [
        one["cycles"] for one in fast["tests"]
    ]
    assert slow["measured_on"].startswith("counts:")


def test_tests_may_be_numbers_of_the_folder(http: httpx.Client) -> None:
    body = {"programs": [{"code": FAST}], "tests": [1, 0], "problem_id": "sums"}
    (found,) = ask(http, "/measure", body).json()["result"]["programs"]
    assert [one["verdict"] for one in found["tests"]] == ["accepted"] * 2


def test_without_outputs_programs_that_differ_have_no_speedup(http: httpx.Client) -> None:
    tests = [{"input": one["input"]} for one in TESTS]
    body = {"programs": [{"code": SLOW}, {"code": WRONG}], "tests": tests}
    result = ask(http, "/measure", body).json()["result"]
    assert not result["outputs_agree"]
    assert [one["speedup"] for one in result["programs"]] == [None, None]


def test_rewards_are_those_of_the_reward_function(http: httpx.Client, running: Running) -> None:
    completions = [f"```cpp\n{FAST}```", WRONG, "no"]
    items = [{**ROW, "completion": one} for one in completions]
    result = ask(http, "/reward", {"items": items}).json()["result"]
    columns = {name: [value] * 3 for name, value in ROW.items()}
    assert result["rewards"] == running.options.reward(completions, **columns)
    verdicts = [one["verdict"] for one in result["items"]]
    assert verdicts == ["accepted", "wrong_answer", "no_code"]


def test_openrlhf_gets_a_float_for_each_query(http: httpx.Client) -> None:
    body = {
        "query": [f"Make it fast.{FAST}", "Make it fast.no"],
        "prompts": ["Make it fast."] * 2,
        "labels": [json.dumps(ROW)] * 2,
    }
    found = ask(http, "/reward/openrlhf", body).json()
    assert found["rewards"] == found["scores"]
    assert found["rewards"][0] > 1
    assert found["rewards"][1] == 0.0
    assert found["extra_logs"]["not_measured"] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("code", "language", "status", "run"),
    [
        ("print(int(input()) * 2)", "python", "Success", ("Finished", 0, "42\n")),
        ("assert 1 == 2", "python", "Failed", ("Finished", 1, "")),
        (endless(), "cpp", "Failed", ("TimeLimitExceeded", None, "")),
        (FAST, "cpp", "Success", ("Finished", 0, "231\n")),
    ],
    ids=["right", "assertion", "endless", "cpp"],
)
def test_code_is_run_in_sandbox_fusions_form(
    http: httpx.Client, code: str, language: str, status: str, run: tuple[Any, ...]
) -> None:
    body = {"code": code, "language": language, "stdin": "21\n", "run_timeout": 1, "files": {}}
    found = ask(http, "/run_code", body).json()
    assert found["status"] == status
    told = found["run_result"]
    assert (told["status"], told["return_code"], told["stdout"]) == run


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"language": "java"}, "C, C\\+\\+ and Python can be measured"),
        ({"files": {"a": "eA=="}}, "not supported; put the data on stdin"),
    ],
)
def test_code_that_cannot_be_run_is_a_sandbox_error(
    http: httpx.Client, change: dict[str, Any], sentence: str
) -> None:
    found = ask(http, "/run_code", {"code": "print(1)", "language": "python", **change}).json()
    assert found["status"] == "SandboxError"
    assert re.search(sentence, found["message"])


def test_a_program_that_does_not_compile_is_told_as_such(http: httpx.Client) -> None:
    found = ask(http, "/run_code", {"code": "int main() {", "language": "cpp"}).json()
    assert found["status"] == "Failed"
    assert found["compile_result"]["status"] == "Error"
    assert found["run_result"] is None


@pytest.mark.parametrize(
    ("path", "body", "status", "sentence"),
    [
        ("/measure", {"programs": [], "tests": TESTS}, 400, "programs: list should have"),
        ("/measure", {"programs": [{"code": FAST}], "tests": [7]}, 400, "no problem_id"),
        (
            "/measure",
            {"programs": [{"code": FAST}], "tests": [7], "problem_id": "sums"},
            400,
            "test 7 is not there",
        ),
        (
            "/measure",
            {"programs": [{"code": FAST}], "tests": [0], "problem_id": "../sums"},
            400,
            "is not a folder name",
        ),
        ("/measure", {"programs": [{"code": FAST}], "tests": TESTS, "test": 1}, 400, "test: extra"),
        (
            "/measure",
            {"programs": [{"code": FAST, "language": "perl"}], "tests": TESTS},
            400,
            "language is 'perl'",
        ),
        ("/reward", {"items": [{**ROW, "completion": 5}]}, 400, "completion"),
        ("/nowhere", {}, 404, "lists the routes"),
        ("/reward/openrlhf", {"query": ["a"], "labels": ["{"]}, 400, "label 0 is not a row"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    http: httpx.Client, path: str, body: Any, status: int, sentence: str
) -> None:
    answer = ask(http, path, body)
    assert answer.status_code == status
    assert sentence in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize("told", [True, False])
def test_a_request_that_is_too_large_is_refused_however_it_is_sent(
    serve: Callable[..., Running], told: bool
) -> None:
    small = serve(largest_body=10_000)
    with small.client() as http:
        parts = [b"x" * 6000, b"x" * 6000]
        answer = http.post("/measure", content=b"".join(parts) if told else iter(parts))
        assert answer.status_code == 413
        assert "larger than 10000 bytes" in answer.json()["error"]
        assert http.get("/health").json()["status"] == "ok"


def test_a_ticket_tells_of_work_that_takes_long_and_can_be_given_back(http: httpx.Client) -> None:
    body = {"programs": [{"code": endless()}], "tests": TESTS, "wait": 0}
    answer = ask(http, "/measure", body)
    assert answer.status_code == 202
    place = answer.headers["Location"]
    assert http.get(place).json()["status"] == "waiting"
    http.delete(place)
    assert http.get(place, params={"wait": 60}).json()["status"] == "cancelled"


def test_a_deadline_is_kept(http: httpx.Client) -> None:
    body = {"programs": [{"code": endless()}], "tests": TESTS, "deadline": 0.01}
    assert ask(http, "/measure", body).json()["status"] == "late"


def test_health_readiness_and_counts_are_told(http: httpx.Client) -> None:
    assert http.get("/health").json()["status"] == "ok"
    assert http.get("/ready").json() == {"ready": True, "machine": "counts", "reason": ""}
    assert 'pie_requests_total{route="/ready",status="200"}' in http.get("/metrics").text
    document = http.get("/openapi.json").json()
    assert {"/measure", "/reward", "/run_code", "/jobs/{name}"} <= set(document["paths"])
