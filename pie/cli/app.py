"""The commands by name; each is a module of its own."""

from __future__ import annotations

import sys

import typer

from pie import __version__
from pie.cli import (
    cache,
    compare,
    dataset,
    doctor,
    equal,
    history,
    index,
    measure,
    merge,
    plot,
    refine,
    report,
    selfplay,
    serve,
    simulate,
    view,
)
from pie.cli.calibration import calibrate
from pie.cli.exits import Exit, say
from pie.cli.finetuning import finetune, preferences
from pie.cli.generation import generate

app = typer.Typer(
    name="pie",
    help="Is this program really faster, and by how much?\n\n"
    "Example: pie simulate --pairs examples/test.jsonl",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)
app.command("simulate")(simulate.command)
app.command("measure")(measure.command)
app.command("equal")(equal.command)
app.command("generate")(generate.command)
app.command("selfplay")(selfplay.command)
app.command("refine")(refine.command)
app.command("merge")(merge.command)
app.command("report")(report.command)
app.command("compare")(compare.command)
app.command("history")(history.command)
app.command("plot")(plot.command)
app.command("view")(view.command)
app.command("calibrate")(calibrate.command)
app.command("serve")(serve.command)
app.command("doctor")(doctor.command)
app.add_typer(index.app, name="index")
app.add_typer(cache.app, name="cache")
app.add_typer(dataset.app, name="dataset")
finetune.app.command("preferences")(preferences.command)
app.add_typer(finetune.app, name="finetune")


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    if version:
        print(f"pie {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit


def main() -> None:
    """Run the command line."""
    try:
        sys.exit(app())
    except OSError as error:  # help or version into a full disk
        say(f"pie: the output could not be written ({error.strerror})")
        sys.exit(int(Exit.INPUT))
