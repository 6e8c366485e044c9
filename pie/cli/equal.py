"""`pie equal`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pie.cli import options
from pie.cli.exits import Exit, printing, told
from pie.cli.groups import grouped

if TYPE_CHECKING:
    from pie.flows.equal import Compared

_SHOWN = 2000
"""Characters of an input or output that are shown."""


@told
@grouped
def command(
    source: Annotated[Path, typer.Argument(help="The program that is right (.cpp, .py, ...).")],
    answer: Annotated[Path, typer.Argument(help="The program that should print the same.")],
    inputs: Annotated[
        list[Path] | None,
        typer.Option("-i", "--input", help="What they read; others are made of it. Repeatable."),
    ] = None,
    witnesses: Annotated[
        list[Path] | None,
        typer.Option(
            "-w",
            "--witness",
            help="Another right program: an input on which it is not like SOURCE is none. "
            "Repeatable.",
        ),
    ] = None,
    wanted: Annotated[
        int, typer.Option("-n", "--inputs", min=1, help="Made inputs, at most.")
    ] = 200,
    seed: Annotated[int, typer.Option("--seed", help="Of the made inputs.")] = 0,
    *,
    build: options.Programs,
    no_cache: options.NoCache = False,
    as_json: options.Json = False,
) -> int:
    """Look for an input on which one program prints something else than another.

    Example: pie equal slow.cpp fast.cpp -i input.txt

    Inputs are made in the grammar of the given ones; more of these give a better grammar. The
    smallest difference is shrunk and shown. Exit code 3 when the programs differ.
    """
    from pie.flows import equal as flow

    setting = build.setting("counts", "", "Verbatim", max_instructions=None, max_cycles=None)
    request = flow.Request(
        source=source,
        answer=answer,
        inputs=tuple(inputs or ()),
        setting=setting,
        wanted=wanted,
        seed=seed,
        witnesses=tuple(witnesses or ()),
        use_cache=not no_cache,
    )
    compared = flow.compare(request)
    sentence = flow.sentence(request, compared)
    with printing():
        if as_json:
            print(json.dumps(_document(compared, sentence), indent=2))
        else:
            print("\n".join([sentence, *_shown(compared)]))
    return Exit.THRESHOLD if compared.differ else Exit.OK


def _document(compared: Compared, sentence: str) -> dict[str, Any]:
    fuzzed, found = compared.fuzzed, compared.smallest
    smallest = None
    if found is not None:
        smallest = {
            "input": found.input.decode("utf-8", "replace"),
            "source_prints": _text(found.expected),
            "answer_prints": _text(found.printed),
            "detail": found.detail,
        }
    return {
        "schema_version": 1,
        "sentence": sentence,
        "differ": compared.differ,
        "given": compared.given,
        "inputs": fuzzed.inputs if fuzzed else 0,
        "differing": fuzzed.differing if fuzzed else 0,
        "smallest": smallest,
    }


def _shown(compared: Compared) -> list[str]:
    found = compared.smallest
    if found is None:
        return []
    lines = [f"The smallest input found ({found.detail}):", _cut(_text(found.input))]
    for who, printed in (("source", found.expected), ("answer", found.printed)):
        if printed is not None:
            lines += [f"The {who} prints:", _cut(_text(printed))]
    return lines


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", "replace")


def _cut(text: str | None) -> str:
    """Return lines to show, indented, without control characters."""
    lines = (text or "").splitlines() or [""]
    shown = "\n".join(
        "  " + "".join(one if one.isprintable() else "?" for one in line) for line in lines
    )
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}\n  ..."
