"""A tiny causal language model from random weights, with a byte-level BPE trained on the spot."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

END, PADDING = "<|end|>", "<|pad|>"
PIECES = r"[^\n]*\n"
"""A line: no token crosses its end. A line that is seen often becomes one token, so that the texts
are short, and what is to be learned is which line may stand for which."""


def texts(rows: Sequence[Path]) -> Iterator[str]:
    """Yield prompts and completions of rows that were written by `pie finetune data`."""
    for path in rows:
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            yield row["prompt"]
            yield row["completion"]


def make(folder: Path, rows: Sequence[Path], *, vocabulary: int, width: int, layers: int) -> int:
    """Write tokeniser and model in transformers' format; return the number of parameters."""
    import torch
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END, PADDING],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts(rows), trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PADDING,
        clean_up_tokenization_spaces=False,
    )
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(fast),
            hidden_size=width,
            intermediate_size=2 * width,
            num_hidden_layers=layers,
            num_attention_heads=width // 32,
            num_key_value_heads=width // 32,
            max_position_embeddings=512,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=fast.eos_token_id,
            pad_token_id=fast.pad_token_id,
        )
    )
    fast.save_pretrained(folder)
    model.save_pretrained(folder)
    return sum(one.numel() for one in model.parameters())
