"""Examples for prompts by nearness: `pie index search`, and what the prompt builder asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pie.core.problem import InputError, RowProblem
from pie.core.prompting.examples import Example, from_payload, query_problem, query_text
from pie.core.rows import parse_object, read_lines
from pie.flows.index import LeftOut

if TYPE_CHECKING:
    from retrieval.index import Index
    from retrieval.item import Hit

CANDIDATES = 20
"""How many of the nearest are re-ranked, where that is asked for."""


@dataclass(frozen=True)
class Query:
    """A program that neighbours are wanted for."""

    code: str
    problem_id: str | None
    """None: not known; then only programs with the same text tell what its problem is."""
    name: str = ""


@dataclass(frozen=True)
class Neighbour:
    """An example and how near it is."""

    example: Example
    score: float
    """Higher is nearer; of another encoder's scores it says nothing."""


class Examples:
    """The examples of an index, by nearness; with the guard never one of the query's problem."""

    def __init__(self, index: Index, *, guard: bool = True) -> None:
        self._index, self._guard = index, guard
        self.fingerprint = index.fingerprint
        """Of encoder and contents: equal ones give equal answers."""

    def __len__(self) -> int:
        """Return how many examples there are."""
        return len(self._index)

    def nearest(self, code: str, k: int, problem_id: str | None) -> list[Neighbour]:
        """Return the k nearest, the nearest first; fewer only where fewer are left."""
        return self.nearest_of([(code, problem_id)], k)[0]

    def nearest_of(
        self, queries: Sequence[tuple[str, str | None]], k: int
    ) -> list[list[Neighbour]]:
        """Return the k nearest of each (program, problem)."""
        codes, problems = [one[0] for one in queries], [one[1] for one in queries]
        found = self._index.search(codes, k, problems, guard=self._guard)
        return [[self._neighbour(hit) for hit in hits] for hits in found]

    def reranked_of(
        self,
        queries: Sequence[tuple[str, str | None]],
        k: int,
        measure: Literal["f1", "f3"],
        model: str | None = None,
    ) -> list[list[Neighbour]]:
        """Return the best k by CodeBERTScore of the nearest `CANDIDATES` of each query."""
        from retrieval.rerank import Reranker

        python = self._index.manifest["notes"].get("language") == "python"
        reranker = Reranker("python" if python else "cpp", model)
        best = []
        wide = self.nearest_of(queries, max(k, CANDIDATES))
        for (code, _problem), near in zip(queries, wide, strict=True):
            scores = reranker.scores(code, [one.example.src_code for one in near], measure)
            scored = zip(scores, near, strict=True)
            ordered = sorted(scored, key=lambda one: -one[0])  # ties stay in the first order
            best.append([Neighbour(one.example, score) for score, one in ordered[:k]])
        return best

    def _neighbour(self, hit: Hit) -> Neighbour:
        try:
            return Neighbour(from_payload(self._index.payload(hit.id)), hit.score)
        except (KeyError, ValueError) as error:
            raise InputError(
                f"the index {self._index.path} was not built from pairs",
                "build it with pie index build",
            ) from error


def open_examples(
    path: Path,
    encoder: str | None = None,
    model: str | None = None,
    *,
    guard: bool = True,
) -> Examples:
    """Open the examples of an index with the encoder it was built by.

    `encoder` is the name that the caller expects, if any. IndexRefused where the index was built
    by another, or is damaged.
    """
    from retrieval.errors import IndexRefused
    from retrieval.folder import read_manifest
    from retrieval.index import open_index

    built_by = read_manifest(path, check_files=False)["encoder"]["name"]
    if encoder not in (None, "auto", built_by):
        raise IndexRefused(
            f"{path} was built by the encoder {built_by}, not by {encoder}",
            f"leave out --encoder, or build it again with --encoder {encoder}",
        )
    return Examples(open_index(path, model=model), guard=guard)


def queries_of(pairs: Path, limit: int | None = None) -> tuple[list[Query], list[LeftOut]]:
    """Return the programs of a pairs file as queries, and the lines that have none.

    `limit`: only the first rows. InputError when there is no query at all.
    """
    queries: list[Query] = []
    left_out: list[LeftOut] = []
    for line in islice(read_lines(pairs), limit):
        try:
            fields = parse_object(line.data)
            name = str(fields.get("src_id") or f"line-{line.number}")
            queries.append(Query(query_text(fields), query_problem(fields), name))
        except RowProblem as problem:
            left_out.append(LeftOut(line.number, str(problem)))
    if not queries:
        why = f"line {left_out[0].line}: {left_out[0].reason}" if left_out else "it has no rows"
        raise InputError(f"no row of {pairs} can be searched for", why)
    return queries, left_out


def query_of(code: Path, problem_id: str | None) -> Query:
    """Return the program of a file as a query; InputError when the file has none."""
    text = code.read_text(encoding="utf-8", errors="replace")
    if not text.strip():
        raise InputError(f"{code} is empty", "give a file with a program")
    return Query(text, problem_id, code.name)
