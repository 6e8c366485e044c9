"""Each template is the published text to the byte, but for the repairs that are listed here.

`published_prompts.json` holds the first 32 hex digits of SHA-256 of the texts in the systems'
published code, with the values below in the place of their slots and these repairs:

- ECCO: twelve blanks before "Wrap" (a line that was broken inside a string) are one; "soliution" is
  "solution".

Not compared: PerfCodeGen's examples, which are pairs of our own (the first published pair uses an
unknown name).
"""

import hashlib
import json
from pathlib import Path

import pytest

from pie.core.refinement.prompting import ShownVersion, Templates
from pie.core.refinement.strategy import load, shipped
from pie.core.refinement.task import RefinementTask
from sim.program import Language

PUBLISHED = json.loads((Path(__file__).parent / "published_prompts.json").read_text())
USAGE = (
    "The total memory usage during the code execution is: 3 MB*s.\n"
    "The total execution time is: 2 s.\n"
    "The maximum memory peak requirement is: 1 MB."
)
SLOTS = {
    "program": "CODE",
    "opt_program": "OPT",
    "tests": "TESTS",
    "testcase": "TEST",
    "error": "ERROR",
    "costliest": "COST",
    "execution": "EXEC",
    "feedback": "FEEDBACK",
    "profile": "LP",
    "memory_profile": "MR",
    "usage": USAGE,
    "ori_time": "1.0",
    "opt_time": "2.0",
    "plan": "PLAN",
    "decision": "successful",
    "comment": "COMMENT",
    "versions": (
        ShownVersion("FIRST", 1.0, 2.0),
        ShownVersion("SECOND", 1.0, 1.0),
        ShownVersion("THIRD", 0.5, 1.5),
    ),
}
CASES = {
    "failed_testcase": {"failure": "failed_testcase"},
    "runtime_error": {"failure": "runtime_error"},
    "parse_error": {"failure": "parse_error"},
    "faster": {"faster": True},
    "slower": {"faster": False},
    "patterns": {"patterns": ("- a\n+ b", "- c")},
}
TEMPLATES = {
    template: templates
    for name in shipped()
    for templates in [Templates(*load(name))]
    for template in templates.strategy.templates()
}


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_template_is_the_published_text(name):
    template, _, case = name.partition(" ")
    templates = TEMPLATES[template]
    task = RefinementTask("t", Language.PYTHON, "PROBLEM", "CODE", ())
    values = templates.values(task, None, None, None, (), {}, 0, 1)
    text = templates.text(template, {**values, **SLOTS, **CASES.get(case, {})})
    assert hashlib.sha256(text.encode()).hexdigest()[:32] == PUBLISHED[name]


def test_every_template_of_the_three_systems_is_compared_or_excepted():
    compared = {name.partition(" ")[0] for name in PUBLISHED}
    assert set(TEMPLATES) - compared == {"base", "perfcodegen/examples"}
