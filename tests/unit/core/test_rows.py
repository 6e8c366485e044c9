"""A line of a pairs file: what is a row, what is left out and why, and what survives."""

import json
from pathlib import Path
from typing import Any

import pytest

from pie.core.problem import InputError, RowProblem
from pie.core.rows import InlineTest, parse_row, read_lines
from sim.program import Language

ROW: dict[str, Any] = {
    "src_id": "s1",
    "tgt_id": "s2",
    "problem_id": "p00000",
    "src_code": "int main() {}",
    "tgt_code": "int main() { return 0; }",
    "tests": [0, 2],
}


def line(**changes: Any) -> bytes:
    return json.dumps({**ROW, **changes}).encode()


def without(field: str) -> bytes:
    return json.dumps({name: value for name, value in ROW.items() if name != field}).encode()


def complaint(data: bytes) -> str:
    with pytest.raises(RowProblem) as caught:
        parse_row(data)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_row_of_pie_is_read() -> None:
    row = parse_row(line())
    assert (row.problem_id, row.src_id, row.tgt_id) == ("p00000", "s1", "s2")
    assert row.language is Language.CPP
    assert row.tests == (0, 2)
    assert [one.source for one in row.programs()] == [ROW["src_code"], ROW["tgt_code"]]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"int main() {}", "the line is not JSON"),
        (b'{"problem_id": "p"', "the line is not JSON"),
        (b'{"src_code": "caf\xe9"}', "the line is not UTF-8 (byte 18)"),
        (b"[1, 2]", "the line is not a JSON object"),
        (b"null", "the line is not a JSON object"),
        (b"[" * 100_000, "the line is not JSON"),
        (b"9" * 5_000, "the line is not JSON"),
        (without("problem_id"), "the field problem_id is missing"),
        (without("src_code"), "the field src_code is missing"),
        (without("tgt_code"), "the field tgt_code is missing"),
        (without("tests"), "the field tests is missing"),
        (line(problem_id=""), "problem_id is empty"),
        (line(problem_id=7.5), "problem_id is neither a string nor an integer"),
        (line(src_code=None), "src_code is not a string"),
        (line(tgt_code=["a"]), "tgt_code is not a string"),
        (line(src_id=1.5), "src_id is neither a string nor an integer"),
        (line(tests=[]), "tests is empty"),
        (line(tests="0,1"), "tests is not a list"),
        (line(tests=[0, -1]), "tests[1] is negative"),
        (line(tests=[0.0]), "tests[0] is neither an index nor an object with input"),
        (line(tests=[True]), "tests[0] is neither an index nor an object with input"),
        (line(tests=["0"]), "tests[0] is neither an index nor an object with input"),
        (line(tests=[0, {"input": "1"}]), "tests[1] has no output"),
        (line(tests=[{"input": 1, "output": "1"}]), "tests[0] has an input that is not a string"),
        (line(tests=[1, 1]), "tests lists an index twice"),
        (line(generated_answers=["", 1]), "generated_answers[1] is not a string"),
        (
            line(generated_answers={"0": "x"}),
            "generated_answers is neither a list of programs nor a string",
        ),
        (line(language=3), "language is not a string"),
    ],
)
def test_a_malformed_line_is_told_in_one_sentence(data: bytes, reason: str) -> None:
    assert complaint(data).startswith(reason)


@pytest.mark.parametrize(
    "name", ["cpp", "C++", "c++17", "GNU C++17", "C++14 (GCC 5.4.1)", "C", "cxx", " cpp "]
)
def test_the_names_that_data_sets_give_to_cpp_are_known(name: str) -> None:
    assert parse_row(line(language=name)).language is Language.CPP


@pytest.mark.parametrize(
    "name", ["python", "Python 3", "Python3 (3.8.2)", "py", "PyPy3", "python3"]
)
def test_the_names_that_data_sets_give_to_python_are_known(name: str) -> None:
    assert parse_row(line(language=name)).language is Language.PYTHON


@pytest.mark.parametrize("name", ["rust", "C#", "Objective-C", "", "cppp", "java", "cython"])
def test_a_language_that_cannot_be_measured_is_named(name: str) -> None:
    assert complaint(line(language=name)).startswith(f"language is {name!r}")


def test_inline_tests_carry_input_and_output() -> None:
    row = parse_row(line(tests=[{"input": "1\n", "output": "2\n", "comment": "ignored"}]))
    assert row.tests == (InlineTest(input="1\n", output="2\n"),)


@pytest.mark.parametrize(
    ("answers", "programs"),
    [
        (None, ()),
        ([], ()),
        (["a", "b"], ("a", "b")),
        (["a", None], ("a", "")),
        ("int main() {}", ("int main() {}",)),
        ("['a', \"b\\n\"]", ("a", "b\n")),
        (" ['a'] ", ("a",)),
        ("[1, 2]", ("[1, 2]",)),
        ("[&](int x) { return x; }", ("[&](int x) { return x; }",)),
        ("['torn", ("['torn",)),
        ("", ("",)),
    ],
)
def test_generated_answers_come_as_list_as_text_of_a_list_or_as_one_program(
    answers: object, programs: tuple[str, ...]
) -> None:
    assert parse_row(line(generated_answers=answers)).generations == programs


def test_a_row_without_generated_answers_has_none() -> None:
    assert parse_row(line()).generations == ()


def test_unknown_fields_survive() -> None:
    fields = {"fastest_agg_runtime": 0.25, "nested": {"deep": [1, None, "é"]}}
    assert parse_row(line(**fields)).fields == {**ROW, **fields}


def test_ids_may_be_numbers_and_stay_what_they_were_in_the_fields() -> None:
    row = parse_row(line(src_id=17, tgt_id=None))
    assert (row.src_id, row.tgt_id) == ("17", None)
    assert row.fields["src_id"] == 17


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_json_does_not_know_becomes_null(number: str) -> None:
    data = line(target_reward=0).replace(
        b'"target_reward": 0', f'"target_reward": {number}'.encode()
    )
    assert parse_row(data).fields["target_reward"] is None
    json.dumps(parse_row(data).fields, allow_nan=False)


def read(path: Path) -> list[tuple[int, bytes]]:
    return [(one.number, one.data) for one in read_lines(path)]


def test_blank_lines_are_passed_over_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n{}\n  \n\t\r\n[]")
    assert read(path) == [(2, b"{}\n"), (5, b"[]")]


def test_a_byte_order_mark_and_carriage_returns_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + line() + b"\r\n" + line(src_id="s9") + b"\r\n")
    rows = [parse_row(one.data) for one in read_lines(path)]
    assert [row.src_id for row in rows] == ["s1", "s9"]


def test_a_line_knows_where_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\xef\xbb\xbf{}\n\n{} \n")
    data = path.read_bytes()
    assert [data[one.offset :].splitlines()[0] for one in read_lines(path)] == [
        b"\xef\xbb\xbf{}",
        b"{} ",
    ]


def test_a_missing_file_and_a_folder_are_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.jsonl does not exist; check the path"):
        read(tmp_path / "gone.jsonl")
    with pytest.raises(InputError, match=r"cannot be read \(Is a directory\)"):
        read(tmp_path)


@pytest.mark.parametrize("data", [b"int", b'{"a": 1,}', b"[" * 100_000, b"9" * 5_000])
def test_what_is_not_json_is_told_without_a_line_number_inside_the_line(data: bytes) -> None:
    assert "line 1" not in complaint(data)
    assert "sys." not in complaint(data)


@pytest.mark.parametrize("data", [b'{"a": 1, "b": 2, "b": 2}', b'{"a": {"b": 1, "b": 2}}'])
def test_a_key_that_stands_twice_is_named(data: bytes) -> None:
    assert complaint(data) == "the key 'b' stands twice"


def test_a_numeric_problem_is_taken_as_its_text() -> None:
    row = parse_row(line(problem_id=7))
    assert row.problem_id == "7"
    assert row.fields["problem_id"] == 7
