"""The processes that train together, and how a model is spread over them."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from finetune.errors import FinetuneError

if TYPE_CHECKING:
    from finetune.kinds import Settings

_LOST = re.compile(r"gloo|nccl|connection (closed|reset)|broken pipe", re.IGNORECASE)


@dataclass(frozen=True)
class Processes:
    """This process among those of the run."""

    rank: int
    world: int
    device: Any
    """torch.device"""

    @property
    def first(self) -> bool:
        """Whether this process speaks and writes for all of them."""
        return self.rank == 0

    def wait(self) -> None:
        """Return when every process has come here."""
        if self.world > 1:
            import torch.distributed

            torch.distributed.barrier()

    def totals(self, *values: Any) -> list[float]:
        """Return the sum of each scalar tensor over all processes, added in fp64."""
        import torch

        summed = torch.stack([one.detach().to(self.device, torch.float64) for one in values])
        if self.world > 1:
            import torch.distributed

            torch.distributed.all_reduce(summed)
        return [float(one) for one in summed.tolist()]


def start(recipe: Settings) -> Processes:
    """Join the other processes as `accelerate launch` arranged it; FinetuneError if it is wrong."""
    import torch
    from accelerate import PartialState

    launch = recipe.launch
    check_device(recipe)
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world != launch.world:
        raise FinetuneError(
            f"{world} processes were started and the recipe says {launch.world}",
            "start it with the line that `pie finetune run --dry-run` gives",
        )
    for name, value in _arranged(recipe).items():
        if os.environ.get(name, value).lower() != value:
            raise FinetuneError(
                f"the launch line sets {name} to {os.environ[name]} and the recipe says {value}",
                "change the recipe; `pie finetune run --dry-run` gives its line",
            )
    state = PartialState(cpu=launch.device == "cpu")
    if (
        recipe.precision == "bf16"
        and launch.device == "cuda"
        and not torch.cuda.is_bf16_supported()
    ):
        raise FinetuneError("this GPU has no bf16", "set precision: fp32")
    return Processes(state.process_index, state.num_processes, state.device)


def check_device(recipe: Settings) -> None:
    """Refuse a recipe that wants a GPU, or more of them, than there are here."""
    import torch

    launch = recipe.launch
    if launch.device != "cuda":
        return
    if not torch.cuda.is_available():
        raise FinetuneError(
            "the recipe wants a GPU and torch finds none here",
            "run it on a machine with one, or set launch.device: cpu",
        )
    there = torch.cuda.device_count()
    if launch.processes > there:
        raise FinetuneError(
            f"the recipe wants {launch.processes} GPUs on each node and torch finds {there} here",
            f"set launch.processes={there}, or run it on a node that has them",
        )


def leave(processes: Processes) -> None:
    """Part from the others in good order: threads that still wait for them can crash the exit.

    All that was asked for is on disk by then, so a process that finds the others gone has not
    failed: one that is through the barrier may close its connections before another is.
    """
    if processes.world > 1:
        import torch.distributed

        with contextlib.suppress(RuntimeError):
            processes.wait()
        with contextlib.suppress(RuntimeError):
            torch.distributed.destroy_process_group()


def is_loss(error: RuntimeError) -> bool:
    """Tell whether an error of the libraries says that another process no longer answers."""
    import torch.distributed

    return isinstance(error, torch.distributed.DistError) or bool(_LOST.search(str(error)))


def _arranged(recipe: Settings) -> dict[str, str]:
    """Return what the launch line of a recipe leaves in the environment."""
    launch = recipe.launch
    arranged = {"ACCELERATE_MIXED_PRECISION": "no" if recipe.precision == "fp32" else "bf16"}
    if launch.world > 1:
        arranged["FSDP_RESHARD_AFTER_FORWARD"] = str(launch.reshard_after_forward).lower()
        arranged["FSDP_OFFLOAD_PARAMS"] = str(launch.offload).lower()
    return arranged


def spread(model: Any, recipe: Settings, processes: Processes) -> Any:
    """Shard a model over the processes with FSDP2, one unit a decoder layer and one for the rest.

    With `launch.replicas` there are so many whole copies, and neighbours share one. The first
    process has the weights and sends each of the others its part. Gradients are summed in fp32 and
    divided by the number of processes.
    """
    import torch
    import torch.distributed
    from torch.distributed.checkpoint.state_dict import StateDictOptions, set_model_state_dict
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import (
        CPUOffloadPolicy,
        MixedPrecisionPolicy,
        OffloadPolicy,
        fully_shard,
    )

    low = torch.bfloat16 if recipe.precision == "bf16" else None
    copies = recipe.launch.replicas
    shape: tuple[int, ...] = (processes.world,)
    names: tuple[str, ...] = ("shard",)
    if copies > 1:
        shape, names = (copies, processes.world // copies), ("replicate", "shard")
    options = {
        "mesh": init_device_mesh(processes.device.type, shape, mesh_dim_names=names),
        "mp_policy": MixedPrecisionPolicy(param_dtype=low, reduce_dtype=torch.float32),
        "reshard_after_forward": recipe.launch.reshard_after_forward,
        "offload_policy": CPUOffloadPolicy() if recipe.launch.offload else OffloadPolicy(),
    }
    weights = dict(model.state_dict()) if processes.first else {}
    for layer in layers(model):
        fully_shard(layer, **options)
    fully_shard(model, **options)
    whole = StateDictOptions(full_state_dict=True, broadcast_from_rank0=True)
    set_model_state_dict(model, weights, options=whole)
    for buffer in model.buffers():  # some, as the rotary frequencies, are in no state dict
        torch.distributed.broadcast(buffer, src=0)
    return model


def layers(model: Any) -> list[Any]:
    """Return the decoder layers: the modules that transformers says must not be split."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    names = set(getattr(base, "_no_split_modules", None) or ())
    return [module for module in model.modules() if type(module).__name__ in names]
