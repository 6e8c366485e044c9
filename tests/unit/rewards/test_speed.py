"""The reward function as TRL calls it, on the embedded baseline machine."""

from __future__ import annotations

import inspect
import math
import pickle
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pie.core.answers import extraction
from pie.core.problem import InputError
from pie.core.report.startup import startup_procedure
from pie.core.test_cases import text_case
from pie.rewards import SpeedReward, speed_reward
from pie.rewards.worth import Rules, judge
from sim.agreement import Cost, Start, agreement
from sim.jobs import MeasuredRun
from sim.machines.cachegrind import Cachegrind
from sim.procedure import Outcome, TestOutcome, examine
from sim.program import Language, Program
from sim.scheduler import Scheduler
from sim.verdict import Verdict

SLOW = """#include <cstdio>
int main() {
    int n;
    scanf("%d", &n);
    volatile long sum = 0;
    for (int i = 1; i <= n; i++) for (int k = 0; k < 100; k++) sum = sum + (k == 0 ? i : 0);
    printf("%ld\\n", (long) sum);
}
"""
FAST = """#include <cstdio>
int main() {
    long n;
    scanf("%ld", &n);
    printf("%ld\\n", n * (n + 1) / 2);
}
"""
WRONG = FAST.replace("n + 1", "n + 2")
BROKEN = "int main() { return undeclared; }\n"
TAMPERING = FAST.replace("#include <cstdio>", "#include <cstdio>\n#include <unistd.h>").replace(
    "long n;",
    'long n; char *no[]{nullptr}; execve("/pie/prog", no, no); execve("/proc/self/exe", no, no);',
)
"""Right, but it tries to become another program, which nobody would measure."""
CRASHING = "#include <cstdlib>\nint main() { abort(); }\n"
TESTS = [{"input": f"{n}\n", "output": f"{n * (n + 1) // 2}\n"} for n in (3, 400)]

pytestmark = pytest.mark.skipif(not Cachegrind().check().ok, reason="valgrind is not installed")


@pytest.fixture(scope="module")
def cache(
    tmp_path_factory: pytest.TempPathFactory, fresh_cache: Callable[[Path], Path]
) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = fresh_cache(tmp_path_factory.mktemp("cache"))
        patch.setenv("PIE_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def reward(cache: Path) -> Iterator[SpeedReward]:
    with speed_reward(machine="cachegrind", trust_programs=True, jobs=2) as made:
        yield made


def columns(count: int, **others: Any) -> dict[str, Any]:
    row = {"problem_id": "sums", "src_code": SLOW, "tests": TESTS, **others}
    return {name: [value] * count for name, value in row.items()}


def test_completions_in_one_float_each_out(reward: SpeedReward) -> None:
    answers = [FAST, SLOW, WRONG, BROKEN, CRASHING, TAMPERING, "I cannot help with that.", ""]
    fast, same, *worthless = reward(answers, prompts=[""] * 8, **columns(8), unknown=[1] * 8)
    assert same == 1.0
    assert fast is not None
    assert fast > 1.5
    assert worthless == [0.0] * 6


def test_a_program_that_tampers_is_known_as_such_and_worth_nothing(reward: SpeedReward) -> None:
    (found,) = reward.measure([TAMPERING], **columns(1))
    assert (found.verdict, found.speedup, found.reward) == (Verdict.TAMPERING, None, 0.0)


@pytest.mark.parametrize(
    "text",
    [
        "\0" * 1000,
        "{" * 10**5,
        "int main() {" + ";" * 100_000_000 + "}",
        "```cpp\n" * 1_000_000,
        "{" * 10**7,
    ],
    ids=["zeros", "some braces", "100 MB", "fences", "braces"],
)
def test_a_hostile_completion_is_no_program_and_is_searched_within_bounds(
    reward: SpeedReward, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched, search = [], extraction._extract

    def counting(one: str, *arguments: Any, **options: Any) -> extraction.Extraction:
        searched.append(len(one))
        return search(one, *arguments, **options)

    monkeypatch.setattr(extraction, "_extract", counting)
    (found,) = reward.measure([text], **columns(1))
    assert (found.verdict, found.reward) == (Verdict.NO_CODE, 0.0)
    assert searched == ([len(text)] if len(text) <= extraction.LONGEST_ANSWER else [])


def test_zeros_and_half_characters_in_a_program_do_no_harm(reward: SpeedReward) -> None:
    answers = [FAST.replace("int main", "\0int main"), FAST + "// \ud800\n"]
    assert all(one is not None and one >= 0 for one in reward(answers, **columns(2)))
    assert (reward([FAST], **columns(1))[0] or 0) > 2, "the next call works"


def test_the_reward_is_of_the_speedup_that_is_measured(reward: SpeedReward) -> None:
    (found,) = reward.measure([FAST], **columns(1))
    assert found.verdict is Verdict.ACCEPTED
    assert found.net_speedup is not None
    assert found.speedup is not None
    assert found.net_speedup > found.speedup > 1.5, "start-up hides a part of it"
    assert found.reward == 1 + math.log2(found.net_speedup)
    with speed_reward(machine="cachegrind", trust_programs=True, jobs=2, cost="gross") as gross:
        assert gross([FAST], **columns(1)) == [1 + math.log2(found.speedup)]


def test_a_program_in_a_message_s_fence_is_found(reward: SpeedReward) -> None:
    messages = [{"role": "assistant", "content": f"Faster:\n```cpp\n{FAST}```\nDone."}]
    assert reward([messages, FAST], **columns(2))[0] == reward([FAST], **columns(1))[0]


def test_a_message_whose_content_comes_in_parts_is_read(reward: SpeedReward) -> None:
    parts = [{"type": "text", "text": FAST[:50]}, {"type": "text", "text": FAST[50:]}]
    empty: list[Any] = [[], [{"role": "assistant", "content": None}]]
    answers = [[{"role": "assistant", "content": parts}], *empty]
    fast, *nothing = reward(answers, **columns(3))
    assert fast == reward([FAST], **columns(1))[0]
    assert nothing == [0.0, 0.0]
    with pytest.raises(InputError, match="a completion is no text but int"):
        reward([5], **columns(1))  # type: ignore[list-item]


def test_each_completion_is_measured_against_its_own_row(reward: SpeedReward) -> None:
    given = columns(2)
    given["src_code"] = [SLOW, FAST]
    against_slow, against_fast = reward([FAST, FAST], **given)
    assert against_fast == 1.0
    assert against_slow is not None
    assert against_slow > 1.5


def test_nothing_is_measured_twice(reward: SpeedReward, monkeypatch: pytest.MonkeyPatch) -> None:
    first = reward([FAST, WRONG], **columns(2))
    # Whatever is not kept would call it.
    monkeypatch.setattr(Scheduler, "_submit", None)
    assert reward([WRONG, FAST, FAST], **columns(3)) == [first[1], first[0], first[0]]


def test_a_copy_in_another_process_or_thread_gives_the_same_rewards(reward: SpeedReward) -> None:
    expected = reward([FAST, WRONG], **columns(2))
    with pickle.loads(pickle.dumps(reward)) as copy, ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(one, [FAST, WRONG], **columns(2)) for one in (copy, reward, reward)]
        assert [one.result() for one in asked] == [expected] * 3


def test_workers_stay_when_another_thread_calls(reward: SpeedReward) -> None:
    reward([FAST], **columns(1))
    engine = reward.session.engine(alone=False)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(reward, [FAST + "//"], **columns(1)).result()
    assert reward.session.engine(alone=False) is engine


def test_a_source_that_is_wrong_gives_no_reward_and_is_told_once(reward: SpeedReward) -> None:
    given = columns(2, src_code=WRONG, problem_id="wrong-source")
    with pytest.warns(RuntimeWarning, match="wrong-source is not accepted"):
        assert reward([FAST, WRONG], **given) == [None, 0.0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reward([FAST], **columns(1, src_code=WRONG, problem_id="wrong-source"))


def test_a_row_that_cannot_be_used_does_not_end_the_training(reward: SpeedReward) -> None:
    given = columns(3)
    given["tests"] = [given["tests"][0], [7], given["tests"][0]]
    with pytest.warns(RuntimeWarning, match="cannot be used.*have no reward"):
        found = reward([FAST, FAST, WRONG], **given)
    assert found[1] is None
    assert found[0] == reward([FAST], **columns(1))[0]
    assert found[2] == 0.0
    with pytest.raises(InputError, match="cannot be used"):
        reward([FAST], **{**columns(1), "tests": [[7]]})


def test_a_target_is_a_witness_and_no_answer(reward: SpeedReward) -> None:
    given = columns(2, tgt_code=FAST)
    assert reward([WRONG, FAST], **given) == reward([WRONG, FAST], **columns(2))


def test_our_own_failure_is_none_and_not_zero(
    reward: SpeedReward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A measured source beside an answer whose measurement failed."""
    procedures = [startup_procedure(Language.CPP, reward._setting), examine_source(reward)]
    start, source = reward.session.run(procedures, alone=False)
    failed = Outcome(Verdict.NOT_MEASURED, "the disk is on fire")
    monkeypatch.setattr(reward.session, "run", lambda *_, **__: [start, [source[0], failed]])
    assert reward([FAST], **columns(1)) == [None]


def examine_source(reward: SpeedReward) -> Any:
    cases = [
        text_case(str(at), one["input"].encode(), one["output"].encode())
        for at, one in enumerate(TESTS)
    ]
    return examine([Program(Language.CPP, SLOW)], cases, reward._setting)


def test_tests_beside_the_data_are_found(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "sums").mkdir()
    (tmp_path / "sums" / "input.0.txt").write_text("400\n")
    (tmp_path / "sums" / "output.0.txt").write_text("80200\n")
    with speed_reward(
        tmp_path, machine="cachegrind", trust_programs=True, jobs=1, scale="ratio"
    ) as made:
        (found,) = made([FAST], **columns(1, tests=[0]))
        assert found is not None
        assert found > 1.5
        with pytest.raises(InputError, match="test 7 is not there"):
            made([FAST], **columns(1, tests=[7]))


@pytest.mark.parametrize("name", ["problem_id", "src_code", "tests"])
def test_a_missing_column_is_told_by_its_name(reward: SpeedReward, name: str) -> None:
    given = columns(1)
    del given[name]
    with pytest.raises(InputError, match=f"needs the column {name}"):
        reward([FAST], **given)


def test_columns_of_another_length_are_refused(reward: SpeedReward) -> None:
    with pytest.raises(InputError, match="1 values for 2 completions"):
        reward([FAST, FAST], **columns(1))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"scale": "cubic"}, "unknown scale"),
        ({"cap": 0.5}, "below 1"),
        ({"machine": "abacus"}, "abacus"),
        ({"compare": "roughly"}, "roughly"),
        ({"testcases": "/nowhere"}, "does not exist"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_sentence(options: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        speed_reward(**options)


def test_the_share_of_accepted_answers_is_logged(reward: SpeedReward) -> None:
    logged: dict[str, float] = {}
    reward([FAST, SLOW, WRONG, WRONG], log_metric=logged.__setitem__, **columns(4))
    assert logged["speed/accepted"] == 0.5
    assert logged["speed/speedup"] > 1


def test_what_has_no_reward_is_in_no_share(reward: SpeedReward) -> None:
    given = columns(3)
    given["src_code"] = [SLOW, SLOW, WRONG]
    given["problem_id"] = ["sums", "sums", "wrong-source"]
    logged: dict[str, float] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = reward([FAST, WRONG, FAST], log_metric=logged.__setitem__, **given)
    assert found[2] is None
    assert logged["speed/accepted"] == 0.5


def test_every_process_logs_every_metric(reward: SpeedReward) -> None:
    """TRL gathers each name from all processes: one that is missing in some is waited for."""
    logged: dict[str, float] = {}
    reward(["no program"], log_metric=logged.__setitem__, **columns(1))
    assert logged.keys() == {"speed/accepted", "speed/speedup"}
    assert logged["speed/accepted"] == 0.0
    assert logged["speed/speedup"] != logged["speed/speedup"], "NaN: there is none"


def test_trl_names_the_metric_after_the_function(reward: SpeedReward) -> None:
    assert reward.__name__ == "speed_reward"
    assert "completions" in inspect.signature(reward).parameters


def test_a_closed_one_says_so(cache: Path) -> None:
    made = speed_reward(machine="cachegrind", trust_programs=True, jobs=1)
    made.close()
    made.close()
    with pytest.raises(InputError, match="closed"):
        made([FAST], **columns(1))


def test_cachegrind_is_taken_on_the_users_word_only() -> None:
    with pytest.raises(InputError, match="the machine 'counts', or say trust_programs=True"):
        speed_reward(machine="cachegrind")


def test_an_unknown_reward_of_the_suspicious_is_refused() -> None:
    with pytest.raises(InputError, match="choose one of none, zero"):
        speed_reward(machine="counts", suspicious="half")


@pytest.mark.parametrize("worth", [None, 0.0])
def test_a_suspicious_answer_is_left_out_or_worth_nothing(worth: float | None) -> None:
    marked = agreement(Cost(1.0, 1.0), Cost(1.0, 0.01), Start(), 1, 3)
    assert marked.suspicious
    run = MeasuredRun(Verdict.ACCEPTED, cycles=100)
    slow = Outcome(Verdict.ACCEPTED, tests=(TestOutcome("0", Verdict.ACCEPTED, run=run),))
    rules = Rules(suspicious=worth)
    found = judge(slow, replace(slow, native=marked), None, None, rules)
    assert (found.verdict, found.reward, found.suspicious) == ("accepted", worth, True)
    other = replace(slow, native=replace(marked, suspicious=False))
    honest = judge(slow, other, None, None, rules)
    assert (honest.reward, honest.suspicious) == (1.0, False)


@pytest.mark.parametrize(("option", "reward"), [(None, 0.5), (0.0, 0.0)])
def test_a_slower_answer_does_not_leave_the_step_by_being_suspicious(
    option: float | None, reward: float
) -> None:
    marked = agreement(Cost(1.0, 1.0), Cost(10.0, 2.0), Start(), 1, 3)
    assert marked.suspicious

    def outcome(cycles: int) -> Outcome:
        run = MeasuredRun(Verdict.ACCEPTED, cycles=cycles)
        return Outcome(Verdict.ACCEPTED, tests=(TestOutcome("0", Verdict.ACCEPTED, run=run),))

    slower = replace(outcome(200), native=marked)
    found = judge(outcome(100), slower, None, None, Rules(suspicious=option))
    assert (found.reward, found.suspicious) == (reward, True)
