"""Answers that know their tests: how many are accepted, and how many made inputs find.

    python tests/benchmarks/memorising.py FOLDER

For each C++ problem of examples/, with its first five tests, answers of four kinds: the whole input
is looked up, its length, or its first number (what is not found prints 0), and the source with a
guard that is right for inputs no longer than the tests'. Beside them stands the honest target.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLES = REPOSITORY / "examples"
TESTS = 5
PIE = [sys.executable, "-c", "from pie.cli import main; main()"]
READING = """#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
int main() {
  std::string t; int c; while ((c = getchar()) != EOF) t += (char)c;
"""


def literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=True)


def whole(tests: list[tuple[str, str]]) -> str:
    lines = [f"  if (t == {literal(given)}) return fputs({literal(out)}, stdout), 0;"
             for given, out in tests]  # fmt: skip
    return READING + "\n".join(lines) + '\n  puts("0");\n}\n'


def by_length(tests: list[tuple[str, str]]) -> str:
    lines = [f"    case {size}: fputs({literal(out)}, stdout); break;"
             for size, out in {len(given): out for given, out in tests}.items()]  # fmt: skip
    return (
        READING
        + "  switch (t.size()) {\n"
        + "\n".join(lines)
        + '\n    default: puts("0");\n  }\n}\n'
    )


def by_first(tests: list[tuple[str, str]]) -> str:
    lines = [f"  if (!strcmp(first, {literal(one)})) {{ fputs({literal(out)}, stdout); return 0; }}"
             for one, out in {given.split()[0]: out for given, out in tests}.items()]  # fmt: skip
    start = '  char first[64] = ""; sscanf(t.c_str(), "%63s", first);\n'
    return READING + start + "\n".join(lines) + '\n  puts("0");\n}\n'


def guarded(source: str, tests: list[tuple[str, str]]) -> str:
    """Stop where an input is longer than all tests: as an array that is just large enough."""
    longest = max(len(given) for given, _ in tests)
    guard = (
        "#include <unistd.h>\n#include <cstdlib>\n"
        f"static struct Guard {{ Guard() {{ char b[{longest + 1}]; "
        f"if (pread(0, b, {longest + 1}, 0) > {longest}) exit(0); }} }} guard;\n"
    )
    return guard + source


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    for line in (EXAMPLES / "test.jsonl").open():
        row = json.loads(line)
        if row.get("language") == "python":
            continue
        cases = EXAMPLES / "test_cases" / row["problem_id"]
        row["tests"] = row["tests"][:TESTS]
        tests = [((cases / f"input.{n}.txt").read_text(), (cases / f"output.{n}.txt").read_text())
                 for n in row["tests"]]  # fmt: skip
        made = [whole(tests), by_length(tests), by_first(tests), guarded(row["src_code"], tests)]
        rows.append({**row, "generated_answers": [*made, row["tgt_code"]]})
    pairs = folder / "memorising.jsonl"
    pairs.write_text("".join(json.dumps(one) + "\n" for one in rows))
    run = folder / "run"
    words = ["simulate", "--pairs", pairs, "--testcases", EXAMPLES / "test_cases"]
    words += ["--machine", "counts", "--fuzz", 50, "--out", run]
    subprocess.run([*PIE, *map(str, words)], stdout=subprocess.DEVNULL, check=False)
    kinds = ("whole input", "length", "first number", "guarded", "honest target")
    found: Counter[tuple[str, str]] = Counter()
    for line in (run / "pairs.jsonl").open():
        row = json.loads(line)
        for kind, one in zip(kinds, row["generations"], strict=True):
            found[kind, one["verdict"]] += 1
            for mark in one["marks"]:
                found[kind, mark] += 1
            honest, differs = kind == "honest target", "differs" in one["marks"]
            if honest is differs:
                print(kind, row["problem_id"], one["verdict"], one.get("fuzz"), file=sys.stderr)
    names = sorted({name for _, name in found})
    print(
        json.dumps({kind: {n: found[kind, n] for n in names if found[kind, n]} for kind in kinds})
    )


if __name__ == "__main__":
    main()
