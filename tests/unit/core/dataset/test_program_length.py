"""Lengths of programs in three units."""

from pathlib import Path

import pytest

pytest.importorskip("tree_sitter_cpp")

from pie.core.dataset.program_length import program_length
from pie.core.problem import InputError


def test_characters_and_leaves() -> None:
    code = "int a; // one"
    assert program_length("characters")(code, "cpp") == 13
    assert program_length("leaves")(code, "C++") == 3
    assert program_length("leaves")("a = 1  # one", "Python 3") == 3


def test_a_models_tokeniser_by_its_file_or_folder(tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    vocabulary = {"?": 0, "int": 1, "a": 2}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="?"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.enable_truncation(2)
    made.save(str(tmp_path / "tokenizer.json"))
    for place in (tmp_path, tmp_path / "tokenizer.json"):
        assert program_length(str(place))("int a; a; a;", "cpp") == 7, "nothing is cut off"


def test_a_file_that_is_no_tokeniser_is_one_sentence(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match="there is no tokeniser"):
        program_length(str(tmp_path))
