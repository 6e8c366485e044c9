"""What an author calls things does not matter; which parts of the library are used does."""

import pytest

from retrieval.abstraction import words

ONE = "#include <map>\nint main() { std::map<int, int> seen; int n = 5000; seen[n]++; }"
RENAMED = "#include <map>\nint main() { std::map<int,int> m; //x\n int limit=7777; m[limit]++; }"


def test_a_renamed_copy_with_other_layout_and_numbers_has_the_same_words() -> None:
    assert words(ONE, "cpp") == words(RENAMED, "cpp")


def test_another_container_has_other_words() -> None:
    assert words(ONE.replace("map", "unordered_map"), "cpp") != words(ONE, "cpp")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("int a[9], *b, &c = a;", "int ID [ 9 ] , * ID , & ID = ID ;"),
        ("#define REP(i, n) for (int i = 0; i < n; i++)",
         "#define ID ( ID , ID ) for ( int ID = 0 ; ID < ID ; ID + + )"),
        ("using ll = long long;", "using ID = long long ;"),
        ("typedef long long ll;", "typedef long long ID ;"),
        ("template <class T> T f(T &x) { return x; }",
         "template < class ID > ID ID ( ID & ID ) { return ID ; }"),
        ("struct P { int w; };", "struct ID { int ID ; } ;"),
        ("void f() { for (auto &y : v) cout << y; }",
         "void ID ( ) { for ( auto & ID : v ) cout << ID ; }"),
        ("void f() { auto [a, b] = g(); }", "void ID ( ) { auto [ ID , ID ] = g ( ) ; }"),
        ('void f() { printf("%lld", 12345); puts("a long text"); }',
         'void ID ( ) { printf ( "%lld" , NUM ) ; puts ( STR ) ; }'),
    ],
)  # fmt: skip
def test_declared_names_of_cpp(code: str, expected: str) -> None:
    assert " ".join(words(code, "cpp")) == expected


def test_declared_names_of_python() -> None:
    code = (
        "import sys\n"
        "def f(a, b=2, *c):\n"
        "    x, y = map(int, input().split())\n"
        "    for i in range(x): q = [z for z in a]\n"
        "    return lambda t: t + len(b)\n"
    )
    assert " ".join(words(code, "python")) == (
        "import sys def ID ( ID , ID = 2 , * ID ) : ID , ID = map ( int , input ( ) . split ( ) ) "
        "for ID in range ( ID ) : ID = [ ID for ID in ID ] return lambda ID : ID + len ( ID )"
    )


@pytest.mark.parametrize("code", ["", "int main( {", "}}}}", "\x00\ud800 int", "é = ü;", "#define"])
def test_what_is_no_program_is_read_all_the_same(code: str) -> None:
    assert isinstance(words(code, "cpp"), list)
    assert isinstance(words(code, "python"), list)
