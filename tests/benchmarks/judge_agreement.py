"""How our verdicts on model answers agree with a judge's, every disagreement by its kind.

Usage: judge_agreement.py RUN_FOLDER..., where the rows of the runs hold `aizu_status`, one of the
judge's states for each generated answer (empty where it gave none).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

STATES = {
    "STATE_ACCEPTED": "accepted",
    "STATE_COMPILEERROR": "compile_error",
    "STATE_WRONGANSWER": "wrong_answer",
    "STATE_PRESENTATIONERROR": "wrong_answer",
    "STATE_RUNTIMEERROR": "runtime_error",
    "STATE_TIMELIMIT": "time_limit",
    "STATE_MEMORYLIMIT": "memory_limit",
    "STATE_OUTPUTLIMIT": "output_limit",
}
RAN = ("wrong_answer", "runtime_error", "time_limit", "memory_limit", "output_limit")


def is_old_cpp(code: str) -> bool:
    """Whether a program is C++98, which the judge's compiler took for C++ at the time."""
    return not subprocess.run(
        ["g++", "-x", "c++", "-std=gnu++98", "-w", "-fsyntax-only", "-"],
        input=code.encode(),
        stderr=subprocess.DEVNULL,
        check=False,
    ).returncode


def kind(ours: str, judges: str, state: str, code: str) -> str:
    """Name what a pair of verdicts says, agreement or not."""
    if not judges:
        return "the judge gave no verdict"
    if ours == judges:
        return "same verdict"
    if ours in RAN and judges in RAN:
        return "both reject, for another failure"
    if ours == "accepted" and state == "STATE_PRESENTATIONERROR":
        return "we accept, the judge finds the white space wrong"
    if ours == "accepted" and judges in RAN:
        return "we accept on fewer tests, the judge rejects"
    if judges == "compile_error":
        if is_old_cpp(code):
            return "compiles with our compiler only, although it is C++98"
        return "compiles here as C++17 and is no C++98"
    if ours in ("compile_error", "no_code"):
        return "compiles with the judge's compiler only"
    if judges == "accepted" and ours == "time_limit":
        return "the judge accepts, over our budget of instructions"
    if judges == "accepted" and ours in RAN:
        return "the judge accepts, we reject"
    return f"ours is {ours}, the judge's is {judges}"


def main() -> None:
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    examples: dict[str, list[str]] = defaultdict(list)
    for run in sys.argv[1:]:
        for line in (Path(run) / "pairs.jsonl").open():
            row = json.loads(line)
            answers = zip(
                row["generations"], row["aizu_status"], row["generated_answers"], strict=True
            )
            for index, (made, state, code) in enumerate(answers):
                found = kind(made["verdict"], STATES.get(state, ""), state, code)
                kinds[row["model"]][found] += 1
                if found != "same verdict":
                    detail = made["detail"].splitlines()[0][:160] if made["detail"] else ""
                    examples[found].append(
                        f"{row['model']} {row['src_id']} answer {index}: "
                        f"{made['verdict']} / {state} {detail}"
                    )
    total: Counter[str] = sum(kinds.values(), Counter())
    print(
        json.dumps(
            {
                "answers": total.total(),
                "all": dict(total.most_common()),
                "by_set_up": {name: dict(found.most_common()) for name, found in kinds.items()},
            }
        )
    )
    for name, lines in examples.items():
        print(f"\n# {name}: {len(lines)}", *lines, sep="\n", file=sys.stderr)


if __name__ == "__main__":
    main()
