"""Every shipped strategy: it loads, its templates are whole, and it comes to its end."""

import pytest

from pie.core.prompting.prompts import Form
from pie.core.refinement.prompting import Templates
from pie.core.refinement.selection import selection
from pie.core.refinement.strategy import load, shipped
from pie.core.refinement.task import RefinementTask
from pie.core.refinement.version import Stop
from sim.program import Language
from tests.unit.core.refinement.scripted import TESTS, run, written


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_strategy_is_whole(name):
    strategy, folder = load(name)
    assert strategy.name == name
    assert strategy.source
    Templates(strategy, folder)
    selection(strategy.select)


@pytest.mark.parametrize("name", shipped())
@pytest.mark.parametrize("mode", ["edit", "generate"])
def test_a_shipped_strategy_ends_whatever_the_program_is(name, mode):
    cases = [("fast", Form.CHAT, Language.CPP), ("slow", Form.PLAIN, Language.PYTHON)]
    cases += [("wrong", Form.CHAT, Language.PYTHON), ("broken", Form.PLAIN, Language.CPP)]
    for outcome, form, language in cases:
        program = written(outcome, language) if mode == "edit" else None
        task = RefinementTask("t", language, "Add two numbers.", program, TESTS)
        refined = run(name, task, form=form, answer=f"{outcome} 2")
        assert refined.stop in (Stop.FINISHED, Stop.UNCHANGED)
        strategy, _folder = load(name)
        assert len(refined.programs) == 1 + strategy.iterations()
