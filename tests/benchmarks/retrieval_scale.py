"""What an index of many programs costs: build, query, recall and speed of HNSW and IVF-PQ, memory.

    python tests/benchmarks/retrieval_scale.py --pairs pairs.jsonl --programs 80000

The programs are mutants of the sources and targets of the pairs file: lines dropped, doubled,
moved or taken from another program, names changed, numbers changed. Queries are further mutants,
each with the problem of the program it came from, so the leak guard works in every one.
"""

import argparse
import json
import os
import random
import re
import resource
import statistics
import tempfile
import time
from pathlib import Path

from retrieval.encoders.catalogue import open_encoder
from retrieval.index import build_index, open_index
from retrieval.item import Item

SEED = 20240501


def mutant(code: str, other: str, chance: random.Random) -> str:
    lines = code.split("\n")
    spare = other.split("\n")
    made: list[str] = []
    for line in lines:
        draw = chance.random()
        if draw < 0.08:
            continue
        if draw < 0.12:
            made.append(chance.choice(spare))
        if draw < 0.15 and made:
            made.insert(chance.randrange(len(made)), line)
            continue
        made.append(line)
    text = "\n".join(made)
    text = re.sub(
        r"\b\d+\b", lambda m: m[0] if chance.random() < 0.8 else str(chance.randrange(100)), text
    )
    return re.sub(
        r"\b([a-z])\b", lambda m: m[0] + str(chance.randrange(9)) * (chance.random() < 0.2), text
    )


def peak_mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def quantiles(seconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return {"median_ms": 1e3 * statistics.median(seconds), "p99_ms": 1e3 * cuts[98]}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pairs", type=Path, required=True)
    options.add_argument("--programs", type=int, default=80_000)
    options.add_argument("--queries", type=int, default=300)
    options.add_argument("--kinds", nargs="+", default=["exact", "hnsw", "ivfpq"])
    asked = options.parse_args()
    rows = [json.loads(line) for line in asked.pairs.read_text().splitlines()]
    real = [(row["problem_id"], row[name]) for row in rows for name in ("src_code", "tgt_code")]
    chance = random.Random(SEED)

    def one() -> tuple[str, str]:
        problem, code = chance.choice(real)
        return problem, mutant(code, chance.choice(real)[1], chance)

    programs = [one() for _ in range(asked.programs)]
    queries = [one() for _ in range(asked.queries)]
    items = [Item(str(at), text, (problem,)) for at, (problem, text) in enumerate(programs)]
    texts, groups = [text for _, text in queries], [problem for problem, _ in queries]
    found: dict[str, list[set[str]]] = {}
    medians: dict[str, float] = {}
    size = statistics.mean(len(item.text) for item in items)
    print(json.dumps({"programs": len(items), "characters": size, "load": os.getloadavg()}))
    encoder = open_encoder("tokens")
    start, spent = time.perf_counter(), time.process_time()
    fitted, vectors = encoder.fitted([item.text for item in items], lambda _done: None)
    wall, cpu = time.perf_counter() - start, time.process_time() - spent
    thousand = len(items) / 1000
    print(
        json.dumps(
            {
                "encode_s_per_1000": wall / thousand,
                "cpu_s_per_1000": cpu / thousand,
                "peak_mib": peak_mebibytes(),
            }
        ),
        flush=True,
    )

    class Known:
        """The fitted encoder, with the vectors that it has made already."""

        def __getattr__(self, name: str) -> object:
            return getattr(fitted, name)

        def fitted(self, _texts: object, _progress: object) -> object:
            return fitted, vectors

    with tempfile.TemporaryDirectory() as folder:
        for kind in asked.kinds:
            start, spent = time.perf_counter(), time.process_time()
            path = build_index(items, Known(), Path(folder) / kind, kind).path
            wall, cpu = time.perf_counter() - start, time.process_time() - spent
            start = time.perf_counter()
            index = open_index(path)
            opened = time.perf_counter() - start
            index.search(texts[:3], 4, groups[:3])
            seconds, found[kind] = [], []
            encoding, cpu_seconds = [], []
            for text, group in zip(texts, groups, strict=True):
                start = time.perf_counter()
                (vector,) = index.encoder.encode([text])
                middle, spent = time.perf_counter(), time.process_time()
                hits = index._nearest(vector, 4, index.barred(text, group))
                seconds.append(time.perf_counter() - middle)
                cpu_seconds.append(time.process_time() - spent)
                encoding.append(middle - start)
                found[kind].append({hit.id for hit in hits})
            result: dict[str, object] = {
                "kind": kind,
                "build_s_per_1000_after_encoding": wall / thousand,
                "build_cpu_s_per_1000_after_encoding": cpu / thousand,
                "open_s": opened,
                **quantiles(seconds),
                "median_cpu_ms": 1e3 * statistics.median(cpu_seconds),
                "encode_median_ms": 1e3 * statistics.median(encoding),
                "file_mib": sum(file.stat().st_size for file in path.iterdir()) / 2**20,
                "peak_mib": peak_mebibytes(),
            }
            medians[kind] = statistics.median(cpu_seconds)  # others use the processors too
            if "exact" in found and kind != "exact":
                same = [len(a & b) / 4 for a, b in zip(found["exact"], found[kind], strict=True)]
                result["recall_at_4"] = statistics.mean(same)
                result["speed_up"] = medians["exact"] / medians[kind]
            print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
