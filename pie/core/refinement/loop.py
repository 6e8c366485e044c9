"""The refinement of one task, as a generator: it yields what it needs next and is sent that.

As a procedure of `sim`, it knows no process, no store and no model: whoever runs it asks and
measures. The same answers and measurements give the same turns, so a run that was killed goes over
its answers again and is where it was.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pie.core.answers.extraction import Extraction, Found, extract
from pie.core.prompting.prompts import Form, Message, Prompt
from pie.core.refinement.evidence import Evidence
from pie.core.refinement.patterns import KnownEdit, Nearest, patterns
from pie.core.refinement.prompting import Templates, fenced
from pie.core.refinement.selection import selection
from pie.core.refinement.strategy import Ask, Gives, Keep, Shows, Step, When
from pie.core.refinement.task import RefinementTask
from pie.core.refinement.version import Fate, Refined, Stop, Turn, Version
from sim.verdict import Verdict

PROMPT_TOO_LONG = "prompt_too_long"
_CUT_OFF = "length"
_REVIEW = re.compile(r"\[\s*(agree|disagree)\s*\]", re.IGNORECASE)
_COMMENT = re.compile(r"^\s*Comments?\s*:\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """One answer that the loop asks for."""

    turn: int
    prompt: Prompt


@dataclass(frozen=True)
class Asking:
    """Answers are wanted to these, all at once; sent back: a `Reply` or a `Stop` for each."""

    wanted: tuple[Wanted, ...]


@dataclass(frozen=True)
class Running:
    """Programs are to be run on the public tests; sent back: the `Evidence` of each.

    `shown`: the program's profiles are wanted besides.
    """

    programs: tuple[str, ...]
    shown: bool = False


@dataclass(frozen=True)
class Reply:
    """An answer, as it is stored."""

    record: Mapping[str, Any]


Need = Asking | Running
Given = Sequence[Reply | Stop] | Sequence[Evidence]
Loop = Generator[Need, Any, Refined]


class _Stopped(Exception):
    def __init__(self, stop: Stop) -> None:
        self.stop = stop


@dataclass
class _State:
    task: RefinementTask
    templates: Templates
    form: Form
    rounds: int
    kept: Version | None = None
    versions: list[Version] = field(default_factory=list)
    known: dict[str, Evidence] = field(default_factory=dict)
    turns: list[Turn] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    iteration: int = 0
    nearest: Nearest | None = None
    edits: Sequence[KnownEdit] | None = None
    profile_problem: str = ""
    """Why the request under way shows no profile, where the strategy shows one."""

    def patterns(self, given: Version | None, shown: Sequence[Version]) -> tuple[str, ...]:
        """Return the patterns that the strategy shows beside some versions of a program."""
        strategy = self.templates.strategy
        if self.nearest is None or given is None or Shows.PATTERNS not in strategy.shows:
            return ()
        if self.edits is None:
            self.edits = self.nearest(given.program)
        tried = [one.program for one in shown]
        return patterns(self.edits, given.program, tried, strategy.beam)


def refine(
    task: RefinementTask,
    templates: Templates,
    form: Form,
    rounds: int | None = None,
    nearest: Nearest | None = None,
) -> Loop:
    """Refine one task by its strategy; see `Need` for what is yielded, `Refined` is returned.

    `nearest` knows edits of other problems' programs, for strategies that show patterns.
    """
    strategy = templates.strategy
    state = _State(task, templates, form, rounds or strategy.rounds, nearest=nearest)
    programs: list[str | None] = []
    evidence: list[Evidence | None] = []

    def note_iteration() -> None:
        programs.append(state.kept.program if state.kept else None)
        evidence.append(state.kept.evidence if state.kept else None)

    stop = Stop.FINISHED
    try:
        yield from _start(state)
        note_iteration()
        for step in strategy.repeats(rounds):
            state.iteration += 1
            before = len(state.versions)
            yield from _step(state, step)
            note_iteration()
            if strategy.stop_when_unchanged and len(state.versions) == before:
                stop = Stop.UNCHANGED
                break
    except _Stopped as stopped:
        stop = stopped.stop
    while len(programs) < 1 + strategy.iterations(rounds):
        note_iteration()
    return Refined(tuple(state.turns), tuple(programs), tuple(evidence), stop)


def _start(state: _State) -> Generator[Need, Any, None]:
    """Run the given program, and ask for the first one where the strategy does."""
    task, first = state.task, state.templates.strategy.first
    if task.program is not None:
        found = yield from _run(state, task.program)
        histories = _opening(state)
        state.kept = Version(task.program, found, -1, histories)
        state.versions.append(state.kept)
    template = first.edit if task.mode == "edit" else first.generate
    if template is not None:
        ask = Ask(template=template)
        yield from _ask_and_keep(state, "first", ask, Keep.LATEST, state.kept, None)


def _opening(state: _State) -> dict[str, tuple[Message, ...]]:
    """Return the conversation that stands before the first request about a given program."""
    task, strategy = state.task, state.templates.strategy
    if not strategy.conversation or task.program is None:
        return {}
    if task.opening is not None:
        asked, answered = task.opening
    else:
        name = strategy.first.generate
        values = state.templates.values(task, None, None, None, (), {}, 0, state.rounds)
        asked = state.templates.text(name, values) if name else task.problem
        answered = fenced(task.program, task.language)
    return {"coder": (Message("user", asked), Message("assistant", answered))}


def _step(state: _State, step: Step) -> Generator[Need, Any, None]:
    """Do the requests of one iteration, unless the kept program is not what the step is for."""
    original = state.kept
    correct = original is not None and original.evidence.correct
    if step.when is When.CORRECT and not correct:
        return
    if step.when is When.WRONG and (original is None or correct):
        return
    candidate: Version | None = None
    histories = dict(original.histories) if original else {}
    for ask in step.requests:
        made = yield from _ask_and_keep(
            state, step.name, ask, step.keep, original, candidate, histories
        )
        candidate = made or candidate


def _ask_and_keep(
    state: _State,
    step: str,
    ask: Ask,
    keep: Keep,
    original: Version | None,
    candidate: Version | None,
    histories: dict[str, tuple[Message, ...]] | None = None,
) -> Generator[Need, Any, Version | None]:
    """Ask, run the programs of the answers, and keep what the step keeps.

    Returns the version that the next request of the step is about, None when there is no new one.
    """
    histories = {} if histories is None else histories
    strategy = state.templates.strategy
    subject = candidate or original
    state.profile_problem = ""
    if subject is not None and strategy.profiles and ask.gives is not Gives.REVIEW:
        subject = yield from _profiled(state, subject)
        state.profile_problem = subject.evidence.profile_problem
        original, candidate = (original, subject) if candidate else (subject, None)
    shown = selection(strategy.select)(state.versions, state.kept, strategy.beam)
    base = state.versions[0] if state.versions else None
    values = state.templates.values(
        state.task,
        base,
        original,
        candidate,
        shown,
        state.notes,
        state.iteration,
        state.rounds,
        state.patterns(base, shown),
    )
    text = state.templates.text(ask.template, values)
    prompt = state.templates.prompt(state.form, ask.role, text, histories, state.task.language)
    start = len(state.turns)
    replies = yield Asking(tuple(Wanted(start + n, prompt) for n in range(ask.samples)))
    ended = next((one for one in replies if isinstance(one, Stop)), None)
    if ended is not None:
        raise _Stopped(ended)
    if any(one.record.get("finish_reason") == PROMPT_TOO_LONG for one in replies):
        raise _Stopped(Stop.PROMPT_TOO_LONG)
    if ask.gives is not Gives.PROGRAM:
        _take_words(state, step, ask, prompt, replies[0], text, histories)
        return None
    return (yield from _take_programs(state, step, ask, keep, prompt, replies, text, histories))


def _take_words(
    state: _State,
    step: str,
    ask: Ask,
    prompt: Prompt,
    reply: Reply,
    text: str,
    histories: dict[str, tuple[Message, ...]],
) -> None:
    said = str(reply.record["text"])
    fate = Fate.TEXT
    if ask.gives is Gives.REVIEW:
        decision, comment = _review(said)
        state.notes["decision"] = decision or "unsuccessful"
        state.notes["comment"] = comment
        fate = fate if decision else Fate.UNCLEAR_REVIEW
    else:
        state.notes[ask.name] = said.strip()
    histories[ask.role] = (*histories.get(ask.role, ()), *_exchange(text, said))
    state.turns.append(_turn(state, step, ask, prompt, reply, None, None, None, fate))


def _take_programs(
    state: _State,
    step: str,
    ask: Ask,
    keep: Keep,
    prompt: Prompt,
    replies: Sequence[Reply],
    text: str,
    histories: dict[str, tuple[Message, ...]],
) -> Generator[Need, Any, Version | None]:
    found = [_program_in(one, state.task, prompt) for one in replies]
    made: list[Version] = []
    for reply, extraction in zip(replies, found, strict=True):
        conversation = {
            **histories,
            ask.role: (
                *histories.get(ask.role, ()),
                *_exchange(text, str(reply.record["text"])),
            ),
        }
        program = extraction.code
        if program is None:
            state.turns.append(
                _turn(state, step, ask, prompt, reply, extraction, None, None, Fate.NO_PROGRAM)
            )
            continue
        repeated = program.rstrip() in state.known
        evidence = yield from _run(state, program)
        version = Version(program, evidence, len(state.turns), conversation)
        made.append(version)
        fate = _fate(state.kept, version, keep, repeated=repeated)
        if not repeated:
            state.versions.append(version)
        if fate is Fate.KEPT:
            state.kept = version
        state.turns.append(
            _turn(state, step, ask, prompt, reply, extraction, program, evidence, fate)
        )
    if not made:
        # The conversation goes on with what was said, so that the next request can refer to it.
        said = str(replies[0].record["text"])
        histories[ask.role] = (*histories.get(ask.role, ()), *_exchange(text, said))
        return None
    best = min(made, key=_rank)
    histories.update(best.histories)
    return best


def _fate(kept: Version | None, new: Version, keep: Keep, *, repeated: bool) -> Fate:
    """Return what becomes of a new program beside the one that is kept."""
    if new.evidence.verdict is Verdict.NOT_MEASURED:
        return Fate.NOT_MEASURED
    if kept is None or keep is Keep.LATEST:
        return (
            Fate.REPEATED
            if repeated and kept and new.program.rstrip() == kept.program.rstrip()
            else Fate.KEPT
        )
    if repeated:
        return Fate.REPEATED
    if not new.evidence.correct:
        return Fate.WRONG
    if not kept.evidence.correct:
        return Fate.KEPT
    before, after = kept.evidence.cost, new.evidence.cost
    faster = before is not None and after is not None and after < before
    return Fate.KEPT if faster else Fate.NOT_FASTER


def _rank(one: Version) -> tuple[bool, float, int]:
    """Order versions: correct ones first, then by cost, then as they came."""
    cost = one.evidence.cost
    return (not one.evidence.correct, float("inf") if cost is None else cost, one.turn)


def _run(state: _State, program: str) -> Generator[Need, Any, Evidence]:
    """Return a program's evidence; one that the task had before is not run again."""
    same = program.rstrip()
    if same not in state.known:
        (state.known[same],) = yield Running((program,))
    return state.known[same]


def _profiled(state: _State, subject: Version) -> Generator[Need, Any, Version]:
    """Return a version with its profiles, made once."""
    same = subject.program.rstrip()
    evidence = state.known[same]
    if evidence.profile is None and not evidence.profile_problem:
        (evidence,) = yield Running((subject.program,), shown=True)
        if evidence.profile is None and not evidence.profile_problem:
            evidence = replace(evidence, profile_problem="nothing could be profiled")
        state.known[same] = evidence
    return replace(subject, evidence=evidence)


def _program_in(reply: Reply, task: RefinementTask, prompt: Prompt) -> Extraction:
    record = reply.record
    if record.get("finish_reason") == PROMPT_TOO_LONG:
        return Extraction(None, Found.PROMPT_TOO_LONG, 0)
    cut_off = record.get("finish_reason") == _CUT_OFF
    return extract(
        str(record["text"]),
        task.language,
        prompt=prompt.text,
        cut_off=cut_off,
        entry_point=task.entry_point,
    )


def _review(said: str) -> tuple[str, str]:
    """Return a review's decision (empty where it takes no side) and its comment."""
    sides = {match[1].lower() for match in _REVIEW.finditer(said)}
    if len(sides) != 1:
        return "", said.strip()
    words = _COMMENT.sub("", _REVIEW.sub("", said).strip())
    return ("successful" if sides == {"agree"} else "unsuccessful"), words.strip()


def _exchange(asked: str, said: str) -> tuple[Message, Message]:
    return Message("user", asked), Message("assistant", said)


def _turn(
    state: _State,
    step: str,
    ask: Ask,
    prompt: Prompt,
    reply: Reply,
    extraction: Extraction | None,
    program: str | None,
    evidence: Evidence | None,
    fate: Fate,
) -> Turn:
    return Turn(
        number=len(state.turns),
        iteration=state.iteration,
        step=step,
        role=ask.role,
        template=ask.template,
        prompt=prompt,
        answer=reply.record,
        found=extraction.found.value if extraction else "",
        program=program,
        evidence=evidence,
        fate=fate,
        profile_problem=state.profile_problem,
    )
