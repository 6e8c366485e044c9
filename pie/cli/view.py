"""`pie view`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pie.cli.exits import Exit, say, told


@told
def command(
    run: Annotated[Path, typer.Argument(help="A run folder, also of a run that goes on.")],
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port; 0 is any that is free.")
    ] = 0,
) -> int:
    """Serve the page of a run to a browser on this host; load it again to see how far it is.

    Example: pie view runs/test-skylake-1a2b3c4d

    The page is that of `pie report RUN --html FILE`. Nobody but this host can ask for it.
    """
    from pie.flows.view import Page, serve

    try:
        serve(Page(run), port, lambda address: say(f"pie: {address} shows {run}; Ctrl-C ends it"))
    except KeyboardInterrupt:
        say("pie: ended")
    return Exit.OK
