"""A tiny model whose weights come from NumPy, and rows for it."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

VOCABULARY = 300


def make_model(folder: Path, seed: int = 0, tied: bool = False, positions: int = 256) -> Path:
    import numpy
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.set_num_threads(1)
    encoder = Tokenizer(models.BPE())
    encoder.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    encoder.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=alphabet,
        show_progress=False,
    )
    encoder.train_from_iterator(["### Program:\nint main() {}\n### Optimized Version:\n"], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=encoder, bos_token="<s>", eos_token="</s>")
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=positions,
            tie_word_embeddings=tied,
            bos_token_id=0,
            eos_token_id=1,
        )
    )
    generator = numpy.random.default_rng(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" not in name:
                values = generator.standard_normal(tuple(weight.shape)) * 0.05
                weight.copy_(torch.from_numpy(values))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("other"), seed=1)


@pytest.fixture(scope="session")
def tied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("tied"), tied=True)


def write_rows(path: Path, count: int, seed: int) -> Path:
    numbers = random.Random(seed)
    rows = [
        {
            "prompt": "### Program:\n"
            + "".join(f"a{numbers.randrange(99)} += 1;\n" for _ in range(numbers.randrange(1, 5)))
            + "### Optimized Version:\n",
            "completion": "".join(
                f"b{numbers.randrange(9)} = 2;\n" for _ in range(numbers.randrange(1, 4))
            ),
        }
        for _ in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="session")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("rows") / "train.jsonl", 24, 1)


@pytest.fixture(scope="session")
def eval_rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("rows") / "eval.jsonl", 5, 2)


@pytest.fixture
def make_recipe(tmp_path: Path, tiny: Path, rows: Path) -> Callable[..., Any]:
    """A recipe of a few steps on the tiny model, with what a test changes."""
    from finetune.recipe import parse

    def make(**changes: Any) -> Any:
        document = {
            "model": str(tiny),
            "train": str(rows),
            "output": str(tmp_path / "run"),
            "batch": 8,
            "micro_batch": 4,
            "epochs": 2,
            "learning_rate": 1e-3,
            "warmup_steps": 2,
            "max_tokens": 120,
            "precision": "fp32",
            "launch": {"device": "cpu"},
        }
        return parse({**document, **changes})

    return make
