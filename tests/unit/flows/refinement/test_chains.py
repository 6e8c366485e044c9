"""Many tasks at once: nothing asked twice, nothing private shown, limits end a run cleanly."""

import json
import random
import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pie.core.models import ModelError
from pie.core.problem import InputError
from pie.core.refinement.strategy import shipped
from pie.core.tasks.samples import read_samples
from pie.flows.generation.generate import Prices
from pie.flows.refinement import chains
from pie.flows.refinement.refine import plan
from sim.procedure import Outcome
from sim.verdict import Verdict
from tests.unit.core.refinement.scripted import evidence, fenced, written
from tests.unit.flows.refinement.scripted_run import (
    ScriptedModel,
    always,
    files,
    request,
    row,
    run,
    write,
)

pytestmark = pytest.mark.usefixtures("machine")


def by_turn(*words: str):
    """Answer turn t of every chain with the t-th words, the last ones for all later turns."""
    return lambda asked: fenced(written(words[min(asked.sample, len(words) - 1)]))


def lines_of(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def turns_of(folder):
    return lines_of(folder / "turns.jsonl")


def test_every_turn_is_kept_with_prompt_answer_verdict_and_fate(tmp_path):
    pairs = write(tmp_path / "rows.jsonl", [row(0), row(1, "cost 60")])
    done = run(request(pairs, ScriptedModel(by_turn("cost 70", "wrong", "cost 50"))))
    turns = turns_of(done.folder)
    assert [one["task"] for one in turns] == ["1"] * 5 + ["2"] * 5
    assert [one["fate"] for one in turns[:3]] == ["kept", "wrong", "kept"]
    assert [one["fate"] for one in turns[5:8]] == ["not_faster", "wrong", "kept"]
    first = turns[0]
    assert first["evidence"]["verdict"] == "accepted"
    assert first["tokens_in"] == 10
    assert "given0x0" in first["prompt"][-1]["content"]
    assert done.summary["stops"]["finished"] == 2


def test_the_rows_for_measuring_hold_private_tests_only(tmp_path):
    pairs = write(tmp_path / "rows.jsonl", [row(0)])
    done = run(request(pairs, ScriptedModel(always("cost 70"))))
    refined = json.loads((done.folder / "refined.jsonl").read_text())
    assert [one["input"] for one in refined["tests"]] == ["given0x2\n", "given0x3\n"]
    assert refined["generated_answers"] == [written("cost 70") + "\n"]
    every = json.loads((done.folder / "iterations.jsonl").read_text())
    assert every["generated_answers"] == [written("slow")] + [written("cost 70") + "\n"] * 5


@pytest.mark.parametrize("name", shipped())
def test_nothing_private_reaches_a_prompt(tmp_path, name):
    rows = [row(number, words) for number, words in enumerate(["slow", "wrong", "crash", "broken"])]
    pairs = write(tmp_path / "rows.jsonl", rows)
    model = ScriptedModel(by_turn("wrong", "cost 70", "crash", "cost 20", "endless"))
    run(request(pairs, model, name))
    told = "\n".join(
        text
        for one in model.asked
        for text in (one.prompt.text, *(message.content for message in one.prompt.messages))
    )
    assert re.findall(r"(?:given|wanted)\dx[23]", told) == []
    # Not in vain: what is public is shown, by all that show tests at all.
    assert "given0x0" in told or not name.startswith("soap")


def test_a_test_that_is_shown_is_no_private_one_under_another_name(tmp_path):
    doubled = row(0)
    doubled["tests"][3] = dict(doubled["tests"][0])
    pairs = write(tmp_path / "rows.jsonl", [doubled])
    done = run(request(pairs, ScriptedModel(always("fast"))))
    refined = json.loads((done.folder / "refined.jsonl").read_text())
    assert [one["input"] for one in refined["tests"]] == ["given0x2\n"]


def test_rows_that_name_no_public_tests_are_refused_with_the_remedy(tmp_path):
    pairs = write(tmp_path / "rows.jsonl", [row(0)])
    with pytest.raises(InputError, match="names no public_tests") as caught:
        plan(request(pairs, ScriptedModel(always("fast")), public=None))
    assert "--public N" in caught.value.remedy


def test_public_tests_of_the_row_need_no_option(tmp_path):
    named = row(0, public_tests=[{"input": "shown\n", "output": "it\n"}])
    pairs = write(tmp_path / "rows.jsonl", [named])
    model = ScriptedModel(always("fast"))
    done = run(request(pairs, model, public=None))
    assert "shown" in model.asked[0].prompt.text
    refined = json.loads((done.folder / "refined.jsonl").read_text())
    assert len(refined["tests"]) == 4


@pytest.mark.parametrize(
    ("tests", "public", "why"),
    [(2, 2, "are public, so none is left"), (4, 4, "are public, so none is left")],
)
def test_a_row_without_private_tests_is_left_out(tmp_path, tests, public, why):
    pairs = write(tmp_path / "rows.jsonl", [row(0, tests=tests), row(1, tests=6)])
    made = plan(request(pairs, ScriptedModel(always("fast")), public=public))
    assert made.tasks == 1
    assert why in made.left_out[0].reason


def test_a_killed_run_goes_on_and_asks_nothing_twice(tmp_path):
    rows = [row(number, f"cost {90 - number}") for number in range(6)]
    rng = random.Random(3)
    answers = {}

    def say(asked):
        words = answers.setdefault(asked.key, f"cost {rng.randrange(20, 99)}")
        return fenced(written(words))

    (tmp_path / "whole").mkdir()
    whole = write(tmp_path / "whole/rows.jsonl", rows)
    expected = files(run(request(whole, ScriptedModel(say))).folder)
    (tmp_path / "killed").mkdir()
    killed = write(tmp_path / "killed/rows.jsonl", rows)
    asked = []
    for patience in (3, 5, 1, 7, 4):
        left = [patience]

        def impatient(one, left=left):
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
            return say(one)

        model = ScriptedModel(impatient)
        with pytest.raises(KeyboardInterrupt):
            run(request(killed, model))
        asked += [one.key for one in model.asked[:-1]]
    model = ScriptedModel(say)
    done = run(request(killed, model))
    asked += [one.key for one in model.asked]
    assert len(asked) == len(set(asked)) == 30
    assert files(done.folder) == expected


def test_the_same_run_again_asks_nothing_and_writes_the_same_bytes(tmp_path):
    pairs = write(tmp_path / "rows.jsonl", [row(0), row(1)])
    asked = request(pairs, ScriptedModel(by_turn("cost 70", "cost 60")), "perfcodegen", samples=3)
    first = files(run(asked).folder)
    again = ScriptedModel(lambda _one: pytest.fail("it was asked again"))
    assert files(run(request(pairs, again, "perfcodegen", samples=3)).folder) == first


def test_chains_of_one_task_have_answers_of_their_own(tmp_path):
    pairs = write(tmp_path / "rows.jsonl", [row(0)])
    model = ScriptedModel(lambda asked: fenced(written(f"cost {50 + asked.sample}")))
    run(request(pairs, model, "soap", samples=3, rounds=1))
    assert sorted(one.sample for one in model.asked) == [0, 1, 2]
    assert len({one.key for one in model.asked}) == 3


def test_a_limit_of_tokens_ends_the_run_and_a_higher_one_goes_on(tmp_path):
    pairs = write(tmp_path / "rows.jsonl", [row(number) for number in range(4)])
    model = ScriptedModel(by_turn("cost 70", "cost 60", "cost 50"))
    ended = run(request(pairs, model, max_total_tokens=100))
    assert ended.summary["stops"]["budget"] == 4
    first = len(model.asked)
    assert first == 7, "15 tokens each: the limit is passed by one request at most"
    done = run(request(pairs, model, max_total_tokens=10_000))
    assert done.summary["stops"] == {**done.summary["stops"], "finished": 4, "budget": 0}
    assert len(model.asked) == 20


def test_a_limit_of_cost_counts_what_tokens_cost(tmp_path):
    pairs = write(tmp_path / "rows.jsonl", [row(0)])
    model = ScriptedModel(by_turn("cost 70", "cost 60", "cost 50"))
    done = run(request(pairs, model, prices=Prices(1e5, 1e5), max_cost=3.0))
    assert len(model.asked) == 2
    assert done.summary["cost"] == pytest.approx(3.0)
    assert done.summary["stops"]["budget"] == 1


def test_a_request_without_an_answer_is_asked_again_by_the_next_run(tmp_path):
    pairs = write(tmp_path / "rows.jsonl", [row(0), row(1)])
    down = [True]

    def say(asked):
        failing = down[0] and "given1x0" in asked.prompt.text
        return None if failing else fenced(written("cost 70"))

    model = ScriptedModel(say)
    done = run(request(pairs, model))
    assert done.summary["stops"]["unanswered"] == 1
    assert done.summary["unanswered"] == {"the server is down": 1}
    down[0] = False
    assert run(request(pairs, model)).summary["stops"]["finished"] == 2


def test_a_model_that_answers_nothing_is_an_error(tmp_path):
    pairs = write(tmp_path / "rows.jsonl", [row(0)])
    with pytest.raises(ModelError, match="answered nothing"):
        run(request(pairs, ScriptedModel(lambda _one: None)))


def test_recorded_answers_that_end_are_counted(tmp_path):
    pairs = write(tmp_path / "rows.jsonl", [row(0), row(1)])
    model = ScriptedModel(lambda asked: fenced(written("cost 70")) if asked.sample == 0 else None)
    model.by_row = True
    done = run(request(pairs, model))
    assert done.summary["stops"]["exhausted"] == 2
    assert done.summary["turns"] == 2


def test_a_prompt_beyond_the_context_ends_the_task_with_its_last_correct_program(tmp_path):
    pairs = write(tmp_path / "rows.jsonl", [row(0)])
    model = ScriptedModel(lambda _one: fenced(written("cost 70") + "\n" + "x = 1\n" * 200))
    done = run(request(pairs, model, room=300))
    assert done.summary["stops"]["prompt_too_long"] == 1
    refined = json.loads((done.folder / "refined.jsonl").read_text())
    assert refined["generated_answers"][0].startswith(written("cost 70"))


def test_another_strategy_in_the_same_folder_is_refused(tmp_path):
    pairs = write(tmp_path / "rows.jsonl", [row(0)])
    run(request(pairs, ScriptedModel(always("fast"))))
    with pytest.raises(InputError, match="another configuration"):
        run(request(pairs, ScriptedModel(always("fast")), "perfcodegen"))


WORDS = st.sampled_from(["fast", "wrong", "broken", "crash", "endless", "ours", "-", "cost 60"])


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.lists(WORDS, min_size=8, max_size=8), min_size=1, max_size=5))
def test_any_mixture_of_answers_comes_to_its_end(tmp_path_factory, schedule):
    folder = tmp_path_factory.mktemp("mixture")
    pairs = write(folder / "rows.jsonl", [row(number) for number in range(len(schedule))])

    def say(asked):
        number = int(re.search(r"given(\d)x0", asked.prompt.text)[1])
        words = schedule[number][asked.sample]
        return "No." if words == "-" else fenced(written(words))

    done = run(request(pairs, ScriptedModel(say)))
    assert done.summary["stops"]["finished"] == len(schedule)
    assert len((done.folder / "refined.jsonl").read_text().splitlines()) == len(schedule)


def task_line(name: str, **more):
    return {
        "task_id": name,
        "language": "python",
        "prompt": f"Print what is asked for in {name}.",
        "references": [written("cost 60")],
        "public_tests": [{"input": f"given{name}\n", "output": f"wanted{name}\n"}],
        "private_tests": [{"input": f"secret{name}\n", "output": f"hidden{name}\n"}],
        **more,
    }


def test_tasks_are_asked_for_a_first_program_and_give_samples(tmp_path):
    tasks = write(tmp_path / "tasks.jsonl", [task_line("one"), task_line("two")])
    model = ScriptedModel(by_turn("cost 80", "cost 70", "cost 50"))
    done = run(request(tasks, model, public=None, of_tasks=True, rounds=2, samples=1))
    assert "Print what is asked for in one." in model.asked[0].prompt.text
    told = "\n".join(message.content for one in model.asked for message in one.prompt.messages)
    assert "givenone" in told
    assert not re.findall("secret|hidden", told)
    samples = [
        json.loads(line) for line in (done.folder / "refined.jsonl").read_text().splitlines()
    ]
    assert [one["task_id"] for one in samples] == ["one", "two"]
    assert samples[0]["solution"] == written("cost 50") + "\n"
    judging = lines_of(done.folder / "tasks.jsonl")
    assert [one["public_tests"] for one in judging] == [[], []]
    every = (done.folder / "iterations.jsonl").read_text().splitlines()
    assert len(every) == 2 * 3


def test_chains_can_start_from_the_answers_of_an_earlier_run(tmp_path):
    pairs = write(
        tmp_path / "rows.jsonl",
        [
            row(0, generated_answers=[written("cost 80"), written("wrong")]),
            row(1, generated_answers=[written("cost 80")]),
        ],
    )
    model = ScriptedModel(always("cost 40"))
    asked = request(pairs, model, rounds=1, samples=2, from_answers=True)
    made = plan(asked)
    assert made.tasks == 1
    assert "needs one for each of 2 chains" in made.left_out[0].reason
    done = run(asked)
    every = json.loads((done.folder / "iterations.jsonl").read_text())["generated_answers"]
    assert [one.strip() for one in every] == [
        written(words) for words in ("cost 80", "wrong", "cost 40", "wrong")
    ]


def test_rows_with_the_same_prompt_share_its_answer_and_ask_it_once(tmp_path):
    same = row(0)
    rows = [{**same, "src_id": f"s{number}"} for number in range(6)]
    pairs = write(tmp_path / "rows.jsonl", rows)
    model = ScriptedModel(by_turn("cost 70", "cost 60", "cost 50"))
    done = run(request(pairs, model))
    assert done.summary["turns"] == 6 * 5
    keys = [one.key for one in model.asked]
    assert len(keys) == len(set(keys)) == 5


def test_a_private_test_of_a_task_that_is_shown_judges_nothing(tmp_path):
    line = task_line("one")
    line["private_tests"].append(dict(line["public_tests"][0]))
    tasks = write(tmp_path / "tasks.jsonl", [line])
    done = run(request(tasks, ScriptedModel(always("fast")), public=None, of_tasks=True))
    (judging,) = lines_of(done.folder / "tasks.jsonl")
    assert [one["input"] for one in judging["private_tests"]] == ["secretone\n"]


def test_a_row_that_stands_in_the_file_twice_is_left_out_and_told(tmp_path):
    pairs = write(tmp_path / "rows.jsonl", [row(0), row(1), row(0)])
    made = plan(request(pairs, ScriptedModel(always("fast"))))
    assert made.tasks == 2
    assert "stand on line 1 already" in made.left_out[0].reason


def test_what_one_wrong_program_printed_is_told_of_each_task_that_has_it(tmp_path, monkeypatch):
    seen = []

    def gather(one, programs, setting, printed, profiles):
        yield from ()
        printed.update({program.digest: f"of task {one.task.name}" for program in programs})
        return [Outcome(Verdict.WRONG_ANSWER, program.source) for program in programs]

    def read(outcome, tests, setting, printed):
        seen.append(printed)
        return evidence(outcome.detail)

    monkeypatch.setattr(chains, "gather", gather)
    monkeypatch.setattr(chains, "evidence_of", read)
    pairs = write(tmp_path / "rows.jsonl", [row(0, "wrong"), row(1, "wrong")])
    run(request(pairs, ScriptedModel(always("wrong")), "perfcodegen", samples=2))
    assert seen == ["of task 1", "of task 1", "of task 2", "of task 2"]


def test_a_prompt_without_a_profile_says_why_and_is_counted(tmp_path):
    pairs = write(tmp_path / "rows.jsonl", [row(0, "unprofiled 90")])
    model = ScriptedModel(by_turn("cost 95", "cost 70", "cost 60"))
    done = run(request(pairs, model, rounds=3))
    assert "not available: nobody can tell" in model.asked[0].prompt.text
    assert "not available" not in model.asked[2].prompt.text
    assert done.summary["profiles_missing"] == {"nobody can tell": 2}
    assert [one["profile_problem"] for one in turns_of(done.folder)] == ["nobody can tell"] * 2 + [
        ""
    ]


def test_a_row_tells_nothing_of_an_earlier_run_whose_answers_it_held(tmp_path):
    old = {"sampling": {"strategy": "cot"}, "generations": [{}], "kept": 1}
    pairs = write(tmp_path / "rows.jsonl", [row(0, **old)])
    done = run(request(pairs, ScriptedModel(always("cost 70"))))
    (made,) = lines_of(done.folder / "refined.jsonl")
    assert made["kept"] == 1
    assert not {"sampling", "generations"} & made.keys()
    assert made["refinement"]["strategy"] == "soap"


def test_chains_of_a_task_start_from_its_samples(tmp_path):
    task = {
        "task_id": "T/0",
        "prompt": "def f(x):\n",
        "entry_point": "f",
        "references": ["def f(x):\n    return x\n"],
        "public_tests": [{"args": [1], "expected": 1}],
        "private_tests": [{"args": [2], "expected": 2}],
    }
    tasks = write(tmp_path / "tasks.jsonl", [task, {**task, "task_id": "T/1"}])
    given = [{"task_id": "T/0", "solution": written("cost 90")}, {"task_id": "T/0", "solution": ""}]
    samples = read_samples(write(tmp_path / "samples.jsonl", given), "--from")
    asked = request(tasks, ScriptedModel(always("cost 70")), public=None, of_tasks=True)
    asked = replace(asked, earlier=samples, from_answers=True, samples=2)
    assert "it has 0 answers, and --from needs one" in plan(asked).left_out[0].reason
    turns = turns_of(run(asked).folder)
    # The first chain has a program; the second, with an empty answer, asks for one.
    assert [(one["sample"], one["iteration"]) for one in turns[:6]] == [
        *((0, number) for number in range(1, 6)),
        (1, 0),
    ]
    assert written("cost 90") in turns[0]["prompt"][-1]["content"]
