"""Which programs do the same: the toy example, PIE's published counts, and lost inputs."""

from collections import Counter

from pie.core.selfplay.behaviour import Behaviour, Behaviours, classes
from pie.core.selfplay.survivors import BEYOND, TOO_LITTLE, Measured, left_out


def test_three_programs_with_outputs_on_two_inputs_are_two_classes() -> None:
    outputs = {"A": ("1", "2"), "B": ("1", "2"), "C": ("1", "3")}
    led = classes({name: Behaviour(seen) for name, seen in outputs.items()})
    assert led == {"A": "A", "B": "A", "C": "C"}


def test_pies_counts_come_out_of_answers_that_were_made_to_have_them() -> None:
    """10,000 answers, 6,553 of them new, in 3,314 classes, and 1,485 pairs (PIE 3.2, A.6).

    3,239 of the classes hold two programs and 75 one; 743 of those with two have fast versions,
    but for one program.
    """
    known = Behaviours()
    for number in range(1474):
        known.add(f"p{number}", Behaviour((f"known {number}", "x")))
    answers = [Behaviour((f"known {number % 1474}", "x")) for number in range(3447)]
    answers += [Behaviour((f"new {number % 3314}", "x")) for number in range(6553)]
    new = {f"{n:05}": one for n, one in enumerate(answers) if known.find(one) is None}
    assert (len(answers), len(new)) == (10_000, 6_553)
    led = classes(new)
    assert len(set(led.values())) == 3_314
    assert Counter(Counter(led.values()).values()) == {2: 3_239, 1: 75}
    fast = set(sorted(set(led.values()))[:743])
    slow = max(name for name, leader in led.items() if leader in fast)
    pairs = [
        Measured(name, leader, 50 if leader in fast and name != slow else 49, 10)
        for name, leader in led.items()
    ]
    reasons = left_out(pairs)
    assert len(pairs) - len(reasons) == 1_485
    assert set(reasons.values()) == {TOO_LITTLE}


def test_at_most_three_of_a_class_stay_the_fastest_ones_and_of_equals_the_first_by_name() -> None:
    cycles = {"e": 60, "d": 70, "c": 60, "b": 60, "a": 50}
    pairs = [Measured(name, "one", source, 10) for name, source in cycles.items()]
    pairs.append(Measured("f", "other", 50, 10))
    assert left_out(pairs) == {"e": BEYOND, "a": BEYOND}


def test_five_times_exactly_is_enough_and_one_cycle_less_is_not() -> None:
    pairs = [Measured("a", "a", 5 * 10**17, 10**17), Measured("b", "b", 5 * 10**17 - 1, 10**17)]
    assert left_out(pairs) == {"b": TOO_LITTLE}


def test_a_lost_further_input_says_nothing() -> None:
    whole = Behaviour(("1",), ("2", "3"))
    assert whole.agrees(Behaviour(("1",), (None, "3")))
    assert not whole.agrees(Behaviour(("1",), (None, "4")))
    assert not whole.agrees(Behaviour(("0",), (None, None)))


def test_two_programs_are_never_chained_into_a_class_by_a_third_that_lost_an_input() -> None:
    seen = {
        "A": Behaviour(("1",), ("2",)),
        "B": Behaviour(("1",), (None,)),
        "C": Behaviour(("1",), ("3",)),
    }
    assert classes(seen) == {"A": "A", "B": "A", "C": "C"}


def test_a_known_program_is_found_by_what_it_does() -> None:
    known = Behaviours()
    known.add("p", Behaviour(("1", "2"), ("3",)))
    assert known.find(Behaviour(("1", "2"), (None,))) == "p"
    assert known.find(Behaviour(("1", "2"), ("4",))) is None
    assert known.find(Behaviour(("1", "3"), ("3",))) is None
