"""The options of `pie generate`, and those of a model that `pie selfplay` has too."""

# Annotations are values here: as texts Typer would compile each option anew for every `--help`.

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pie.cli import options
from pie.flows.generation import settings

if TYPE_CHECKING:
    from pie.core.models import Sampling

Model = Annotated[
    str, typer.Option("--model", help="openai:NAME, hf:NAME or folder, vllm:..., replay:FILE.")
]
Temperature = Annotated[float, typer.Option("--temperature", min=0.0, help="0: greedy.")]
TopP = Annotated[float, typer.Option("--top-p", min=0.0, max=1.0)]
MaxNewTokens = Annotated[int, typer.Option("--max-new-tokens", min=1)]
PriceIn = Annotated[
    float | None, typer.Option("--price-in", min=0.0, help="Of a million prompt tokens.")
]
PriceOut = Annotated[
    float | None, typer.Option("--price-out", min=0.0, help="Of a million answer tokens.")
]
Form = Annotated[str, typer.Option("--form", help="plain, chat, or auto: what suits the model.")]
BaseUrl = Annotated[str, typer.Option("--base-url", help="Of the server; else OPENAI_BASE_URL.")]


@dataclass(frozen=True)
class Backend(settings.Backend):
    """How a model is run or reached, option by option."""

    context: Annotated[
        int | None,
        typer.Option("--context", min=1, help="The model's context in tokens; hf: its own."),
    ]
    tokenizer: Annotated[
        Path | None, typer.Option("--tokenizer", help="Counts tokens; else estimated (bytes / 3).")
    ]
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=4096, help="Requests at once.")
    ]
    max_retries: Annotated[int, typer.Option("--max-retries", min=0)]
    timeout_seconds: Annotated[
        float, typer.Option("--timeout", min=0.01, help="Seconds for one answer.")
    ]
    body: Annotated[
        str,
        typer.Option("--body", help="JSON object: more fields of a request; null removes one."),
    ]
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Of hf.")]
    dtype: Annotated[str, typer.Option("--dtype", help="Of hf and vllm.")]
    device: Annotated[str, typer.Option("--device", help="Of hf; default: a GPU if any.")]
    tensor_parallel: Annotated[
        int,
        typer.Option(
            "--tensor-parallel", min=0, help="Of vllm: GPUs a copy; 0: as few as it needs."
        ),
    ]
    data_parallel: Annotated[
        int, typer.Option("--data-parallel", min=0, help="Of vllm: copies; 0: for all GPUs.")
    ]
    gpu_memory: Annotated[
        float | None,
        typer.Option(
            "--gpu-memory", min=0.05, max=1.0, help="Of vllm: share of each GPU's memory."
        ),
    ]


@dataclass(frozen=True)
class Asked:
    """Which model is asked in turns, and how its answers are drawn: option by option."""

    backend: Backend
    model: Model = ""
    temperature: Temperature = 0.7
    top_p: TopP = 1.0
    max_new_tokens: MaxNewTokens = 1024
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0
    form: Form = "auto"
    base_url: BaseUrl = ""
    price_in: PriceIn = None
    price_out: PriceOut = None

    def sampling(self) -> "Sampling":
        """Return how answers are drawn."""
        from pie.core.models import Sampling

        return Sampling(self.temperature, self.top_p, self.max_new_tokens, self.seed)


@dataclass(frozen=True)
class Options(settings.Settings):
    """What `pie generate` can be told, option by option."""

    pairs: Annotated[
        Path, typer.Option("--pairs", help="Rows in PIE's format (JSONL).", show_default=False)
    ]
    tasks: options.Tasks
    strategy: Annotated[
        str,
        typer.Option(
            "--strategy",
            "-s",
            help="instruction (default), few-shot, few-shot-drawn, cot, retrieval, finetuned, "
            "perf-conditioned or perf-conditioned-code; rows that hold a prompt are asked with it.",
        ),
    ]
    model: Model
    samples: Annotated[int, typer.Option("--samples", "-n", min=1, help="Answers a row.")]
    temperature: Temperature
    top_p: TopP
    max_new_tokens: MaxNewTokens
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Sample i of each row has this seed + i.")
    ]
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Run folder; default: runs/NAME-STRATEGY-CONFIGURATION."),
    ]
    form: Form
    examples: Annotated[
        Path | None, typer.Option("--examples", help="Pairs that few-shot draws from (JSONL).")
    ]
    shots: Annotated[int, typer.Option("--shots", min=1, help="Pairs that few-shot shows.")]
    index: Annotated[
        Path | None, typer.Option("--index", help="An index of `pie index`, for retrieval.")
    ]
    k: Annotated[int, typer.Option("--k", min=1, help="Pairs retrieved; PIE: 1, 2, 4.")]
    score: Annotated[
        int, typer.Option("--score", min=1, max=10, help="Tag of perf-conditioned, of 10.")
    ]
    base_url: BaseUrl
    backend: Backend
    price_in: PriceIn
    price_out: PriceOut
    strict: options.Strict
    limit: options.Limit
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the prompt of one row; ask no model.")
    ]
