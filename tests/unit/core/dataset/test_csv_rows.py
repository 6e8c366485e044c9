"""Broken lines of a CSV file are told, and the others are read."""

from pathlib import Path

import pytest

from pie.core.dataset.csv_rows import read_csv
from pie.core.problem import InputError


def table(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_broken_lines_do_not_take_others_along(tmp_path: Path) -> None:
    found = list(read_csv(table(tmp_path, 'a,b\n1,2\n3\n4,5,6\n"7"x,8\n\n9,10\n')))
    assert [dict(one.fields) for one in found if not one.problem] == [
        {"a": "1", "b": "2"},
        {"a": "9", "b": "10"},
    ]
    assert [(one.place, one.problem.split(" ")[0]) for one in found if one.problem] == [
        ("line 3", "1"),
        ("line 4", "3"),
        ("line 5", "not"),
    ]


def test_a_quote_that_never_ends_costs_only_so_much(tmp_path: Path) -> None:
    lines = "".join(f"{number},x\n" for number in range(1000))
    found = list(read_csv(table(tmp_path, f'a,b\n"oops,1\n{lines}'), longest_field=100))
    (broken,) = [one for one in found if one.problem]
    assert broken.place == "line 2"
    read = [int(one.fields["a"]) for one in found if not one.problem]
    assert read == list(range(1000))


def test_a_stray_quote_costs_its_own_line_only(tmp_path: Path) -> None:
    text = 'a,b\n1,x\n2,"oops\n3,y\n4,z\n5,"w"\n6,v\n'
    found = list(read_csv(table(tmp_path, text)))
    assert [one.place for one in found if one.problem] == ["line 3"]
    assert [one.fields["a"] for one in found if not one.problem] == ["1", "3", "4", "5", "6"]


def test_a_stray_quote_that_ends_with_the_file_costs_its_own_line_only(tmp_path: Path) -> None:
    found = list(read_csv(table(tmp_path, 'a,b\n1,"oops\n2,y\n3,z')))
    assert [(one.place, bool(one.problem)) for one in found] == [
        ("line 2", True),
        ("line 3", False),
        ("line 4", False),
    ]


def test_after_a_stray_quote_a_program_of_several_lines_is_read_whole(tmp_path: Path) -> None:
    text = 'a,b\n1,"oops\n2,y\n3,"int main() {\n}\n"\n4,z\n'
    found = list(read_csv(table(tmp_path, text)))
    assert [one.place for one in found if one.problem] == ["line 2"]
    good = [one for one in found if not one.problem]
    assert [one.fields["a"] for one in good] == ["2", "3", "4"]
    assert (good[1].fields["b"], good[1].place) == ("int main() {\n}\n", "lines 4 to 6")


def test_a_row_of_several_lines_that_lacks_a_field_is_one_broken_row(tmp_path: Path) -> None:
    found = list(read_csv(table(tmp_path, 'a,b,c\n1,"int main() {\n}\n"\n4,5,6\n')))
    assert [(one.place, bool(one.problem)) for one in found] == [
        ("lines 2 to 4", True),
        ("line 5", False),
    ]


def test_stray_quotes_on_every_line_cost_no_more_than_two_readings(tmp_path: Path) -> None:
    lines = [f'{number},"""x\n' for number in range(20_000)]
    found = list(read_csv(table(tmp_path, "a,b\n" + "".join(lines))))
    assert len(found) <= len(lines)
    assert all(one.problem for one in found)


def test_programs_of_several_lines_are_one_field(tmp_path: Path) -> None:
    (one,) = read_csv(table(tmp_path, 'a,b\n1,"int main() {\n  ""x"";\n}"\n'))
    assert one.fields["b"] == 'int main() {\n  "x";\n}'
    assert one.place == "lines 2 to 4"


def test_bytes_that_are_no_text_are_a_matter_of_the_field(tmp_path: Path) -> None:
    (one,) = read_csv(table(tmp_path, b"a,b\n1,\xff\n"))
    assert one.fields["b"] == "\udcff"


@pytest.mark.parametrize(("text", "what"), [("", "no heading"), ("a,b,a\n", "a column twice")])
def test_a_table_without_a_proper_heading_is_refused(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        list(read_csv(table(tmp_path, text)))
