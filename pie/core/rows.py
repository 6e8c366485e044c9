"""PIE's rows: read one at a time, checked, and kept whole, so that unknown fields survive."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from pie.core.encoding import refuse_utf16
from pie.core.problem import InputError, RowProblem
from sim.program import Language, Program

# The names that data sets use: "C++", "cpp", "C++14 (GCC 5.4.1)", "GNU C++17", "Python 3", "PyPy3".
# C is compiled as C++, as PIE does; "C#" and the like are other languages.
_CPP = re.compile(r"(?:gnu\s*)?c(?:\+\+|pp|xx|c)?(?:\s*[0-9][\w.]*)?(?:\s*\(.*\))?", re.IGNORECASE)
_PYTHON = re.compile(r"(?:c?python|py|pypy)(?:\s*[0-9][\w.]*)?(?:\s*\(.*\))?", re.IGNORECASE)


class InlineTest(BaseModel):
    """A test inside its row."""

    model_config = ConfigDict(extra="ignore")

    input: StrictStr
    output: StrictStr


class _RowModel(BaseModel):
    """What this toolkit needs of a row; everything else passes through."""

    model_config = ConfigDict(extra="ignore")

    problem_id: Annotated[StrictStr, Field(min_length=1)] | StrictInt
    src_code: StrictStr
    tgt_code: StrictStr
    tests: Annotated[list[Annotated[StrictInt, Field(ge=0)] | InlineTest], Field(min_length=1)]
    src_id: StrictStr | StrictInt | None = None
    tgt_id: StrictStr | StrictInt | None = None
    language: StrictStr = "cpp"
    generated_answers: list[StrictStr | None] | StrictStr | None = None


Role = Literal["src", "tgt", "generation"]
_PLAIN = {
    "string_type": "is not a string",
    "string_too_short": "is empty",
    "list_type": "is not a list",
    "too_short": "is empty",
}
"""What pydantic's kinds of errors are called here."""


@dataclass(frozen=True)
class Row:
    """One checked row: its programs and tests, and the fields it came with."""

    problem_id: str
    src_id: str | None
    tgt_id: str | None
    language: Language
    src_code: str
    tgt_code: str
    generations: tuple[str, ...]
    tests: tuple[int | InlineTest, ...]
    fields: Mapping[str, Any]
    """The row as it was read."""

    def programs(self) -> list[Program]:
        """Return source, target and generations, in this order."""
        texts = (self.src_code, self.tgt_code, *self.generations)
        return [Program(self.language, text) for text in texts]


@dataclass(frozen=True)
class Line:
    """One line of a file: where it is, and its bytes."""

    number: int
    offset: int
    data: bytes


def read_lines(path: Path, option: str = "--pairs") -> Iterator[Line]:
    """Yield the lines of a file that are not blank; InputError when it cannot be read.

    `option` is what named the file, for the remedy.
    """
    try:
        with path.open("rb") as file:
            offset = 0
            for number, data in enumerate(file, start=1):
                start, offset = offset, offset + len(data)
                if number == 1:
                    refuse_utf16(path, data[:4])
                    data = data.removeprefix(b"\xef\xbb\xbf")
                if data.strip():
                    yield Line(number, start, data)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist", f"check the path given to {option}") from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror})", "give a readable JSONL file"
        ) from error


def parse_object(data: bytes) -> dict[str, Any]:
    """Read one line as a JSON object; RowProblem says in one sentence what is wrong with it."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RowProblem(f"the line is not UTF-8 (byte {error.start + 1})") from error
    try:
        fields = json.loads(
            text, parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_object
        )
    except (ValueError, RecursionError) as error:
        raise RowProblem(f"the line is not JSON ({_why_not_json(error)})") from error
    if not isinstance(fields, dict):
        raise RowProblem("the line is not a JSON object")
    return fields


ANSWERS = "generated_answers"


def parse_row(data: bytes, answers: str = ANSWERS) -> Row:
    """Check one line; RowProblem says in one sentence what is wrong with it.

    `answers` names the field of the programs that are measured beside source and target; a text in
    another field than PIE's own is one program.
    """
    fields = parse_object(data)
    if answers != ANSWERS:
        given = fields.get(answers)
        fields[ANSWERS] = [given] if isinstance(given, str) else given
    try:
        model = _RowModel.model_validate(fields)
    except ValidationError as error:
        raise RowProblem(_first_complaint(error)) from error
    language = language_of(model.language)
    indices = [test for test in model.tests if isinstance(test, int)]
    if len(set(indices)) != len(indices):
        raise RowProblem("tests lists an index twice")
    return Row(
        problem_id=str(model.problem_id),
        src_id=None if model.src_id is None else str(model.src_id),
        tgt_id=None if model.tgt_id is None else str(model.tgt_id),
        language=language,
        src_code=model.src_code,
        tgt_code=model.tgt_code,
        generations=parse_answers(model.generated_answers),
        tests=tuple(model.tests),
        fields=fields,
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; RowProblem when a key stands twice, since one value would be lost."""
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _value in pairs]
        twice = next(key for at, key in enumerate(keys) if key in keys[:at])
        raise RowProblem(f"the key {twice[:40]!r} stands twice")
    return made


def _why_not_json(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, at character {error.pos + 1}"
    return "nested too deeply" if isinstance(error, RecursionError) else "a number is too long"


def _no_number(_name: str) -> None:
    """Take NaN and Infinity, which pandas writes for missing values, as null: JSON has neither."""


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def language_of(name: str) -> Language:
    """Return the language that a data set's name means; RowProblem for one of no use here."""
    if _CPP.fullmatch(name.strip()):
        return Language.CPP
    if _PYTHON.fullmatch(name.strip()):
        return Language.PYTHON
    raise RowProblem(f"language is {name[:40]!r}; C, C++ and Python can be measured")


def parse_answers(value: object) -> tuple[str, ...]:
    """Return the generated programs; PIE also writes the list as the text of a Python list.

    RowProblem for anything but a text, or a list of texts and nulls.
    """
    if value is None:
        return ()
    if isinstance(value, str):
        if value.lstrip().startswith("["):
            try:
                parsed = ast.literal_eval(value.strip())
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                return (value,)
            if isinstance(parsed, list) and all(isinstance(one, str) for one in parsed):
                return tuple(parsed)
        return (value,)
    if not isinstance(value, list) or not all(isinstance(one, str | None) for one in value):
        raise RowProblem("generated_answers is neither a text nor a list of texts")
    return tuple(one or "" for one in value)


def _first_complaint(error: ValidationError) -> str:
    """Say in plain words what is wrong with the first field that is."""
    all_of_them = error.errors(include_url=False, include_input=False, include_context=False)
    first = all_of_them[0]
    field, *below = first["loc"] or ("the row",)
    kinds = [one["type"] for one in all_of_them if one["loc"][:1] == first["loc"][:1]]
    if first["type"] == "missing" and not below:
        return f"the field {field} is missing"
    if field in ("src_id", "tgt_id", "problem_id") and "string_too_short" not in kinds:
        return f"{field} is neither a string nor an integer"
    if field == "generated_answers":
        return _about_answers(all_of_them)
    if field == "tests" and below:
        same = [one for one in all_of_them if one["loc"][:2] == first["loc"][:2]]
        return f"{field}[{below[0]}] {_about_test(same)}"
    return f"{field} {_PLAIN.get(first['type'], 'cannot be used')}"


def _about_test(errors: Sequence[Any]) -> str:
    """Say what is wrong with one entry of `tests`, which is an index or an object."""
    inside = [one for one in errors if len(one["loc"]) > 3]
    if inside:
        name = inside[0]["loc"][3]
        missing = inside[0]["type"] == "missing"
        return f"has no {name}" if missing else f"has an {name} that is not a string"
    if any(one["type"] == "greater_than_equal" for one in errors):
        return "is negative"
    return "is neither an index nor an object with input and output"


def _about_answers(errors: Sequence[Any]) -> str:
    places = [part for one in errors for part in one["loc"] if isinstance(part, int)]
    if places:
        return f"generated_answers[{places[0]}] is not a string"
    return "generated_answers is neither a list of programs nor a string"
