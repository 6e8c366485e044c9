"""EffiBench: classes of LeetCode with assertions on `solution`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from pie.core.problem import RowProblem
from pie.core.tasks.building import asserted_tests
from pie.core.tasks.loaders.context import Context, Loaded, text_of, within


def effibench(row: Mapping[str, Any], context: Context) -> Loaded:
    """Fields: problem_idx, task_name, markdown_description, canonical_solution, test_case,
    small_test_cases (public).
    """
    reference = text_of(row, "canonical_solution")
    small, tests = text_of(row, "small_test_cases"), text_of(row, "test_case")
    method = _method(reference, tests + "\n" + small)
    loaded = Loaded()
    public = _tests(small, method, "public")
    private = _tests(tests, method, "private")
    loaded.task = {
        "task_id": f"EffiBench/{row.get('problem_idx', row.get('task_name', ''))}",
        "language": "python",
        "prompt": text_of(row, "markdown_description"),
        "entry_point": f"Solution().{method}",
        "references": [reference],
        "public_tests": within(public, context, loaded),
        "private_tests": within(private, context, loaded),
        "task_name": row.get("task_name"),
    }
    return loaded


def _method(reference: str, tests: str) -> str:
    """Return the method of Solution that the assertions call most; RowProblem without one."""
    try:
        defined = {
            inner.name
            for one in ast.parse(reference).body
            if isinstance(one, ast.ClassDef) and one.name == "Solution"
            for inner in one.body
            if isinstance(inner, ast.FunctionDef)
        }
        called = [
            node.func.attr
            for node in ast.walk(ast.parse(tests))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and ast.unparse(node.func.value) in ("solution", "Solution()")
        ]
    except (SyntaxError, ValueError, RecursionError) as error:
        raise RowProblem(f"its solution or tests are no Python ({error})") from error
    used = [name for name in called if name in defined]
    if not used:
        raise RowProblem("its assertions call no method of the class Solution")
    return max(set(used), key=lambda name: (used.count(name), name))


def _tests(text: str, method: str, kind: str) -> list[dict[str, Any]]:
    made = asserted_tests(text.replace("Solution().", "solution."), f"solution.{method}", kind)
    for test in made:
        if "assertions" in test and "solution = Solution()" not in test["assertions"]:
            test["assertions"] = "solution = Solution()\n" + test["assertions"]
    return made
