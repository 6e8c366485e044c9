"""Preferences among the answers of a refinement run, by prompt or by task.

Answers to one and the same prompt are compared: further samples, other chains, and iterations that
ask the same again since nothing better was kept. With a format of `pie finetune data` the programs
of a whole task are compared instead, under the prompt of the program that it started from.

A chosen program passed its private tests. How much faster one is than another is told by the public
tests, on which all of them ran.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from pie.core.metrics.pair_result import Generation
from pie.core.problem import InputError
from pie.core.prompting.prompts import BEST_SCORE, Form
from pie.core.report.pair_rows import read_rows
from pie.core.training.formats import Format, Shown, prompt_of
from pie.core.training.preferences import Answer, Preference, Rules, preferences
from pie.core.training.refined import RefinedChain
from pie.flows.finetuning.refined import tasks_of
from sim.verdict import Verdict

TURNS = "turns.jsonl"
_IDENTITY = ("problem_id", "src_id", "task_id")


def rows_of_task(
    run: Path, rules: Rules, kind: Format | None, score: int = BEST_SCORE, limit: int | None = None
) -> Iterator[list[dict[str, Any]]]:
    """Yield the preference rows of each task of a run, in its order."""
    lines = (line for _number, line in read_rows(run / TURNS) if isinstance(line, dict))
    turns_by_task = groupby(lines, lambda line: str(line.get("task")))
    name, turns = _next(turns_by_task)
    for task, chains in tasks_of(run, limit=limit):
        own: list[dict[str, Any]] = []
        if name == task:  # a task without a turn has no lines
            own = turns
            name, turns = _next(turns_by_task)
        yield _rows(own, chains, rules, kind, score)
    if limit is None and name is not None:
        raise InputError(f"{run / TURNS} does not fit {run}", "run the same `pie refine` again")


def _next(groups: Iterator[tuple[str, Iterator[Any]]]) -> tuple[str | None, list[Any]]:
    name, lines = next(groups, (None, iter(())))
    return name, list(lines)


def _rows(
    turns: Sequence[Mapping[str, Any]],
    chains: Sequence[RefinedChain],
    rules: Rules,
    kind: Format | None,
    score: int,
) -> list[dict[str, Any]]:
    known = {one.program.rstrip(): one.result for chain in chains for one in chain.kept}
    answered = [one for one in turns if one["program"] is not None and one["evidence"]]
    if kind is not None:
        return _of_task(answered, chains, known, rules, kind, score)
    by_prompt: dict[str, list[Mapping[str, Any]]] = {}
    for one in answered:
        by_prompt.setdefault(one["prompt_sha"], []).append(one)
    rows = []
    for group in by_prompt.values():
        said = {one["program"].rstrip(): one["answer"] for one in reversed(group)}
        prompt = group[0]["prompt"]
        form = Form.PLAIN if isinstance(prompt, str) else Form.CHAT
        rows += [
            _row(one, prompt, form, said[one.chosen.code], said[one.rejected.code], group[0])
            for one in _preferences(group, known, rules)
        ]
    rows.sort(key=lambda one: -(one["ratio"] or 0.0))
    return rows[: rules.per_row]


def _of_task(
    turns: Sequence[Mapping[str, Any]],
    chains: Sequence[RefinedChain],
    known: Mapping[str, Generation],
    rules: Rules,
    kind: Format,
    score: int,
) -> list[dict[str, Any]]:
    first = next((chain for chain in chains if chain.kept), None)
    if first is None or not turns:
        return []
    start = first.kept[0].program
    prompt = prompt_of(kind, Form.PLAIN, Shown(first.language, (start,), score))
    others = [one for one in turns if one["program"].rstrip() != start.rstrip()]
    return [
        _row(one, prompt.text, Form.PLAIN, one.chosen.code, one.rejected.code, turns[0])
        for one in _preferences(others, known, rules)
    ]


def _preferences(
    turns: Sequence[Mapping[str, Any]], known: Mapping[str, Generation], rules: Rules
) -> list[Preference]:
    """Return the preferences among the programs of some turns.

    One that fails a private test is a failed one, whatever it did on the public ones; one that no
    chain kept was never tried on those, and is only ever rejected.
    """
    answers = []
    for one in turns:
        program, evidence = one["program"].rstrip(), one["evidence"]
        shown, private = Verdict(evidence["verdict"]), known.get(program)
        if private is not None and private.verdict is not Verdict.ACCEPTED:
            result = Generation(private.verdict, None)
        else:
            result = Generation(shown, evidence["seconds"] if shown is Verdict.ACCEPTED else None)
        answers.append(Answer(program, result))
    every = replace(rules, per_row=max(rules.per_row, len(answers) ** 2))
    tried = {program for program, result in known.items() if result.verdict is Verdict.ACCEPTED}
    found = preferences(answers, every)
    return [one for one in found if one.chosen.code in tried][: rules.per_row]


def _row(
    one: Preference,
    prompt: Any,
    form: Form,
    chosen: str,
    rejected: str,
    turn: Mapping[str, Any],
) -> dict[str, Any]:
    def said(text: str) -> Any:
        return [{"role": "assistant", "content": text}] if form is Form.CHAT else text

    return {
        "prompt": prompt,
        "chosen": said(chosen),
        "rejected": said(rejected),
        "form": str(form),
        "ratio": one.ratio,
        "chosen_seconds": one.chosen.result.seconds,
        "rejected_seconds": one.rejected.result.seconds,
        "rejected_verdict": one.rejected.result.verdict.value,
        **{name: turn[name] for name in _IDENTITY if name in turn},
    }
