"""From new programs to measured pairs: ask for faster versions, measure, keep the best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pie.core.answers.extraction import Found
from pie.core.models.replay import row_identity
from pie.core.prompting.prompts import Prompt, render
from pie.core.selfplay.survivors import Measured, left_out
from pie.core.test_cases import text_case
from pie.flows.dataset.measuring import outcomes
from pie.flows.selfplay.asking import Answers, Question, program_in
from pie.flows.selfplay.proposals import UNANSWERED, Proposal
from pie.flows.selfplay.request import Request, Told
from sim.procedure import Outcome, Procedure, examine
from sim.program import Program, TestCase
from sim.verdict import Verdict

NO_RIGHT_ANSWER = "no_right_answer"


@dataclass(frozen=True)
class Version:
    """An answer of the optimiser with a program in it."""

    sample: int
    program: Program


@dataclass
class Pair:
    """A new program and its optimised versions; `fate` is empty while the pair is in."""

    source: Proposal
    prompt: Prompt
    versions: list[Version] = field(default_factory=list)
    fate: str = ""
    detail: str = ""
    verdicts: list[str] = field(default_factory=list)
    """Of each answer, by sample."""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """By program."""
    best: Version | None = None

    def drop(self, fate: str, detail: str = "") -> None:
        """Take it out, for a reason."""
        self.fate, self.detail = fate, detail

    @property
    def source_outcome(self) -> Outcome:
        assert self.source.program is not None
        return self.outcomes[self.source.program.digest]

    @property
    def best_outcome(self) -> Outcome:
        assert self.best is not None
        return self.outcomes[self.best.program.digest]

    def accepted(self) -> Iterator[Outcome]:
        """Yield the outcomes of all distinct programs that are right, the source among them."""
        for one in self.outcomes.values():
            if one.verdict is Verdict.ACCEPTED:
                yield one

    def line(self) -> dict[str, Any]:
        """Return what is written about it."""
        made: dict[str, Any] = {
            "src_id": self.source.name,
            "class": self.source.class_name,
            "prompt_sha": self.prompt.digest,
            "answers": self.verdicts,
            "fate": self.fate or "kept",
            "detail": self.detail,
        }
        if self.best is not None:
            source, target = self.source_outcome.cycles, self.best_outcome.cycles
            assert source is not None
            assert target
            made |= {"sample": self.best.sample, "src_cycles": source, "tgt_cycles": target}
            made["speedup"] = source / target
        return made


def tests_of(one: Proposal) -> list[tuple[int, TestCase]]:
    """Return the tests of a program, by the number of their input among the base's.

    A class is one problem, so that all of its programs have the outputs of its first one, on the
    inputs that both survived: on others two members need not agree.
    """
    assert one.leader is not None
    tests = []
    cases = zip(one.base.inputs, one.printed, one.leader.printed, strict=True)
    for number, (case, own, first) in enumerate(cases):
        if own.verdict is Verdict.ACCEPTED and first.verdict is Verdict.ACCEPTED:
            given = case.input_path.read_bytes()
            tests.append((number, text_case(str(number), given, first.stdout or b"")))
    return tests


def ask_for_versions(
    request: Request, new: Sequence[Proposal], answers: Answers, told: Told
) -> tuple[list[Pair], dict[str, int]]:
    """Return a pair for each new program with the programs that were found; the failed requests.

    Recorded answers are found by the prompt, or by a row with the base's `problem_id` and the
    program as `src_code`.
    """
    asking = request.optimiser
    pairs, questions = [], []
    for one in new:
        assert one.program is not None
        text, language = one.program.source, one.program.language
        prompt = render(request.strategy, asking.form, text, language, score=request.score)
        pair = Pair(one, prompt)
        pairs.append(pair)
        if asking.room is not None and asking.model.count_tokens(prompt) > asking.room:
            pair.drop(Found.PROMPT_TOO_LONG.value)
            continue
        row = row_identity(one.base.seed.problem_id, None, None, text)
        questions += [Question(prompt, row, sample) for sample in range(asking.samples)]
    progress = answers.ask(questions, told.asked)
    asked = iter(questions)
    for pair in pairs:
        if not pair.fate:
            _read(pair, [next(asked) for _ in range(asking.samples)], answers)
    return pairs, dict(progress.failures.most_common())


def _read(pair: Pair, questions: Sequence[Question], answers: Answers) -> None:
    """Take the programs out of the answers; a pair without all of its answers waits for them."""
    program = pair.source.program
    assert program is not None
    for question in questions:
        answer = answers.get(question)
        if answer is None:
            pair.verdicts.append(UNANSWERED)
            continue
        found = program_in(answer, pair.prompt, program.language)
        if found.code is None:
            pair.verdicts.append(found.found.value)
        else:
            pair.verdicts.append("")
            pair.versions.append(Version(question.sample, Program(program.language, found.code)))
    if UNANSWERED in pair.verdicts:
        pair.drop(UNANSWERED)


def measure(request: Request, pairs: Sequence[Pair], told: Told) -> Counter[str]:
    """Measure each source with its versions on the machine; return verdicts of the versions.

    The expected outputs are those of the source's class. Of the right versions the fastest is the
    target, of equal ones the first.
    """

    def work() -> Iterator[tuple[Pair, Procedure | None]]:
        for pair in pairs:
            assert pair.source.program is not None
            if not pair.fate:
                programs = [pair.source.program, *(one.program for one in pair.versions)]
                tests = [case for _number, case in tests_of(pair.source)]
                yield pair, examine(programs, tests, request.measuring.setting)

    for pair, (source, *others) in outcomes(
        request.measuring, work(), request.out / "store", told.ran
    ):
        pair.outcomes = {one.program_digest: one for one in (source, *others)}
        for version, outcome in zip(pair.versions, others, strict=True):
            pair.verdicts[version.sample] = outcome.verdict.value
        right = [
            (outcome.cycles, version.sample, version)
            for version, outcome in zip(pair.versions, others, strict=True)
            if outcome.verdict is Verdict.ACCEPTED and outcome.cycles
        ]
        if source.verdict is not Verdict.ACCEPTED:
            pair.drop(f"source_{source.verdict}", source.detail)
        elif any(one.verdict is Verdict.NOT_MEASURED for one in others):
            pair.drop(Verdict.NOT_MEASURED.value)
        elif not right:
            pair.drop(NO_RIGHT_ANSWER)
        else:
            pair.best = min(right, key=lambda one: one[:2])[2]
    return Counter(verdict for pair in pairs for verdict in pair.verdicts if verdict)


def select(request: Request, pairs: Sequence[Pair]) -> None:
    """Drop pairs that are not faster by enough, and those beyond the most of a class."""
    measured = []
    for pair in pairs:
        if pair.fate or pair.best is None:
            continue
        source, target = pair.source_outcome.cycles, pair.best_outcome.cycles
        assert source is not None
        assert target is not None
        measured.append(Measured(pair.source.name, pair.source.class_name, source, target))
    reasons: Mapping[str, str] = left_out(measured, request.at_least, request.per_class)
    for pair in pairs:
        if pair.source.name in reasons:
            pair.drop(reasons[pair.source.name])
