"""Fenced blocks: where they begin and end, and the code that stands beside their fences."""

import time

import pytest

from pie.core.answers.extraction import Found, extract
from pie.core.answers.fences import blocks
from sim.program import Language

MAIN = "int main() { return 0; }\n"
PY = "n = int(input())\nprint(n)\n"
FILE_NAMES = [
    "main.cpp",
    'title="main.cpp"',
    "hl_lines={1,3-5}",
    "file=main.cpp n=5",
    "{1,3-5}",
    "(optimized)",
    "// the fast one",
    "showLineNumbers",
    "17",
]
LINES_OF_CPP = [
    "#include <cstdio>",
    "#define ll long long",
    "using namespace std;",
    "typedef long long ll;",
    "const int N = 5;",
    "int f() { return 1; }",
]
BEGINNINGS_OF_CPP = [
    ("int main() {", " return 0;\n}\n"),
    ("int main()", "{ return 0; }\n"),
    ("struct A {", " int a; };\n" + MAIN),
    ("template<class T>", "T f(T a) { return a; }\n" + MAIN),
    ("int x,", " y;\n" + MAIN),
    ("/* fast", "version */\n" + MAIN),
    (MAIN.strip(), ""),
]
BEGINNINGS_OF_PYTHON = [
    ("import sys", PY),
    ("from math import *", PY),
    ("n = int(input())", "print(n)\n"),
    ("n=5", "print(n)\n"),
    ("a = [1,", " 2]\nprint(a)\n"),
    ("n, *rest = input()", "print(n)\n"),
    ("def f():", "    return 1\nprint(f())\n"),
    ("for i in range(3):", "    print(i)\n"),
    ("try:", "    print(1)\nexcept OSError:\n    pass\n"),
    ("print(1)", ""),
]


def test_blocks_of_markdown() -> None:
    text = "a\n```cpp\nx\n```\n~~~\ny\n~~~\n````\n```\nz\n````\n```py\nopen"
    assert [(one.tag, one.text, one.closed) for one in blocks(text)] == [
        ("cpp", "x\n", True),
        ("", "y\n", True),
        ("", "```\nz\n", True),
        ("py", "open", False),
    ]


@pytest.mark.parametrize("tag", ["cpp ", "C++ ", "c++17 ", "c ", "", "``cpp "])
@pytest.mark.parametrize(
    ("line", "rest"), [*((line, MAIN) for line in LINES_OF_CPP), *BEGINNINGS_OF_CPP]
)
def test_a_first_line_beside_the_fence_is_of_the_program(tag: str, line: str, rest: str) -> None:
    fence = "```" + tag[: tag.count("`")]
    made = extract(f"Faster:\n```{tag}{line}\n{rest}{fence}\nThat is it.\n")
    assert (made.code, made.found) == (f"{line}\n{rest}", Found.FENCED)


def test_code_right_behind_the_language_is_of_the_program() -> None:
    assert extract(f"```cpp#include <cstdio>\n{MAIN}```").code == f"#include <cstdio>\n{MAIN}"
    made = extract(f"```pythonimport sys\n{PY}```", Language.PYTHON)
    assert made.code == f"import sys\n{PY}"


@pytest.mark.parametrize("tag", ["python ", "python3 ", "py ", ""])
@pytest.mark.parametrize(("line", "rest"), BEGINNINGS_OF_PYTHON)
def test_a_first_line_of_python_beside_the_fence_is_of_the_program(
    tag: str, line: str, rest: str
) -> None:
    made = extract(f"Faster:\n```{tag}{line}\n{rest}```\n```\n3\n```\n", Language.PYTHON)
    assert (made.code, made.found) == (f"{line}\n{rest}", Found.FENCED)


@pytest.mark.parametrize("beside", FILE_NAMES)
def test_what_else_stands_beside_a_fence_is_not(beside: str) -> None:
    assert extract(f"```cpp {beside}\n{MAIN}```").code == MAIN
    beside = beside.replace("cpp", "py").replace("//", "#")
    assert extract(f"```python {beside}\n{PY}```", Language.PYTHON).code == PY


@pytest.mark.parametrize("info", ["{.cpp .numberLines}", "cpp:main.cpp", "Optimized code", "c#"])
def test_odd_names_of_languages_are_no_code(info: str) -> None:
    assert extract(f"```{info}\n{MAIN}```").code == MAIN


def test_a_fence_behind_the_last_line_ends_the_program() -> None:
    for after in ("", "\nHope it helps.\n", "\nRun it:\n```\n./a.out\n```\n", "\n```\n3\n```"):
        code = extract(f"```cpp\n#include <cstdio>\n{MAIN.strip()}```{after}").code
        assert code == f"#include <cstdio>\n{MAIN.strip()}", after
        assert extract(f"```python\n{PY.strip()}```{after}", Language.PYTHON).code == PY.strip()


def test_the_block_after_such_a_fence_is_a_block() -> None:
    slow = "#include <cstdio>\n" + MAIN.strip()
    assert extract(f"Slow:\n```\n{slow}```\nFast:\n```\n{MAIN}```\nDone.").code == MAIN


@pytest.mark.parametrize("line", ["// see ```", "/* as in ```", 'const char *a = R"(```'])
def test_a_fence_within_a_comment_or_a_text_ends_nothing(line: str) -> None:
    code = f'{line}\n x */ // )";\n{MAIN}' if line[-4] == " " else f'{line}\n)";\n{MAIN}'
    assert extract(f"```cpp\n{code}```").code == code


def test_a_block_on_one_line_is_a_block() -> None:
    assert (extract(f"```cpp {MAIN.strip()}```").code or "").strip() == MAIN.strip()
    assert (extract("```python print(1)```", Language.PYTHON).code or "").strip() == "print(1)"


def growth(short: str, long: str) -> float:
    """How many times the CPU time of one text another costs; of each the least, run in turn."""

    def cost(text: str) -> float:
        began = time.process_time()
        for language in Language:
            assert extract(text, language).code is None
        return time.process_time() - began

    costs = [(cost(short), cost(long)) for _ in range(3)]
    return min(after for _, after in costs) / min(before for before, _ in costs)


@pytest.mark.parametrize("long", ["a", " ", "`", "a "])
@pytest.mark.parametrize(
    "line", ["```{}`", "```{}```x`", "{}```", "``` {}` `", "```py a=1 {}"], ids=str
)
def test_one_long_line_costs_no_more_than_its_length(line: str, long: str) -> None:
    texts = [line.format(long * (length // len(long))) for length in (20_000, 160_000)]
    assert growth(*texts) < 24, "8 times the length; its square would be 64"


INDENTED = "n = int(input())\nif n:\n    print(n)\n\nprint(0)\n"


def beneath(lead: str, text: str) -> str:
    return "".join(f"{lead}{line}" if line.strip() else line for line in text.splitlines(True))


@pytest.mark.parametrize(
    ("first", "lead"),
    [
        ("1. So:\n\n", "   "),
        ("10. So:\n\n", "    "),
        ("- So:\n\n", "  "),
        ("- So:\n  - Then:\n", "    "),
        ("* So:\n", "\t"),
        ("> So:\n", "> "),
        ("> - So:\n", ">   "),
        ("", " "),
    ],
)
@pytest.mark.parametrize("fence", ["```", "~~~", "`````"])
def test_what_indents_a_fence_is_no_part_of_its_block(first: str, lead: str, fence: str) -> None:
    answer = first + beneath(lead, f"{fence}python\n{INDENTED}{fence}\n") + "\nDone.\n"
    assert extract(answer, Language.PYTHON).code == INDENTED
    cut_off = first + beneath(lead, f"{fence}python\n{INDENTED}")
    assert extract(cut_off, Language.PYTHON).code == INDENTED


@pytest.mark.parametrize("mark", ["- ", "* ", "+ ", "1. ", "2) "])
def test_a_fence_may_stand_beside_the_mark_of_a_list(mark: str) -> None:
    block = beneath(" " * len(mark), f"```python\n{INDENTED}```\n")
    assert extract(mark + block.lstrip(), Language.PYTHON).code == INDENTED


def test_a_block_that_is_indented_less_than_its_fence_stays_whole() -> None:
    answer = f"1. So:\n\n   ```python\n{INDENTED}   ```\n"
    assert extract(answer, Language.PYTHON).code == INDENTED
    shifted = beneath(" ", INDENTED)
    answer = f"1. So:\n\n   ```python\n{shifted}   ```\n"
    assert extract(answer, Language.PYTHON).code == INDENTED


def test_a_text_over_several_lines_keeps_its_margin() -> None:
    program = "print('''a\nb''')\nn = int(input())\n"
    answer = "- So:\n  ```python\n  print('''a\nb''')\n  n = int(input())\n  ```\n"
    assert extract(answer, Language.PYTHON).code == program


def test_a_session_of_the_interpreter_is_the_program_that_was_typed() -> None:
    session = ">>> n = int(input())\n3\n>>> if n:\n...     print(n)\n...\n3\n"
    typed = "n = int(input())\nif n:\n    print(n)\n\n"
    assert extract(f"```python\n{session}```", Language.PYTHON).code == typed
    assert extract(f"```pycon\n{session}```", Language.PYTHON).code == typed


def test_an_indented_program_loses_its_margin_and_the_body_of_a_function_does_not() -> None:
    assert extract(beneath("    ", PY), Language.PYTHON).code == PY
    body = "    if n:\n        return 1\n    return 2\n"
    assert extract(body, Language.PYTHON).code != beneath("", body).replace("    ", "", 1)
    assert (extract(body, Language.PYTHON).code or body).startswith("    ")


@pytest.mark.parametrize("lead", ["", "   ", "> "])
def test_an_explanation_below_a_fence_that_nobody_closed_is_no_code(lead: str) -> None:
    explanation = "\nThis is faster, for the loop is gone.\n"
    for language, tag, code in ((Language.PYTHON, "py", INDENTED), (Language.CPP, "cpp", MAIN)):
        answer = beneath(lead, f"```{tag}\n{code}") + explanation
        assert (extract(answer, language).code or "").strip() == code.strip()


@pytest.mark.parametrize("tail", ["for i in ran", "n = (1,", "print n", "# The rest is the same"])
def test_code_below_a_fence_that_nobody_closed_is_kept_as_it_is(tail: str) -> None:
    code = f"{PY}\n{tail}"
    assert extract(f"```python\n{code}", Language.PYTHON).code == code


def test_an_indented_code_block_between_prose_loses_its_indentation() -> None:
    for lead in ("    ", "\t", "      "):
        code = f"import sys\n{INDENTED}"
        for before in ("Use this:\n\n", "1. Use this:\n\n"):
            answer = before + beneath(lead, code) + "\nIt is fast.\n"
            assert (extract(answer, Language.PYTHON).code or "").strip() == code.strip()


def test_the_indented_body_of_a_function_is_no_program_of_its_own() -> None:
    code = "def main():\n\n    n = int(input())\n    print(n)\n\nmain()\n"
    assert (extract(f"It is this:\n\n{code}", Language.PYTHON).code or "") == code


def test_a_session_of_ipython_is_the_program_behind_its_prompts() -> None:
    session = "In [1]: n = int(input())\n3\n\nIn [2]: if n:\n   ...:     print(n)\n   ...: \n3\n"
    code = extract(f"```python\n{session}```\n", Language.PYTHON).code
    assert code == "n = int(input())\nif n:\n    print(n)\n\n"
