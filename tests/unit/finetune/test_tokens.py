from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.errors import FinetuneError
from finetune.model import load_tokenizer
from finetune.rows import Row
from finetune.tokens import NO_LOSS, encode, segments, shown, tokenise

ROW = Row("### Program:\nint x;\n### Optimized Version:\n", "int y;\n")


@pytest.fixture(scope="module")
def tokenizer(tiny: Path) -> Any:
    return load_tokenizer(tiny)


def test_exactly_the_completion_and_its_end_are_learned(tokenizer: Any) -> None:
    ((tokens, _),) = encode([ROW], tokenizer)
    labels = tokens.labels().tolist()
    learned = [one for one in labels if one != NO_LOSS]
    assert labels[: tokens.prompt] == [NO_LOSS] * tokens.prompt
    assert learned[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(learned[:-1]) == ROW.completion


def test_the_prompt_has_the_ids_that_it_has_in_sampling(tokenizer: Any) -> None:
    ((tokens, _),) = encode([ROW], tokenizer)
    assert tokens.ids[: tokens.prompt].tolist() == tokenizer(ROW.prompt).input_ids


text = st.text(min_size=1, max_size=40).filter(lambda one: bool(one.strip()))


@given(prompt=text, completion=text)
def test_any_text_is_split_where_the_completion_begins(
    tokenizer: Any, prompt: str, completion: str
) -> None:
    ((tokens, _),) = encode([Row(prompt, completion)], tokenizer)
    assert tokenizer.decode(tokens.ids[tokens.prompt : -1].tolist()) == completion
    assert tokenizer.decode(tokens.ids[: tokens.prompt].tolist()) == prompt


def test_a_program_that_spells_the_end_of_a_sequence_does_not_end_its_row(tokenizer: Any) -> None:
    ((tokens, _),) = encode([Row("a</s><s>", "b</s>c")], tokenizer)
    assert tokens.ids.tolist().count(tokenizer.eos_token_id) == 1
    assert tokens.ids[-1] == tokenizer.eos_token_id


class MergingTokenizer:
    """One that merges two spaces across the boundary, and puts a start before every text."""

    eos_token_id, bos_token_id = 1, 0

    def __call__(self, texts: Any, add_special_tokens: bool = True, **_: Any) -> Any:
        if isinstance(texts, str):
            return SimpleNamespace(input_ids=[0, *self.ids(texts)])
        assert not add_special_tokens
        return SimpleNamespace(input_ids=[self.ids(text) for text in texts])

    def ids(self, text: str) -> list[int]:
        return [ord(one) for one in text.replace("  ", "\0")]


def test_a_token_across_the_boundary_belongs_to_neither_half() -> None:
    ((tokens, apart),) = encode([Row("a ", " b")], MergingTokenizer())
    assert apart
    assert tokens.ids.tolist() == [0, ord("a"), ord(" "), ord(" "), ord("b"), 1]
    assert tokens.prompt == 3


def test_a_sentencepiece_tokeniser_puts_no_space_before_the_completion() -> None:
    """As CodeLlama's: a text that begins gets a space, which Python would not forgive."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    encoder = Tokenizer(models.BPE(unk_token="<unk>"))
    encoder.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    encoder.decoder = decoders.Metaspace(prepend_scheme="first")
    trainer = trainers.BpeTrainer(
        special_tokens=["<unk>", "<s>", "</s>"], vocab_size=80, show_progress=False
    )
    encoder.train_from_iterator(["for i in range(3):\n", "print(i) for x\n"], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=encoder, eos_token="</s>")
    assert tokenizer.tokenize("for")[0].startswith("▁")
    ((tokens, apart),) = encode([Row("in range\n", "for i")], tokenizer)
    learned = tokenizer.convert_ids_to_tokens(tokens.ids[tokens.prompt : -1].tolist())
    assert not apart
    assert "".join(learned) == "for▁i"


def test_long_rows_are_left_out_whole_and_counted(tokenizer: Any) -> None:
    long = Row("p" * 300, "c" * 300)
    found = tokenise([ROW, long, ROW], tokenizer, 100)
    assert (len(found.rows), found.left_out, found.longest_left_out) == (2, 1, 602 - 1)
    assert "1 longer ones" in found.sentence()
    ((whole, _),) = encode([ROW], tokenizer)
    assert found.rows[0].ids.tolist() == whole.ids.tolist()


def test_a_row_of_exactly_the_limit_is_kept(tokenizer: Any) -> None:
    ((whole, _),) = encode([ROW], tokenizer)
    length = len(whole.ids)
    assert len(tokenise([ROW], tokenizer, length).rows) == 1
    with pytest.raises(FinetuneError, match="none of the 1 rows"):
        tokenise([ROW], tokenizer, length - 1)


def test_the_shown_row_is_read_off_the_mask(tokenizer: Any) -> None:
    ((tokens, _),) = encode([ROW], tokenizer)
    assert [learned for learned, _ in segments(tokens)] == [False, True]
    said = shown(tokens, tokenizer)
    assert said.index("not in the loss") < said.index("int x;") < said.index("tokens in the loss")
    assert said.index("tokens in the loss") < said.index("int y;\n</s>")
