"""The best pairs, few of each problem."""

from pie.core.dataset.high_quality import Best


def test_at_most_so_many_of_a_problem_and_the_best_of_them() -> None:
    best = Best(per_problem=2)
    for number, speedup in enumerate([1.2, 5.0, 3.0, 4.0]):
        best.add("p1", speedup, "s", f"t{number}", number)
    best.add("p2", 1.1, "s", "t", 4)
    assert best.numbers() == {1, 3, 4}
    assert best.numbers(most=2) == {1, 3}


def test_equal_speedups_go_by_name_whatever_the_order() -> None:
    for order in ([0, 1, 2], [2, 1, 0]):
        best = Best(per_problem=2)
        for number in order:
            best.add("p", 2.0, f"s{number}", "t", number)
        assert best.numbers() == {0, 1}


def test_too_little_speedup_is_never_chosen() -> None:
    best = Best(least_speedup=2.0)
    best.add("p", 1.99, "s", "t", 0)
    best.add("p", 2.0, "s", "t", 1)
    assert best.numbers() == {1}
