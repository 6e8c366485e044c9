"""Writes the pairs that are kept as PIE's rows, with their test cases beside them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pie.core.dataset.score_tag import FIELD, score_tag
from pie.flows.selfplay.optimising import Pair, tests_of
from pie.flows.selfplay.request import Request
from sim.procedure import Outcome

USER = "selfplay"


def write_tests(folder: Path, kept: Sequence[Pair]) -> None:
    """Write PIE's folders of test cases anew, one for each class."""
    scratch = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    for pair in kept:
        own = scratch / problem_of(pair)
        own.mkdir(exist_ok=True)
        for number, case in tests_of(pair.source):
            given, expected = own / f"input.{number}.txt", own / f"output.{number}.txt"
            if not given.exists() and case.expected_path is not None:
                shutil.copyfile(case.input_path, given)
                shutil.copyfile(case.expected_path, expected)
    shutil.rmtree(folder, ignore_errors=True)
    scratch.replace(folder)


def problem_of(pair: Pair) -> str:
    """Return the name under which a class is a problem."""
    return pair.source.class_name


def rows(request: Request, pairs: Sequence[Pair], kept: Sequence[Pair]) -> Iterator[dict[str, Any]]:
    """Yield the rows, each marked as synthetic and with where it comes from."""
    costs: dict[str, list[int]] = {}
    for pair in pairs:
        right = costs.setdefault(problem_of(pair), [])
        right += [_own_cycles(pair, one) for one in pair.accepted()]
    for population in costs.values():
        population.sort()
    for pair in kept:
        source, target = pair.source_outcome, pair.best_outcome
        assert pair.source.program is not None
        assert pair.best is not None
        assert source.cycles is not None
        assert target.cycles is not None
        cost = _own_cycles(pair, target)
        language = pair.source.program.language
        yield {
            "src_id": pair.source.name,
            "tgt_id": f"{pair.source.name}-{pair.best.sample}",
            "problem_id": problem_of(pair),
            "user_id": USER,
            "language": language.value,
            "src_code": pair.source.program.source,
            "tgt_code": pair.best.program.source,
            "tests": [number for number, _case in tests_of(pair.source)],
            "src_agg_runtime": source.seconds,
            "tgt_agg_runtime": target.seconds,
            "speedup": source.cycles / target.cycles,
            FIELD: score_tag(cost, costs[problem_of(pair)]),
            "src_status": "accepted",
            "tgt_status": "accepted",
            "measured_on": request.measuring.label(language),
            "synthetic": True,
            "provenance": provenance(request, pair),
        }


def _own_cycles(pair: Pair, outcome: Outcome) -> int:
    """Return the cycles on the base's own inputs, which all programs of a class survive."""
    own = outcome.tests[: len(pair.source.base.own)]
    return sum(one.run.cycles or 0 for one in own if one.run is not None)


def provenance(request: Request, pair: Pair) -> dict[str, Any]:
    """Return where a pair comes from: models, prompts, seeds and inputs."""
    source, best = pair.source, pair.best
    assert best is not None
    base, example = source.call.base, source.call.example
    return {
        "method": "pie selfplay",
        "proposer": request.proposer.model.name,
        "proposer_prompt_sha": source.prompt_sha,
        "proposer_sample": source.sample,
        "base_problem_id": base.problem_id,
        "base_program_id": base.program_id,
        "example_problem_id": example.problem_id,
        "example_program_id": example.program_id,
        "optimiser": request.optimiser.model.name,
        "optimiser_strategy": request.strategy.value,
        "optimiser_prompt_sha": pair.prompt.digest,
        "optimiser_sample": best.sample,
        "class": source.class_name,
        "inputs": [case.name for case in source.base.inputs],
        "src_cycles": pair.source_outcome.cycles,
        "tgt_cycles": pair.best_outcome.cycles,
    }
