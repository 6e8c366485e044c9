"""`pie simulate --tasks`: what is said before, while and after tasks are measured."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from pie.cli.exits import Exit, printing, say, show
from pie.core.wording import count
from pie.flows.tasks import simulate as flow
from pie.flows.tasks.simulate import Finished, Request
from sim.errors import InputError
from sim.verdict import Verdict

__all__ = ["Request", "refuse_others", "run"]


def refuse_others(given: Mapping[str, bool]) -> None:
    """InputError when an option is given that belongs to pairs."""
    for option, is_given in given.items():
        if is_given:
            raise InputError(f"{option} belongs to pairs, not to --tasks", "leave it out")


def run(request: Request, *, only_plan: bool, as_json: bool) -> int:
    """Measure tasks; return the exit code."""
    from pie.cli.progress import Display
    from pie.core.report import task_report, task_report_formats
    from pie.flows.simulate import resume_line, walls

    made = flow.plan(request)
    for left_out, file in ((made.left_out, request.tasks), (made.lost_samples, request.samples)):
        for one in left_out[:10]:
            say(f"pie: {file}:{one.line}: left out: {one.reason}")
        if len(left_out) > 10:
            say(f"pie: ... and {count(len(left_out) - 10, 'more line')} of {file} left out")
    say(f"pie: {flow.plan_sentence(request, made)}")
    if only_plan:
        return Exit.OK
    for notice in walls(request.setting):
        say(f"pie: {notice}")
    folder: list[Path] = []
    try:
        with Display() as display:
            finished = flow.simulate(request, made, folder.append, display.show)
    except KeyboardInterrupt:
        kept = f" in {folder[0]}" if folder else ""
        say(f"pie: interrupted; everything measured is kept{kept}. Go on with:")
        say(f"  {resume_line(sys.argv[1:])}")
        return Exit.INTERRUPTED
    with printing():
        if as_json:
            sys.stdout.write(task_report.as_json(finished.report))
        else:
            show(task_report_formats.as_table(finished.report), _totals(finished))
    return _exit_code(finished)


def _totals(finished: Finished) -> str:
    ran = finished.tally.run.get("measure", 0)
    reused = finished.tally.reused.get("measure", 0)
    return (
        f"{count(ran, 'run')} measured, {reused} taken from the cache, in "
        f"{finished.seconds:.1f} s. Run folder: {finished.folder}"
    )


def _exit_code(finished: Finished) -> int:
    for verdict, word in (
        (Verdict.UNSUPPORTED, "unsupported"),
        (Verdict.NOT_MEASURED, "not measured"),
    ):
        if finished.counts[verdict.value]:
            for reason, number in finished.reasons(verdict).most_common(5):
                say(f"pie: {word}: {reason} ({count(number, 'program')})")
    if failed := finished.counts[Verdict.NOT_MEASURED.value]:
        say(
            f"pie: {count(failed, 'program')} could not be measured; the same command tries these "
            "again"
        )
        return Exit.NOT_MEASURED
    return Exit.OK
