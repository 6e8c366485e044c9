"""A RoBERTa of 16 numbers with random weights, made and saved here, read by the real code."""

from collections.abc import Callable
from pathlib import Path

import pytest

PROGRAMS = [
    "#include <iostream>\nint main() { int n; std::cin >> n; std::cout << n * 2 << std::endl; }",
    '#include <cstdio>\nint main() { int n; scanf("%d", &n); printf("%d\\n", n * 2); }',
    "#include <map>\nint main() { std::map<int, int> seen; for (int i = 9; i--;) seen[i]++; }",
    "#include <vector>\nint f(int k) { return k < 2 ? k : f(k - 1) + f(k - 2); }\nint main() {}",
]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, int], Path]:
    """Return a maker of models: so many layers, weights drawn by this seed; 64 tokens at once."""
    made: dict[tuple[int, int], Path] = {}

    def make(layers: int, seed: int = 0) -> Path:
        if (layers, seed) not in made:
            folder = tmp_path_factory.mktemp(f"model-{layers}-{seed}")
            made[layers, seed] = _save_model(folder, layers, seed)
        return made[layers, seed]

    return make


def _save_model(folder: Path, layers: int, seed: int) -> Path:
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import RobertaConfig, RobertaModel, RobertaTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    trained = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trained.train_from_iterator(PROGRAMS, 300, special_tokens=special, show_progress=False)
    trained.save_model(str(folder))
    names = {"vocab": str(folder / "vocab.json"), "merges": str(folder / "merges.txt")}
    tokenizer = RobertaTokenizer(**names)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    config = RobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=66,
        pad_token_id=tokenizer.pad_token_id,
    )
    RobertaModel(config).save_pretrained(folder)
    return folder
