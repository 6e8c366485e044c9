"""A strategy: which requests a model gets, in which order, and which programs are kept.

It is a YAML file, and its prompts are Jinja templates. A system is one file and its templates:

    name: reflect-and-retry
    source: where it was published
    conversation: false         # true: a role's messages so far stand before each request
    system: ""                  # the system message of a chat; may name {{ fence }}
    first: {edit: NAME, generate: NAME}   # the template that asks for the first program, if any
    rounds: 3                   # how often steps with `repeat: rounds` are done
    shows: [profile]            # profile, memory_profile, patterns: made only where they are shown
    steps:
      - name: repair
        when: wrong             # always, correct, wrong: what the kept program must be
        repeat: rounds          # a number, or `rounds`
        keep: correct           # latest, correct, faster: which answer takes the kept one's place
        requests:
          - {role: coder, template: NAME, gives: text, as: plan}
          - {role: coder, template: NAME, gives: program, samples: 1}

A template's name is that of a file beside the YAML file, or of a shipped one, without `.j2`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pie.core.problem import InputError

SHIPPED = Path(__file__).parent / "strategies"


class Gives(StrEnum):
    """What an answer is read for."""

    PROGRAM = "program"
    TEXT = "text"
    """Taken whole, under the name that `as` gives."""
    REVIEW = "review"
    """Begins with [Agree] or [Disagree]; its words are the `comment`, its side the `decision`."""


class When(StrEnum):
    """What the program that a step starts from must be; else the step is passed over."""

    ALWAYS = "always"
    CORRECT = "correct"
    WRONG = "wrong"


class Keep(StrEnum):
    """Which of a step's programs takes the place of the one that was kept."""

    LATEST = "latest"
    """The last one, whatever it is; an answer without a program changes nothing."""
    CORRECT = "correct"
    """One that passes the public tests where the kept one does not, or that is faster."""
    FASTER = "faster"
    """One that passes the public tests and costs less than the kept one."""


class Shows(StrEnum):
    """What is made only for a template that shows it."""

    PROFILE = "profile"
    """Cost by line."""
    MEMORY_PROFILE = "memory_profile"
    """Memory by line."""
    PATTERNS = "patterns"
    """Edits of other problems' programs, from an index (`--index`); none without one."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Ask(_Strict):
    """One request of a step."""

    role: str = "coder"
    template: str
    gives: Gives = Gives.PROGRAM
    name: Annotated[str, Field(alias="as", pattern="^[a-z_]+$")] = "text"
    samples: Annotated[int, Field(ge=1, le=64)] = 1
    """Answers to it, asked at once; more than one only of programs."""

    @model_validator(mode="after")
    def _samples_of_programs(self) -> Ask:
        if self.samples > 1 and self.gives is not Gives.PROGRAM:
            raise ValueError(f"samples: {self.samples} is for requests that give programs")
        return self


class Step(_Strict):
    """Requests that belong together; each repetition is one iteration of the refinement."""

    name: str
    when: When = When.ALWAYS
    repeat: Annotated[int, Field(ge=1, le=100)] | Literal["rounds"] = 1
    keep: Keep = Keep.FASTER
    requests: Annotated[tuple[Ask, ...], Field(min_length=1)]


class First(_Strict):
    """How the first program is asked for; a mode without a template starts from what is given."""

    edit: str | None = None
    generate: str | None = None


class Strategy(_Strict):
    """A whole strategy."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9+._-]*$")]
    source: str = ""
    conversation: bool = False
    system: str = ""
    first: First = First()
    rounds: Annotated[int, Field(ge=1, le=100)] = 1
    shows: tuple[Shows, ...] = ()
    select: str = "kept"
    """The selection function that makes the `versions` which templates may show."""
    beam: Annotated[int, Field(ge=1, le=64)] = 1
    stop_when_unchanged: bool = False
    """End a task after an iteration without a new program."""
    steps: tuple[Step, ...]

    @property
    def profiles(self) -> bool:
        """Whether templates show a profile."""
        return not {Shows.PROFILE, Shows.MEMORY_PROFILE}.isdisjoint(self.shows)

    def templates(self) -> Iterator[str]:
        """Yield the name of every template, in the order of use."""
        yield from (one for one in (self.first.edit, self.first.generate) if one)
        yield from (request.template for step in self.steps for request in step.requests)

    def iterations(self, rounds: int | None = None) -> int:
        """Return how many iterations a task has at most."""
        rounds = rounds or self.rounds
        return sum(rounds if one.repeat == "rounds" else one.repeat for one in self.steps)

    def repeats(self, rounds: int | None = None) -> Iterator[Step]:
        """Yield the steps in their order, each as often as it is repeated."""
        for step in self.steps:
            times = (rounds or self.rounds) if step.repeat == "rounds" else step.repeat
            for _time in range(times):
                yield step


def shipped() -> list[str]:
    """Return the names of the strategies that come with the toolkit."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def load(name: str) -> tuple[Strategy, Path]:
    """Read a strategy by name or path; return it with the folder where its templates may be.

    InputError says in one sentence what is wrong with it.
    """
    path = _path_of(name)
    try:
        document: Any = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"the strategy {path} cannot be read ({error})", "give a readable file in UTF-8"
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark else ""
        raise InputError(f"the strategy {path} is not YAML{place}", "mend its syntax") from error
    try:
        return Strategy.model_validate(document), path.parent
    except ValidationError as error:
        raise InputError(
            f"the strategy {path} cannot be used: {_complaint(error)}",
            "see the head of pie/core/refinement/strategy.py for what a strategy holds",
        ) from error


def _path_of(name: str) -> Path:
    if name in shipped():
        return SHIPPED / f"{name}.yaml"
    path = Path(name)
    if path.is_file():
        return path
    near = difflib.get_close_matches(name, shipped(), 1, 0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    raise InputError(
        f"there is no strategy {name}", f"{hint}give a YAML file or one of {', '.join(shipped())}"
    )


def _complaint(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    words = str(first["msg"]).removeprefix("Value error, ")
    return f"{place}: {words}" if place else words
