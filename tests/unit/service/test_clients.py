"""What one client learns of another, what it may have waiting, and what is asked twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from pie.service.book import Bounds
from pie.service.clients import read_tokens
from sim.errors import InputError
from tests.service import FAST, TESTS, Running, endless

TOKENS = {"a" * 20: "ann", "b" * 20: "bob"}


@pytest.fixture(scope="module")
def guarded(serve: Callable[..., Running]) -> Running:
    return serve(tokens=TOKENS, bounds=Bounds(client=3, all=4))


def client(running: Running, token: str) -> httpx.Client:
    return running.client(headers={"Authorization": f"Bearer {token}"})


def waiting() -> dict[str, Any]:
    return {"programs": [{"code": endless()}], "tests": TESTS, "wait": 0}


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer nobody"}, {"Authorization": "x"}])
def test_without_a_token_nothing_is_told(guarded: Running, header: dict[str, str]) -> None:
    with guarded.client(headers=header) as http:
        for answer in (http.get("/metrics"), http.post("/measure", json=waiting())):
            assert answer.status_code == 401
            assert "Bearer TOKEN" in answer.json()["error"]
        assert http.get("/health").status_code == 200


def test_a_job_is_its_owners_alone(guarded: Running) -> None:
    with client(guarded, "a" * 20) as ann, client(guarded, "b" * 20) as bob:
        place = ann.post("/measure", json=waiting()).headers["Location"]
        for answer in (bob.get(place), bob.delete(place), bob.get("/jobs/never-was")):
            assert (answer.status_code, answer.json()) == (
                404,
                {"error": "no such job; results are kept for an hour"},
            )
        assert ann.get(place).json()["status"] == "waiting"
        ann.delete(place)


def test_who_has_too_much_waiting_is_told_when_to_come_again(guarded: Running) -> None:
    with client(guarded, "a" * 20) as ann, client(guarded, "b" * 20) as bob:
        places = [ann.post("/measure", json=waiting()).headers["Location"] for n in range(3)]
        full = ann.post("/measure", json=waiting())
        assert full.status_code == 429
        assert 1 <= int(full.headers["Retry-After"]) <= 60
        places_of_bob = [bob.post("/measure", json=waiting()).headers["Location"]]
        assert bob.post("/measure", json=waiting()).status_code == 429, "all have four"
        for http, place in [*((ann, one) for one in places), (bob, places_of_bob[0])]:
            http.delete(place)
            http.get(place, params={"wait": 60})
        good = ann.post("/measure", json={"programs": [{"code": FAST}], "tests": TESTS})
        assert good.json()["status"] == "done"


def test_an_idempotency_key_stands_for_one_request_of_one_client(guarded: Running) -> None:
    key = {"Idempotency-Key": "one"}
    body = {"programs": [{"code": FAST}], "tests": TESTS}
    with client(guarded, "a" * 20) as ann, client(guarded, "b" * 20) as bob:
        first = ann.post("/measure", json=body, headers=key).json()
        assert ann.post("/measure", json=body, headers=key).json() == first
        other = ann.post("/measure", json={**body, "tests": TESTS[:1]}, headers=key)
        assert other.status_code == 422
        assert bob.post("/measure", json=body, headers=key).json()["id"] != first["id"]


def test_equal_requests_at_once_are_one_job(guarded: Running) -> None:
    body = {"programs": [{"code": FAST + "// at once"}], "tests": TESTS}
    names: list[str] = []

    def ask() -> None:
        with client(guarded, "a" * 20) as http:
            answer = http.post("/measure", json=body, headers={"Idempotency-Key": "at once"})
            names.append(answer.json()["id"])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names) == 4
    assert len(set(names)) == 1


def test_a_client_that_leaves_takes_its_work_with_it(guarded: Running) -> None:
    body = {**waiting(), "wait": 300}
    with client(guarded, "b" * 20) as http, pytest.raises(httpx.ReadTimeout):
        http.post("/measure", json=body, timeout=0.5)
    with client(guarded, "b" * 20) as http:
        for _ in range(600):
            counts = http.get("/metrics").text
            if 'pie_jobs_total{kind="measure",status="cancelled"}' in counts and (
                "pie_under_way 0.0" in counts
            ):
                break
            threading.Event().wait(0.05)
        else:
            pytest.fail(counts)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "holds none"),
        ("ann short\n", "line 1 of .* is not a name and a fresh token"),
        (f"# who\nann {'a' * 20}\nbob {'a' * 20}\n", "line 3"),
        ("ann\n", "line 1"),
    ],
)
def test_a_file_of_tokens_that_cannot_be_used_is_refused(
    tmp_path: Path, text: str, sentence: str
) -> None:
    path = tmp_path / "tokens"
    path.write_text(text)
    with pytest.raises(InputError, match=sentence):
        read_tokens(path)


def test_names_by_token(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text(f"# comment\n\nann {'a' * 20}\nbob {'b' * 20}\n")
    assert read_tokens(path) == TOKENS
    with pytest.raises(InputError, match="cannot be read"):
        read_tokens(tmp_path / "missing")
