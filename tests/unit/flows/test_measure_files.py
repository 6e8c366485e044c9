"""What `pie measure` is given: programs and inputs as people have them."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from pie.core.problem import InputError
from pie.flows.measure_files import filled, inputs, parameters, program_files


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def test_a_folder_stands_for_its_programs_and_a_pattern_for_what_fits(tmp_path: Path) -> None:
    touch(tmp_path, "b.cpp", "a.py", "notes.txt", "deep/c.cc")
    names = [one.name for one in program_files([tmp_path])]
    assert names == ["a.py", "b.cpp"]
    assert [one.name for one in program_files([tmp_path / "**/*.c*"])] == ["b.cpp", "c.cc"]


def test_a_file_whose_name_has_the_signs_of_a_pattern_is_a_file(tmp_path: Path) -> None:
    touch(tmp_path, "a[1].cpp")
    assert program_files([tmp_path / "a[1].cpp"]) == [tmp_path / "a[1].cpp"]


@pytest.mark.parametrize("name", ["empty", "*.cpp"])
def test_what_stands_for_no_program_is_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no program is in|no file fits"):
        program_files([tmp_path / name])


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("input.{}.txt", "output.{}.txt"),
        ("{}.in", "{}.out"),
        ("{}.in", "{}.ans"),
        ("sample-{}.in", "sample-{}.out"),
        ("in/{}.txt", "out/{}.txt"),
        ("sample_{}_in.txt", "sample_{}_out.txt"),
    ],
)
def test_a_folder_of_tests_is_read_in_the_order_of_numbers(
    tmp_path: Path, question: str, answer: str
) -> None:
    for number in (10, 9, 1):
        touch(tmp_path, question.format(number), answer.format(number), "README.md")
    found = inputs([], [], tmp_path)
    assert [one.name for one in found] == [question.format(number) for number in (1, 9, 10)]
    assert [one.expected for one in found] == [
        answer.format(number).encode() for number in (1, 9, 10)
    ]


def test_a_folder_without_tests_is_one_sentence(tmp_path: Path) -> None:
    touch(tmp_path, "1.in")
    with pytest.raises(InputError, match=r"no test is in the folder .* input\.1\.txt"):
        inputs([], [], tmp_path)


def test_standard_input_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"1 2\n")))
    (one,) = inputs([Path("-")], [])
    assert (one.name, one.text, one.expected) == ("standard input", b"1 2\n", None)
    with pytest.raises(InputError, match="can be read once"):
        inputs([Path("-")], [Path("-")])


def test_parameters_are_combined() -> None:
    assert parameters(["O=2,3", "N=a"]) == [{"O": "2", "N": "a"}, {"O": "3", "N": "a"}]
    assert parameters([]) == [{}]
    assert filled("-O{O} -D{N} {other}", {"O": "2", "N": "a"}) == "-O2 -Da {other}"


@pytest.mark.parametrize("text", ["O", "=1", "O=", "O=1,,2", "O-=1"])
def test_what_is_no_parameter_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not NAME=a,b,c"):
        parameters([text])
    with pytest.raises(InputError, match="twice"):
        parameters(["O=1", "O=2"])
