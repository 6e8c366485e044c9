"""Runs the loops of many tasks side by side: the model answers while the machine measures.

Answers are kept before they are used, and looked up before they are asked. So a run that was killed
goes over its answers again, in no time, and asks nothing twice.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pie.core.answers.answer_store import AnswerStore
from pie.core.models import Answer, Failure, ModelError
from pie.core.models import Request as ModelRequest
from pie.core.refinement.evidence import Evidence
from pie.core.refinement.loop import (
    PROMPT_TOO_LONG,
    Loop,
    Need,
    Reply,
    Running,
    Wanted,
    refine,
)
from pie.core.refinement.rows import Divided
from pie.core.refinement.tasks import DividedTask
from pie.core.refinement.version import Refined, Stop
from pie.flows.generation.asking import record_of
from pie.flows.refinement.evidence import evidence_of, gather
from pie.flows.refinement.exchange import Exchange, WaveDone, WaveFailed
from pie.flows.refinement.profiles import Texts, profiled
from pie.flows.refinement.request import Progress, Request
from sim.procedure import Outcome
from sim.program import Program, digest_of
from sim.scheduler import Scheduler

Subject = Divided | DividedTask

_WINDOW = 256
"""Tasks under way: enough for the largest batches, few enough to be held."""
_IDLE_SECONDS = 0.5


@dataclass
class _Chain:
    """One sample of one task under way."""

    one: Subject
    sample: int
    loop: Loop
    need: Need | None = None
    replies: list[Reply | Stop | None] = field(default_factory=list)
    refined: Refined | None = None
    asked: int = 0
    """Turns so far."""


@dataclass
class _Besides:
    """What a measurement on the public tests has shown besides the outcomes, by program."""

    printed: dict[str, str]
    profiles: dict[str, Texts] | None
    """None: not wanted."""


def _shown(chain: _Chain) -> bool:
    assert isinstance(chain.need, Running)
    return chain.need.shown


class Chains:
    """All chains of a run; `results` yields each task with its finished chains, in order."""

    def __init__(
        self,
        request: Request,
        configuration: dict[str, Any],
        store: AnswerStore,
        scheduler: Scheduler,
        exchange: Exchange,
        progress: Progress,
        show: Callable[[Progress], None],
    ) -> None:
        self._request = request
        self._drawn = (configuration["model"], configuration["sampling"])
        self._store = store
        self._scheduler = scheduler
        self._exchange = exchange
        self._progress = progress
        self._show = show
        self._to_ask: deque[tuple[ModelRequest, _Chain, int]] = deque()
        self._to_run: deque[_Chain] = deque()
        self._asked: dict[str, list[tuple[ModelRequest, _Chain, int]]] = {}
        self._counted: set[str] = set()
        self.unanswered: Counter[str] = Counter()

    def results(self, tasks: Iterator[Subject]) -> Iterator[tuple[Subject, list[Refined]]]:
        """Yield the tasks in their order, each when all of its chains have ended."""
        under_way: deque[tuple[Subject, list[_Chain]]] = deque()
        more, ended = True, 0
        while True:
            while more and len(under_way) < _WINDOW:
                task = next(tasks, None)
                if task is None:
                    more = False
                    break
                chains = [self._begin(task, sample) for sample in range(self._request.samples)]
                under_way.append((task, chains))
            while under_way and all(chain.refined for chain in under_way[0][1]):
                task, chains = under_way.popleft()
                ended += 1
                yield task, [chain.refined for chain in chains if chain.refined is not None]
            if not under_way and not more:
                self._progress.done = ended
                return
            if not more or len(under_way) >= _WINDOW:
                self._work()
                self._tell(ended, [chains for _task, chains in under_way])

    def _begin(self, task: Subject, sample: int) -> _Chain:
        request = self._request
        own = task.task
        if request.from_answers:
            # Without a program in it, the chain begins as one without an earlier run.
            own = replace(own, program=task.answers[sample] or own.program)
        nearest = request.patterns.nearest_for(task) if request.patterns else None
        loop = refine(own, request.templates, request.form, request.rounds, nearest)
        chain = _Chain(task, sample, loop)
        self._advance(chain, None)
        return chain

    def _advance(self, chain: _Chain, given: object) -> None:
        """Send a loop what it waited for, and note what it needs next."""
        try:
            chain.need = next(chain.loop) if given is None else chain.loop.send(given)
        except StopIteration as stop:
            chain.refined = stop.value
            return
        if isinstance(chain.need, Running):
            self._to_run.append(chain)
            return
        self._progress.turns += len(chain.need.wanted)
        chain.asked += len(chain.need.wanted)
        chain.replies = [None] * len(chain.need.wanted)
        for place, wanted in enumerate(chain.need.wanted):
            self._want(chain, place, wanted)
        self._answered(chain)

    def _want(self, chain: _Chain, place: int, wanted: Wanted) -> None:
        """Look an answer up, refuse it for good, or note that it is to be asked."""
        request = self._request
        room = request.room
        if room is not None and request.model.count_tokens(wanted.prompt) > room:
            record = {"text": "", "finish_reason": PROMPT_TOO_LONG}
            chain.replies[place] = Reply(record)
            return
        # Chains of a task ask the same first prompt, and a chain may ask one twice: the number
        # tells them apart. With one chain, turn t takes the task's recorded answer t.
        number = wanted.turn * request.samples + chain.sample
        row = chain.one.task.recorded if request.model.by_row else ""
        key = digest_of(
            "refine", wanted.prompt.digest, row, chain.sample, wanted.turn, *self._drawn
        )
        if self._known(key, chain, place):
            return
        seed = request.sampling.seed + number
        asked = ModelRequest(key, wanted.prompt, number, seed, row)
        self._to_ask.append((asked, chain, place))

    def _known(self, key: str, chain: _Chain, place: int) -> bool:
        """Reply with the answer that is kept, or that no more is to be asked; False: ask it."""
        kept = self._store.get(key)
        if kept is not None:
            self._progress.reused += key not in self._counted
            self._count(key, kept)
            chain.replies[place] = Reply(kept)
        elif self._spent():
            chain.replies[place] = Stop.BUDGET
        return chain.replies[place] is not None

    def _answered(self, chain: _Chain) -> None:
        """Go on with a chain that has all of its replies."""
        if all(one is not None for one in chain.replies):
            self._advance(chain, chain.replies)

    def _work(self) -> None:
        """Ask what is to be asked, measure what is to be measured, and take what has come."""
        if self._to_ask and not self._exchange.busy:
            self._send()
        if self._to_run:
            self._run()
            self._take(0.0)
        elif self._exchange.busy:
            self._take(_IDLE_SECONDS)

    def _send(self) -> None:
        wave: list[ModelRequest] = []
        tokens_in = tokens_out = 0
        while self._to_ask:
            asked, chain, place = self._to_ask[0]
            if self._limited:
                # What may come of the wave stays within the limit, but for one request.
                tokens_in += self._request.model.count_tokens(asked.prompt)
                tokens_out += self._request.sampling.max_new_tokens
                if wave and self._spent(tokens_in, tokens_out):
                    break
            self._to_ask.popleft()
            # Another task with the same prompt may have had the answer meanwhile.
            if self._known(asked.key, chain, place):
                self._answered(chain)
                continue
            waiting = self._asked.setdefault(asked.key, [])
            if not waiting:
                wave.append(asked)
            waiting.append((asked, chain, place))
        if wave:
            self._exchange.send(wave)

    def _take(self, wait_seconds: float) -> None:
        for came in self._exchange.arrived(wait_seconds):
            if isinstance(came, WaveFailed):
                raise came.error
            if isinstance(came, WaveDone):
                continue
            answers = [one for one in came if isinstance(one, Answer)]
            self._store.add(record_of(one, self._asked[one.key][0][0]) for one in answers)
            for event in came:
                if isinstance(event, Failure):
                    self._failed(event)
                else:
                    self._progress.asked += 1
                    kept = self._store.get(event.key)
                    assert kept is not None
                    self._count(event.key, kept)
                    self._hand_out(event.key, Reply(kept))
            self._show(self._progress)

    def _failed(self, failure: Failure) -> None:
        """A recorded answer that is not there ends a task; of a server it is asked again."""
        if self._request.model.by_row:
            self._hand_out(failure.key, Stop.EXHAUSTED)
        else:
            self.unanswered[failure.reason] += 1
            self._hand_out(failure.key, Stop.UNANSWERED)

    def _hand_out(self, key: str, reply: Reply | Stop) -> None:
        for _asked, chain, place in self._asked.pop(key):
            chain.replies[place] = reply
            self._answered(chain)

    def _count(self, key: str, record: dict[str, Any]) -> None:
        if key not in self._counted:
            self._counted.add(key)
            self._progress.tokens_in += record.get("tokens_in") or 0
            self._progress.tokens_out += record.get("tokens_out") or 0

    @property
    def _limited(self) -> bool:
        return self._request.max_cost is not None or self._request.max_total_tokens is not None

    def _spent(self, more_in: int = 0, more_out: int = 0) -> bool:
        """Whether the run's limit of cost or tokens is reached, with so many tokens more."""
        request, progress = self._request, self._progress
        tokens_in, tokens_out = progress.tokens_in + more_in, progress.tokens_out + more_out
        tokens = tokens_in + tokens_out
        if request.max_total_tokens is not None and tokens >= request.max_total_tokens:
            return True
        cost = request.prices.cost(tokens_in, tokens_out)
        return request.max_cost is not None and cost is not None and cost >= request.max_cost

    def _run(self) -> None:
        """Measure what waits for the machine; a chain goes on as soon as its outcome is there."""
        wave = list(self._to_run)
        self._to_run.clear()
        setting = self._request.setting
        programs = [self._programs(chain) for chain in wave]
        # Of each chain alone: equal programs of two tasks print different things.
        besides = [_Besides({}, {} if _shown(chain) else None) for chain in wave]
        procedures = [
            gather(chain.one, own, setting, seen.printed, seen.profiles)
            for chain, own, seen in zip(wave, programs, besides, strict=True)
        ]
        outcomes = self._scheduler.run(procedures, lambda: self._show(self._progress))
        for chain, own, seen, measured in zip(wave, programs, besides, outcomes, strict=True):
            self._advance(chain, self._evidence(chain, own, seen, measured))
            if self._exchange.busy:
                self._take(0.0)
            if self._to_ask and not self._exchange.busy:
                self._send()

    def _programs(self, chain: _Chain) -> list[Program]:
        assert isinstance(chain.need, Running)
        return [chain.one.program(text) for text in chain.need.programs]

    def _evidence(
        self, chain: _Chain, programs: list[Program], seen: _Besides, outcomes: list[Outcome]
    ) -> list[Evidence]:
        made = []
        for program, outcome in zip(programs, outcomes, strict=True):
            printed = seen.printed.get(program.digest)
            tests = chain.one.task.tests
            evidence = evidence_of(outcome, tests, self._request.setting, printed)
            if seen.profiles is not None:
                evidence = profiled(evidence, seen.profiles.get(program.digest))
            made.append(evidence)
        return made

    def _tell(self, ended: int, under_way: list[list[_Chain]]) -> None:
        counts = Counter(
            chain.asked for chains in under_way for chain in chains if chain.refined is None
        )
        # A task that has ended waits for those before it in the file.
        waiting = sum(all(one.refined for one in chains) for chains in under_way)
        self._progress.done = ended + waiting
        self._progress.turns_under_way = dict(sorted(counts.items()))
        self._progress.waiting_model = len(self._to_ask) + len(self._asked)
        self._progress.waiting_machine = len(self._to_run)
        self._show(self._progress)


def nothing_came(progress: Progress, unanswered: Counter[str], name: str) -> ModelError | None:
    """Return the error of a run in which the model answered nothing at all."""
    if progress.asked + progress.reused or not unanswered:
        return None
    reason, _times = unanswered.most_common(1)[0]
    return ModelError(
        f"the model {name} answered nothing ({reason})", "check its name and whether it runs"
    )
