"""What `pie measure` prints and writes: a ranked table, and files of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pie.cli.options import Programs

if TYPE_CHECKING:
    from pie.core.report.ranking import Ranking
    from pie.flows.measure import Compared
    from sim.setting import Setting

WIDEST = 200
Write = Callable[[Path, "Ranking", Mapping[str, Any]], None]


def lines(compared: Compared, sentence: str, width: int | None = None) -> list[str]:
    """Return all that is printed: the table, a line for each input, reasons, the sentence."""
    from pie.core.report import ranking_table

    width = min(width or terminal_width(), WIDEST)
    ranking = compared.ranking
    if len(ranking.entries) == 1 and not ranking.failed and compared.tests == 1:
        return ranking_table.wrapped(sentence, width)
    parts = [ranking_table.table(ranking, width), ranking_table.by_input(ranking, width)]
    if len(ranking.measured) > 1:  # else the sentence gives them
        parts.append(ranking_table.reasons(ranking, width))
    parts.append(ranking_table.wrapped(sentence, width))
    shown: list[str] = []
    for part in filter(None, parts):
        shown += ["", *part] if shown else part
    return shown


def beside(compared: Compared, opinion: Compared, width: int | None = None) -> list[str]:
    """Return what this host's processor says, and whether it agrees about who is faster."""
    from pie.core.report import ranking_table
    from pie.core.report.ranking import disagreement

    width = min(width or terminal_width(), WIDEST)
    lines = ["", "On this host's processor, which another host and another minute change:"]
    lines += ranking_table.table(opinion.ranking, width)
    noise = max((abs(ratio - 1) for ratio in opinion.own_noise), default=0.0)
    told = disagreement(compared.ranking, opinion.ranking, noise)
    return [*lines, "", *ranking_table.wrapped(told, width)]


def terminal_width() -> int:
    """Return the columns of the terminal, or 80 where there is none."""
    return shutil.get_terminal_size((80, 24)).columns


def writers(files: Sequence[Path]) -> list[tuple[Path, Write]]:
    """Return what writes each file; InputError, before anything is measured, for a wrong name."""
    from pie.core.problem import InputError
    from pie.core.report import ranking_formats

    def writing(file: Path) -> Write:
        written = ranking_formats.writer_of(file)

        def write(file: Path, ranking: Ranking, document: Mapping[str, Any]) -> None:
            try:
                file.write_text(written(ranking, document), "utf-8")
            except OSError as error:
                raise InputError(
                    f"{file} cannot be written ({error.strerror})", "name another file"
                ) from error

        return write

    return [(file, writing(file)) for file in files]


def with_arguments(setting: Setting, arguments: str, programs: Sequence[Path]) -> Setting:
    """Return a setting whose programs are started with arguments.

    InputError for Python programs and gem5, which have none.
    """
    from pie.core.problem import InputError
    from sim.toolchain import parse_arguments

    parsed = parse_arguments(arguments)
    if not parsed:
        return setting
    if setting.machine.name == "gem5":
        raise InputError("programs on gem5 take no arguments", "measure with --machine skylake")
    if any(file.suffix.lower() == ".py" for file in programs):
        raise InputError("--args is for C++ programs", "give Python programs their input by -i")
    return replace(setting, toolchain=replace(setting.toolchain, arguments=parsed))


def variants(
    build: Programs, parameters: Sequence[str], arguments: str
) -> list[tuple[str, Programs, str]]:
    """Return the options and the arguments for each combination of parameters, with its name.

    InputError for a parameter that stands nowhere: it would measure the same thing several times.
    """
    from pie.core.problem import InputError
    from pie.flows import measure_files

    combinations = measure_files.parameters(parameters)
    flags = build.cxxflags
    for name in combinations[0]:
        if f"{{{name}}}" not in (flags or "") + arguments:
            raise InputError(
                f"the parameter {name} stands nowhere", f"write {{{name}}} in --cxxflags or --args"
            )
    made = []
    for values in combinations:
        words = " ".join(f"{name}={value}" for name, value in values.items())
        filled = None if flags is None else measure_files.filled(flags, values)
        started_with = measure_files.filled(arguments, values)
        made.append((words, replace(build, cxxflags=filled), started_with))
    return made
