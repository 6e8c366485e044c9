"""The harness: several files here, one script in the sandbox."""

from __future__ import annotations

import ast
import sys

from sim import python_build


def test_the_script_imports_nothing_of_ours_and_its_parts_in_order() -> None:
    tree = ast.parse(python_build.harness().read_text("utf-8"))
    imported = {
        name
        for node in ast.walk(tree)
        for name in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= {"__future__", "typing", "collections.abc", *sys.stdlib_module_names}
    assert isinstance(tree.body[0], ast.ImportFrom)
    defined = [one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.ClassDef)]
    assert len(defined) == len(set(defined))
    assert ast.unparse(tree.body[-1]) == "main()"


def test_the_script_is_as_its_digest_says_whoever_writes_it() -> None:
    script = python_build.harness()
    text = script.read_text("utf-8")
    script.unlink()
    assert python_build.harness() == script
    assert script.read_text("utf-8") == text
    assert script.stem == python_build.harness_digest()[:16]
    assert "random" in python_build.usual_modules()
