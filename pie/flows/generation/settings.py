"""What `pie generate` can be told, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Backend:
    """How a model is run or reached: the fields of `ModelOptions` that have an option each."""

    context: int | None = None
    """Tokens of prompt and answer together; None: as the model says."""
    tokenizer: Path | None = None
    concurrency: int = 16
    max_retries: int = 6
    timeout_seconds: float = 600.0
    """For one answer."""
    body: str = ""
    """A JSON object: more fields of a request to a server."""
    batch_size: int = 8
    dtype: str = "auto"
    device: str = ""
    tensor_parallel: int = 0
    data_parallel: int = 0
    gpu_memory: float | None = None


@dataclass(frozen=True)
class Settings:
    """What is asked of which model, as names and numbers; nothing is opened or checked yet."""

    pairs: Path = Path()
    """`Path()`: none, tasks are given."""
    tasks: Path | None = None
    strategy: str = ""
    """Empty: that of the prompts which the rows hold, else instruction."""
    model: str = ""
    samples: int = 8
    temperature: float = 0.7
    top_p: float = 1.0
    max_new_tokens: int = 1024
    seed: int = 0
    """Sample i of each row has this seed + i."""
    out: Path | None = None
    form: str = "auto"
    examples: Path | None = None
    shots: int = 2
    index: Path | None = None
    k: int = 4
    score: int = 10
    base_url: str = ""
    backend: Backend = Backend()
    price_in: float | None = None
    price_out: float | None = None
    strict: bool = False
    limit: int | None = None
    dry_run: bool = False
