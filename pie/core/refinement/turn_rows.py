"""The lines of a refinement run: every turn, and the rows with the programs of each iteration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pie.core.refinement.evidence import Evidence
from pie.core.refinement.rows import PUBLIC, Divided
from pie.core.refinement.tasks import DividedTask
from pie.core.refinement.version import Refined, Turn
from pie.core.rows import ANSWERS, InlineTest
from pie.core.tasks.samples import sample_line

_STALE = ("generations", ANSWERS, "sampling", "refinement")
"""What the row may have had of an earlier run: it is not about these programs."""


def turn_line(one: Divided | DividedTask, sample: int, turn: Turn) -> dict[str, Any]:
    """Return what is kept of a turn: prompt, answer, verdict, measurement, and its fate."""
    messages = [{"role": m.role, "content": m.content} for m in turn.prompt.messages]
    return {
        "task": one.task.name,
        **one.identity,
        "sample": sample,
        "turn": turn.number,
        "iteration": turn.iteration,
        "step": turn.step,
        "role": turn.role,
        "template": turn.template,
        "prompt_sha": turn.prompt.digest,
        "prompt": messages or turn.prompt.text,
        "answer": turn.answer["text"],
        **{
            name: turn.answer.get(name)
            for name in ("finish_reason", "seed", "tokens_in", "tokens_out")
        },
        "found": turn.found or None,
        "program": turn.program,
        "evidence": None if turn.evidence is None else evidence_of(turn.evidence),
        "fate": turn.fate.value,
        "profile_problem": turn.profile_problem,
    }


def evidence_of(evidence: Evidence) -> dict[str, Any]:
    """Return what the public tests showed."""
    return {
        "verdict": evidence.verdict.value,
        "detail": evidence.detail,
        "cost": evidence.cost,
        "seconds": evidence.seconds,
        "peak_bytes": evidence.peak_bytes or None,
        "memory_time": evidence.memory_time,
        "tests": [
            {
                "name": test.test.name,
                "verdict": test.verdict.value,
                "detail": test.detail,
                "seconds": test.seconds,
                "peak_bytes": test.peak_bytes or None,
                "memory_time": test.memory_time,
            }
            for test in evidence.tests
        ],
    }


def versions_line(one: Divided | DividedTask, sample: int, chain: Refined) -> dict[str, Any]:
    """Return a chain's program after each iteration, and what the public tests showed of it."""
    return {
        "task": one.task.name,
        **one.identity,
        "sample": sample,
        "language": one.task.language.value,
        "stop": chain.stop.value,
        "iterations": [
            {"program": program, "evidence": None if evidence is None else evidence_of(evidence)}
            for program, evidence in zip(chain.programs, chain.evidence, strict=True)
        ],
    }


def refined_row(
    one: Divided, chains: Sequence[Refined], about: Mapping[str, Any], iteration: int
) -> dict[str, Any]:
    """Return the row with the programs of one iteration, judged by its private tests alone.

    It names its public tests, so that a run which starts from it shows the same and judges by the
    same.

    `generated_answers` has an entry a sample; a null is measured as `no_code`.
    """
    kept = {name: value for name, value in one.row.fields.items() if name not in _STALE}
    return {
        **kept,
        PUBLIC: [_plain(test) for test in one.shown],
        "tests": [_plain(test) for test in one.private],
        ANSWERS: [chain.programs[iteration] for chain in chains],
        "refinement": {
            **about,
            "iteration": iteration,
            "stop": [chain.stop.value for chain in chains],
            "turns": [len(chain.turns) for chain in chains],
        },
    }


def all_iterations(one: Divided, chains: Sequence[Refined], iterations: int) -> dict[str, Any]:
    """Return the row with the programs of all iterations in one list: by iteration, then sample."""
    row = refined_row(one, chains, {}, iterations - 1)
    programs = [chain.programs[number] for number in range(iterations) for chain in chains]
    return {**row, ANSWERS: programs}


def refined_samples(
    one: DividedTask, chains: Sequence[Refined], about: Mapping[str, Any], iteration: int
) -> list[dict[str, Any]]:
    """Return the samples of one iteration, in the order of the chains."""
    return [
        sample_line(
            one.whole.task_id,
            chain.programs[iteration],
            refinement={**about, "iteration": iteration, "sample": number},
        )
        for number, chain in enumerate(chains)
    ]


def _plain(test: int | InlineTest) -> object:
    return test if isinstance(test, int) else test.model_dump()
