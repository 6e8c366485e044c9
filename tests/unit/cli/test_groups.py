"""Options that are one value of a flow: each field is an option, and nothing is passed by hand."""

from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Any, get_type_hints

import pytest
import typer
from typer.testing import CliRunner

from pie.cli.exits import told
from pie.cli.generation import options
from pie.cli.groups import grouped
from pie.core.models import ModelOptions
from pie.flows.generation import settings
from pie.flows.generation.options import model_options


@dataclass(frozen=True)
class Inner:
    depth: Annotated[int, typer.Option("--depth", min=1)] = 3


@dataclass(frozen=True)
class Outer:
    name: Annotated[str, typer.Option("--name")]
    inner: Inner
    share: Annotated[float | None, typer.Option("--share")] = None


def run(*arguments: str) -> tuple[int, list[Any]]:
    app = typer.Typer()
    got: list[Any] = []

    @app.command()
    @told
    @grouped
    def command(
        outer: Outer, row: Annotated[int, typer.Option("--row")] = 1, *, loud: bool = False
    ) -> int:
        got.extend([outer, row, loud])
        return 0

    return CliRunner().invoke(app, arguments).exit_code, got


def test_a_command_is_called_with_the_dataclass_of_its_options() -> None:
    assert run("--name", "x") == (0, [Outer("x", Inner(3), None), 1, False])
    given = ["--name", "x", "--depth", "5", "--share", "0.5", "--row", "2", "--loud"]
    assert run(*given) == (0, [Outer("x", Inner(5), 0.5), 2, True])


@pytest.mark.parametrize("wrong", [[], ["--name", "x", "--depth", "0"], ["--name", "x", "--no"]])
def test_what_an_option_must_be_holds_within_a_group(wrong: list[str]) -> None:
    assert run(*wrong) == (2, [])


@pytest.mark.parametrize(
    ("words", "plain"),
    [(options.Options, settings.Settings), (options.Backend, settings.Backend)],
)
def test_every_setting_has_the_words_of_an_option(words: type, plain: type) -> None:
    hints = get_type_hints(words, include_extras=True)
    assert is_dataclass(words)
    assert is_dataclass(plain)
    assert [one.name for one in fields(words)] == [one.name for one in fields(plain)]
    for field in fields(words):
        assert is_dataclass(hints[field.name]) or hints[field.name].__metadata__, field.name


def test_a_model_is_opened_with_every_option_of_a_backend() -> None:
    names = {one.name for one in fields(ModelOptions)} - {"base_url", "backoff_seconds"}
    assert {one.name for one in fields(settings.Backend)} == names
    backend = settings.Backend(timeout_seconds=2.0, body='{"top_k": 1}', dtype="fp16")
    opened = model_options(backend, "http://x")
    assert opened == ModelOptions("http://x", timeout_seconds=2.0, body={"top_k": 1}, dtype="fp16")
    assert model_options(settings.Backend(), "") == ModelOptions()
