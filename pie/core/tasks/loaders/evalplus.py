"""HumanEval+, MBPP+ and EvalPerf: inputs of EvalPlus, with what the canonical solution returns.

Two forms are read: EvalPlus' own JSONL (`base_input`, `plus_input`) and the tables on Hugging Face,
whose column `test` holds inputs and results as Python text. Base inputs are public, the others
private.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from pie.core.problem import RowProblem
from pie.core.tasks.building import asserted_tests, call_test, called_function, head_of
from pie.core.tasks.loaders.context import Context, Loaded, list_of, text_of, within
from pie.core.tasks.loaders.openai_functions import task_name
from sim.assertions import value_of
from sim.evaluation import EvaluationError, returned_values

_FLOAT_TOLERANCE, _RELATIVE = 1e-6, 1e-7
"""evalplus/eval/__init__.py: the least tolerance of fractions, and numpy's relative one."""

# evalplus/data/mbpp.py: JSON has no tuples, so these tasks of MBPP+ get theirs back.
_EACH_ARGUMENT = frozenset(
    {2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470, 560, 579, 596, 616}
    | {630, 726, 740, 744, 809}
)
_EACH_ELEMENT = frozenset({63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780})
_ELEMENTS_OF_FIRST = frozenset({75, 413, 444, 753})
_SECOND = frozenset({106, 750})
_FIRST = frozenset({250, 405, 446, 617, 720, 763, 808, 307})
_BOTH_LEVELS = frozenset({259, 401, 445})
_ALL_LEVELS = frozenset({580, 615, 791})

# evalplus/eval/_special_oracle.py, by entry point.
_AS_SETS = frozenset(
    {"similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly"}
    | {"larg_nnum", "intersection_array", "find_dissimilar", "Diff"}
)
_NOT_NONE = """
def check(input, expected, output):
    wanted = expected if isinstance(expected, bool) else expected is not None
    return (output if isinstance(output, bool) else output is not None) == wanted
"""
_CHECKERS = {
    "check_str": _NOT_NONE,
    "text_match_three": _NOT_NONE,
    "text_starta_endb": _NOT_NONE,
    # Any value of these is taken: the task can be read in two ways.
    "are_equivalent": "def check(input, expected, output):\n    return True\n",
    "sum_div": "def check(input, expected, output):\n    return output in (expected, 0)\n",
    "surface_Area": """
def check(input, expected, output):
    base, height = input
    slant = ((base / 2) ** 2 + height ** 2) ** 0.5
    other = round(base * base + 2 * base * slant)
    return output == expected or abs(output - other) <= 1e-6
""",
    "digit_distance_nums": """
def check(input, expected, output):
    one, other = map(str, input)
    length = max(len(one), len(other))
    pairs = zip(one.zfill(length), other.zfill(length))
    return output == expected or output == sum(abs(int(a) - int(b)) for a, b in pairs)
""",
    "find_zero": """
def check(input, expected, output):
    if not isinstance(output, (int, float)):
        return False
    return abs(sum(factor * output ** power for power, factor in enumerate(input[0]))) <= 1e-4
""",
}
_HUMANEVAL_ONLY = frozenset({"find_zero"})


def humaneval_plus(row: Mapping[str, Any], context: Context) -> Loaded:
    """Fields: task_id, prompt, entry_point, canonical_solution, and inputs or `test`."""
    prompt = text_of(row, "prompt")
    return _plus(row, context, prompt + text_of(row, "canonical_solution"), mbpp=False)


def mbpp_plus(row: Mapping[str, Any], context: Context) -> Loaded:
    """Fields: as of HumanEval+; on Hugging Face `code`, `test_list`, `test_imports`, `test`."""
    if "code" in row:
        return _plus(row, context, text_of(row, "code"), mbpp=True)
    return _plus(
        row, context, text_of(row, "prompt") + text_of(row, "canonical_solution"), mbpp=True
    )


def _plus(row: Mapping[str, Any], context: Context, reference: str, *, mbpp: bool) -> Loaded:
    loaded = Loaded()
    asserted = "\n".join(map(str, row["test_list"])) if row.get("test_list") is not None else ""
    entry_point = str(row.get("entry_point") or called_function(reference, asserted))
    if not entry_point:
        raise RowProblem("the field entry_point is missing, and its assertions call no function")
    task_id = task_name(row, "Mbpp" if mbpp else "HumanEval")
    prompt = text_of(row, "prompt")
    if "base_input" in row:
        inputs = [list_of(row, name) for name in ("base_input", "plus_input")]
        if mbpp:
            inputs = [[mbpp_arguments(task_id, one) for one in some] for some in inputs]
        atol = float(row.get("atol") or 0)
        public, private = _evaluated(inputs, reference, entry_point, atol, context, loaded)
    else:
        given = _hugging_face(text_of(row, "test"))
        public = asserted_tests(asserted, entry_point, "public")
        private = _from_table(given, reference, entry_point, context, loaded)
    loaded.task = {
        "task_id": task_id,
        "language": "python",
        "prompt": prompt,
        "entry_point": entry_point,
        "prelude": _prelude(row, prompt, entry_point),
        "references": [reference],
        "public_tests": within(public, context, loaded),
        "private_tests": within(private, context, loaded),
    }
    checker = _CHECKERS.get(entry_point) if mbpp is (entry_point not in _HUMANEVAL_ONLY) else None
    if checker:
        loaded.task["checker"] = {"language": "python", "code": checker}
    return loaded


def _prelude(row: Mapping[str, Any], prompt: str, entry_point: str) -> str:
    imports = row.get("test_imports")
    lines = [str(one) for one in imports] if imports is not None else []
    return head_of(prompt, entry_point) + "".join(f"{line}\n" for line in lines)


def _evaluated(
    inputs: list[list[Any]],
    reference: str,
    entry_point: str,
    atol: float,
    context: Context,
    loaded: Loaded,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return public and private calls, with what the canonical solution returns in the sandbox."""
    both = [[list(one) for one in some] for some in inputs]
    try:
        made = returned_values(reference, entry_point, both[0] + both[1], context.toolchain)
    except EvaluationError as error:
        raise RowProblem(f"its canonical solution fails in the sandbox ({error})") from error
    tests: list[list[dict[str, Any]]] = [[], []]
    numbered = [
        (kind, number, one) for kind, some in enumerate(both) for number, one in enumerate(some)
    ]
    for (kind, number, arguments), (returned, value) in zip(numbered, made, strict=True):
        if not returned:
            loaded.without_value += 1
            continue
        name = f"{('public', 'private')[kind]}.{number}"
        tests[kind].append(_call(name, arguments, value, entry_point, atol))
    return tests[0], tests[1]


def _call(
    name: str, arguments: list[Any], value: Any, entry_point: str, atol: float
) -> dict[str, Any]:
    if entry_point in _AS_SETS:
        return call_test(name, arguments, set(value), through=["set"])
    if atol == 0 and _is_fractional(value):
        atol = _FLOAT_TOLERANCE
    return call_test(name, arguments, value, absolute=atol, relative=_RELATIVE if atol else 0.0)


def _is_fractional(value: Any) -> bool:
    if isinstance(value, list | tuple) and value:
        return all(isinstance(one, float) for one in value)
    return isinstance(value, float)


def _hugging_face(test: str) -> dict[str, Any]:
    """Read `inputs`, `results` and the tolerance of the column `test`."""
    found: dict[str, Any] = {"atol": 0.0}
    try:
        tree = ast.parse(test)
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                if node.targets[0].id in ("inputs", "results"):
                    found[node.targets[0].id] = value_of(ast.unparse(node.value))
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "assertion"
                and len(node.args) == 3
            ):
                found["atol"] = float(value_of(ast.unparse(node.args[2])))
    except (SyntaxError, ValueError, RecursionError) as error:
        raise RowProblem(f"its test cannot be read ({error})") from error
    if "inputs" not in found:
        raise RowProblem("its test holds no inputs")
    return found


def _from_table(
    given: dict[str, Any], reference: str, entry_point: str, context: Context, loaded: Loaded
) -> list[dict[str, Any]]:
    inputs = [list(one) for one in given["inputs"]]
    if "results" not in given:
        _public, private = _evaluated(
            [[], inputs], reference, entry_point, given["atol"], context, loaded
        )
        return private
    if len(given["results"]) != len(inputs):
        raise RowProblem("its test has another number of results than of inputs")
    return [
        _call(f"private.{number}", arguments, value, entry_point, given["atol"])
        for number, (arguments, value) in enumerate(zip(inputs, given["results"], strict=True))
    ]


def evalperf(row: Mapping[str, Any], context: Context) -> Loaded:
    """Fields: task_id, entry_point, reference (slow to fast), scores, pe_input.

    The one test is the performance-exercising input, `private.pe`; prompt and tests of correctness
    are those of the base tasks (HumanEval+ and MBPP+), where they are given.
    """
    task_id, entry_point = task_name(row, "EvalPerf"), text_of(row, "entry_point")
    references = [str(one) for one in list_of(row, "reference")]
    if not references:
        raise RowProblem("it has no reference solution")
    exercising = list_of(row, "pe_input")
    if len(exercising) != 1:
        raise RowProblem("pe_input is not one input")
    arguments = list(exercising[0])
    if task_id.startswith("Mbpp/"):
        arguments = mbpp_arguments(task_id, arguments)
    loaded = Loaded()
    _public, private = _evaluated(
        [[], [arguments]], references[-1], entry_point, 0.0, context, loaded
    )
    base = context.base.get(task_id, {})
    for test in private:
        test["name"] = "private.pe"
    loaded.task = {
        "task_id": task_id,
        "language": "python",
        "prompt": str(base.get("prompt", "")),
        "entry_point": entry_point,
        "prelude": str(base.get("prelude", "")),
        "references": references,
        "reference_scores": [float(one) for one in list_of(row, "scores")],
        "public_tests": list(base.get("public_tests", [])),
        "private_tests": [*base.get("private_tests", []), *within(private, context, loaded)],
    }
    if base.get("checker"):
        loaded.task["checker"] = base["checker"]
    return loaded


def mbpp_arguments(task_id: str, given: Any) -> list[Any]:
    """Return the arguments of a task of MBPP+ with the tuples and sets that JSON took away."""
    number = int(task_id.rsplit("/", 1)[-1]) if task_id.rsplit("/", 1)[-1].isdigit() else -1
    arguments = list(given)
    each: Callable[[Any], Any] = _elements
    if number in _EACH_ARGUMENT:
        return [tuple(one) for one in arguments]
    if number in _EACH_ELEMENT:
        return [each(one) for one in arguments]
    if number in _ELEMENTS_OF_FIRST:
        return [each(arguments[0]), *arguments[1:]]
    if number in _SECOND:
        return [arguments[0], tuple(arguments[1])]
    if number in _FIRST:
        return [tuple(arguments[0]), *arguments[1:]]
    if number in _BOTH_LEVELS or number == 278:
        return [tuple(each(one)) for one in arguments]
    if number in _ALL_LEVELS:
        return [_tuples(one) for one in arguments]
    if number == 115:
        return [[set(one) if isinstance(one, list) and one else {} for one in arguments[0]]]
    if number == 124:
        return [float(arguments[0]), complex(arguments[1])]
    if number == 252:
        return [complex(arguments[0])]
    if number == 722:
        return [{key: tuple(value) for key, value in arguments[0].items()}, *arguments[1:]]
    return arguments


def _elements(value: Any) -> Any:
    return [tuple(one) if isinstance(one, list) else one for one in value]


def _tuples(value: Any) -> Any:
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value
