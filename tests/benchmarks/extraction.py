"""How programs come out of real answers: identity of whole programs, and which block is right.

    python tests/benchmarks/extraction.py DATA

DATA holds `pairs.jsonl` (C++ rows), `cpp_generations.jsonl` (answers that are code) and
`python_generations.jsonl` (raw answers with their prompt in front).
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pie.core.answers.extraction import extract
from pie.core.answers.fences import blocks
from pie.core.answers.python_answer import python_programs
from sim.program import Language

AROUND = (
    "Here's a faster one, it isn't O(n^2) any more:\n\n{}\n\nIt doesn't recompute. Hope it helps!\n"
)
RESPONSE = "### Response:\n"


def rows(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text("utf-8").splitlines():
        yield json.loads(line)


def compiles(code: str | None) -> bool:
    try:
        return code is not None and compile(code, "answer", "exec") is not None
    except (SyntaxError, ValueError):
        return False


def same(code: str | None, program: str) -> bool:
    return (code or "").strip() == program.strip()


def main(data: Path) -> None:
    programs = {
        row[name] for row in rows(data / "pairs.jsonl") for name in ("src_code", "tgt_code")
    }
    alone = sum(same(extract(one).code, one) for one in programs)
    fenced = sum(same(extract(f"Sure:\n```cpp\n{one}\n```\n").code, one) for one in programs)
    prose = sum(same(extract(AROUND.format(one)).code, one) for one in programs)
    unchanged = f"alone {alone}, fenced {fenced}, in prose {prose}"
    print(f"{len(programs)} C++ programs come out unchanged: {unchanged}")

    answers = [
        one for row in rows(data / "cpp_generations.jsonl") for one in row["generated_answers"]
    ]
    print(
        f"{len(answers)} C++ answers: {dict(Counter(extract(one).found.value for one in answers))}"
    )

    found: Counter[str] = Counter()
    for row in rows(data / "python_generations.jsonl"):
        for answer in row["generated_answers"]:
            made = extract(answer, Language.PYTHON)
            complete = [one.text for one in blocks(answer) if python_programs(one.text).complete]
            found["answers"] += 1
            found["extracted"] += made.code is not None
            found["compile"] += compiles(made.code)
            found["last block is of the response"] += same(complete[-1], made.code or "") and (
                complete[-1] in answer.partition(RESPONSE)[2]
            )
            found["first block is the slow program"] += same(complete[0], row["src_code"])
    print(f"Python answers that repeat their prompt: {dict(found)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
