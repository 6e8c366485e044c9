"""A recipe: everything that decides what is trained, read from YAML and checked."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from finetune.errors import FinetuneError

SHIPPED = Path(__file__).parent / "recipes"

MOST = 1e30
"""Of a learning rate or decay: an update by more is no number of fp32."""

Positive = Annotated[int, Field(ge=1)]
NotNegative = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, lt=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Lora(_Section):
    """Low-rank adapters (arXiv 2106.09685); `targets` are module names, or all linear layers."""

    rank: Positive = 32
    alpha: Positive = 16
    dropout: Share = 0.0
    targets: Literal["all-linear"] | Annotated[tuple[str, ...], Field(min_length=1)] = "all-linear"


class Launch(_Section):
    """How the training is spread: nodes, and processes on each; more than one shards by FSDP2."""

    device: Literal["cpu", "cuda"] = "cuda"
    nodes: Positive = 1
    processes: Positive = 1
    """Processes on each node, one for each GPU."""
    main_address: str = ""
    """Host name or address of the first node; needed with several."""
    main_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """0 takes a free port, on one node only."""
    reshard_after_forward: bool = True
    """Free the gathered parameters after the forward pass: less memory, more traffic."""
    offload: bool = False
    """Keep the shards in the memory of the CPU: much less GPU memory, much slower."""

    @property
    def world(self) -> int:
        """Number of processes on all nodes."""
        return self.nodes * self.processes


class Recipe(_Section):
    """One training run. Numbers of steps are optimiser steps."""

    model: str = ""
    """A folder, or a name on the Hugging Face hub."""
    train: str = ""
    """Prompt/completion rows, JSONL."""
    eval: str = ""
    """The same for evaluation; empty for none."""
    output: str = ""
    """The run's folder; with several nodes one that all of them see."""
    seed: NotNegative = 0

    method: Literal["full", "lora", "qlora"] = "full"
    lora: Lora = Lora()

    max_tokens: Annotated[int, Field(ge=2)] = 2000
    """Longest row, prompt and completion together; longer rows are left out whole."""
    packing: bool = False
    batch: Positive = 32
    """Rows (packed: sequences) of one optimiser step, over all processes."""
    micro_batch: Positive = 1
    """Rows that one process holds at a time."""
    epochs: Positive = 1
    max_steps: Positive | None = None

    learning_rate: Annotated[float, Field(gt=0, le=MOST)] = 1e-5
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    warmup_steps: NotNegative = 100
    weight_decay: Annotated[float, Field(ge=0, le=MOST)] = 0.0
    beta1: Share = 0.9
    beta2: Share = 0.999
    epsilon: Annotated[float, Field(gt=0)] = 1e-8
    max_grad_norm: Annotated[float, Field(ge=0)] = 1.0
    """0 does not clip."""

    precision: Literal["bf16", "fp32"] = "bf16"
    """Of the forward and backward pass; what is trained and its optimiser state are fp32."""
    attention: Literal["sdpa", "eager", "flash_attention_2"] = "sdpa"
    gradient_checkpointing: bool = False
    compile: bool = False
    """Compile the model by torch.compile."""

    log_every: Positive = 1
    evaluate_every: Positive = 50
    save_every: Positive = 50
    keep_checkpoints: Positive = 3
    patience: Positive | None = None
    """Stop after so many evaluations in a row without a better loss."""
    min_improvement: Annotated[float, Field(ge=0)] = 0.0
    final: Literal["last", "best"] = "last"
    """Which weights the run ends with: those of the last step or of the lowest evaluation loss."""
    report_to: tuple[Literal["wandb", "tensorboard"], ...] = ()

    launch: Launch = Launch()

    @model_validator(mode="after")
    def _agree(self) -> Recipe:
        whole = self.micro_batch * self.launch.world
        if self.batch % whole:
            raise ValueError(
                f"batch {self.batch} is no multiple of micro_batch {self.micro_batch} times "
                f"{self.launch.world} processes"
            )
        if not self.eval and (self.patience is not None or self.final == "best"):
            raise ValueError("patience and `final: best` need rows for evaluation: give `eval`")
        if self.method == "qlora" and (self.launch.world > 1 or self.launch.device == "cpu"):
            raise ValueError("qlora runs in one process on one GPU")
        if self.launch.nodes > 1 and not (self.launch.main_address and self.launch.main_port):
            raise ValueError("several nodes need launch.main_address and launch.main_port")
        if self.launch.device == "cpu" and self.attention == "flash_attention_2":
            raise ValueError("flash_attention_2 needs a GPU; choose attention: sdpa")
        return self

    @property
    def accumulation(self) -> int:
        """Micro batches that one process adds up for a step."""
        return self.batch // (self.micro_batch * self.launch.world)


def shipped() -> list[str]:
    """Return the names of the recipes that come with the toolkit."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def path_of(name: str) -> Path:
    """Return the file of a recipe: a path, or the name of a shipped one; FinetuneError if none."""
    if name in shipped():
        return SHIPPED / f"{name}.yaml"
    path = Path(name)
    if path.is_file():
        return path
    near = difflib.get_close_matches(name, shipped(), 1, 0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    raise FinetuneError(
        f"there is no recipe {name}", f"{hint}give a YAML file or one of {', '.join(shipped())}"
    )


def load(name: str, overrides: Mapping[str, Any] | None = None) -> Recipe:
    """Read a recipe, replace some of its fields and check it; FinetuneError says what is wrong.

    A name with a dot, as `lora.rank`, is a field of a section.
    """
    path = path_of(name)
    document: Any
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise FinetuneError(f"the recipe {path} is not UTF-8", "save it as UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark else ""
        raise FinetuneError(f"the recipe {path} is not YAML{place}", "mend its syntax") from error
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise FinetuneError(f"the recipe {path} is not a list of `key: value`", "see the shipped")
    for field, value in (overrides or {}).items():
        *sections, key = field.split(".")
        within: dict[Any, Any] = document
        for section in sections:
            inner = within.get(section)
            within[section] = dict(inner) if isinstance(inner, Mapping) else {}
            within = within[section]
        within[key] = value
    return parse(document, str(path))


def settings(words: Iterable[str]) -> dict[str, Any]:
    """Return the fields that `KEY=VALUE` words name, with values as in YAML; FinetuneError if none.

    A name with a dot, as `lora.rank`, is a field of a section.
    """
    made: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.strip():
            raise FinetuneError(
                f"--set {word!r} is no KEY=VALUE", "give for example --set learning_rate=2e-5"
            )
        if name.strip() in made:
            raise FinetuneError(f"--set names {name.strip()} twice", "name each key once")
        try:
            made[name.strip()] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise FinetuneError(
                f"the value of --set {word!r} is not YAML", "quote it, or check its brackets"
            ) from error
    return made


def parse(document: Mapping[str, Any], place: str = "the recipe") -> Recipe:
    """Check a recipe that was read elsewhere."""
    unknown = next(_unknown(document, Recipe, ""), None)
    if unknown is not None:
        key, near = unknown
        hint = f"did you mean {near}?" if near else "remove it"
        raise FinetuneError(f"the recipe {place} has the unknown key {key}", hint)
    try:
        return Recipe.model_validate(dict(document))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = ".".join(str(part) for part in first["loc"] if part not in ("literal['all-linear']",))
        said = first["msg"].removeprefix("Value error, ")
        what = f"{key} cannot be {first['input']!r} ({said})" if key else said
        raise FinetuneError(f"the recipe {place} cannot be used: {what}", "mend it") from error


def _unknown(
    document: Mapping[Any, Any], model: type[BaseModel], prefix: str
) -> Iterator[tuple[str, str]]:
    """Yield each key that the model does not have, with the nearest that it has."""
    for key, value in document.items():
        field = model.model_fields.get(str(key))
        if field is None:
            near = difflib.get_close_matches(str(key), model.model_fields, 1, 0.5)
            yield f"{prefix}{key}", f"{prefix}{near[0]}" if near else ""
        elif isinstance(value, Mapping) and isinstance(field.annotation, type):
            yield from _unknown(value, field.annotation, f"{prefix}{key}.")
