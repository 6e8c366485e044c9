"""Running out of memory, told by what can be lowered; and a model that cannot be compiled."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from finetune.errors import FinetuneError, LocalError

if TYPE_CHECKING:
    from finetune.kinds import Settings

_COMPILERS = ("torch._dynamo", "torch._inductor")


@contextlib.contextmanager
def telling_of_memory(recipe: Settings, *, loading: bool = False) -> Iterator[None]:
    """Turn running out of memory into a sentence that says what to lower, or to do else.

    While `loading` only the model itself is there, which no shorter row makes smaller. What
    torch.compile finds fault with is one sentence too.
    """
    import torch

    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if type(error).__module__.startswith(_COMPILERS):
            why = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
            raise FinetuneError(
                f"torch.compile cannot compile this model here ({why})",
                "set compile: false; checkpoints are kept",
            ) from error
        known = isinstance(error, torch.OutOfMemoryError | MemoryError)
        if not known and "can't allocate memory" not in str(error):
            raise
        can = [f"micro_batch (now {recipe.micro_batch})"] if recipe.micro_batch > 1 else []
        most = next((one for one in ("max_tokens", "max_new_tokens") if hasattr(recipe, one)), "")
        can.append(f"{most} (now {getattr(recipe, most)})")
        lower = "" if loading else f"lower {' or '.join(can)}, or "
        others = [] if loading else ["turn gradient_checkpointing on"]
        others = [] if recipe.gradient_checkpointing else others
        others += ["use more processes"] if recipe.method != "qlora" else []
        others += ["choose method: lora"] if recipe.method == "full" else []
        raise LocalError(
            f"out of memory on {recipe.launch.device}",
            f"{lower}{', or '.join(others) or 'take a smaller model'}; checkpoints are kept",
        ) from error
