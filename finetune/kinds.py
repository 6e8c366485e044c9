"""The kinds of recipe: what each training is decided by, and what of it does not fit together."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

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
    replicas: Positive = 1
    """Whole copies of the model, each sharded over `world / replicas` processes (hybrid sharding).

    As many as nodes: parameters are gathered within a node, and only gradients cross nodes.
    """
    reshard_after_forward: bool = True
    """Free the gathered parameters after the forward pass: less memory, more traffic."""
    offload: bool = False
    """Keep the shards in the memory of the CPU: much less GPU memory, much slower."""

    @property
    def world(self) -> int:
        """Number of processes on all nodes."""
        return self.nodes * self.processes


class Settings(_Section):
    """What every kind of training has. Numbers of steps are optimiser steps."""

    objective: str
    model: str = ""
    """A folder, or a name on the Hugging Face hub."""
    train: str = ""
    """The rows, JSONL."""
    output: str = ""
    """The run's folder; with several nodes one that all of them see."""
    limit: Positive | None = None
    """Only the first rows of each file; null for all."""
    seed: NotNegative = 0

    method: Literal["full", "lora", "qlora"] = "full"
    lora: Lora = Lora()

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
    """Of the forward and backward pass."""
    weights: Literal["fp32", "bf16"] = "fp32"
    """Of what is trained, and of AdamW's state."""
    attention: Literal["sdpa", "eager", "flash_attention_2"] = "sdpa"
    gradient_checkpointing: bool = False

    log_every: Positive = 1
    save_every: Positive = 50
    keep_checkpoints: Positive = 3
    report_to: tuple[Literal["wandb", "tensorboard"], ...] = ()

    launch: Launch = Launch()

    @model_validator(mode="after")
    def _fit(self) -> Settings:
        whole = self.micro_batch * self.launch.world
        if self.batch % whole:
            raise ValueError(
                f"batch {self.batch} is no multiple of micro_batch {self.micro_batch} times "
                f"{self.launch.world} processes"
            )
        if self.method == "qlora" and (self.launch.world > 1 or self.launch.device == "cpu"):
            raise ValueError("qlora runs in one process on one GPU")
        if self.launch.nodes > 1 and not (self.launch.main_address and self.launch.main_port):
            raise ValueError("several nodes need launch.main_address and launch.main_port")
        if self.launch.world % self.launch.replicas:
            raise ValueError(
                f"{self.launch.world} processes cannot hold launch.replicas: "
                f"{self.launch.replicas} copies of the model, each over equally many"
            )
        if self.weights == "bf16" and (self.method != "full" or self.precision != "bf16"):
            raise ValueError("weights: bf16 needs method: full and precision: bf16")
        if self.launch.device == "cpu" and self.attention == "flash_attention_2":
            raise ValueError("flash_attention_2 needs a GPU; choose attention: sdpa")
        return self

    @property
    def accumulation(self) -> int:
        """Micro batches that one process adds up for a step."""
        return self.batch // (self.micro_batch * self.launch.world)


class Recipe(Settings):
    """Supervised fine-tuning on prompt/completion rows."""

    objective: Literal["sft"] = "sft"
    eval: str = ""
    """Rows for evaluation; empty for none."""

    max_tokens: Annotated[int, Field(ge=2)] = 2000
    """Longest row, prompt and completion together; longer rows are left out whole."""
    packing: bool = False
    group_by_length: bool = False
    """Rows of similar length share a step: less padding, and an order that is less random."""

    loss: Literal["plain", "chunked", "liger"] = "plain"
    """chunked: PyTorch's linear cross-entropy, without all logits at once; liger: its kernels."""
    compile: bool = False
    """Compile the model by torch.compile."""

    evaluate_every: Positive = 50
    async_checkpoints: bool = False
    """Copy the state, and write it while the training goes on."""
    patience: Positive | None = None
    """Stop after so many evaluations in a row without a better loss."""
    min_improvement: Annotated[float, Field(ge=0)] = 0.0
    final: Literal["last", "best"] = "last"
    """Which weights the run ends with: those of the last step or of the lowest evaluation loss."""

    @model_validator(mode="after")
    def _agree(self) -> Recipe:
        if not self.eval and (self.patience is not None or self.final == "best"):
            raise ValueError(
                "patience and `final: best` need rows for evaluation: give `eval`, or set "
                "final=last and patience=null"
            )
        if self.packing and self.group_by_length:
            raise ValueError("packed sequences have one length: set packing or group_by_length")
        if self.loss == "liger" and self.launch.device == "cpu":
            raise ValueError("loss: liger needs a GPU; choose loss: chunked or plain")
        return self


class Dpo(Settings):
    """Preference rows (`prompt`, `chosen`, `rejected`) by TRL's DPOTrainer (arXiv 2305.18290)."""

    objective: Literal["dpo"] = "dpo"
    eval: str = ""
    """Preference rows for evaluation; empty for none."""
    max_tokens: Annotated[int, Field(ge=2)] = 2000
    """Longest row, prompt and answer together; longer rows are left out whole."""
    beta: Annotated[float, Field(gt=0)] = 0.1
    """How strongly the model is held to the one that it began as."""
    loss: Literal["sigmoid", "ipo", "hinge"] = "sigmoid"
    evaluate_every: Positive = 50


class Reward(_Section):
    """What an answer is worth: measured speed, by the options of `pie.rewards.speed_reward`."""

    testcases: str = ""
    """Folder of test cases in PIE's layout, for rows whose tests are indices."""
    machine: str = "auto"
    scale: Literal["log2", "ratio"] = "log2"
    cap: Annotated[float, Field(ge=1)] = 64.0
    jobs: NotNegative = 0
    """Worker processes that measure, of each training process; 0: one a processor."""
    suspicious: Literal["none", "zero"] = "none"
    cost: Literal["net", "gross"] = "net"
    fuzz: NotNegative = 20
    """Made inputs on which an accepted answer must print what its source prints."""
    secret: str = ""
    """Of the made inputs; what no model should know."""
    unsupported: Literal["failed", "left-out"] = "failed"


class Grpo(Settings):
    """Prompts, whose answers are measured as the model learns, by TRL's GRPOTrainer."""

    objective: Literal["grpo"] = "grpo"
    answers: Annotated[int, Field(ge=2)] = 8
    """Sampled for each prompt; `batch` counts answers, so it is a multiple of this."""
    max_new_tokens: Positive = 1000
    """Of an answer."""
    temperature: Annotated[float, Field(gt=0)] = 1.0
    beta: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the divergence from the model at the start; 0 keeps no copy of that."""
    clip: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Of the ratio of probabilities."""
    reward: Reward = Reward()

    @model_validator(mode="after")
    def _agree(self) -> Grpo:
        if self.batch % self.answers:
            raise ValueError(f"batch {self.batch} is no multiple of answers {self.answers}")
        return self


MODULES = {"sft": "finetune.train", "dpo": "finetune.dpo"}
"""By `objective`, the script that trains. That of `grpo` needs a reward, which comes from above."""

KINDS: dict[str, type[Settings]] = {"sft": Recipe, "dpo": Dpo, "grpo": Grpo}
"""By `objective`."""
