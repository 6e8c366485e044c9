"""Rows of one pair joined into one: their answers, and what was measured of these, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pie.core.models.replay import row_identity
from pie.core.problem import RowProblem
from pie.core.rows import parse_answers

_ASKED = ("prompt", "form", "format", "stop", "score")
"""What a row was asked with, which rows of one pair may differ in; it is told of each sample."""
_SAME = ("src_code", "tgt_code", "language", "tests", "measured_on", "src_verdict",
         "src_agg_runtime", "tgt_verdict", "tgt_agg_runtime")  # fmt: skip
"""What the rows of one pair must not differ in."""


class Joined:
    """Rows by pair, in the order in which each pair came first."""

    def __init__(self, *, parts: bool = False) -> None:
        """`parts`: of one file, whose rows may have any numbers of answers."""
        self._parts = parts
        self._rows: dict[str, dict[str, Any]] = {}
        self._places: dict[str, str] = {}
        self.joined = 0
        """Rows that were joined to an earlier one of their pair."""

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: Mapping[str, Any], place: str) -> None:
        """Take a row; RowProblem says what keeps it from being joined."""
        answers = parse_answers(row.get("generated_answers"))
        samples = _samples(row, len(answers))
        key = row_identity(
            row.get("problem_id"), row.get("src_id"), row.get("tgt_id"), str(row.get("src_code"))
        )
        results = row.get("generations")
        if results is not None and (not isinstance(results, list) or len(results) != len(answers)):
            raise RowProblem(f"{len(answers)} answers, and results of another number")
        first = self._rows.get(key)
        if first is None:
            self._rows[key] = dict(row)
            if "generated_answers" in row:
                self._rows[key]["generated_answers"] = list(_answers(row))
            if samples is not None:
                self._rows[key]["sampling"] = {**row["sampling"], "samples": samples}
            self._places[key] = place
            return
        self.joined += 1
        for name in _SAME:
            if first.get(name) != row.get(name):
                raise RowProblem(
                    f"{name} differs from that of the same pair in {self._places[key]}"
                )
        before = first.get("sampling")
        if (before is None) != (samples is None):
            raise RowProblem("only one of two rows of the same pair says how it was sampled")
        if before is not None and samples is not None:
            for name in ("model", "strategy", "form"):
                if before.get(name) != row["sampling"].get(name):
                    raise RowProblem(
                        f"it was sampled with another {name} than the same pair in "
                        f"{self._places[key]} ({row['sampling'].get(name)}, not {before.get(name)})"
                    )
            drawn = {_draw(one) for one in before["samples"]} - {None}
            twice = next((one for one in samples if _draw(one) in drawn), None)
            if twice is not None:
                raise RowProblem(
                    f"its answer with the seed {twice.get('seed')} to the same prompt is in "
                    f"{self._places[key]} too, and would count twice"
                )
            before["samples"] = [*before["samples"], *samples]
            if before.get("score") != row["sampling"].get("score"):
                before.pop("score", None)  # each sample names its own
        if "generated_answers" in first or "generated_answers" in row:
            before_this = first.get("generated_answers") or []
            first["generated_answers"] = [*before_this, *_answers(row)]
        if results is not None:
            first["generations"] = [*(first.get("generations") or []), *results]
        for name in _ASKED:
            if name in first and first.get(name) != row.get(name):
                del first[name]

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows; RowProblem when they have different numbers of answers."""
        numbers = {key: len(row.get("generated_answers", ())) for key, row in self._rows.items()}
        most = max(numbers.values(), default=0)
        short = next((key for key, number in numbers.items() if number < most), None)
        if short is not None and not self._parts:
            raise RowProblem(
                f"the row of {self._places[short]} has {numbers[short]} answers and others {most}, "
                "so Best@k would not be of equally many"
            )
        yield from self._rows.values()


def _answers(row: Mapping[str, Any]) -> list[Any]:
    """Return the answers as they are, with null for none; a text holds a list in other tools."""
    value = row.get("generated_answers")
    return list(value) if isinstance(value, list) else list(parse_answers(value))


def _samples(row: Mapping[str, Any], answers: int) -> list[dict[str, Any]] | None:
    """Return what is known of each sample, with its prompt and score; None where nothing is."""
    sampling = row.get("sampling")
    if not isinstance(sampling, dict):
        return None
    samples = sampling.get("samples")
    if not isinstance(samples, list) or len(samples) != answers:
        raise RowProblem(f"{answers} answers, and sampling tells of another number")
    about = {"prompt_sha": sampling.get("prompt_sha")}
    score = asked_score(row)
    if score is not None:
        about["score"] = score
    return [{**about, **one} for one in samples]


def asked_score(row: Mapping[str, Any]) -> Any:
    """Return the score that a whole row was asked for; None where nothing tells."""
    sampling = row.get("sampling")
    told = sampling.get("score") if isinstance(sampling, Mapping) else None
    return row.get("score") if told is None else told


def _draw(sample: Mapping[str, Any]) -> tuple[Any, Any] | None:
    """Return what makes an answer the same one; None for an answer that was never asked for."""
    if sample.get("prompt_sha") is None or sample.get("seed") is None:
        return None
    return sample["prompt_sha"], sample["seed"]
