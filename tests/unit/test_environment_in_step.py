"""pyproject.toml, environment.yml and constraints.txt name the same dependencies."""

import re
import tomllib
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[2]
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base"}
EXTRAS_FOR_GPUS = ("vllm", "qlora", "liger")  # useless on a computer without one, so not in `all`
EXTRAS_OF_USERS = ("data", "retrieval", "finetune", "models", "serve", "plots", "notebooks", "dask")


def split(requirement: str) -> tuple[str, str]:
    """`torch>=2.6` to (`torch`, `>=2.6`), the name as registries compare it."""
    match = re.fullmatch(r"([A-Za-z0-9._-]+)\s*(.*)", requirement)
    assert match, requirement
    return re.sub(r"[._-]+", "-", match[1]).lower(), match[2]


def project() -> dict[str, object]:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]


def pip_requirements(*extras: str) -> dict[str, str]:
    optional = project()["optional-dependencies"]
    lists = [project()["dependencies"], *(optional[extra] for extra in extras)]
    return dict(split(requirement) for group in lists for requirement in group)


def conda_requirements() -> dict[str, str]:
    dependencies = yaml.safe_load((REPOSITORY / "environment.yml").read_text())["dependencies"]
    flat: list[str] = []
    for dependency in dependencies:
        flat += dependency["pip"] if isinstance(dependency, dict) else [dependency]
    return {name: bound for name, bound in map(split, flat) if name != "pip"}


def test_conda_users_get_the_same_dependencies_with_the_same_bounds() -> None:
    expected = {
        CONDA_NAMES.get(name, name): bound
        for name, bound in pip_requirements(*EXTRAS_OF_USERS).items()
    }
    expected["python"] = project()["requires-python"]
    assert conda_requirements() == expected


def test_one_library_has_one_bound_in_all_extras() -> None:
    bounds: dict[str, set[str]] = {}
    for extra in EXTRAS_OF_USERS:
        for name, bound in pip_requirements(extra).items():
            bounds.setdefault(name, set()).add(bound)
    assert {name: found for name, found in bounds.items() if len(found) > 1} == {}


def test_all_is_every_extra_that_any_computer_can_use() -> None:
    optional = project()["optional-dependencies"]
    assert set(optional) == {*EXTRAS_OF_USERS, *EXTRAS_FOR_GPUS, "dev", "all"}
    assert optional["all"] == [f"{project()['name']}[{','.join(EXTRAS_OF_USERS)}]"]


def test_every_dependency_is_pinned_to_one_version() -> None:
    lines = (REPOSITORY / "constraints.txt").read_text().splitlines()
    pins = dict(split(line) for line in lines if not line.startswith("#"))
    assert all(re.fullmatch(r"==[0-9][0-9a-z.]*", bound) for bound in pins.values())
    assert pins["torch"] == "==2.13.0"
    assert set(pip_requirements(*EXTRAS_OF_USERS, "dev")) <= set(pins)
