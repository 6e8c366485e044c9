"""The fastest human against the fastest generation, by PIE's definition."""

import csv
import io

import pytest
from rich.console import Console

from pie.core.metrics.pair_result import Generation, PairResult
from pie.core.report.upper_bound import Human, RunRow, add_submission, upper_bound
from pie.core.report.upper_bound_formats import as_csv, as_dict, as_markdown, as_table, notes
from sim.verdict import Verdict

OK, WRONG, OURS = Verdict.ACCEPTED, Verdict.WRONG_ANSWER, Verdict.NOT_MEASURED


def row(
    problem: str,
    src: float | None,
    *generations: float | Verdict,
    src_id: str = "s",
    tests: tuple[int, ...] | None = (0, 1),
) -> RunRow:
    made = tuple(
        Generation(one, None) if isinstance(one, Verdict) else Generation(OK, one)
        for one in generations
    )
    verdict = WRONG if src is None else OK
    result = PairResult(problem, verdict, src, OK, 1.0, made, f"{problem}/{src_id}")
    return RunRow(result, src_id, tests)


def humans(**fastest: float) -> dict[str, Human]:
    return {
        name: Human((0, 1), seconds, f"best of {name}", solutions=3)
        for name, seconds in fastest.items()
    }


def test_the_fastest_of_a_problem_counts_for_all_its_rows() -> None:
    rows = [row("p", 10, 8, 5), row("p", 20, WRONG), row("q", 6, 3), row("q", 6, 2)]
    bound = upper_bound(rows, humans(p=2, q=3), deterministic=True)
    # human: 10/2, 20/2, 6/3, 6/3; model: 10/5, 20/5, 6/2, 6/2
    assert bound.human is not None
    assert bound.model is not None
    assert bound.human.value == pytest.approx((5 + 10 + 2 + 2) / 4)
    assert bound.model.value == pytest.approx((2 + 4 + 3 + 3) / 4)
    assert bound.human_over_problems == pytest.approx((7.5 + 2) / 2)
    assert bound.model_over_problems == pytest.approx(3)
    winners = {one.problem_id: one.winner for one in bound.problems}
    assert winners == {"p": "human", "q": "model"}
    assert bound.problems[0].model_id == "p/s, generation 2"
    assert as_dict(bound)["model_beats_every_human"] == ["q"]


def test_who_gets_nothing_better_keeps_the_source() -> None:
    bound = upper_bound(
        [row("p", 10, 30), row("q", 10, WRONG, WRONG)], humans(p=20, q=5), deterministic=True
    )
    p, q = bound.problems
    assert (p.human_speedup, p.model_speedup) == (1, 1)
    assert (q.model_speedup, q.model_seconds, q.winner) == (1, None, "no generation")
    assert p.winner == "human", "the faster is the faster, also behind the source"


def test_equal_is_not_beaten() -> None:
    bound = upper_bound([row("p", 10, 5)], humans(p=5), deterministic=True)
    assert bound.wins == {"model": 0, "human": 0, "equal": 1, "no generation": 0}
    assert as_dict(bound)["model_beats_every_human"] == []


def test_rows_that_do_not_compare_are_excluded_with_a_reason() -> None:
    known = humans(p=1)
    known["p"].sources["same"] = 10.0
    rows = [
        row("p", 10, 5, src_id="same"),
        row("p", 11, 5, src_id="same"),
        row("p", None, 5),
        row("p", 10),
        row("p", 10, 5, tests=(0, 2)),
        row("p", 10, 5, tests=None),
        row("p", 10, 5, tests=(1, 0)),
        row("unknown", 10, 5),
    ]
    bound = upper_bound(rows, known, deterministic=True)
    assert bound.scored == 2
    assert bound.excluded == {
        "measured on other tests": 2,
        "no accepted human submission": 1,
        "no generations": 1,
        "source measured otherwise": 1,
        "source not accepted": 1,
    }
    assert bound.scored + sum(bound.excluded.values()) == bound.rows == len(rows)


def test_on_a_machine_with_noise_a_source_may_differ_from_itself() -> None:
    known = humans(p=1)
    known["p"].sources["same"] = 10.0
    rows = [row("p", 11, 5, src_id="same")]
    assert upper_bound(rows, known, deterministic=False).scored == 1


def test_our_own_failures_are_told() -> None:
    known = humans(p=1)
    known["p"].not_measured = 2
    told = notes(upper_bound([row("p", 10, 5, OURS)], known, deterministic=True))
    assert told == [
        "2 human submissions could not be measured: people may be faster",
        "1 generation could not be measured: the model may be faster",
    ]


def test_submissions_add_up_to_the_fastest_accepted() -> None:
    known: dict[str, Human] = {}
    for name, verdict, seconds in (
        ("a", "accepted", 3.0),
        ("b", "accepted", 2.0),
        ("c", "wrong_answer", None),
        ("d", "not_measured", None),
        ("e", "accepted", 2.0),
    ):
        fields = {"problem_id": "p", "tests": [0], "submission_id": name}
        add_submission(known, {**fields, "verdict": verdict, "agg_runtime": seconds}, {"a"})
    one = known["p"]
    assert (one.seconds, one.name, one.solutions, one.not_measured) == (2.0, "b", 3, 1)
    assert one.sources == {"a": 3.0}


def test_nothing_to_compare_is_no_number() -> None:
    bound = upper_bound([], {}, deterministic=True)
    assert bound.human is None
    assert bound.model_over_problems is None
    assert "no problem" in as_markdown(bound, "empty")
    assert as_csv(bound).startswith("problem_id,rows,human_id")


def test_a_problems_name_cannot_write_lines_or_steer_a_terminal() -> None:
    name = "p\n| x\x1b[2J"
    bound = upper_bound([row(name, 10, 1)], humans(**{name: 5}), deterministic=True)
    text = as_markdown(bound, "run\x1b[0m")
    console = Console(file=io.StringIO(), width=200)
    console.print(as_table(bound, "run\x1b[0m"))
    for made in (text, console.file.getvalue()):  # type: ignore[attr-defined]
        assert "\x1b" not in made
        assert "p\\n" in made
        assert "\\x1b[2J" in made
    assert "p\\n\\| x\\x1b[2J |" in text, "a table's bar is no end of a cell"


@pytest.mark.parametrize("name", ["=1+1", "+x", "-x", "@x", "-1+cmd"])
def test_a_problems_name_is_no_formula_of_a_spreadsheet(name: str) -> None:
    bound = upper_bound([row(name, 10, 1)], humans(**{name: 5}), deterministic=True)
    (line,) = csv.DictReader(io.StringIO(as_csv(bound)))
    assert line["problem_id"] == f"'{name}"
    assert line["model_id"].startswith("'")


@pytest.mark.parametrize("name", ["-1", "+1.5e3", "p-1", "p=1"])
def test_numbers_and_plain_names_stay_as_they_are_in_csv(name: str) -> None:
    bound = upper_bound([row(name, 10, 1)], humans(**{name: 5}), deterministic=True)
    (line,) = csv.DictReader(io.StringIO(as_csv(bound)))
    assert line["problem_id"] == name
