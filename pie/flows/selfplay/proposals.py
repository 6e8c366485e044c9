"""From a proposer's answers to new programs in classes: what became of every single answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pie.core.dataset.near_duplicates import Shingles, shingles, similarity
from pie.core.models.replay import row_identity
from pie.core.selfplay.behaviour import Behaviour, classes
from pie.core.selfplay.proposing import Call, calls
from pie.core.selfplay.seeds import Seed
from pie.flows.dataset.measuring import outcomes
from pie.flows.selfplay.asking import Answers, Question, program_in
from pie.flows.selfplay.inputs import Base, Bases, behaviour_of
from pie.flows.selfplay.request import KEPT_OUTPUT_BYTES, Request, Told
from sim.observation import Observation, observe
from sim.printed import Asked, Printed
from sim.procedure import Procedure
from sim.program import Program
from sim.verdict import Verdict

UNANSWERED = "unanswered"
KNOWN_TEXT = "known_text"
SAME_TEXT = "same_text"
OUTPUT_TOO_LONG = "output_too_long"
NO_OUTPUT = "no_output"
CONSTANT_OUTPUT = "constant_output"
KNOWN_BEHAVIOUR = "known_behaviour"
NEAR_DUPLICATE = "near_duplicate"


@dataclass
class Proposal:
    """One answer of the proposer, and what became of it; `fate` is empty while it is in."""

    call: Call
    sample: int
    base: Base
    program: Program | None = None
    fate: str = ""
    detail: str = ""
    printed: tuple[Printed, ...] = ()
    leader: Proposal | None = None
    """The first program of its class, perhaps itself; None while it is in none."""

    @property
    def class_name(self) -> str:
        """Of its class: the name of the first program in it."""
        return self.leader.name if self.leader else ""

    @property
    def name(self) -> str:
        """Of the program, by its text: the same in every run."""
        return f"selfplay-{self.program.digest[:16]}" if self.program else ""

    @property
    def prompt_sha(self) -> str:
        return self.call.prompt.digest

    def drop(self, fate: str, detail: str = "") -> None:
        """Take it out, for a reason."""
        self.fate, self.detail = fate, detail

    def line(self) -> dict[str, Any]:
        """Return what is written about it."""
        return {
            "call": self.call.number,
            "sample": self.sample,
            "prompt_sha": self.prompt_sha,
            "base_problem_id": self.base.seed.problem_id,
            "example_problem_id": self.call.example.problem_id,
            "id": self.name or None,
            "fate": self.fate or "new",
            "detail": self.detail,
            "class": self.class_name or None,
        }


def plan_calls(request: Request, seeds: Sequence[Seed], bases: Bases) -> list[Call]:
    """Return the prompts to the proposer, in their order."""
    asking = request.proposer

    def fits(prompt: Any) -> bool:
        return asking.room is None or asking.model.count_tokens(prompt) <= asking.room

    shown = [one.seed for one in bases.chosen]
    return list(calls(seeds, shown, request.calls, request.seed, asking.form, fits))


def ask_for_proposals(
    request: Request, planned: Sequence[Call], bases: Bases, answers: Answers, told: Told
) -> tuple[list[Proposal], dict[str, int]]:
    """Return a proposal for each answer, with the program in it; and the failed requests.

    Recorded answers are found by the prompt, or by the row `selfplay`, `propose`, number of the
    first call with that prompt.
    """
    by_problem = {(one.seed.problem_id, one.seed.program): one for one in bases.chosen}
    questions: list[Question] = []
    proposals: list[Proposal] = []
    for call in planned:
        row = row_identity("selfplay", "propose", str(call.first), "")
        base = by_problem[call.base.problem_id, call.base.program]
        for sample in range(request.proposer.samples):
            if len(questions) == request.proposals:
                break
            at = call.earlier * request.proposer.samples + sample
            questions.append(Question(call.prompt, row, at))
            proposals.append(Proposal(call, at, base))
    progress = answers.ask(questions, told.asked)
    for question, proposal in zip(questions, proposals, strict=True):
        answer = answers.get(question)
        if answer is None:
            proposal.drop(UNANSWERED)
            continue
        language = proposal.base.seed.program.language
        found = program_in(answer, question.prompt, language)
        if found.code is None:
            proposal.drop(found.found.value)
        else:
            proposal.program = Program(language, found.code)
    return proposals, dict(progress.failures.most_common())


@dataclass
class _Texts:
    """Programs by their tokens: comments and white space make no difference."""

    known: set[bytes] = field(default_factory=set)
    first: dict[bytes, str] = field(default_factory=dict)


def drop_equal_texts(proposals: Sequence[Proposal], known: Sequence[Seed]) -> dict[str, Shingles]:
    """Drop what is a known program, or an earlier proposal, token by token.

    Return the shingles of the others by name.
    """
    texts = _Texts({shingles(one.program.source, one.program.language).tokens for one in known})
    kept: dict[str, Shingles] = {}
    for one in proposals:
        if one.fate or one.program is None:
            continue
        seen = shingles(one.program.source, one.program.language)
        if seen.tokens in texts.known:
            one.drop(KNOWN_TEXT)
        elif seen.tokens in texts.first:
            one.drop(SAME_TEXT, f"as {texts.first[seen.tokens]}")
        else:
            texts.first[seen.tokens] = one.name
            kept[one.name] = seen
    return kept


def run_proposals(
    request: Request, proposals: Sequence[Proposal], told: Told
) -> dict[str, Behaviour]:
    """Run what is in twice on all inputs; drop what fails, changes or does what is known.

    Return the behaviour of the others by name.
    """

    def work() -> Iterator[tuple[Proposal, Procedure | None]]:
        for one in proposals:
            if one.fate or one.program is None:
                continue
            asked = Asked(len(one.base.own), 2, KEPT_OUTPUT_BYTES)
            setting = request.measuring.setting
            yield one, observe(one.program, one.base.inputs, asked, setting)

    behaviours: dict[str, Behaviour] = {}
    for one, (seen,) in outcomes(request.measuring, work(), request.out / "store", told.ran):
        assert isinstance(seen, Observation)
        fate, detail = _fate(request, one, seen)
        if fate:
            one.drop(fate, detail)
        else:
            one.printed = seen.printed
            behaviours[one.name] = behaviour_of(one.base, seen)
    return behaviours


def _fate(request: Request, one: Proposal, seen: Observation) -> tuple[str, str]:
    """Return why a proposal is dropped after its runs; empty when it is new."""
    if seen.verdict is not Verdict.ACCEPTED:
        return seen.verdict.value, seen.detail
    good = [run for run in seen.printed if run.verdict is Verdict.ACCEPTED]
    if any(run.stdout is None for run in good):
        longest = max(run.size for run in good)
        return OUTPUT_TOO_LONG, f"{longest} bytes on one input"
    if all(run.blank for run in good):
        return NO_OUTPUT, ""
    own = good[: len(one.base.own)]
    if len({run.tokens_sha256 for run in own}) < request.distinct_outputs:
        return CONSTANT_OUTPUT, f"fewer than {request.distinct_outputs} different outputs"
    equal = one.base.known.find(behaviour_of(one.base, seen))
    return (KNOWN_BEHAVIOUR, f"does what {equal} does") if equal is not None else ("", "")


def group(
    request: Request,
    proposals: Sequence[Proposal],
    behaviours: Mapping[str, Behaviour],
    texts: Mapping[str, Shingles],
) -> dict[str, list[Proposal]]:
    """Put new programs into classes of equal behaviour; drop near-duplicates within each.

    Programs of different bases have no inputs in common, and are never of one class. A class is
    named after its first program.
    """
    made: dict[str, list[Proposal]] = {}
    by_base: dict[int, dict[str, Proposal]] = {}
    for one in proposals:
        if not one.fate:
            by_base.setdefault(id(one.base), {})[one.name] = one
    for members in by_base.values():
        led = classes({name: behaviours[name] for name in members})
        for name, leader in led.items():
            one = members[name]
            one.leader = members[leader]
            like = _like(one, made.get(leader, []), texts, request.near_duplicate)
            if like:
                one.drop(NEAR_DUPLICATE, f"of {like}")
            else:
                made.setdefault(leader, []).append(one)
    return made


def _like(
    one: Proposal, earlier: Sequence[Proposal], texts: Mapping[str, Shingles], threshold: float
) -> str:
    """Return the first of a class that a program is a near-duplicate of; empty when none is."""
    mine = texts[one.name]
    near = (other.name for other in earlier if similarity(mine, texts[other.name]) >= threshold)
    return next(near, "")
