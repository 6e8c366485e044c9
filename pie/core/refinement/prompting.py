"""From a strategy's templates to prompts: which values they may name, and their conversations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pie.core.problem import InputError
from pie.core.prompting.prompts import SURROGATE, Form, Message, Prompt
from pie.core.refinement import feedback
from pie.core.refinement.evidence import Evidence
from pie.core.refinement.strategy import Gives, Strategy
from pie.core.refinement.task import RefinementTask
from pie.core.refinement.version import Histories, Version
from pie.core.wording import one_line
from sim.program import Language, digest_of
from sim.verdict import Verdict

if TYPE_CHECKING:
    from jinja2 import Environment

_LANGUAGES = {Language.CPP: "C++", Language.PYTHON: "Python"}
_UNTIMED = "none, since it did not pass the public tests"
VALUES = frozenset(
    {
        "language",
        "fence",
        "mode",
        "problem",
        "given",
        "tests",
        "program",
        "opt_program",
        "versions",
        "iteration",
        "rounds",
        "correct",
        "failure",
        "testcase",
        "error",
        "costliest",
        "execution",
        "usage",
        "profile",
        "memory_profile",
        "profile_problem",
        "ori_time",
        "opt_time",
        "faster",
        "patterns",
    }
)
"""What every template may name; besides, the texts that earlier requests gave under `as`."""


class Templates:
    """The templates of one strategy, read and checked before anything is asked."""

    def __init__(self, strategy: Strategy, folder: Path) -> None:
        """InputError for a template that is missing, broken, or names an unknown value."""
        from jinja2 import TemplateError, TemplateNotFound, meta

        self.strategy = strategy
        self._environment = _environment(folder)
        notes = self._note_names()
        if hidden := notes & VALUES:
            raise InputError(
                f"the strategy {strategy.name} gives a text as {min(hidden)}, which is the name of "
                "a value that every template has",
                "give it another name under `as`",
            )
        known = VALUES | notes
        loader = self._environment.loader
        assert loader is not None
        waiting = list(strategy.templates())
        checked: dict[str, str] = {}
        while waiting:
            name = waiting.pop()
            if name in checked:
                continue
            try:
                source = loader.get_source(self._environment, f"{name}.j2")[0]
                tree = self._environment.parse(source)
                unknown = meta.find_undeclared_variables(tree) - known
            except TemplateNotFound as error:
                raise InputError(
                    f"the strategy {strategy.name} names a template {name} that is not there",
                    f"put {name}.j2 beside the strategy's file",
                ) from error
            except TemplateError as error:
                raise InputError(
                    f"the template {name} is broken ({error})", "mend its Jinja syntax"
                ) from error
            checked[name] = source
            if unknown:
                raise InputError(
                    f"the template {name} names {min(unknown)}, which nothing gives",
                    f"use one of {', '.join(sorted(known))}",
                )
            # A name that is computed is None here.
            included = meta.find_referenced_templates(tree)
            waiting += [one.removesuffix(".j2") for one in included if one]
        try:
            self._system = self._environment.from_string(strategy.system)
            self._system.render(fence="", language="")
        except TemplateError as error:
            raise InputError(
                f"the system message of {strategy.name} is broken ({error})",
                "it may name fence and language",
            ) from error
        self.digest = digest_of(strategy.model_dump(mode="json"), sorted(checked.items()))
        """Of the strategy and of every template that it names."""

    def text(self, name: str, values: Mapping[str, Any]) -> str:
        """Return the text of a template; half a character becomes U+FFFD.

        InputError where it cannot be made: a template is a small program, and may fail as one.
        """
        try:
            text = self._environment.get_template(f"{name}.j2").render(**values)
        except Exception as error:
            why = one_line(str(error), 200) or type(error).__name__
            raise InputError(
                f"the template {name} of {self.strategy.name} cannot be filled ({why})",
                "mend the template, and give the mended strategy another --out",
            ) from error
        return SURROGATE.sub("\ufffd", text)

    def values(
        self,
        task: RefinementTask,
        base: Version | None,
        original: Version | None,
        candidate: Version | None,
        shown: Sequence[Version],
        notes: Mapping[str, str],
        iteration: int,
        rounds: int,
        patterns: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Return what a template may name.

        `base` is the first version, which speedups are told against, `original` the one that the
        step started from, `candidate` the last one of the step. The evidence is that of the
        candidate, else that of the original.
        """
        subject = candidate or original
        evidence = subject.evidence if subject else None
        texts = dict.fromkeys(self._note_names(), "")
        return {
            **texts,
            **notes,
            "language": _LANGUAGES[task.language],
            "fence": task.language.value,
            "mode": task.mode,
            "problem": task.problem,
            "given": task.program or (base.program if base else ""),
            "tests": feedback.public_tests(task.tests),
            "program": original.program if original else "",
            "opt_program": candidate.program if candidate else "",
            "versions": tuple(_shown(one, base) for one in shown),
            "iteration": iteration,
            "rounds": rounds,
            "patterns": tuple(patterns),
            **_of_evidence(evidence),
            "costliest": _costliest(candidate, original),
            **_times(original, candidate),
        }

    def _note_names(self) -> set[str]:
        named = {one.name for step in self.strategy.steps for one in step.requests}
        reviews = any(
            one.gives is Gives.REVIEW for step in self.strategy.steps for one in step.requests
        )
        return named | ({"decision", "comment"} if reviews else set())

    def prompt(
        self, form: Form, role: str, text: str, histories: Histories, language: Language
    ) -> Prompt:
        """Return the prompt of a request: alone, or behind the role's conversation so far."""
        before = histories.get(role, ()) if self.strategy.conversation else ()
        messages = (*before, Message("user", text))
        if form is Form.CHAT:
            system = self._system.render(fence=language.value, language=_LANGUAGES[language])
            head = (Message("system", system),) if system else ()
            return Prompt(form, text, (*head, *messages))
        return Prompt(form, plain(messages))


def plain(messages: Sequence[Message]) -> str:
    """Return a conversation as one text, for models that know no roles; one message is itself."""
    if len(messages) == 1:
        return messages[0].content
    parts = [f"### {one.role.capitalize()}:\n{one.content.rstrip()}\n" for one in messages]
    return "\n".join([*parts, "### Assistant:\n"])


def fenced(program: str, language: Language) -> str:
    """Return a program as an answer would hold it."""
    return f"```{language.value}\n{program.rstrip()}\n```"


@dataclass(frozen=True)
class ShownVersion:
    """An earlier version as a template sees it."""

    program: str
    accuracy: float
    """Share of the public tests that it passes."""
    speedup: float
    """Time of the first version over its own on the tests that both pass; 0 where there is none."""


def _shown(one: Version, base: Version | None) -> ShownVersion:
    tests = one.evidence.tests
    passed = sum(test.verdict is Verdict.ACCEPTED for test in tests)
    before = {test.test.name: test.seconds for test in base.evidence.tests} if base else {}
    both = [
        (first, test.seconds)
        for test in tests
        if test.seconds is not None and (first := before.get(test.test.name)) is not None
    ]
    after = sum(own for _, own in both)
    speedup = round(sum(first for first, _ in both) / after, 2) if after else 0.0
    return ShownVersion(one.program, passed / len(tests) if tests else 0.0, speedup)


def _of_evidence(evidence: Evidence | None) -> dict[str, Any]:
    failed = evidence.failed() if evidence else None
    return {
        "correct": evidence is not None and evidence.correct,
        "failure": feedback.failure_kind(evidence),
        "testcase": feedback.failed_test(failed) if failed else "",
        "error": feedback.shortened(failed.detail if failed else evidence.detail)
        if evidence
        else "",
        "execution": feedback.execution_results(evidence) if evidence else "",
        "usage": "\n".join(feedback.usage_lines(evidence)) if evidence else "",
        "profile": (evidence.profile or "") if evidence else "",
        "memory_profile": (evidence.memory_profile or "") if evidence else "",
        "profile_problem": evidence.profile_problem if evidence else "",
    }


def _costliest(candidate: Version | None, original: Version | None) -> str:
    """Return the test that costs the most; of a candidate that passes none the original's."""
    found = (one.evidence.costliest() for one in (candidate, original) if one)
    test = next((one for one in found if one is not None), None)
    return feedback.costly_test(test) if test else ""


def _times(original: Version | None, candidate: Version | None) -> dict[str, Any]:
    before = original.evidence.seconds if original else None
    after = candidate.evidence.seconds if candidate else None
    untimed = _UNTIMED if candidate else ""
    return {
        "ori_time": "" if before is None else feedback.seconds(before),
        "opt_time": untimed if after is None else feedback.seconds(after),
        "faster": before is not None and after is not None and after < before,
    }


def _environment(folder: Path) -> Environment:
    from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    # A strategy is a file from anywhere: its templates get text and nothing to run with.
    return SandboxedEnvironment(
        loader=ChoiceLoader(
            [FileSystemLoader(folder), PackageLoader("pie.core", "templates/refinement")]
        ),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
