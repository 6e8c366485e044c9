"""Re-ranking of candidates by CodeBERTScore, computed by its authors' package code-bert-score.

Every candidate token is matched to the query's token of largest cosine, and the other way round:
precision is over the candidate's tokens, recall over the query's. F1 weighs both alike; F3, as
in METEOR, is 10PR / (9P + R) and asks above all that the query is covered.
Source: Zhou et al. 2023, arXiv 2302.05527.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal

from retrieval.encoders import weights
from retrieval.errors import MissingModel, RetrievalError
from retrieval.syntax import Language

Measure = Literal["f1", "f3"]
MEASURES: tuple[Measure, ...] = ("f1", "f3")


def f_measure(precision: float, recall: float, measure: Measure) -> float:
    """Return F1 = 2PR / (P + R) or F3 = 10PR / (9P + R); 0 where neither is above 0."""
    if measure == "f1":
        below = precision + recall
        return 2 * precision * recall / below if below else 0.0
    below = 9 * precision + recall
    return 10 * precision * recall / below if below else 0.0


class Reranker:
    """Scores candidates against a query; the model is loaded once.

    The score of a pair depends on this pair alone, to the last bit: texts go through the model
    one at a time, since the package cuts the windows of a long text by the longest of its batch.
    """

    def __init__(self, language: Language, model: str | None = None) -> None:
        try:
            from code_bert_score.utils import get_model, lang2model, model2layers
            from transformers import AutoTokenizer
        except ImportError as error:
            raise MissingModel(
                f"re-ranking needs the package code-bert-score ({error.name} is missing)",
                "install the extra `retrieval`, or leave out --rerank",
            ) from error
        usual = lang2model[language]
        name = weights.place_of(model or usual, "--rerank-model", "leave out --rerank")
        layer = model2layers[usual]

        def both() -> tuple[Any, Any]:
            return AutoTokenizer.from_pretrained(name, trust_remote_code=False), get_model(
                name, layer
            )

        self._tokenizer, self._model = weights.loading(name, both)
        # without a bound of its own the package reads any length at once, and the model fails
        self._tokenizer.model_max_length = weights.positions(self._tokenizer, self._model)

    def scores(self, query: str, candidates: Sequence[str], measure: Measure) -> list[float]:
        """Return F1 or F3 of each candidate against the query, from 0 to 1, in their order."""
        if measure not in MEASURES:
            raise RetrievalError(f"there is no measure {measure!r}", "use f1 or f3")
        # the package cannot read a text without tokens: it is like nothing
        read = [at for at, text in enumerate(candidates) if text.strip()]
        made = [0.0] * len(candidates)
        if not read or not query.strip():
            return made
        import torch
        from code_bert_score.utils import bert_cos_score_idf

        device = "cuda" if torch.cuda.is_available() else "cpu"
        weight_of: defaultdict[int, float] = defaultdict(lambda: 1.0)
        weight_of[self._tokenizer.sep_token_id] = 0
        weight_of[self._tokenizer.cls_token_id] = 0
        with torch.inference_mode():
            found = bert_cos_score_idf(
                self._model.to(device),
                [query] * len(read),
                [candidates[at] for at in read],
                self._tokenizer,
                weight_of,
                batch_size=1,
                device=device,
                no_punc=True,
            )
        for at, (precision, recall, *_) in zip(read, found.cpu().tolist(), strict=True):
            made[at] = f_measure(precision, recall, measure)
        return made
