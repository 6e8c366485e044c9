"""`pie generate --tasks`: what is said before, while and after a model solves tasks."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

from pie.cli.exits import Exit, printing, say
from pie.cli.generation.progress import Display
from pie.core.wording import count
from pie.flows.generation import tasks as flow
from pie.flows.generation.tasks import Asked, Generated, Plan


def run(asked: Asked, as_json: bool) -> int:
    """Ask the model; return the exit code."""
    folder: list[Path] = []

    def started(path: Path, plan: Plan) -> None:
        folder.append(path)
        for one in plan.left_out[:10]:
            say(f"pie: {asked.tasks}:{one.line}: left out: {one.reason}")
        if len(plan.left_out) > 10:
            say(f"pie: ... and {count(len(plan.left_out) - 10, 'more line')} left out")
        say(
            f"pie: {count(len(plan.offsets), 'task')}, {count(asked.samples, 'sample')} each from "
            f"{asked.model.name} ({asked.model.parallel}, {asked.form} form)"
        )
        if plan.too_long:
            say(f"pie: {count(plan.too_long, 'task')} whose prompt exceeds {asked.room} tokens")

    try:
        with Display() as display:
            made = flow.generate(asked, started, display.show)
    except KeyboardInterrupt:
        kept = f" in {folder[0]}" if folder else ""
        say(f"pie: interrupted; every answer is kept{kept}. Go on with:")
        say(f"  {shlex.join(['pie', *sys.argv[1:]])}")
        return Exit.INTERRUPTED
    with printing():
        if as_json:
            document = {"schema_version": 1, "run": str(made.folder), **made.summary}
            print(json.dumps(document, indent=2, allow_nan=False))
        else:
            _print(made, asked.tasks)
    return _exit_code(made)


def show_prompt(asked: Asked, number: int, as_json: bool) -> int:
    """Print the prompt of one task."""
    task, prompt, about = flow.dry_run(asked, number)
    with printing():
        if as_json:
            messages = [{"role": one.role, "content": one.content} for one in prompt.messages]
            document = {"schema_version": 1, "task_id": task.task_id, "form": prompt.form.value}
            print(json.dumps({**document, "prompt": messages or prompt.text, **about}, indent=2))
        elif prompt.messages:
            for one in prompt.messages:
                print(f"<<< {one.role} >>>\n{one.content}")
        else:
            sys.stdout.write(prompt.text)
    fits = "" if about["fits"] else "; TOO LONG for the model's context, it would not be sent"
    say(f"pie: task {task.task_id}, {prompt.form} form, {count(about['tokens'], 'token')}{fits}")
    return Exit.OK


def _print(made: Generated, tasks: Path) -> None:
    summary = made.summary
    print(f"{sum(summary['found'].values()):,} answers, by how a program was found:")
    for found, number in summary["found"].items():
        if number:
            print(f"  {number:>8,} {found}")
    print(f"tokens: {summary['tokens_in']:,} in, {summary['tokens_out']:,} out")
    if summary["cost"] is not None:
        print(f"cost: {summary['cost']:.4f}")
    words = ["pie", "simulate", "--tasks", str(tasks)]
    words += ["--samples", str(made.folder / flow.SAMPLES)]
    print(f"Measure them with: {shlex.join(words)}")


def _exit_code(made: Generated) -> int:
    summary = made.summary
    if not summary["tasks_unanswered"]:
        return Exit.OK
    for reason, number in list(summary["failures"].items())[:5]:
        say(f"pie: no answer: {reason} ({count(number, 'request')})")
    say(
        f"pie: {count(summary['tasks_unanswered'], 'task')} without all answers, not in "
        f"{flow.SAMPLES} (see unanswered.jsonl); the same command asks again"
    )
    return Exit.NOT_MEASURED
