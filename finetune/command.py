"""A training script as `accelerate launch` starts it: arguments in, sentences and exit code out."""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from finetune.errors import Ended, FinetuneError, LocalError
from finetune.kinds import Settings
from finetune.launch import NAMED, end_with_launcher
from finetune.recipe import load, settings

_SECONDS_BETWEEN_LINES = 2.0
_SECONDS_FOR_THE_FIRST = 5.0
"""Until which the first process has told an error that all have, and its end has ended them all.

A process that is still there then is the only one that knows: it tells.
"""

AfterStep = Callable[[int, float], None]
Train = Callable[[Settings, Callable[[str], None], AfterStep], object]


def main(train: Train, module: str, about: str, arguments: Sequence[str] | None = None) -> int:
    """Run `train` by the recipe that the arguments name.

    0; 1 after one sentence on standard error; 130 after an interruption; 143 when SIGTERM ended it.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=about)
    parser.add_argument("recipe", help="a YAML file, or the name of a recipe that is shipped")
    for name in NAMED:
        parser.add_argument(f"--{name}", help=f"instead of the recipe's `{name}`")
    parser.add_argument("--set", action="append", default=[], help="KEY=VALUE of the recipe")
    given = vars(parser.parse_args(arguments))
    overrides: dict[str, Any] = {name: given[name] for name in NAMED if given[name]}

    def say(text: str) -> None:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()

    first = os.environ.get("RANK", "0") == "0"
    last_told = -math.inf

    def after_step(step: int, step_loss: float) -> None:
        nonlocal last_told
        if math.isnan(step_loss):  # TRL's trainers tell it a step later
            return
        if first and time.monotonic() - last_told >= _SECONDS_BETWEEN_LINES:
            last_told = time.monotonic()
            say(f"step {step}: loss {step_loss:.4f}")

    end_with_launcher()
    try:
        train(load(given["recipe"], {**overrides, **settings(given["set"])}), say, after_step)
    except Ended as error:  # all processes agreed on it
        if first:
            say(f"finetune: {error}")
        return error.exit_code
    except LocalError as error:
        say(f"finetune: {error}")
        return 1
    except FinetuneError as error:
        if not first:
            time.sleep(_SECONDS_FOR_THE_FIRST)
        say(f"finetune: {error}")
        return 1
    except KeyboardInterrupt:
        if first:
            say("finetune: interrupted; the same command goes on from the last checkpoint")
        return 130
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        say(f"finetune: {error.strerror}{place}; free space or mend it: checkpoints are kept")
        return 1
    except RuntimeError as error:
        from finetune.processes import is_loss

        if not is_loss(error):
            raise
        if not first:
            time.sleep(_SECONDS_FOR_THE_FIRST)
        why = str(error).strip().partition("\n")[0][:200]
        say(f"finetune: another training process is gone ({why}); checkpoints are kept")
        return 1
    return 0
