"""Which problems lend their inputs, and what is new on them, with made-up runs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pie.core.problem import InputError
from pie.core.prompting.prompts import Form
from pie.core.rows import InlineTest
from pie.core.selfplay.proposing import Call, render_proposal
from pie.core.selfplay.seeds import Seed
from pie.flows.selfplay import inputs, proposals
from pie.flows.selfplay.proposals import Proposal
from pie.flows.selfplay.request import Told
from sim.observation import Observation
from sim.printed import Printed
from sim.program import Language, Program, TestCase
from sim.verdict import Verdict
from tests.unit.flows.selfplay.test_request import request

Runs = Callable[[str, TestCase], Printed]
QUIET = Told(lambda *_: None, lambda _: None, lambda _: None)


def seed(name: str, *texts: str, witnesses: tuple[str, ...] = ()) -> Seed:
    others = tuple(Program(Language.CPP, one) for one in witnesses)
    tests = tuple(InlineTest(input=text, output="") for text in texts)
    return Seed(name, Program(Language.CPP, name), "", "", tests, others)


def printed(text: str, size: int = 1, kept: bool = True) -> Printed:
    stdout = text.encode() if kept else None
    return Printed(Verdict.ACCEPTED, "", text, text, size, not text, stdout)


BAD = Printed(Verdict.RUNTIME_ERROR, "crashed")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Runs], None]:
    """Let every program print on an input what a function says."""
    monkeypatch.setenv("PIE_CACHE", str(tmp_path))
    asked: dict[int, tuple[str, Any, int]] = {}

    def observe(program: Program, cases: Any, wanted: Any, _setting: object) -> int:
        asked[len(asked)] = program.source, cases, wanted.required
        return len(asked) - 1

    def use(runs: Runs) -> None:
        def outcomes(_how: object, work: Any, *_: object) -> Iterator[Any]:
            for item, number in work:
                source, cases, required = asked[number]
                seen = tuple(runs(source, case) for case in cases)
                fine = all(one.verdict is Verdict.ACCEPTED for one in seen[:required])
                verdict = Verdict.ACCEPTED if fine else Verdict.RUNTIME_ERROR
                yield item, [Observation(verdict, "", printed=seen)]

        for module in (inputs, proposals):
            monkeypatch.setattr(module, "observe", observe)
            monkeypatch.setattr(module, "outcomes", outcomes)

    return use


def chosen(seeds: list[Seed], **more: Any) -> inputs.Bases:
    return inputs.choose_bases(request(**{"inputs": 2, **more}), seeds, QUIET)


def text_of(case: TestCase) -> str:
    return case.input_path.read_text()


def echo(source: str, case: TestCase) -> Printed:
    return printed(f"{source} {text_of(case)}")


def test_the_highest_numbered_different_inputs_are_taken(machine: Any) -> None:
    machine(echo)
    (base,) = chosen([seed("p", "1", "2", "3", "3", "2")]).chosen
    assert [text_of(case) for case in base.own] == ["2", "3"]


def test_a_problem_with_too_few_different_inputs_is_told_apart(machine: Any) -> None:
    machine(echo)
    found = chosen([seed("few", "1", "1"), seed("p", "1", "2")])
    assert [one.seed.problem_id for one in found.chosen] == ["p"]
    assert found.left_out == [{"problem_id": "few", "reason": "1 different inputs"}]


def test_a_problem_whose_own_program_fails_is_replaced_by_the_next(machine: Any) -> None:
    seeds = [seed(f"p{number}", "1", "2") for number in range(4)]
    machine(echo)
    order = [one.seed.problem_id for one in chosen(seeds, bases=4).chosen]
    machine(lambda source, case: BAD if source == order[0] else echo(source, case))
    found = chosen(seeds, bases=2)
    assert [one.seed.problem_id for one in found.chosen] == order[1:3]
    assert found.left_out[0]["reason"] == "its own program: runtime_error"
    assert [one.seed.problem_id for one in chosen(seeds[::-1], bases=2).chosen] == order[1:3]


def test_without_any_base_the_first_reason_is_told(machine: Any) -> None:
    machine(lambda *_: BAD)
    with pytest.raises(InputError, match=r"p: its own program: runtime_error"):
        chosen([seed("p", "1", "2")])


def test_a_mutated_input_stays_if_the_problems_own_program_survives_it(machine: Any) -> None:
    def odd_only(source: str, case: TestCase) -> Printed:
        return echo(source, case) if int(text_of(case)) % 2 else BAD

    machine(odd_only)
    (base,) = chosen([seed("p", "91", "57")], mutate=3).chosen
    assert len(base.mutated) == 3
    assert all(int(text_of(case)) % 2 for case in base.mutated)


def test_a_mutated_input_stays_if_the_witnesses_print_the_same(machine: Any) -> None:
    def runs(source: str, case: TestCase) -> Printed:
        number = int(text_of(case))
        if source == "other answers":
            return printed(f"{source} {number}")
        if source == "fails on 3":
            return BAD if number % 3 == 0 else printed(f"x {number}")
        return printed(f"x {number + (source == 'differs' and number % 2 == 0)}")

    machine(runs)
    witnesses = ("differs", "other answers", "fails on 3")
    (base,) = chosen([seed("p", "91", "77", witnesses=witnesses)], mutate=3).chosen
    numbers = [int(text_of(case)) for case in base.mutated]
    assert len(numbers) == 3
    assert all(number % 2 and number % 3 for number in numbers)


def fates(machine: Any, runs: Runs, known: list[Seed], *texts: str, **more: Any) -> list[str]:
    asked = request(inputs=2, **more)
    machine(lambda source, case: echo(source, case) if source == "p" else runs(source, case))
    base = seed("p", "1", "2")
    bases = inputs.choose_bases(asked, [base], QUIET)
    inputs.run_known(asked, bases, known, QUIET)
    call = Call(0, base, base, render_proposal(base, base, Form.PLAIN), 0, 0)
    made = [
        Proposal(call, number, bases.chosen[0], Program(Language.CPP, text))
        for number, text in enumerate(texts)
    ]
    shingles = proposals.drop_equal_texts(made, known)
    behaviours = proposals.run_proposals(asked, made, QUIET)
    proposals.group(asked, made, behaviours, shingles)
    return [one.fate or "new" for one in made]


def test_what_a_program_prints_decides(machine: Any) -> None:
    runs = {
        "int a;": echo,
        "int b;": lambda _source, _case: printed("same"),
        "int c;": lambda _source, _case: printed(""),
        "int d;": lambda source, case: printed(f"{source}{text_of(case)}", 70_000, kept=False),
        "int e;": lambda _source, case: printed(f"p {text_of(case)}"),
        "int f;": lambda source, case: BAD if text_of(case) == "2" else echo(source, case),
    }
    seen = fates(
        machine, lambda source, case: runs[source](source, case), [seed("p", "1", "2")], *runs
    )
    assert seen == [
        *("new", "constant_output", "no_output", "output_too_long"),
        *("known_behaviour", "runtime_error"),
    ]


def test_a_known_program_that_fails_on_one_input_is_like_none(machine: Any) -> None:
    def alike(_source: str, case: TestCase) -> Printed:
        return printed(f"x {text_of(case)}")

    def failing(source: str, case: TestCase) -> Printed:
        return BAD if (source, text_of(case)) == ("k", "2") else alike(source, case)

    assert fates(machine, alike, [seed("k")], "int a;") == ["known_behaviour"]
    assert fates(machine, failing, [seed("k")], "int a;") == ["new"]


def test_one_output_is_enough_where_that_is_asked_for(machine: Any) -> None:
    assert fates(machine, lambda *_: printed("1"), [], "int a;", distinct_outputs=1) == ["new"]


def test_equal_texts_are_told_from_near_ones_of_a_class(machine: Any) -> None:
    body = " ".join(f"int v{number};" for number in range(40))
    texts = (body, f"// note\n{body}", f"{body} int w;", f"int w; {body[:90]}")
    seen = fates(machine, lambda _s, case: printed(f"x{text_of(case)}"), [], *texts)
    assert seen == ["new", "same_text", "near_duplicate", "new"]
