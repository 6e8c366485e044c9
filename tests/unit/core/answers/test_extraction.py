"""From an answer to its program, or to the reason why there is none."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pie.core.answers import python_answer
from pie.core.answers.extraction import LONGEST_ANSWER, Found, extract
from sim.program import Language

ONE = '#include <cstdio>\nusing namespace std;\nint main() { puts("1"); }\n'
TWO = "#include <cstdio>\nint two() { return 2; }\nint main() { return two(); }\n"
PROSE = "Here's a faster one. It doesn't recompute; see below:"
SNIPPET = "for (int i = 0; i < n; i++) sum += i;\n"
SHELL = "```bash\ng++ -O3 main.cpp && ./a.out\n```"
PY = "import sys\nn = int(sys.stdin.readline())\nprint(n * (n + 1) // 2)\n"


def fenced(code: str, tag: str = "cpp") -> str:
    return f"```{tag}\n{code}```"


@pytest.mark.parametrize(
    ("answer", "code", "found", "programs"),
    [
        (ONE, ONE, Found.WHOLE, 1),
        (fenced(ONE), ONE, Found.FENCED, 1),
        (f"{PROSE}\n\n{fenced(ONE, '')}\nHope it helps!\n{SHELL}", ONE, Found.FENCED, 1),
        (f"Slow:\n{fenced(TWO)}\nFast:\n{fenced(ONE)}", ONE, Found.FENCED, 2),
        (f"{fenced(ONE)}\nThe loop was:\n{fenced(SNIPPET)}", ONE, Found.FENCED, 1),
        (f"```\nfirst\n```cpp\n{ONE}```", ONE, Found.FENCED, 1),
        (f"```cpp\n{ONE}", ONE, Found.FENCED, 1),
        (f"{PROSE}\n\n{ONE}\nIt isn't slow any more.", ONE, Found.FIRST_PROGRAM, 1),
        (f"{ONE}\n### Program:\n{TWO}", ONE, Found.FIRST_PROGRAM, 2),
        (f"{ONE}\n{TWO}", ONE, Found.FIRST_PROGRAM, 2),
        ("", None, Found.EMPTY, 0),
        (" \n\t", None, Found.EMPTY, 0),
        ("I cannot make main() faster.", None, Found.NO_PROGRAM, 0),
        (fenced(SNIPPET), None, Found.NO_PROGRAM, 0),
        (fenced("int main() { if (x) {\n"), None, Found.INCOMPLETE, 0),
    ],
    ids=lambda value: None,
)
def test_the_program_of_an_answer(
    answer: str, code: str | None, found: Found, programs: int
) -> None:
    made = extract(answer)
    assert (made.found, made.programs) == (found, programs)
    assert made.code is None if code is None else made.code and made.code.strip() == code.strip()


def test_an_answer_that_was_cut_off_says_so() -> None:
    assert extract("#include <x>\nint main() { f(", cut_off=True).found is Found.TRUNCATED
    assert extract("```cpp\n#include <x>\n", cut_off=True).found is Found.TRUNCATED
    assert extract(ONE, cut_off=True).found is Found.WHOLE


def test_a_prompt_that_the_server_repeats_is_not_the_answer() -> None:
    prompt = f"Improve:\n{fenced(TWO)}\n"
    assert extract(prompt + fenced(ONE), prompt=prompt).programs == 1
    assert extract(prompt, prompt=prompt).found is Found.EMPTY


@pytest.mark.parametrize(
    "broken",
    [
        "  cin.tie(NULL);\n#include <iostream>\nint main() {}\n",  # a statement at the top
        "#include <iostream>\nint f( { }\nint main() { return f(; }\n",
        "#import <x>\n#define z std::cin >>\nint main() {\n  for (char a; z n; f())\n  }\n}\n",
        "#define z std::cin >>\nint main() { int n; for (; z n, n;) ; }\n",
    ],
)
def test_a_broken_program_is_not_repaired(broken: str) -> None:
    assert extract(broken).code == broken


def test_macros_and_odd_mains_are_code() -> None:
    for head in ("int main(void)", "signed main()", "main()", "auto main() -> int"):
        program = f"#define rep(i, n) for (int i = 0; i < n; i++)\n{head} {{ rep(i, 3) f(i); }}\n"
        assert extract(program).code == program, head
        assert extract(f"{PROSE}\n\n{program}").code == program, head


def test_main_between_directives_is_found() -> None:
    program = "#include <cstdio>\n#ifndef X\nint main() { }\n#endif\n"
    assert extract(f"{PROSE}\n\n{program}").code == program


@pytest.mark.parametrize(
    ("answer", "code", "found"),
    [
        (PY, PY, Found.WHOLE),
        (f"{PROSE}\n\n{PY}\nIt isn't slow, e.g. it has no loop.\n", PY, Found.FIRST_PROGRAM),
        (f"{fenced(PY, 'python')}\n{fenced('5', '')}\n{SHELL}", PY, Found.FENCED),
        (fenced(PY, "cpp"), PY, Found.FENCED),
        ("This is faster", None, Found.NO_PROGRAM),
        ("42", None, Found.NO_PROGRAM),
    ],
    ids=lambda value: None,
)
def test_python_answers(answer: str, code: str | None, found: Found) -> None:
    made = extract(answer, Language.PYTHON)
    assert made.found is found
    assert made.code is None if code is None else made.code and made.code.strip() == code.strip()


@given(st.text())
def test_no_answer_breaks_it(text: str) -> None:
    for language in Language:
        made = extract(text, language)
        assert (made.code is None) == (made.programs == 0)


@pytest.mark.parametrize("part", ["(", "{", "int main(){", "```\n", "#include <x>\n"])
def test_a_hostile_answer_ends(part: str) -> None:
    answer = part * (60_000 // len(part))
    assert extract(answer).found is not Found.EMPTY
    assert extract(answer, Language.PYTHON).found is not Found.EMPTY


def test_lone_surrogates_do_not_get_into_a_program() -> None:
    code = extract('int main() { puts("\ud800"); }').code
    assert code is not None
    code.encode("utf-8")


@pytest.mark.shared
def test_programs_of_people_come_out_as_they_went_in(shared_data: Path) -> None:
    programs = set()
    for line in (shared_data / "pairs.jsonl").read_text("utf-8").splitlines()[::4]:
        row = json.loads(line)
        programs |= {row["src_code"], row["tgt_code"]}
    assert len(programs) > 50
    for code in programs:
        around = f"{PROSE}\n\n{code}\n\nIt isn't slow any more.\n"
        for answer in (code, around):
            assert (extract(answer).code or "").strip() == code.strip()


@pytest.mark.shared
def test_answers_of_a_model_that_repeats_its_prompt_give_the_answers_program(
    shared_data: Path,
) -> None:
    right = total = 0
    for line in (shared_data / "python_generations.jsonl").read_text("utf-8").splitlines()[::5]:
        row = json.loads(line)
        for answer in row["generated_answers"][:4]:
            response = answer.partition("### Response:\n")[2]
            made = extract(answer, Language.PYTHON)
            total += 1
            right += made.code is not None and made.code.strip() in response
    assert total > 40
    assert right == total


@pytest.mark.parametrize("language", Language)
def test_an_answer_that_nobody_would_write_says_that_it_is_too_long(language: Language) -> None:
    program = ONE if language is Language.CPP else PY
    longest = program + "\n" * (LONGEST_ANSWER - len(program))
    assert extract(longest, language).found is Found.WHOLE
    assert extract(longest + "\n", language).found is Found.ANSWER_TOO_LONG
    assert extract(longest + "\n", language, cut_off=True).found is Found.ANSWER_TOO_LONG


def test_a_long_answer_that_is_no_python_is_not_parsed_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parsed = []
    monkeypatch.setattr(python_answer, "_has_error", lambda text: bool(parsed.append(text)) or True)
    assert extract("x = 1 +\n" * 40_000, Language.PYTHON).found is Found.INCOMPLETE
    assert len(parsed) < 10  # of 480 stretches of it


def test_blocks_that_are_no_python_are_not_parsed_again_and_again_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parsed = []
    monkeypatch.setattr(
        python_answer, "_has_error", lambda text: bool(parsed.append(len(text)) or True)
    )
    answer = ("```\n" + "x = 1 +\n" * 500 + "```\n") * 50
    assert extract(answer, Language.PYTHON).found is Found.INCOMPLETE
    assert sum(parsed) < 2_700_000  # of ninety million


@pytest.mark.parametrize("text", ["(", "{", "int main(){", "```\n", "```cpp\n", "[](){", '"', "a<"])
@pytest.mark.parametrize("language", Language)
def test_an_answer_of_one_thing_over_and_over_has_no_program(text: str, language: Language) -> None:
    assert extract(text * (30_000 // len(text)), language).code is None


def test_an_answer_that_spent_its_tokens_before_its_first_word_is_truncated() -> None:
    assert extract("", cut_off=True).found is Found.TRUNCATED
    assert extract("").found is Found.EMPTY


def test_a_draft_among_the_thoughts_is_not_the_answer() -> None:
    drafted = f"<think>\nFirst:\n```cpp\n{ONE}```\nToo slow.\n</think>\n"
    for final in (TWO, f"```cpp\n{TWO}```", f"{PROSE}\n```\n{TWO}```\n"):
        assert (extract(drafted + final).code or "").strip() == TWO.strip()
    assert extract(drafted + "That is it.").code == ONE


def test_lines_that_end_as_on_an_old_macintosh_are_lines() -> None:
    assert extract(f"```cpp\n{ONE}```".replace("\n", "\r")).code == ONE


@pytest.mark.parametrize(
    ("entry_point", "found"),
    [
        ("f", "def f(x):\n    return 1\n"),
        ("g", "def g(x):\n    return 3\n"),
        ("Solution().f", "class Solution:\n    def f(self, x):\n        return 4\n"),
    ],
)
def test_of_several_blocks_the_first_that_defines_what_is_asked_for(
    entry_point: str, found: str
) -> None:
    blocks = [
        "print(f(1))\n",
        "def f(x):\n    return 1\n",
        "f(2)\n",
        "def f(x, y):\n    return 2\n",
        "def g(x):\n    return 3\n",
        "class Solution:\n    def f(self, x):\n        return 4\n",
    ]
    answer = "Text.\n" + "".join(f"```python\n{one}```\nText.\n" for one in blocks)
    made = extract(answer, Language.PYTHON, entry_point=entry_point)
    assert made.code == found
    # Where no block defines it, the answer is chosen as always.
    chosen = extract(answer, Language.PYTHON)
    assert extract(answer, Language.PYTHON, entry_point="h") == chosen
