"""`import pie`: five names that cost nothing until they are used, and have types."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import pie

NAMES = {"compare", "load_run", "measure", "simulate", "speed_reward"}
PACKAGE = Path(pie.__file__).parent


def loaded(code: str) -> set[str]:
    program = f"{code}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_five_names_and_the_version_are_all_that_is_exported() -> None:
    assert set(pie.__all__) == NAMES | {"__version__"}
    assert set(dir(pie)) >= NAMES
    for name in NAMES:
        assert callable(getattr(pie, name))
    with pytest.raises(AttributeError, match="no attribute 'measrue'"):
        pie.measrue  # noqa: B018


def test_importing_pie_loads_nothing() -> None:
    assert loaded("import pie") - loaded("") == {"pie"}


def test_the_stub_names_what_the_module_has() -> None:
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text())
    named = {
        (alias.name, node.module)
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert named == {(name, pie._PLACES[name]) for name in NAMES}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_parameter_and_result_has_a_type_and_every_name_a_description(name: str) -> None:
    function = getattr(pie, name)
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Signature.empty
    for parameter in signature.parameters.values():
        assert parameter.annotation is not inspect.Parameter.empty
    assert function.__doc__


@pytest.mark.parametrize("words", [["--version"], ["report", "-h"]])
def test_python_dash_m_is_the_command(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", "pie", *words], capture_output=True, text=True)
    assert done.returncode == 0
    assert "pie" in done.stdout
