from collections.abc import Callable
from typing import Any

import numpy

from finetune.tokens import Tokens
from finetune.warning import warnings_of

Make = Callable[..., Any]


def row(number: int, problem: str = "") -> Tokens:
    return Tokens(numpy.asarray([number, number + 1, number + 2], dtype=numpy.int32), 1, problem)


def test_nothing_is_said_of_a_training_that_is_in_order(make_recipe: Make) -> None:
    rows, others = [row(0, "a"), row(1, "b"), row(2)], [row(3, "c"), row(4)]
    assert list(warnings_of(make_recipe(warmup_steps=2), 3, rows, others)) == []


def test_a_warm_up_that_does_not_end_is_told_with_the_rate_that_is_reached(
    make_recipe: Make,
) -> None:
    recipe = make_recipe(warmup_steps=100, learning_rate=1e-3)
    (said,) = warnings_of(recipe, 10, [row(0)], [])
    assert "warm-up of 100 steps does not end in 10" in said
    assert "reaches only 9e-05 of 0.001" in said


def test_repeated_training_rows_are_counted(make_recipe: Make) -> None:
    (said,) = warnings_of(make_recipe(), 9, [row(0), row(1), row(0), row(0)], [])
    assert said == "2 of 4 training rows repeat an earlier one"


def test_evaluation_rows_that_are_trained_on_are_told(make_recipe: Make) -> None:
    (said,) = warnings_of(make_recipe(), 9, [row(0), row(1)], [row(1), row(2)])
    assert "1 of 2 evaluation rows are training rows too" in said


def test_other_rows_of_a_problem_that_is_trained_on_are_told(make_recipe: Make) -> None:
    rows, evaluation = [row(0, "a"), row(1)], [row(2, "a"), row(3, "b"), row(4)]
    (said,) = warnings_of(make_recipe(), 9, rows, evaluation)
    assert "1 of 3 evaluation rows are of problems that are trained on" in said
