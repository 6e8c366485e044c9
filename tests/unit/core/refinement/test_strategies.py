"""Every shipped strategy: it loads, its templates are whole, and it comes to its end."""

import pytest

from pie.core.problem import InputError
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


def test_a_template_that_cannot_be_filled_says_which_and_why(own):
    task = RefinementTask("t", Language.PYTHON, "Add.", written("slow", Language.PYTHON), TESTS)
    for template in (
        "{{ program.first.second }}",
        "{{ versions[7].program }}",
        "{{ iteration / 0 }}",
        "{% for one in range(100000000) %}x{% endfor %}",
        "{% include program %}",
        "{{ ().__class__ }}",
    ):
        with pytest.raises(InputError, match="the template say of mine cannot be filled"):
            run(own(template), task, answer="slow 1")


@pytest.mark.parametrize(
    ("template", "name", "said"),
    [
        ("{{ program | nothing }}", "text", "the template say is broken"),
        ("{{ decision }}", "text", "names decision, which nothing gives"),
        ("{{ program }}", "versions", "gives a text as versions"),
    ],
)
def test_a_strategy_that_cannot_work_is_refused_at_once(own, template, name, said):
    strategy, folder = load(own(template, name))
    with pytest.raises(InputError, match=said):
        Templates(strategy, folder)


@pytest.fixture
def own(tmp_path):
    """A strategy of one's own with one request; return the path of its file."""

    def write(template, name="text"):
        request = f"{{template: say, as: {name}}}"
        (tmp_path / "say.j2").write_text(template)
        path = tmp_path / "mine.yaml"
        path.write_text(f"name: mine\nsteps:\n  - {{name: a, requests: [{request}]}}\n")
        return str(path)

    return write
