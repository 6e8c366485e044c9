"""A pretrained model as an encoder, on a tiny one with random weights."""

from collections.abc import Callable
from pathlib import Path

import numpy
import pytest

from retrieval.encoders.catalogue import open_encoder
from retrieval.encoders.transformer import Pooling, TransformerEncoder
from retrieval.errors import MissingModel, RetrievalError

Maker = Callable[..., Path]
SHORT = "int main() { return 0; }"
LONG = "\n".join(f"int f{at}(int k) {{ return k * {at}; }}" for at in range(40))


def hidden(model: Path, text: str, layer: int) -> numpy.ndarray:
    """The token vectors of one layer, straight from the library."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(model)(text, return_tensors="pt")
    with torch.no_grad():
        out = AutoModel.from_pretrained(model).eval()(**tokens, output_hidden_states=True)
    return out.hidden_states[layer][0].numpy()


def test_pies_encoder_is_the_mean_of_the_last_layer_unnormalised(tiny_model: Maker) -> None:
    model = tiny_model(3)
    encoder = open_encoder("codebert-cpp", model=str(model))
    assert (encoder.dimension, encoder.metric, encoder.normalised) == (16, "l2", False)
    expected = hidden(model, SHORT, 3).mean(axis=0)
    assert numpy.allclose(encoder.encode([SHORT])[0], expected, atol=1e-6)


def test_codebertscores_encoder_is_layer_10_normalised(tiny_model: Maker) -> None:
    model = tiny_model(12)
    encoder = open_encoder("codebertscore", model=str(model))
    assert (encoder.metric, encoder.normalised) == ("ip", True)
    mean = hidden(model, SHORT, 10).mean(axis=0)
    assert numpy.allclose(encoder.encode([SHORT])[0], mean / numpy.linalg.norm(mean), atol=1e-6)


def test_any_other_model_is_the_normalised_mean_of_its_last_layer(tiny_model: Maker) -> None:
    model = tiny_model(3)
    mean = hidden(model, SHORT, 3).mean(axis=0)
    vector = open_encoder(str(model)).encode([SHORT])[0]
    assert numpy.allclose(vector, mean / numpy.linalg.norm(mean), atol=1e-6)


def test_a_layer_that_the_model_lacks_is_named(tiny_model: Maker) -> None:
    with pytest.raises(RetrievalError, match="has 3 layers, and layer 10 was asked for"):
        open_encoder("codebertscore", model=str(tiny_model(3)))


def test_a_long_program_is_read_to_its_end_and_each_token_once(tiny_model: Maker) -> None:
    encoder = TransformerEncoder("x", str(tiny_model(3)), Pooling(normalised=False))
    other = LONG[:-20] + LONG[-20:].replace("39", "77")
    one, two = encoder.encode([LONG, other])
    assert not numpy.allclose(one, two, atol=1e-6)
    pieces = list(encoder._pieces(LONG))
    assert len(pieces) > 2
    assert all(len(ids) <= 64 for ids, _first, _last in pieces)
    from transformers import AutoTokenizer

    ids = AutoTokenizer.from_pretrained(tiny_model(3))(LONG)["input_ids"]
    assert [token for read, first, last in pieces for token in read[first:last]] == ids


def test_truncated_reading_stops_at_the_window_as_pies_did(tiny_model: Maker) -> None:
    model = tiny_model(3)
    encoder = open_encoder("codebert-cpp", model=str(model), truncate=True)
    one, two = encoder.encode([LONG, LONG + LONG])
    assert numpy.allclose(one, two, atol=1e-6)
    assert "truncated" in encoder.fingerprint()
    assert encoder.fingerprint() != open_encoder("codebert-cpp", model=str(model)).fingerprint()


def test_batches_do_not_change_vectors_beyond_rounding(tiny_model: Maker) -> None:
    encoder = open_encoder(str(tiny_model(3)))
    texts = [SHORT, LONG, "", "int x;" * 9]
    alone = numpy.concatenate([encoder.encode([text]) for text in texts])
    assert numpy.allclose(encoder.encode(texts), alone, atol=1e-5)


def test_the_fingerprint_is_of_the_weights_not_of_their_place(
    tiny_model: Maker, tmp_path: Path
) -> None:
    import shutil

    moved = tmp_path / "elsewhere"
    shutil.copytree(tiny_model(3), moved)
    here, there = open_encoder(str(tiny_model(3))), open_encoder(str(moved))
    assert here.fingerprint() == there.fingerprint()
    here.encode([LONG])  # using it changes nothing
    assert open_encoder(str(tiny_model(3))).fingerprint() == here.fingerprint()
    assert open_encoder(str(tiny_model(3, 1))).fingerprint() != here.fingerprint()


def test_a_folder_without_a_model_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(MissingModel, match="holds no model that can be loaded"):
        open_encoder(str(tmp_path))


def test_code_that_comes_with_a_model_is_never_run(tiny_model: Maker, tmp_path: Path) -> None:
    import json
    import shutil

    model = tmp_path / "hostile"
    shutil.copytree(tiny_model(3), model)
    config = json.loads((model / "config.json").read_text())
    config["auto_map"] = {"AutoModel": "attack.Model", "AutoConfig": "attack.Config"}
    config["model_type"] = "attack"
    (model / "config.json").write_text(json.dumps(config))
    (model / "attack.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(MissingModel):
        open_encoder(str(model))
    assert not (tmp_path / "ran").exists()
