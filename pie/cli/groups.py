"""Options that belong together: a dataclass whose fields are options of a command."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from inspect import Parameter
from typing import Any, get_type_hints


def grouped(command: Callable[..., int]) -> Callable[..., int]:
    """Give every field of a parameter that is a dataclass an option of its own.

    The command is called with the dataclass made of them, so that what belongs together is written
    once and handed on as one value. A field may be such a dataclass itself. Its type and default
    are the option's; its words are those of `Annotated`.
    """
    signature = inspect.signature(command, eval_str=True)
    groups = {
        name: one.annotation
        for name, one in signature.parameters.items()
        if is_dataclass(one.annotation)
    }

    @wraps(command)
    def called(**given: Any) -> int:
        values = {name: _made(kind, given) for name, kind in groups.items()}
        return command(**values, **given)

    flat = [option for one in signature.parameters.values() for option in _options(one)]
    called.__signature__ = signature.replace(parameters=flat)  # type: ignore[attr-defined]
    called.__annotations__ = {one.name: one.annotation for one in flat} | {"return": int}
    return called


def _options(one: Parameter) -> Iterator[Parameter]:
    if not is_dataclass(one.annotation):
        yield one.replace(kind=Parameter.KEYWORD_ONLY)
        return
    kinds = get_type_hints(one.annotation, include_extras=True)
    for field in fields(one.annotation):
        default = Parameter.empty if field.default is MISSING else field.default
        yield from _options(
            Parameter(
                field.name, Parameter.KEYWORD_ONLY, default=default, annotation=kinds[field.name]
            )
        )


def _made(kind: Any, given: dict[str, Any]) -> Any:
    """Return the dataclass made of what was given; its values are taken out."""
    kinds = get_type_hints(kind)
    values = {
        field.name: _made(kinds[field.name], given)
        if is_dataclass(kinds[field.name])
        else given.pop(field.name)
        for field in fields(kind)
    }
    return kind(**values)
