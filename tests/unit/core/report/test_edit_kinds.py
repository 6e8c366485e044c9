"""Kinds of edit: one small pair for each rule, and the examples, whose kinds people gave."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pie.core.report.edit_kinds import EditKind, edit_kind
from sim.program import Language

HEAD = "#include <iostream>\nusing namespace std;\n"


def main(body: str) -> str:
    return f"{HEAD}int main() {{ {body} }}\n"


LOOP = "int n, s = 0; cin >> n; for (int i = 0; i < n; i++) s += i; cout << s << endl;"


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (main(LOOP), main(LOOP), EditKind.FORMATTING),
        (main(LOOP), main(LOOP).replace(" ", "  ") + "// done\n", EditKind.FORMATTING),
        (main("int a = 1; cout << a;"), main("int b = 1; cout << b;"), EditKind.FORMATTING),
        (main("cout << 1;"), main("std::cout << 1;"), EditKind.FORMATTING),
        (main(LOOP), "#pragma GCC optimize(3)\n" + main(LOOP), EditKind.HEADERS),
        (main(LOOP), main(LOOP).replace("iostream", "bits/stdc++.h"), EditKind.HEADERS),
        (main(LOOP), main(LOOP.replace("endl", "'\\n'")), EditKind.INPUT_OUTPUT),
        (main(LOOP), main("ios::sync_with_stdio(false); " + LOOP), EditKind.INPUT_OUTPUT),
        (
            main(LOOP),
            "int readInt() { int c = getchar(), x = 0; while (c > 32) { x = x * 10 + c - 48; "
            "c = getchar(); } return x; }\n" + main(LOOP.replace("cin >> n", "n = readInt()")),
            EditKind.INPUT_OUTPUT,
        ),
        (main(LOOP), main("int n; cin >> n; cout << n * (n - 1) / 2 << endl;"), EditKind.ALGORITHM),
        (main(LOOP), main(LOOP.replace("i < n", "i * i < n")), EditKind.ALGORITHM),
        (main("int a[9]; f(a);"), main("int a[9]; sort(a, a + 9); f(a);"), EditKind.ALGORITHM),
        (
            "int f(int n) { return n ? f(n - 1) : 0; }" + main("f(3);"),
            "int f(int n) { return n ? g(n - 1) : 0; }" + main("f(3);"),
            EditKind.ALGORITHM,
        ),
        (
            main("map<int, int> m; m[1]++;"),
            main("unordered_map<int, int> m; m[1]++;"),
            EditKind.DATA_STRUCTURE,
        ),
        (main("vector<int> q; q.back();"), main("int q[9]; q[8];"), EditKind.OTHER),
        (main("int queue = 1; f(queue);"), main("int w = 1; g(w);"), EditKind.OTHER),
        (
            main("for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) a[i][j] = b[j][i];"),
            main("for (int j = 0; j < n; j++) for (int i = 0; i < n; i++) a[i][j] += b[j][i];"),
            EditKind.OTHER,
        ),
    ],
    ids=lambda value: value.value if isinstance(value, EditKind) else "",
)
def test_a_kind_of_edit(before: str, after: str, kind: EditKind) -> None:
    assert edit_kind(before, after) is kind


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("a = []\nprint(1 in a)\n", "a = set()\nprint(1 in a)\n", EditKind.DATA_STRUCTURE),
        ("n = int(input())\nprint(n)\n", "m = int(input())\nprint(m)\n", EditKind.FORMATTING),
        ("for i in a:\n  f(i)\n", "for i in a:\n  for j in a:\n    f(i)\n", EditKind.ALGORITHM),
        ("x = input()\n", "import sys\nx = sys.stdin.readline()\n", EditKind.INPUT_OUTPUT),
        ("x = f(1)\n", "import sys\nx = f(1)\n", EditKind.HEADERS),
    ],
)
def test_a_kind_of_edit_in_python(before: str, after: str, kind: EditKind) -> None:
    assert edit_kind(before, after, Language.PYTHON) is kind


def test_the_rules_agree_with_people_on_the_examples_but_for_two() -> None:
    """`free_sundays` is an unchanged program, and `common_tiles` has a loop for its recursion."""
    path = Path(__file__).parents[4] / "examples" / "test.jsonl"
    differing = {}
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        kind = edit_kind(row["src_code"], row["tgt_code"], Language(row["language"]))
        if kind != row["kind_of_edit"]:
            differing[row["problem_id"]] = (row["kind_of_edit"], kind)
    assert differing == {
        "free_sundays": ("other", EditKind.FORMATTING),
        "common_tiles": ("other", EditKind.ALGORITHM),
    }


@given(st.text(), st.text(), st.sampled_from(Language))
def test_any_texts_have_a_kind_and_a_text_differs_from_itself_in_nothing(
    before: str, after: str, language: Language
) -> None:
    assert edit_kind(before, after, language) in EditKind
    assert edit_kind(before, before, language) is EditKind.FORMATTING


def test_deep_nesting_is_no_trouble() -> None:
    deep = main("x = " + "(" * 20_000 + "1" + ")" * 20_000 + ";")
    assert edit_kind(deep, main("x = 1;")) in EditKind
