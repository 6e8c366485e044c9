"""One submission of a programmer to a problem, checked as it comes in."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from pie.core.problem import RowProblem
from pie.core.rows import language_of
from sim.program import Language

NEEDED = ("submission_id", "problem_id", "user_id", "date", "language", "status")
"""Columns of CodeNet's tables that a submission cannot do without."""
KNOWN = (*NEEDED, "cpu_time", "code")
ACCEPTED = frozenset({"accepted", "ac", "ok", "true"})
"""What a status is called, in lower case, when the platform took the program."""
LONGEST_CODE = 65_536
"""Bytes; AtCoder takes 64 KiB. Longer ones hold tables of results rather than programs."""

# C has a name of its own in CodeNet. PIE's data is of what is submitted as C++.
_PLAIN_C = re.compile(r"(?:gnu\s*)?c(?:\s*[0-9]\w*)?(?:\s*\(.*\))?", re.IGNORECASE)


class Dropped(Exception):
    """A submission that is not wanted, by the name of the reason; no fault of the file."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which submissions are taken."""

    language: Language = Language.CPP
    plain_c: bool = False
    """Also what is submitted as C; it is compiled as C++."""


@dataclass(frozen=True, slots=True)
class Submission:
    """An accepted program. Ordered in time by (date, submission_id)."""

    problem_id: str
    user_id: str
    submission_id: str
    date: int
    """Seconds since 1970, UTC."""
    language: str
    code: str
    cpu_time_ms: float | None = None
    """As the platform stated it; PIE A.9 found factors of 2.44 between identical programs."""

    def as_row(self) -> dict[str, Any]:
        return asdict(self)


def check(fields: Mapping[str, Any], wanted: Wanted) -> Submission:
    """Return a submission without its code; Dropped when it is not wanted, RowProblem when broken.

    Identifiers become safe as the name of a folder: they are part of paths later.
    """
    for name in NEEDED:
        if _empty(fields.get(name)):
            raise RowProblem(f"{name} is missing")
    for name in ("status", "language"):
        if not isinstance(fields[name], str | int):
            raise RowProblem(f"{name} is not a text")
    if str(fields["status"]).strip().lower() not in ACCEPTED:
        raise Dropped("not_accepted")
    named = str(fields["language"]).strip()
    try:
        language = language_of(named)
    except RowProblem as error:
        raise Dropped("other_language") from error
    if language is not wanted.language or (not wanted.plain_c and _PLAIN_C.fullmatch(named)):
        raise Dropped("other_language")
    return Submission(
        problem_id=_name(fields, "problem_id"),
        user_id=_name(fields, "user_id"),
        submission_id=_name(fields, "submission_id"),
        date=_date(fields["date"]),
        language=language.value,
        code="",
        cpu_time_ms=_number(fields.get("cpu_time")),
    )


def check_code(code: bytes | str) -> str:
    """Return a program's text with plain line ends; Dropped by reason when it cannot be used."""
    size = len(code)
    if size > LONGEST_CODE:
        raise Dropped("code_too_long")
    if isinstance(code, bytes):
        try:
            code = code.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Dropped("code_not_utf8") from error
    try:
        code.encode("utf-8")
    except UnicodeEncodeError as error:  # a lone surrogate, which JSON can hold
        raise Dropped("code_not_utf8") from error
    if not code.strip():
        raise Dropped("code_empty")
    return code.replace("\r\n", "\n")


def safe_name(text: str) -> bool:
    """Whether a text can be the name of a file or folder, and no way out of it."""
    if text in ("", ".", "..") or "/" in text or not text.isprintable():
        return False
    return len(text.encode("utf-8", "replace")) <= 200


def _empty(value: object) -> bool:
    missing = value is None or (isinstance(value, float) and math.isnan(value))
    return missing or not str(value).strip()


def _name(fields: Mapping[str, Any], key: str) -> str:
    value = fields[key]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)  # pandas, where a column has gaps
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RowProblem(f"{key} is neither a text nor a whole number")
    text = str(value).strip()
    if not safe_name(text):
        raise RowProblem(f"{key} {text[:40]!r} cannot be the name of a file")
    return text


def _date(value: object) -> int:
    """Return seconds since 1970 of a number of seconds or of an ISO 8601 date (UTC if unsaid)."""
    seconds = _seconds(value)
    if abs(seconds) > 2**53:
        raise RowProblem(f"date {str(value)[:40]!r} is beyond all times")
    return seconds


def _seconds(value: object) -> int:
    if isinstance(value, datetime):
        moment = value
    else:
        text = str(value).strip()
        try:
            return int(text)
        except ValueError:
            pass
        try:
            return int(float(text))
        except (ValueError, OverflowError):
            pass
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise RowProblem(
                f"date {text[:40]!r} is neither seconds since 1970 nor ISO 8601"
            ) from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _number(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None
