"""The loop's programs: all ways of a stage print the same, and no unseen problem was trained on."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

LOOP = Path(__file__).resolve().parents[3] / "examples" / "loop"


@pytest.fixture
def families(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(LOOP))
    import families

    yield families
    sys.modules.pop("families", None)


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_all_ways_of_every_stage_do_the_same_to_every_x(families: Any, tmp_path: Path) -> None:
    every = [(name, way) for name in families.STAGES for way in range(3)]
    numbers = [*range(40), *range(40, 997, 29), 995, 996]
    cases = "".join(
        f"case {at}: {families.STAGES[name].ways[way]} break;\n"
        for at, (name, way) in enumerate(every)
    )
    (tmp_path / "ways.cpp").write_text(
        f"#include <cstdio>\nint main() {{ unsigned all[] = {{{', '.join(map(str, numbers))}}};\n"
        f"for (int way = 0; way < {len(every)}; way++) for (unsigned x : all) {{\n"
        f'switch (way) {{\n{cases}}}\nprintf("%u\\n", x); }} }}\n'
    )
    subprocess.run(["g++", "-O3", "-o", "ways", "ways.cpp"], cwd=tmp_path, check=True)
    told = subprocess.run([tmp_path / "ways"], capture_output=True, text=True, check=True)
    printed = [int(line) for line in told.stdout.split()]
    rows = {
        one: printed[at * len(numbers) : (at + 1) * len(numbers)] for at, one in enumerate(every)
    }
    for name, stage in families.STAGES.items():
        assert rows[name, 0] == rows[name, 1] == rows[name, 2], name
        for at in (0, 17, -1):
            assert rows[name, 0][at] == stage.answer(numbers[at]) % 997, name


def test_every_way_is_a_line_of_its_own(families: Any) -> None:
    lines = [line for stage in families.STAGES.values() for line in stage.ways]
    assert len(set(lines)) == len(lines) == 24
    assert not any("\n" in line for line in lines)


def test_a_problem_has_ten_different_solutions_and_they_are_always_the_same(families: Any) -> None:
    for problem in families.problems(20, seed=1):
        solutions = problem.solutions()
        assert len(set(solutions)) == 10
        assert solutions == problem.solutions()
        assert solutions[0] == problem.solution((families.FAST,) * 3)
        assert solutions[1] == problem.solution((families.SLOW,) * 3)


def test_what_is_asked_about_has_no_fast_stage_and_a_slow_one(families: Any) -> None:
    for problem in families.problems(20, seed=1):
        lines = [line.strip() for line in problem.source().splitlines()]
        stages = [families.STAGES[name] for name in problem.stages]
        assert not any(stage.ways[families.FAST] in lines for stage in stages)
        assert any(stage.ways[families.SLOW] in lines for stage in stages)


def test_no_two_problems_share_a_program(families: Any) -> None:
    chosen = families.problems(80, seed=1)
    every = [text for one in chosen for text in {*one.solutions(), one.source()}]
    assert len(set(every)) == len(every)
    assert len({problem.id for problem in chosen}) == len(chosen)


def test_what_is_asked_about_has_other_stages_than_what_was_trained_on(families: Any) -> None:
    trained = families.problems(48, seed=1)
    unseen = families.problems(32, seed=2, apart_from=trained)
    assert len({one.id for one in unseen}) == 32
    assert not {tuple(sorted(one.stages)) for one in trained} & {
        tuple(sorted(one.stages)) for one in unseen
    }


def test_stages_are_applied_in_their_order(families: Any) -> None:
    count, affine = families.STAGES["count"], families.STAGES["affine"]
    there = families.Problem(("count", "count", "affine")).answer(1000)
    back = families.Problem(("affine", "count", "count")).answer(1000)
    assert there == affine.answer(3 + 2 * 65_000) % 997
    assert back == count.answer(count.answer(affine.answer(3))) % 997
    assert there != back
