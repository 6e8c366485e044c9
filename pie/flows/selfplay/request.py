"""What the user asks of `pie selfplay`, and how far it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pie.core.models import Model, Sampling
from pie.core.problem import InputError
from pie.core.prompting.prompt_plan import sha256_of
from pie.core.prompting.prompts import BEST_SCORE, Form, Strategy
from pie.core.selfplay import survivors
from pie.flows import simulate
from pie.flows.dataset.measuring import Measuring
from pie.flows.generation import asking
from sim import machines
from sim.program import Language

KEPT_OUTPUT_BYTES = 64 * 1024
"""The longest output of a proposal on one input: it becomes a test case."""
STRATEGIES = (Strategy.PERF_CONDITIONED, Strategy.FINETUNED, Strategy.INSTRUCTION)
"""How an optimiser can be asked: by a prompt that shows the program alone."""


@dataclass(frozen=True)
class Asking:
    """One of the two models, and how it is asked."""

    model: Model
    sampling: Sampling
    samples: int
    """Answers a prompt."""
    form: Form
    room: int | None
    """Tokens that a prompt may have; None: no limit."""

    def described(self) -> dict[str, Any]:
        """Return everything that could change an answer, but the number of samples."""
        return {
            "model": self.model.fingerprint(),
            "sampling": asdict(self.sampling),
            "form": self.form.value,
            "room": self.room,
            "tokens": self.model.counts,
        }


@dataclass(frozen=True)
class Request:
    """The files, the models, and the numbers of each step."""

    seeds: Path
    out: Path
    proposer: Asking
    optimiser: Asking
    measuring: Measuring
    proposals: int = 10_000
    """Answers of the proposer, over all prompts."""
    strategy: Strategy = Strategy.PERF_CONDITIONED
    score: int = BEST_SCORE
    bases: int = 10
    """Problems whose inputs the proposals read (PIE's code: 10)."""
    inputs: int = 20
    """Inputs of each base, the highest-numbered ones (PIE's code: 20)."""
    mutate: int = 0
    """Mutated inputs of each base besides, at most."""
    known: tuple[Path, ...] = ()
    """More files of rows whose programs count as known."""
    testcases: Path | None = None
    descriptions: Path | None = None
    distinct_outputs: int = 2
    """A proposal prints at least so many different outputs on the inputs."""
    near_duplicate: float = 0.9
    at_least: float = survivors.AT_LEAST
    per_class: int = survivors.PER_CLASS
    seed: int = 0
    limit: int | None = None
    """Only the first rows of the seeds."""
    trust_programs: bool = False
    """The user's word that no program is made to cheat (`machines.refuse_untrusted`)."""

    def check(self) -> None:
        """Refuse what cannot be right; InputError says what and how to mend it."""
        machine = self.measuring.setting.machine
        if not machine.deterministic:
            raise InputError(
                f"the machine {machine.name} gives another number each time, so no pair could be "
                "kept for its speedup",
                "give a deterministic one with --machine: gem5, skylake or counts",
            )
        if not self.trust_programs:
            machines.refuse_untrusted(machine, "--trust-programs")
        if self.strategy not in STRATEGIES:
            raise InputError(
                f"the optimiser cannot be asked by the strategy {self.strategy}",
                f"choose one of {', '.join(STRATEGIES)}",
            )
        if not (0 < self.at_least < math.inf and 0 < self.near_duplicate <= 1):
            raise InputError(
                "a speedup is above 0, a similarity above 0 and at most 1",
                "check --at-least and --near-duplicate",
            )
        if self.distinct_outputs > self.inputs:
            raise InputError(
                f"{self.inputs} inputs cannot give {self.distinct_outputs} different outputs",
                "give fewer with --distinct-outputs, or more with --inputs",
            )

    def setting(self, languages: list[Language]) -> dict[str, Any]:
        """Return everything that decides what is found for one answer.

        How many answers are asked for, and which pairs stay of those found, may change from one
        run of a folder to the next: nothing of what is kept depends on it.
        """
        return {
            "seeds_sha256": sha256_of(self.seeds, "--seeds", self.limit),
            "known_sha256": [sha256_of(one, "--known") for one in self.known],
            "proposer": self.proposer.described(),
            "optimiser": self.optimiser.described(),
            "strategy": self.strategy.value,
            "score": self.score,
            "answers_a_prompt": self.proposer.samples,
            "bases": self.bases,
            "inputs": self.inputs,
            "mutate": self.mutate,
            "distinct_outputs": self.distinct_outputs,
            "near_duplicate": self.near_duplicate,
            "kept_output_bytes": KEPT_OUTPUT_BYTES,
            "seed": self.seed,
            "measured": self.measuring.setting.fingerprint(languages),
        }

    @property
    def calls(self) -> int:
        """Prompts to the proposer."""
        return -(-self.proposals // self.proposer.samples)


@dataclass(frozen=True)
class Told:
    """Whom a run tells how far it is."""

    step: Callable[[str, int], None]
    """What begins, and how many things it is to do."""
    asked: Callable[[asking.Progress], None]
    ran: Callable[[simulate.Progress], None]
