"""What `pie refine` was asked for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pie.core.models import Model, Sampling
from pie.core.prompting.prompts import Form
from pie.core.refinement.earlier import EarlierRows
from pie.core.refinement.prompting import Templates
from pie.core.tasks.samples import Samples
from pie.flows.generation.generate import Prices
from pie.flows.refinement.patterns import Patterns
from sim.program import Language, digest_of
from sim.setting import Setting


@dataclass(frozen=True)
class Request:
    """Everything opened that the user named."""

    rows: Path
    """Pairs, or tasks."""
    templates: Templates
    model: Model
    form: Form
    sampling: Sampling
    setting: Setting
    rounds: int
    samples: int = 1
    """Chains of turns a task, each with its own first program and seeds."""
    public: int | None = None
    """So many of a row's tests are public where it names none."""
    out: Path | None = None
    testcases: Path | None = None
    jobs: int = 0
    use_cache: bool = True
    of_tasks: bool = False
    from_answers: bool = False
    """Chain k starts from the task's answer k of an earlier run."""
    earlier: EarlierRows | Samples | None = None
    """Where these answers are; None: in the rows, or tasks, themselves."""
    patterns: Patterns | None = None
    """An index of other programs' edits, for strategies that show patterns."""
    trust_programs: bool = False
    """The user's word that no program is made to cheat (`machines.refuse_untrusted`)."""
    limit: int | None = None
    room: int | None = None
    """Tokens that a prompt may have; None: no limit."""
    prices: Prices = field(default_factory=Prices)
    max_cost: float | None = None
    max_total_tokens: int | None = None
    measured: bool = True
    """Whether the programs of each iteration are measured on the private tests at the end."""

    def configuration(self, languages: list[Language]) -> dict[str, Any]:
        """Return everything that could change an answer or its use; limits only end a run."""
        strategy = self.templates.strategy
        return {
            "model": self.model.fingerprint(),
            "sampling": asdict(self.sampling),
            "strategy": strategy.name,
            "strategy_text": self.templates.digest,
            "rounds": self.rounds,
            "form": self.form.value,
            "samples": self.samples,
            "public": self.public,
            "from_answers": self.earlier.sha256 if self.earlier else self.from_answers,
            "patterns": self.patterns.fingerprint if self.patterns else "",
            "room": self.room,
            "machine": digest_of(self.setting.fingerprint(languages)),
        }


@dataclass
class Progress:
    """How far a run is; handed to whoever shows it."""

    tasks: int = 0
    done: int = 0
    turns: int = 0
    asked: int = 0
    """Requests that a model answered in this run."""
    reused: int = 0
    """Answers of an earlier run of the same folder."""
    waiting_model: int = 0
    waiting_machine: int = 0
    turns_under_way: dict[int, int] = field(default_factory=dict)
    """Chains under way, by the number of turns that they have had."""
    tokens_in: int = 0
    tokens_out: int = 0
