"""`pie serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pie.cli import options
from pie.cli.exits import Exit, say, told
from pie.cli.groups import grouped


@told
@grouped
def command(
    tests: Annotated[
        Path | None,
        typer.Option(
            "--tests",
            metavar="DIR",
            help="Test cases that requests may name, in PIE's layout (PROBLEM/input.K.txt).",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; another than this host's: tokens.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535)] = 8000,
    workers: Annotated[
        int, typer.Option("--workers", "-j", min=0, help="Worker processes; 0: one a processor.")
    ] = 0,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", help="Lines NAME TOKEN; each client sends its token."),
    ] = None,
    machine: options.Machine = "auto",
    gem5: options.Gem5 = "",
    gem5_config: options.Gem5Configuration = "Verbatim",
    *,
    build: options.Programs,
    max_instructions: options.MaxInstructions = None,
    max_cycles: options.MaxCycles = None,
    trust_programs: options.TrustPrograms = False,
    queue: Annotated[
        int, typer.Option("--queue", min=1, help="Pieces of work that may wait for each client.")
    ] = 1024,
    max_body: Annotated[
        int, typer.Option("--max-body", min=1, help="Largest request, in MiB.")
    ] = 16,
    longest: Annotated[
        float, typer.Option("--deadline", min=1, help="Longest that work may take, in seconds.")
    ] = 600.0,
    scale: Annotated[
        str, typer.Option("--scale", help="Scale of rewards: log2 or ratio (docs/rewards.md).")
    ] = "log2",
    cap: Annotated[
        float, typer.Option("--cap", min=1, help="Speedup at which rewards end.")
    ] = 64.0,
    unsupported: options.Unsupported = "failed",
) -> int:
    """Measure programs and reward answers over HTTP.

    Example: pie serve --tests test_cases --workers 8

    The page /docs shows the routes. Stop it with Ctrl-C: what was measured is kept.
    """
    import socket

    from pie.core.extras import require
    from pie.core.test_cases import TestCases, test_folder
    from pie.rewards.scale import Scale
    from pie.rewards.speed import SpeedReward
    from pie.rewards.worth import Rules
    from sim import machines
    from sim.errors import InputError

    for package in ("fastapi", "prometheus_client"):
        require(package, "serve")
    uvicorn = require("uvicorn", "serve")

    from pie.service.app import application
    from pie.service.book import Bounds
    from pie.service.clients import read_tokens
    from pie.service.state import Options

    if scale not in tuple(Scale):
        raise InputError(f"unknown scale {scale!r}", f"choose one of {', '.join(Scale)}")
    tokens = read_tokens(token_file) if token_file else {}
    if not tokens and host not in ("127.0.0.1", "::1", "localhost"):
        raise InputError(
            f"without tokens anybody who reaches {host} could run programs here",
            "give --token-file, or listen on 127.0.0.1",
        )
    setting = build.setting(
        machine,
        gem5,
        gem5_config,
        max_instructions=max_instructions,
        max_cycles=max_cycles,
        in_rows=True,
    )
    if not trust_programs:
        machines.refuse_untrusted(setting.machine, "--trust-programs")
    for notice in machines.weaker_walls(setting.machine):
        say(f"pie: {notice}")
    folder = None if tests is None else test_folder(tests, Path())
    reward = SpeedReward(
        setting,
        folder,
        rules=Rules(Scale(scale), cap, unsupported=options.unsupported_as(unsupported)),
        jobs=workers,
    )
    app = application(
        Options(
            setting=setting,
            tests=TestCases(folder, setting.toolchain),
            reward=reward,
            tokens=tokens,
            bounds=Bounds(client=queue, all=8 * queue),
            largest_body=max_body << 20,
            longest=longest,
        )
    )
    try:
        listening = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise InputError(
            f"port {port} of {host} cannot be used ({error.strerror})", "choose another with --port"
        ) from error
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=10)
    with listening, reward:
        place = f"[{host}]" if ":" in host else host
        say(
            f"pie: measuring on {setting.machine.name}; "
            f"http://{place}:{listening.getsockname()[1]}/docs shows the routes"
        )
        try:
            uvicorn.Server(config).run(sockets=[listening])
        except KeyboardInterrupt:
            say("pie: stopped; everything measured is kept")
            return Exit.INTERRUPTED
    return Exit.OK
