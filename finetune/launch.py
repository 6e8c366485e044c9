"""The exact `accelerate launch` line of a recipe, and running it in this process."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.errors import Ended, FinetuneError

if TYPE_CHECKING:
    from finetune.kinds import Settings

CONFIGURATION = Path(__file__).parent / "accelerate.yaml"
"""Accelerate's own configuration file, given so that one in the user's home changes nothing."""

NAMED = ("model", "train", "eval", "output")
"""Fields of a recipe that have an option of their own; the others are given by --set."""

LAUNCHER = "PIE_FINETUNE_LAUNCHER"
"""Variable of the environment that names the process to end with."""

_TORCHS_SIGNALS = "PET_SIGNALS_TO_HANDLE"
"""Variable of the environment for `--signals_to_handle` of torchrun."""

_SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


def line(
    recipe: Settings,
    name: str,
    overrides: Mapping[str, Any],
    node_rank: int = 0,
    module: str = "finetune.train",
) -> tuple[str, ...]:
    """Return the words of the line that trains a recipe on one node by the script `module`.

    `name` is the recipe's file or shipped name; `overrides` replace its fields.
    """
    launch = recipe.launch
    if not 0 <= node_rank < launch.nodes:
        raise FinetuneError(
            f"node rank {node_rank} is not among the {launch.nodes} nodes of the recipe",
            f"give one of 0 to {launch.nodes - 1}",
        )
    words = ["accelerate", "launch", "--config_file", str(CONFIGURATION)]
    words += ["--num_machines", str(launch.nodes), "--num_processes", str(launch.world)]
    words += ["--mixed_precision", "no" if recipe.precision == "fp32" else "bf16"]
    words += ["--dynamo_backend", "no"]
    if launch.nodes > 1:
        words += ["--machine_rank", str(node_rank), "--main_process_ip", launch.main_address]
        words += ["--same_network", "--rdzv_backend", "static"]
    if launch.world > 1:
        words += ["--main_process_port", str(launch.main_port), "--use_fsdp", "--fsdp_version", "2"]
        words += ["--fsdp_reshard_after_forward", str(launch.reshard_after_forward).lower()]
        words += ["--fsdp_offload_params", str(launch.offload).lower()]
    elif launch.device == "cpu":
        words.append("--cpu")
    words += ["--module", module, name]
    for key, value in overrides.items():
        words += [f"--{key}", value] if key in NAMED else ["--set", f"{key}={json.dumps(value)}"]
    return tuple(words)


def doubts(recipe: Settings) -> Iterator[str]:
    """Yield a sentence for what of a recipe's launch does not suit this machine."""
    there = len(os.sched_getaffinity(0))
    wanted = recipe.launch.processes
    if recipe.launch.device == "cpu" and wanted > there:
        yield (
            f"{wanted} training processes will share {there} processors, which is slower than "
            f"{there} of them, and each holds memory of its own; lower launch.processes"
        )


def node_rank(given: int | None, nodes: int) -> int:
    """Return this node's rank: the one given, or Slurm's number of the node."""
    if given is not None or nodes == 1:
        return given or 0
    if "SLURM_NODEID" in os.environ:
        return int(os.environ["SLURM_NODEID"])
    raise FinetuneError(
        f"the recipe has {nodes} nodes and this one does not know which it is",
        "give --node-rank: 0 on the first, 1 on the second, and so on",
    )


def shown(words: Sequence[str]) -> str:
    """Return the line as one can paste it into a shell."""
    return shlex.join(words)


def run(words: Sequence[str], output: Path) -> int:
    """Run a launch line and return the exit code of the training.

    Accelerate's own command runs in this process, with the words of the line; it starts the
    processes that train, and they end with it. SIGTERM is handed on to them: they finish a step and
    write its checkpoint, and the code is 143. FinetuneError when one of them was lost, Ended when
    SIGTERM came before they could have finished a step.
    """
    import logging
    import signal
    from subprocess import CalledProcessError

    from accelerate.commands.launch import launch_command, launch_command_parser
    from torch.distributed.elastic.agent.server import api as agent
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    # Their accounts of a failed process are long; the sentences here and in training are not.
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    # This one has a level of its own. Its one warning is that a signal came, which we say; its
    # errors are faults that nobody else tells.
    logging.getLogger(agent.__name__).setLevel(logging.ERROR)
    arguments = launch_command_parser().parse_args(list(words[2:]))
    try:
        with _leading(words[words.index("--module") + 1]):
            launch_command(arguments)
    except CalledProcessError as error:
        return ended(error.returncode, 0, output)
    except SignalException as error:  # sent to us; torch has ended the processes
        if error.sigval == signal.SIGINT:
            raise KeyboardInterrupt from error
        raise _stopped(f"the training was ended by {error.sigval.name}", output, Ended) from error
    except ChildFailedError as error:
        # The others fail because one was lost, and are then ended by SIGTERM.
        lost = [
            (rank, one)
            for rank, one in error.failures.items()
            if one.exitcode < 0 and one.exitcode != -signal.SIGTERM
        ]
        rank, failure = lost[0] if lost else error.get_first_failure()
        return ended(failure.exitcode, rank, output)
    return 0


@contextmanager
def _leading(module: str) -> Iterator[None]:
    """Tell the processes that run `module` whom to end with, and hand SIGTERM on to them.

    Accelerate waits for a single process and leaves it running when it is itself told to end; torch
    gives several 30 seconds, in which no large checkpoint is written.
    """
    import signal
    import threading

    def told(*_: object) -> None:
        import psutil

        for child in psutil.Process().children():
            with suppress(psutil.Error):
                if module in child.cmdline():
                    child.send_signal(signal.SIGTERM)

    here = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, told) if here else None
    os.environ[LAUNCHER] = str(os.getpid())
    os.environ.setdefault(_TORCHS_SIGNALS, "SIGINT,SIGHUP,SIGQUIT")
    try:
        yield
    finally:
        del os.environ[LAUNCHER]
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def end_with_launcher() -> None:
    """Let the kernel end this process when the one ends that `run` is in, however it ends.

    Without it a training whose launcher was killed goes on unseen and holds its folder. Nothing is
    done for a process that was started otherwise: that may outlive the shell it came from.
    """
    import ctypes
    import signal

    launcher = os.environ.get(LAUNCHER)
    if launcher != str(os.getppid()):
        if launcher is not None and os.getppid() == 1:  # it was gone before this line
            raise SystemExit(128 + signal.SIGTERM)
        return
    with suppress(OSError, AttributeError):  # not on Linux
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)


def ended(code: int, rank: int, output: Path) -> int:
    """Return the exit code of a process that ended by itself; FinetuneError if it was killed."""
    import signal

    if code == -signal.SIGTERM:
        raise _stopped("the training was ended by SIGTERM", output, Ended)
    if code > 1 and code not in (130, Ended.exit_code, 128 + signal.SIGKILL):
        code = 1
    if code in (0, 1, 130, Ended.exit_code):
        return code
    number = -code if code < 0 else code - 128
    name = signal.Signals(number).name
    hint = ": most often the host had no memory left" if number == signal.SIGKILL else ""
    raise _stopped(f"training process {rank} was lost ({name}{hint})", output)


def _stopped(what: str, output: Path, kind: type[FinetuneError] = FinetuneError) -> FinetuneError:
    from finetune.checkpoint import all_of

    saved = all_of(output)
    kept = f"the checkpoint {saved[-1].name} is kept" if saved else "no checkpoint was written yet"
    return kind(
        f"{what}; {kept}",
        "the same command goes on from there" if saved else "run the same command again",
    )
