"""What the parsers give: leaves in order, comments left out, broken code read all the same."""

import pytest

from retrieval.syntax import leaves, tree

CPP = "#include <cstdio>\n// a comment\nint main() { /* b */ printf(\"a b\\n\"); return 'x'; }\n"


def test_leaves_of_cpp_come_in_the_order_of_the_text_without_comments() -> None:
    assert " ".join(text.strip() for _, text in leaves(CPP, "cpp")).split() == [
        *("#include", "<cstdio>", "int", "main", "(", ")", "{", "printf", "("),
        *('"a', 'b\\n"', ")", ";", "return", "'x'", ";", "}"),
    ]


def test_a_literal_is_one_leaf() -> None:
    assert ("string_literal", '"a b\\n"') in list(leaves(CPP, "cpp"))
    assert ("string", "'a b'") in list(leaves("print('a b')  # c\n", "python"))


def test_leaves_of_python() -> None:
    found = [text for _, text in leaves("for i in range(3):\n    print(i)  # c\n", "python")]
    assert found == ["for", "i", "in", "range", "(", "3", ")", ":", "print", "(", "i", ")"]


@pytest.mark.parametrize("code", ["", "int main( {", "}}}}", "\x00\ud800 int", "é = ü;"])
def test_what_is_no_program_is_read_all_the_same(code: str) -> None:
    assert tree(code, "cpp") is not None
    assert isinstance(list(leaves(code, "cpp")), list)


def test_a_deeply_nested_program_ends() -> None:
    assert len(list(leaves("int x = " + "(" * 20_000 + "1" + ")" * 20_000 + ";", "cpp"))) > 40_000


def test_a_language_without_grammar_is_named() -> None:
    with pytest.raises(ValueError, match="no grammar for 'cobol'"):
        tree("", "cobol")  # type: ignore[arg-type]
