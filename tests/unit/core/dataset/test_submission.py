"""What becomes a submission, what is left out, and under which reason."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pie.core.dataset.submission import LONGEST_CODE, Dropped, Wanted, check, check_code
from pie.core.problem import RowProblem
from sim.program import Language

GOOD = {
    "submission_id": "s1",
    "problem_id": "p00001",
    "user_id": "u1",
    "date": "1600000000",
    "language": "C++",
    "status": "Accepted",
    "cpu_time": "20",
}


def dropped(fields: dict[str, Any], wanted: Wanted | None = None) -> str:
    with pytest.raises(Dropped) as caught:
        check({**GOOD, **fields}, wanted or Wanted())
    return str(caught.value)


def complaint(fields: dict[str, Any]) -> str:
    with pytest.raises(RowProblem) as caught:
        check({**GOOD, **fields}, Wanted())
    return str(caught.value)


def test_a_line_of_codenet_is_taken() -> None:
    taken = check(GOOD, Wanted())
    assert (taken.submission_id, taken.date, taken.cpu_time_ms) == ("s1", 1600000000, 20.0)
    assert taken.language == "cpp"


@pytest.mark.parametrize("status", ["Wrong Answer", "Time Limit Exceeded", "WA: Accepted"])
def test_what_the_platform_refused_is_not_wanted(status: str) -> None:
    assert dropped({"status": status}) == "not_accepted"


@pytest.mark.parametrize("language", ["C", "Python", "C#", "gnu c11", "C (GCC 9.2.1)"])
def test_other_languages_are_not_wanted_and_c_is_one(language: str) -> None:
    assert dropped({"language": language}) == "other_language"


def test_c_and_python_are_taken_when_asked_for() -> None:
    assert check({**GOOD, "language": "C"}, Wanted(plain_c=True)).language == "cpp"
    python = check({**GOOD, "language": "PyPy3"}, Wanted(Language.PYTHON))
    assert python.language == "python"


@pytest.mark.parametrize("name", ["submission_id", "problem_id", "user_id", "date", "status"])
@pytest.mark.parametrize("value", [None, "", "  ", float("nan")])
def test_a_missing_value_is_named(name: str, value: Any) -> None:
    assert complaint({name: value}) == f"{name} is missing"


@pytest.mark.parametrize("name", ["../../etc", "a/b", "..", "a\nb", "\u4e00" * 100])
def test_an_identifier_that_leads_out_of_a_folder_is_refused(name: str) -> None:
    assert "cannot be the name of a file" in complaint({"problem_id": name})


def test_dates_of_all_kinds_are_seconds() -> None:
    moment = datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)
    for date in ("1600000000", 1600000000, 1.6e9, "2020-09-13T12:26:40", moment):
        assert check({**GOOD, "date": date}, Wanted()).date == 1600000000
    assert "neither seconds" in complaint({"date": "yesterday"})
    assert "beyond all times" in complaint({"date": "9" * 30})
    assert "neither seconds" in complaint({"date": "inf"})


def test_an_unknown_cpu_time_is_none() -> None:
    for value in (None, "", "nan", "fast", "0", "inf"):
        assert check({**GOOD, "cpu_time": value}, Wanted()).cpu_time_ms is None


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (b"\xff\xfe", "code_not_utf8"),
        ("\udc80", "code_not_utf8"),
        (" \n", "code_empty"),
        (b"a" * (LONGEST_CODE + 1), "code_too_long"),
    ],
)
def test_a_program_that_cannot_be_used_has_a_reason(code: bytes | str, reason: str) -> None:
    with pytest.raises(Dropped, match=reason):
        check_code(code)


def test_line_ends_become_plain() -> None:
    assert check_code(b"int a;\r\nint b;\n") == "int a;\nint b;\n"


@pytest.mark.parametrize("name", ["submission_id", "problem_id", "user_id"])
@pytest.mark.parametrize("value", [["s1"], {"id": "s1"}, True, b"s1", 1.5, 1e300])
def test_an_id_that_is_no_text_and_no_whole_number_is_told(name: str, value: Any) -> None:
    assert complaint({name: value}) == f"{name} is neither a text nor a whole number"


def test_a_whole_number_is_an_id_also_as_pandas_writes_it() -> None:
    assert check({**GOOD, "submission_id": 7, "user_id": 8.0}, Wanted()).user_id == "8"


@pytest.mark.parametrize("name", ["status", "language"])
def test_a_list_is_no_status_and_no_language(name: str) -> None:
    assert complaint({name: ["Accepted"]}) == f"{name} is not a text"
