"""A server that improves, worsens, breaks, refuses and babbles, by its schedule."""

import json
import random
import re

import pytest

from pie.core.models import ModelOptions, open_model
from tests.model_server import Fault, ModelServer
from tests.unit.core.refinement.scripted import evidence, fenced, written
from tests.unit.flows.refinement.scripted_run import request, row, run, write

pytestmark = pytest.mark.usefixtures("machine")

SAID = {
    "refuses": "I cannot help with that.",
    "babbles": "Well, " * 3_000,
    "says nothing": "",
    "half": "```python\nprint('cost 5",
}
WORDS = ["cost 70", "cost 30", "slow", "wrong", "broken", "crash", "endless", *SAID]
TASKS, ROUNDS = 20, 5


def test_every_task_ends_with_its_best_correct_program_whatever_the_server_does(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("OPENAI_API_KEY", "EMPTY")
    monkeypatch.setattr("random.random", lambda: 0.0)  # no waiting before a request again
    chance = random.Random(16)
    schedule = {
        f"{task} {turn}": chance.choice(WORDS) for task in range(TASKS) for turn in range(ROUNDS)
    }
    given: dict[str, set[str]] = {}

    def text(body):
        task = re.search(r"given(\d+)x", json.dumps(body["messages"]))[1]
        words = schedule[f"{task} {body['seed']}"]
        given.setdefault(task, set()).add(words)
        return SAID[words] if words in SAID else fenced(written(words))

    def fault(body, attempt):
        return Fault(503, b"busy", (("Retry-After", "0"),)) if attempt == 0 else None

    pairs = write(tmp_path / "rows.jsonl", [row(number, "cost 90") for number in range(TASKS)])
    with ModelServer(fault=fault, text=text) as server:
        model = open_model("openai:scripted", ModelOptions(base_url=server.url))
        done = run(request(pairs, model, rounds=ROUNDS))
        assert set(server.answered.values()) == {1}, "nothing is asked twice"
    assert done.summary["stops"]["finished"] == TASKS
    lines = [json.loads(line) for line in (done.folder / "versions.jsonl").read_text().splitlines()]
    for task, line in enumerate(lines):
        costs = [evidence(written("cost 90")).cost]
        costs += [evidence(written(one)).cost for one in given[str(task)] if one not in SAID]
        best = min(cost for cost in costs if cost is not None)
        assert line["iterations"][-1]["evidence"]["cost"] == best
    assert done.summary["fates"]["no_program"] > 0
    assert done.summary["fates"]["wrong"] > 0
