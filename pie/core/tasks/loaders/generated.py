"""ENAMEL and COFFE: tests by input generators, which run in the sandbox with a fixed seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pie.core.metrics.reference_levels import ENAMEL_HARDNESS
from pie.core.problem import InputError, RowProblem
from pie.core.tasks.building import call_test, defines, head_of
from pie.core.tasks.loaders.context import Context, Loaded, list_of, text_of, within
from pie.core.tasks.loaders.openai_functions import humaneval, mbpp
from pie.core.tasks.loaders.printed_outputs import printed_outputs
from sim.assertions import value_of
from sim.evaluation import EvaluationError, evaluate, returned_values

ENAMEL_SEED = 998_244_353
ENAMEL_TESTS = (8, 4, 4, 4)
"""Cases of each level (demo.py)."""
ENAMEL_LEFT_OUT = frozenset(
    {2, 23, 41, 45, 53, 60, 71, 92, 97, 99, 102, 123, 124, 135, 137, 138, 144, 148, 156, 157}
    | {159, 160}
)
"""Problems of HumanEval that ENAMEL does not count (enam/__init__.py)."""


def enamel(row: Mapping[str, Any], context: Context) -> Loaded:
    """Columns: task_id, prompt, input_generator, input_levels, reference_solution, checker.

    Tests are named `level.LEVEL.CASE`; the expected values are those of the reference solution.
    """
    prompt, entry_point = text_of(row, "prompt"), text_of(row, "entry_point")
    task_id = text_of(row, "task_id")
    reference = f"{prompt}\n{text_of(row, 'reference_solution')}"
    head = head_of(prompt, entry_point)
    loaded = Loaded()
    private = []
    if context.stress:
        cases = _enamel_inputs(row, task_id, prompt, context)
        returned = _returned(reference, entry_point, [one for _name, one in cases], context)
        for (name, arguments), (fine, value) in zip(cases, returned, strict=True):
            if fine:
                private.append(call_test(name, arguments, value))
            else:
                loaded.without_value += 1
    number = _number(task_id)
    loaded.task = {
        "task_id": task_id,
        "language": "python",
        "prompt": prompt,
        "entry_point": entry_point,
        "prelude": head,
        "references": [reference],
        "public_tests": [],
        "private_tests": within(private, context, loaded),
        "checker": {"language": "python", "code": enamel_checker(text_of(row, "checker"), head)},
        "counts_in_enamel": number not in ENAMEL_LEFT_OUT,
        "hardness": list(ENAMEL_HARDNESS),
    }
    return loaded


def enamel_checker(checker: str, head: str) -> str:
    """Return ENAMEL's checker as ours: it takes the same arguments, and helpers of the prompt."""
    return f"{head}{checker}\ncheck = __check\n"


def _enamel_inputs(
    row: Mapping[str, Any], task_id: str, prompt: str, context: Context
) -> list[tuple[str, list[Any]]]:
    """Return (name, arguments) of all cases, by ENAMEL's seeds."""
    sizes = [int(one) for one in text_of(row, "input_levels").strip("[]").replace(",", " ").split()]
    cases, offset = [], 0
    for level, size in enumerate(sizes):
        count = ENAMEL_TESTS[min(level, len(ENAMEL_TESTS) - 1)]
        for case in range(count):
            seed = ENAMEL_SEED ^ _number(task_id) ^ (offset + case)
            cases.append((f"level.{level}.{case}", [seed, size, level, case]))
        offset += count
    text = "\n".join(
        [
            "import random, time",
            context.helpers,
            prompt,
            "    pass",
            text_of(row, "input_generator"),
            "def main(given):",
            "    made = []",
            "    for seed, size, level, case in given:",
            "        random.seed(seed)",
            "        made.append(list(generate_input(size, level, case)))",
            "    return made",
        ]
    )
    try:
        made = evaluate(text, [one for _name, one in cases], context.toolchain)
    except EvaluationError as error:
        hint = "" if context.helpers else "; ENAMEL's enam/datautils.py is given by --helpers"
        raise RowProblem(f"its input generator fails ({error}){hint}") from error
    return [(name, arguments) for (name, _given), arguments in zip(cases, made, strict=True)]


def _returned(
    program: str, entry_point: str, arguments: list[list[Any]], context: Context
) -> list[tuple[bool, Any]]:
    try:
        return returned_values(program, entry_point, arguments, context.toolchain)
    except EvaluationError as error:
        raise RowProblem(f"its reference solution fails in the sandbox ({error})") from error


def coffe_rows(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the rows of a folder of COFFE (datasets/function, datasets/file): by their prompts."""
    import json

    tables: dict[str, Any] = {}
    for name in ("data", "testcases", "stressful_testcases", "best_solutions", "solutions"):
        path = folder / f"{name}.json"
        try:
            tables[name] = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            tables[name] = {}
        except (OSError, ValueError, RecursionError) as error:
            raise InputError(f"{path} cannot be read ({error})", "give COFFE's folder") from error
    if not isinstance(tables["data"], list) or not tables["data"]:
        raise InputError(f"{folder} holds no data.json", "give datasets/function or datasets/file")
    truths = tables["solutions"].get("prompt2groundtruth", {})
    for number, row in enumerate(tables["data"], start=1):
        prompt = row.get("final_prompt")
        yield (
            f"row {number}",
            {
                **row,
                "coffe_tests": tables["testcases"].get(prompt, []),
                "stress": tables["stressful_testcases"].get(prompt, []),
                "best": tables["best_solutions"].get(prompt),
                "truths": truths.get(prompt, []),
            },
        )


def coffe(row: Mapping[str, Any], context: Context) -> Loaded:
    """Rows as `coffe_rows` makes them; stress tests are `stress.K`, all others as the source has.

    Functions come with the assertions of HumanEval or MBPP; programs with COFFE's own tests.
    """
    if "entry_point" in row:
        return _coffe_function(row, context)
    return _coffe_program(row, context)


def _coffe_function(row: Mapping[str, Any], context: Context) -> Loaded:
    fields = {**row, **{name: _literal(row.get(name)) for name in ("test_list", "test_imports")}}
    loaded = humaneval(fields, context) if "test" in row else mbpp(fields, context)
    assert loaded.task is not None
    entry_point = loaded.task["entry_point"]
    reference = loaded.task["references"][0]
    best = _renamed(row.get("best"), entry_point)
    others = [_renamed(one, entry_point) for one in row.get("truths", [])]
    kept = [reference, *(one for one in (best, *others) if one and one != reference)]
    loaded.task["references"] = list(dict.fromkeys(kept))[: max(2, context.references)]
    if context.stress:
        expressions = [str(one.get("input")) for one in row.get("stress", [])]
        stress = stress_calls(expressions, reference, entry_point, context, loaded)
        loaded.task["private_tests"] += within(stress, context, loaded)
    return loaded


def stress_calls(
    expressions: Sequence[str], reference: str, entry_point: str, context: Context, loaded: Loaded
) -> list[dict[str, Any]]:
    """Return calls `stress.K` with arguments by expressions, and what the reference returns."""
    tests, arguments = [], []
    for number, expression in enumerate(expressions):
        try:
            made, text = _arguments(expression, context)
        except EvaluationError:
            loaded.without_value += 1
            continue
        arguments.append(made)
        tests.append((f"stress.{number}", text if text is not None else made))
    if not tests:
        return []
    kept = []
    for (name, given), (fine, value) in zip(
        tests, _returned(reference, entry_point, arguments, context), strict=True
    ):
        if fine:
            kept.append(call_test(name, given, value))
        else:
            loaded.without_value += 1
    return kept


def _arguments(expression: str, context: Context) -> tuple[list[Any], str | None]:
    """Return arguments, and their expression where it can stand in the test as it is."""
    try:
        return list(value_of(expression)), expression
    except (ValueError, SyntaxError, TypeError):
        text = f"import random, string, math\ndef main(given):\n    return list({expression})\n"
        return list(evaluate(text, None, context.toolchain)), None


def _coffe_program(row: Mapping[str, Any], context: Context) -> Loaded:
    prompt = text_of(row, "final_prompt")
    best = row.get("best") or [""]
    programs = [str(best[0]), *(str(one[0]) for one in row.get("truths", []))]
    references = list(dict.fromkeys(one for one in programs if one.strip()))[: context.references]
    loaded = Loaded()
    private = [
        {"name": f"private.{number}", "input": _text(one["input"]), "output": _text(one["output"])}
        for number, one in enumerate(row.get("coffe_tests", []))
    ]
    if context.stress and references:
        private += _stress_programs(row, references[0], context, loaded)
    if not private:
        raise RowProblem("it has no test that can be made")
    loaded.task = {
        "task_id": f"coffe/{hashlib.sha256(prompt.encode()).hexdigest()[:10]}",
        "language": "python",
        "prompt": prompt,
        "references": references,
        "public_tests": [],
        "private_tests": within(private, context, loaded),
    }
    if row.get("dataset") == "deepmind/code_contests":
        loaded.task["compare"] = {"rule": "code_contests"}
    return loaded


def _stress_programs(
    row: Mapping[str, Any], reference: str, context: Context, loaded: Loaded
) -> list[dict[str, Any]]:
    inputs = []
    for number, generator in enumerate(row.get("stress", [])):
        text = f"{generator}\nimport random\ndef main(given):\n    random.seed({1024})\n"
        try:
            made = evaluate(text + "    return generate_input()\n", None, context.toolchain)
        except EvaluationError:
            loaded.without_value += 1
            continue
        if not isinstance(made, str) or len(made) > context.largest:
            loaded.too_large += 1
            continue
        inputs.append((f"stress.{number}", made))
    outputs = printed_outputs(reference, [given for _name, given in inputs], context.toolchain)
    kept = []
    for (name, given), wanted in zip(inputs, outputs, strict=True):
        if wanted is None:
            loaded.without_value += 1
        else:
            kept.append({"name": name, "input": given, "output": wanted})
    return kept


def _renamed(solution: Any, entry_point: str) -> str:
    """Return a solution of COFFE, whose function is called `solution`, under its own name."""
    if not isinstance(solution, list | tuple) or not solution or not isinstance(solution[0], str):
        return ""
    program = solution[0]
    if defines(program, entry_point) or not defines(program, "solution"):
        return program
    return f"{program}\n\n{entry_point} = solution\n"


def _literal(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return value_of(value)
        except (ValueError, SyntaxError):
            return value
    return value


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return str(value)


def _number(task_id: str) -> int:
    last = task_id.rsplit("/", 1)[-1]
    return int(last) if last.isdigit() else -1


__all__ = ["coffe", "coffe_rows", "enamel", "enamel_checker", "list_of", "stress_calls"]
