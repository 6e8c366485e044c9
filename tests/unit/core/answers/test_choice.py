"""Which of several programs of an answer is meant."""

import pytest

from pie.core.answers.choice import Candidate, choose
from pie.core.answers.extraction import extract
from sim.program import Language

PY = "n = int(input())\nprint(n)\n"
CPP = '#include <cstdio>\nint main() {\n    int n;\n    scanf("%d", &n);\n    puts("1");\n}\n'
READS_NOTHING = '#include <cstdio>\nint main() { puts("1"); }\n'


def blocks_of(tag: str, *texts: str) -> str:
    return "\nThen:\n".join(f"```{tag}\n{text}```\n" for text in texts)


def program_of(answer: str, language: Language = Language.PYTHON) -> str:
    return (extract(answer, language).code or "").strip()


@pytest.mark.parametrize(
    "trailing",
    [
        "# before\nfor i in range(10**6): pass\n",
        "total = 0\nfor x in a: total += x\n",
        "print(solve(3))\n",
        "import timeit\nprint(timeit.timeit('f()'))\n",
        "assert f(3) == 4\n",
        ">>> f(3)\n4\n",
        "a = list(map(int, input().split()))\n",
        "import sys\n# prints nothing\nn = int(sys.stdin.readline())\n",
    ],
)
def test_a_snippet_behind_the_program_is_not_the_program(trailing: str) -> None:
    assert program_of(blocks_of("python", PY, trailing)) == PY.strip()


def test_the_last_program_that_reads_input_is_the_answer_even_if_it_lacks_an_import() -> None:
    slow = "import itertools\nn = int(input())\nprint(sum(itertools.repeat(1, n)))\n"
    fast = "n = int(input())\nprint(next(itertools.repeat(n)))\n"
    assert program_of(blocks_of("python", slow, fast)) == fast.strip()


def test_definitions_and_the_call_that_reads_input_are_one_program() -> None:
    define, call = "import math\ndef solve(n):\n    return n\n", "print(solve(int(input())))\n"
    assert program_of(blocks_of("python", define, call)) == f"{define}\n{call}".strip()
    helper = "def helper(n):\n    return n + 1\n"
    define = "def solve(n):\n    return helper(n)\n"
    joined = f"{helper}\n{define}\n{call}".strip()
    assert program_of(blocks_of("python", helper, define, call)) == joined


def test_the_usage_of_a_program_is_not_the_program() -> None:
    whole = "def solve(n):\n    return n\nprint(solve(int(input())))\n"
    usage = "print(solve(int(input())))\n"
    assert program_of(blocks_of("python", whole, usage)) == whole.strip()


def test_a_block_headed_as_the_old_one_is_not_the_answer() -> None:
    old = "n = int(input())\nprint(sum(1 for _ in range(n)))\n"
    for heading in ("Original code:", "**Before**", "For comparison, the slow version:", "### Old"):
        answer = f"Faster:\n```python\n{PY}```\n{heading}\n```python\n{old}```\n"
        assert program_of(answer) == PY.strip(), heading
    for heading in ("The original code, optimized:", "Now it is", "Old idea, new code:"):
        answer = f"Slow:\n```python\n{old}```\n{heading}\n```python\n{PY}```\n"
        assert program_of(answer) == PY.strip(), heading
    only = f"Original code:\n```python\n{old}```\n"
    assert program_of(only) == old.strip()


@pytest.mark.parametrize(
    "trailing",
    [
        "int main() { solve(); }\n",
        "#include <cstdio>\nint main() { for (int i = 0; i < 9; i++) f(i); }\n",
        "// int main() {\nvoid f() {}\n",
    ],
)
def test_a_snippet_of_cpp_behind_the_program_is_not_the_program(trailing: str) -> None:
    assert program_of(blocks_of("cpp", CPP, trailing), Language.CPP) == CPP.strip()


def test_without_input_the_last_complete_program_is_the_answer() -> None:
    other = READS_NOTHING.replace('"1"', '"2"')
    assert program_of(blocks_of("cpp", READS_NOTHING, other), Language.CPP) == other.strip()
    assert program_of(blocks_of("python", "print(1)\n", "print(2)\n")) == "print(2)"


def test_words_in_comments_read_nothing() -> None:
    trailing = "# uses input()\nfor i in range(3):\n    print(i)\n"
    assert program_of(blocks_of("python", PY, trailing)) == PY.strip()


def test_an_answer_of_very_many_blocks_has_a_program() -> None:
    texts = [Candidate(f"def f{number}(): return g{number}\n") for number in range(200)]
    assert choose([*texts, Candidate(PY)], Language.PYTHON) == PY


@pytest.mark.parametrize(
    "program",
    [
        '#include <cstdio>\n#define MAIN int main()\nMAIN { puts("1"); }\n',
        '#include <cstdio>\n#define RUN(name) int name()\nRUN(main) { puts("1"); }\n',
        '#include <cstdio>\n#define begin_ int main() {\n#define end_ }\nbegin_ puts("1"); end_\n',
        '#include <cstdio>\n#define program main\nint program() { puts("1"); }\n',
        '#include <cstdio>\n#define C(a, b) a##b\nint C(ma, in)() { puts("1"); }\n',
        "#include <cstdio>\n#define int long long\nsigned main() { int x = 1; return 0; }\n",
        '#include <cstdio>\nint32_t main() { puts("```"); }\n',
        "// calls `main` and ```\n#include <cstdio>\nauto main() -> int { return 0; }\n",
        "#include <cstdio>\nint main(int argc, char **argv) try { return 0; } catch (...) {}\n",
    ],
)
def test_rare_forms_of_main_are_programs(program: str) -> None:
    for answer in (program, f"Faster:\n```cpp\n{program}```\nIt calls `main()` once.\n"):
        assert program_of(answer, Language.CPP) == program.strip()


@pytest.mark.parametrize(
    "text",
    [
        "#define MAIN int main()\nint f();\n",  # not used
        "#include <cstdio>\n// #define MAIN int main()\n// MAIN { }\nint f();\n",
        '#include <cstdio>\n#define S "main"\nconst char *name = S;\n',
        "/* int main() { } */\nint f() { return 1; }\n",
    ],
)
def test_main_in_a_comment_a_text_or_an_unused_macro_is_no_program(text: str) -> None:
    assert extract(f"```cpp\n{text}```\n", Language.CPP).code is None
