"""The direction of imports, and what importing each package costs."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PROJECT = {"pie", "sim", "retrieval", "finetune", "gem5_configs"}
HEAVY = {
    "accelerate",
    "datasets",
    "distributed",
    "faiss",
    "httpx",
    "matplotlib",
    "numpy",
    "peft",
    "torch",
    "transformers",
    "trl",
}


def python(code: str, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, timeout=600
    )


def check_contracts(root: Path) -> subprocess.CompletedProcess[str]:
    return python(
        "from importlinter.cli import lint_imports\n"
        "raise SystemExit(lint_imports('pyproject.toml', no_cache=True, no_logo=True))",
        cwd=root,
    )


def loaded_by(code: str) -> set[str]:
    """Top-level packages that are loaded after `code` ran in a fresh interpreter."""
    result = python(code + "\nimport sys\nprint(*{name.split('.')[0] for name in sys.modules})")
    assert result.returncode == 0, result.stderr
    return set(result.stdout.splitlines()[-1].split())


def test_every_package_imports_only_downwards() -> None:
    result = check_contracts(REPOSITORY)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("sim/x.py", "pie.core"),
        ("retrieval/x.py", "pie"),
        ("finetune/x.py", "pie.flows"),
        ("sim/x.py", "retrieval"),
        ("retrieval/x.py", "finetune"),
        ("finetune/x.py", "sim"),
        ("pie/core/x.py", "pie.flows"),
        ("pie/core/x.py", "pie.cli"),
        ("pie/flows/x.py", "pie.cli"),
        ("pie/flows/x.py", "pie.compat"),
        ("pie/compat/x.py", "pie.cli"),
        ("pie/flows/x.py", "pie.rewards"),
        ("pie/rewards/x.py", "pie.compat"),
        ("pie/flows/x.py", "pie.api"),
        ("pie/api/x.py", "pie.cli"),
        ("pie/rewards/x.py", "pie.service"),
        ("pie/service/x.py", "pie.cli"),
        ("sim/x.py", "torch"),
        ("sim/x.py", "typer"),
    ],
)
def test_the_contracts_catch_an_import_upwards_or_sideways(
    tmp_path: Path, importer: str, imported: str
) -> None:
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    for package in (
        *(
            "pie",
            "pie/cli",
            "pie/service",
            "pie/compat",
            "pie/rewards",
            "pie/api",
            "pie/flows",
            "pie/core",
        ),
        *("sim", "retrieval", "finetune"),
    ):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / importer).write_text(f"def later() -> None:\n    import {imported}\n")
    result = check_contracts(tmp_path)
    assert result.returncode == 1
    assert "BROKEN" in result.stdout


def test_gem5_configs_import_nothing_of_the_project() -> None:
    for script in (REPOSITORY / "gem5_configs").rglob("*.py"):
        for node in ast.walk(ast.parse(script.read_text())):
            if isinstance(node, ast.Import):
                imported = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported = {(node.module or "").split(".")[0]}
            else:
                continue
            assert not imported & PROJECT, f"{script}:{node.lineno}"


@pytest.mark.parametrize("engine", ["sim", "retrieval", "finetune"])
def test_an_engine_loads_alone_and_light(engine: str) -> None:
    loaded = loaded_by(f"import {engine}")
    assert not loaded & (PROJECT - {engine})
    assert not loaded & (HEAVY | {"typer", "rich"})


def test_help_loads_nothing_heavy() -> None:
    loaded = loaded_by(
        "import sys\n"
        "sys.argv = ['pie', '--help']\n"
        "from pie.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as exit:\n    assert not exit.code"
    )
    assert not loaded & (HEAVY | {"pydantic", "jinja2", "yaml"})


@pytest.mark.parametrize("package", ["pie", "sim", "retrieval", "finetune"])
def test_type_checkers_of_users_see_the_types(package: str) -> None:
    assert (REPOSITORY / package / "py.typed").is_file()
