"""A recipe: everything that decides what is trained, read from YAML and checked."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from finetune.errors import FinetuneError
from finetune.kinds import KINDS, Recipe, Settings

SHIPPED = Path(__file__).parent / "recipes"


def shipped() -> list[str]:
    """Return the names of the recipes that come with the toolkit."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def path_of(name: str) -> Path:
    """Return the file of a recipe: a path, or the name of a shipped one; FinetuneError if none."""
    if name in shipped():
        return SHIPPED / f"{name}.yaml"
    path = Path(name)
    if path.is_file():
        return path
    near = difflib.get_close_matches(name, shipped(), 1, 0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    raise FinetuneError(
        f"there is no recipe {name}", f"{hint}give a YAML file or one of {', '.join(shipped())}"
    )


def load(name: str, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read a recipe, replace some of its fields and check it; FinetuneError says what is wrong.

    A name with a dot, as `lora.rank`, is a field of a section.
    """
    path = path_of(name)
    document: Any
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise FinetuneError(f"the recipe {path} is not UTF-8", "save it as UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark else ""
        raise FinetuneError(f"the recipe {path} is not YAML{place}", "mend its syntax") from error
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise FinetuneError(f"the recipe {path} is not a list of `key: value`", "see the shipped")
    for field, value in (overrides or {}).items():
        *sections, key = field.split(".")
        within: dict[Any, Any] = document
        for section in sections:
            inner = within.get(section)
            within[section] = dict(inner) if isinstance(inner, Mapping) else {}
            within = within[section]
        within[key] = value
    return parse(document, str(path))


def settings(words: Iterable[str]) -> dict[str, Any]:
    """Return the fields that `KEY=VALUE` words name, with values as in YAML; FinetuneError if none.

    A name with a dot, as `lora.rank`, is a field of a section.
    """
    made: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.strip():
            raise FinetuneError(
                f"--set {word!r} is no KEY=VALUE", "give for example --set learning_rate=2e-5"
            )
        if name.strip() in made:
            raise FinetuneError(f"--set names {name.strip()} twice", "name each key once")
        try:
            made[name.strip()] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise FinetuneError(
                f"the value of --set {word!r} is not YAML", "quote it, or check its brackets"
            ) from error
    return made


def parse(document: Mapping[str, Any], place: str = "the recipe") -> Settings:
    """Check a recipe that was read elsewhere; `objective` says which kind it is (default: sft)."""
    objective = document.get("objective", "sft")
    kind = KINDS.get(objective) if isinstance(objective, str) else None
    if kind is None:
        raise FinetuneError(
            f"the recipe {place} has the unknown objective {objective!r}",
            f"choose one of {', '.join(KINDS)}",
        )
    unknown = next(_unknown(document, kind, ""), None)
    if unknown is not None:
        key, near = unknown
        hint = f"did you mean {near}?" if near else "remove it"
        raise FinetuneError(f"the recipe {place} has the unknown key {key}", hint)
    try:
        return kind.model_validate(dict(document))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = ".".join(str(part) for part in first["loc"] if part not in ("literal['all-linear']",))
        said = first["msg"].removeprefix("Value error, ")
        what = f"{key} cannot be {first['input']!r} ({said})" if key else said
        raise FinetuneError(f"the recipe {place} cannot be used: {what}", "mend it") from error


def _unknown(
    document: Mapping[Any, Any], model: type[BaseModel], prefix: str
) -> Iterator[tuple[str, str]]:
    """Yield each key that the model does not have, with the nearest that it has."""
    for key, value in document.items():
        field = model.model_fields.get(str(key))
        if field is None:
            near = difflib.get_close_matches(str(key), model.model_fields, 1, 0.5)
            yield f"{prefix}{key}", f"{prefix}{near[0]}" if near else ""
        elif isinstance(value, Mapping) and isinstance(field.annotation, type):
            yield from _unknown(value, field.annotation, f"{prefix}{key}.")


def supervised(recipe: Settings) -> Recipe:
    """Return a recipe that is one of supervised fine-tuning; FinetuneError for another."""
    if not isinstance(recipe, Recipe):
        raise FinetuneError(
            f"the recipe's objective is {_objective(recipe)}, and this trains by sft",
            "start it with the line that `pie finetune run --dry-run` gives",
        )
    return recipe


def _objective(recipe: Settings) -> str:
    return str(getattr(recipe, "objective", ""))
