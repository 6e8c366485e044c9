"""Re-ranking by CodeBERTScore: the formulas, and the package's own numbers."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval.errors import MissingModel, RetrievalError
from retrieval.rerank import Reranker, f_measure

Maker = Callable[..., Path]
QUERY = "int x; int main() { x = 1; }"
CANDIDATES = ["int main() { return 0; }", "int y; int f() { y = 2; }", QUERY]
LONG = "\n".join(f"int f{at}(int k) {{ return k * {at}; }}" for at in range(40))


def test_f3_asks_above_all_for_recall() -> None:
    assert f_measure(0.8, 0.6, "f3") == pytest.approx(0.615, abs=5e-4)
    assert f_measure(0.6, 0.8, "f3") == pytest.approx(10 * 0.48 / (5.4 + 0.8))
    assert f_measure(0.8, 0.6, "f1") == f_measure(0.6, 0.8, "f1") == pytest.approx(0.6857, abs=1e-4)
    assert f_measure(0.0, 0.0, "f1") == f_measure(0.0, 0.0, "f3") == 0.0


@pytest.mark.parametrize(("measure", "column"), [("f1", 2), ("f3", 3)])
def test_the_scores_are_those_of_the_package(tiny_model: Maker, measure: str, column: int) -> None:
    import code_bert_score

    model = str(tiny_model(10))
    alone = [
        code_bert_score.score([one], [QUERY], model_type=model, num_layers=10, device="cpu")[
            column
        ].item()
        for one in CANDIDATES
    ]
    scores = Reranker("cpp", model).scores(QUERY, CANDIDATES, measure)  # type: ignore[arg-type]
    assert scores == pytest.approx(alone, abs=1e-6)
    assert scores[2] == pytest.approx(1)
    assert max(scores[:2]) < 1


def test_a_score_does_not_depend_on_the_other_candidates(tiny_model: Maker) -> None:
    reranker = Reranker("cpp", str(tiny_model(10)))
    together = reranker.scores(QUERY, [CANDIDATES[0], LONG, CANDIDATES[1]], "f3")
    alone = [reranker.scores(QUERY, [one], "f3")[0] for one in (CANDIDATES[0], LONG, CANDIDATES[1])]
    assert together == alone


def test_a_text_without_tokens_is_like_nothing(tiny_model: Maker) -> None:
    reranker = Reranker("cpp", str(tiny_model(10)))
    scores = reranker.scores(QUERY, ["", CANDIDATES[0], " \n"], "f1")
    assert scores[0] == scores[2] == 0.0 < scores[1]
    assert reranker.scores(" ", CANDIDATES, "f1") == [0.0, 0.0, 0.0]
    assert reranker.scores(QUERY, [], "f1") == []


def test_a_model_without_the_layer_is_one_sentence(tiny_model: Maker) -> None:
    with pytest.raises(MissingModel, match="holds no model that can be loaded"):
        Reranker("cpp", str(tiny_model(3)))


def test_an_unknown_measure_is_refused(tiny_model: Maker) -> None:
    with pytest.raises(RetrievalError, match="no measure 'f2'"):
        Reranker("cpp", str(tiny_model(10))).scores(QUERY, CANDIDATES, "f2")  # type: ignore[arg-type]


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "code_bert_score.utils", None)
    with pytest.raises(MissingModel, match="needs the package code-bert-score"):
        Reranker("cpp")
