"""How often the nearest source of another problem is more use than a random one, for each encoder.

    python tests/benchmarks/retrieval_quality.py --pairs pairs.jsonl [--encoder NAME ...]

Every source is a query to the index of all sources (the leak guard on). Its nearest is compared
with every other source that the guard allows, by three measures that the encoder does not see:

- tag: whether both problems are of one category (the folder of the problem in its collection;
  rows without `src_origin` of that form have none);
- fix: the cosine of the two edits. An edit is how often each word and pair of words comes more
  or less often in the target than in the source (names declared in the program are one word),
  as sign * (1 + ln count) * (1 + ln((1 + N) / (1 + edits with it)));
- gain: how close the logarithms of the two instruction ratios (`ref_ir_src / ref_ir_tgt`) are.

A win counts 1, a draw 1/2: 0.5 is chance. Intervals: 95 %, bootstrap over problems. `other author`
asks for the nearest by another author, since people repeat their own templates. The control ranks
by random vectors. For the tag, sources without one are passed over.
"""

import argparse
import json
import math
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy

from retrieval.abstraction import words
from retrieval.encoder import EncoderConfig
from retrieval.encoders.catalogue import open_encoder
from retrieval.errors import MissingModel
from retrieval.index import build_index
from retrieval.item import Item

Row = dict[str, Any]
ENCODERS = ["tokens", "codebert-cpp", "codebertscore"]


class RandomVectors:
    """The control: vectors that know nothing of the program."""

    config = EncoderConfig("control", "random vectors", {})
    dimension, metric, normalised = 256, "ip", False

    def fingerprint(self) -> str:
        return "control:1"

    def encode(self, texts: list[str]) -> Any:
        made = [numpy.random.default_rng([*text.encode()]).normal(size=256) for text in texts]
        return numpy.array(made, dtype=numpy.float32)

    def fitted(self, texts: list[str], _progress: object) -> Any:
        return self, self.encode(texts)

    def state(self) -> bytes:
        return b""


def tag_of(row: Row) -> str | None:
    return row["src_origin"].split("/")[0] if row.get("source") == "library-checker" else None


def gain_of(row: Row) -> float | None:
    before, after = row.get("ref_ir_src"), row.get("ref_ir_tgt")
    return math.log(before / after) if before and after else None


def edits(rows: list[Row]) -> Any:
    """Return the cosine of the edits of every two rows."""
    changes = []
    for row in rows:
        counts: Counter[str] = Counter()
        for name, sign in (("src_code", -1), ("tgt_code", 1)):
            found = words(row[name], "cpp")
            for run in (*found, *map(" ".join, pairwise(found))):
                counts[run] += sign
        changes.append({run: count for run, count in counts.items() if count})
    frequency = Counter(run for one in changes for run in one)
    column = {run: at for at, run in enumerate(frequency)}
    matrix = numpy.zeros((len(rows), len(column)), dtype=numpy.float32)
    for at, one in enumerate(changes):
        for run, count in one.items():
            rarity = 1 + math.log((1 + len(rows)) / (1 + frequency[run]))
            matrix[at, column[run]] = math.copysign(1 + math.log(abs(count)), count) * rarity
    matrix /= numpy.maximum(numpy.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)
    return matrix @ matrix.T


def wins(chosen: float, others: list[float]) -> float:
    return sum((chosen > one) + 0.5 * (chosen == one) for one in others) / len(others)


def interval(by_problem: dict[str, list[float]]) -> dict[str, float]:
    values = [one for some in by_problem.values() for one in some]
    chance, problems, means = random.Random(1), sorted(by_problem), []
    for _ in range(2000):
        drawn = [
            one for name in chance.choices(problems, k=len(problems)) for one in by_problem[name]
        ]
        means.append(sum(drawn) / len(drawn))
    means.sort()
    return {
        "beats_random": round(sum(values) / len(values), 3),
        "low": round(means[50], 3),
        "high": round(means[1949], 3),
        "queries": len(values),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pairs", type=Path, nargs="+", required=True)
    options.add_argument(
        "--encoder", nargs="+", default=["tokens", "codebert-cpp", "codebertscore"]
    )
    asked = options.parse_args()
    rows = [json.loads(line) for file in asked.pairs for line in file.read_text().splitlines()]
    rows = [row for row in rows if row.get("language", "cpp") != "python"]
    items = [Item(str(at), row["src_code"], (row["problem_id"],)) for at, row in enumerate(rows)]
    fix, gains, tags = edits(rows), [gain_of(row) for row in rows], [tag_of(row) for row in rows]

    def by_tag(one: int, other: int) -> float | None:
        return None if None in (tags[one], tags[other]) else float(tags[one] == tags[other])

    def by_gain(one: int, other: int) -> float | None:
        mine, its = gains[one], gains[other]
        return None if mine is None or its is None else -abs(mine - its)

    measures: dict[str, Callable[[int, int], float | None]] = {
        "tag": by_tag,
        "fix": lambda one, other: float(fix[one, other]),
        "gain": by_gain,
    }
    for name in ("random vectors", *asked.encoder):
        try:
            encoder = RandomVectors() if name == "random vectors" else open_encoder(name)
        except MissingModel as error:
            print(json.dumps({"encoder": name, "not_run": error.what}))
            continue
        with tempfile.TemporaryDirectory() as folder:
            index = build_index(items, encoder, Path(folder) / "index")  # type: ignore[arg-type]
            texts, groups = [one.text for one in items], [one.groups[0] for one in items]
            found = index.search(texts, len(items), groups)
        for author in ("any author", "other author"):
            results: dict[str, dict[str, list[float]]] = {}
            same: list[float] = []
            base: list[float] = []
            for query, hits in enumerate(found):
                order = [int(hit.id) for hit in hits]
                if author == "other author":
                    me = rows[query].get("user_id")
                    order = [at for at in order if me is None or rows[at].get("user_id") != me]
                for measure, likeness in measures.items():
                    known = [(at, likeness(query, at)) for at in order]
                    values = [value for _, value in known if value is not None]
                    if len(values) < 2:
                        continue
                    per = results.setdefault(measure, defaultdict(list))
                    per[rows[query]["problem_id"]].append(wins(values[0], values[1:]))
                    if measure == "tag":
                        same.append(values[0])
                        base.append(sum(values) / len(values))
            print(
                json.dumps(
                    {
                        "encoder": name,
                        "nearest": author,
                        **{measure: interval(per) for measure, per in results.items()},
                        "same_tag_nearest": round(sum(same) / len(same), 3),
                        "same_tag_random": round(sum(base) / len(base), 3),
                    }
                ),
                flush=True,
            )


if __name__ == "__main__":
    main()
