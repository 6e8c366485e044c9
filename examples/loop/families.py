"""Families of tiny C++ programs: one problem for each choice of constants, ten solutions of each.

A solution is one algorithm, slow or fast, with one kind of input and output, slow (iostream, a
flush for each line) or fast (stdio), in one of a few forms that do not matter for speed. That makes
four speeds; of ten solutions three each have the better ones and one the slowest, so that the score
tags of `pie dataset tag` are 10, 7, 4 and 1. Which is how fast is not said here: it is measured.

Problems of a family differ in two constants, which a model must carry over from the program that it
reads; many pairs of them are needed, or it learns these pairs by heart. What variables are called
tells nothing of the problem, or it would learn the problems by their names; and it is one of a few
choices for the whole program, since a tiny model could not choose each name and keep to it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

MODULI = (97,)
"""One suffices: each further one is a third constant to be carried over."""
ROLES = "nqijsvpx"
NAMES = (
    ("n", "q", "i", "j", "s", "v", "p", "x"),
    ("m", "k", "t", "u", "sum", "a", "c", "y"),
    ("size", "asks", "at", "to", "total", "num", "table", "val"),
    ("len", "left", "pos", "end", "res", "arr", "acc", "cur"),
)
"""What variables are called; a solution has the names of one line."""
FORMS = ((False, False), (False, True), (True, False), (True, True))
"""Whether `main` ends with a return, and whether it says `void`."""
WAYS = (
    *[(algorithm, "stdio") for algorithm in ("fast", "slow") for _ in range(3)],
    *[("fast", "iostream")] * 3,
    ("slow", "iostream"),
)
"""Algorithm and input/output of each of a problem's solutions."""


@dataclass(frozen=True)
class Family:
    """Programs that differ in three constants; `@x` is a name, `$a` a constant."""

    name: str
    slow: str
    fast: str
    tests: Callable[[random.Random], Sequence[Sequence[Sequence[int]]]]
    """A small and a large input, as lines of numbers."""
    answer: Callable[[Sequence[Sequence[int]], int, int, int], Sequence[int]]
    """What is to be printed, computed otherwise than by the programs."""


@dataclass(frozen=True)
class Problem:
    """A family with its constants."""

    family: Family
    constants: tuple[int, int, int]

    @property
    def id(self) -> str:
        """The name of its folder of tests."""
        return "-".join([self.family.name, *map(str, self.constants)])

    def tests(self) -> list[tuple[str, str]]:
        """Return input and expected output of each test, always the same."""
        made = []
        for lines in self.family.tests(random.Random(self.id)):
            given = "".join(" ".join(map(str, line)) + "\n" for line in lines)
            printed = self.family.answer(lines, *self.constants)
            made.append((given, "".join(f"{number}\n" for number in printed)))
        return made

    def solution(
        self, algorithm: str, way: str, form: tuple[bool, bool], named: Sequence[str]
    ) -> str:
        """Return the text of one solution."""
        names = dict(zip(ROLES, named, strict=True))
        body = self.family.slow if algorithm == "slow" else self.family.fast
        text = _with_streams(body.strip("\n"), way)
        for key, number in zip("abm", self.constants, strict=True):
            text = text.replace(f"${key}", str(number))
        returns, says_void = form
        text = text.replace("main()", "main(void)") if says_void else text
        text = text.removesuffix("}") + "    return 0;\n}" if returns else text
        return re.sub("@([a-z])", lambda found: names[found[1]], text) + "\n"

    def solutions(self) -> list[str]:
        """Return the ten solutions, all different texts, always the same."""
        chance = random.Random(f"{self.id} solutions")
        forms = {way: chance.sample(FORMS, len(FORMS)) for way in sorted(set(WAYS))}
        return [self.solution(*way, forms[way].pop(), chance.choice(NAMES)) for way in WAYS]


def problems(families: Sequence[Family], of_each: int, seed: int) -> list[Problem]:
    """Return problems of each family, no two with the same constants."""
    chance = random.Random(seed)
    every = [(a, b, m) for a in range(2, 10) for b in range(1, 10) for m in MODULI]
    return [Problem(one, chosen) for one in families for chosen in chance.sample(every, of_each)]


def _with_streams(body: str, way: str) -> str:
    """Put in the statements that read and print, and the header that they need."""
    if way == "stdio":
        header = "#include <cstdio>\n\n"
        body = re.sub(r"READ\(([^)]*)\)", _scanf, body)
        return header + re.sub(r"WRITE\((.*)\);", r'printf("%lld\\n", \1);', body)
    header = "#include <iostream>\nusing namespace std;\n\n"
    body = re.sub(r"READ\(([^)]*)\)", lambda m: "cin >> " + m[1].replace(", ", " >> "), body)
    return header + re.sub(r"WRITE\((.*)\);", r"cout << \1 << endl;", body)


def _scanf(found: re.Match[str]) -> str:
    names = found[1].split(", ")
    return f'scanf("{"%d" * len(names)}", {", ".join("&" + name for name in names)})'


def _one_number(small: int, large: int) -> Callable[[random.Random], list[list[list[int]]]]:
    return lambda chance: [[[small]], [[large + chance.randrange(large // 10)]]]


def _lookups(chance: random.Random) -> list[list[list[int]]]:
    return [[[n], [chance.randrange(1, 2000) for _ in range(n)]] for n in (3, 200)]


def _recurrence(lines: Sequence[Sequence[int]], a: int, b: int, m: int) -> list[int]:
    before, now = 1, 2
    for _ in range(lines[0][0]):
        before, now = now, (a * now + b * before) % m
    return [before]


FAMILIES = (
    Family(
        "line_sum",
        """
int main() {
    int @n;
    READ(@n);
    long long @s = 0;
    for (int @i = 1; @i <= @n; @i++) @s = (@s + $a * @i + $b) % $m;
    WRITE(@s);
}
""",
        """
int main() {
    int @n;
    READ(@n);
    long long @s = @n * (@n + 1LL) / 2 * $a + @n * $b;
    WRITE(@s % $m);
}
""",
        _one_number(3, 40_000),
        lambda lines, a, b, m: [sum(a * i + b for i in range(1, lines[0][0] + 1)) % m],
    ),
    Family(
        "recurrence",
        """
long long f(int @x) {
    if (@x < 2) return @x + 1;
    return ($a * f(@x - 1) + $b * f(@x - 2)) % $m;
}

int main() {
    int @n;
    READ(@n);
    WRITE(f(@n));
}
""",
        """
int main() {
    int @n;
    READ(@n);
    long long @p = 1, @s = 2;
    for (int @i = 0; @i < @n; @i++) {
        long long @x = ($a * @s + $b * @p) % $m;
        @p = @s;
        @s = @x;
    }
    WRITE(@p);
}
""",
        lambda chance: [[[2]], [[23 + chance.randrange(2)]]],
        _recurrence,
    ),
    Family(
        "multiples",
        """
int main() {
    int @n;
    READ(@n);
    long long @s = $b;
    for (int @i = 1; @i <= @n; @i++)
        if (@i % $a == 0) @s += @i;
    WRITE(@s % $m);
}
""",
        """
int main() {
    int @n;
    READ(@n);
    long long @x = @n / $a;
    WRITE((@x * (@x + 1) / 2 * $a + $b) % $m);
}
""",
        _one_number(9, 80_000),
        lambda lines, a, b, m: [(sum(range(a, lines[0][0] + 1, a)) + b) % m],
    ),
    Family(
        "powers",
        """
int main() {
    int @n;
    READ(@n);
    long long @s = $b;
    for (int @i = 0; @i < @n; @i++) @s = @s * $a % $m;
    WRITE(@s);
}
""",
        """
int main() {
    int @n;
    READ(@n);
    long long @s = $b, @x = $a;
    while (@n > 0) {
        if (@n % 2) @s = @s * @x % $m;
        @x = @x * @x % $m;
        @n /= 2;
    }
    WRITE(@s);
}
""",
        _one_number(4, 40_000),
        lambda lines, a, b, m: [b * pow(a, lines[0][0], m) % m],
    ),
    Family(
        "running",
        """
int main() {
    int @n, @v[1000];
    READ(@n);
    for (int @i = 0; @i < @n; @i++) {
        READ(@v[@i]);
        long long @s = $b;
        for (int @j = 0; @j <= @i; @j++) @s = (@s + @v[@j] * $a) % $m;
        WRITE(@s);
    }
}
""",
        """
int main() {
    int @n, @x;
    READ(@n);
    long long @s = $b;
    while (@n--) {
        READ(@x);
        @s = (@s + @x * $a) % $m;
        WRITE(@s);
    }
}
""",
        lambda chance: [[[n], [chance.randrange(100) for _ in range(n)]] for n in (3, 120)],
        lambda lines, a, b, m: [(a * total + b) % m for total in accumulate(lines[1])],
    ),
)
HELD_OUT = (
    Family(
        "table_sums",
        """
int main() {
    int @q, @x;
    READ(@q);
    while (@q--) {
        READ(@x);
        long long @s = $b;
        for (int @i = 1; @i <= @x; @i++) @s += @i * $a % $m;
        WRITE(@s);
    }
}
""",
        """
int main() {
    int @q, @x;
    long long @p[2000] = {$b};
    for (int @i = 1; @i < 2000; @i++) @p[@i] = @p[@i - 1] + @i * $a % $m;
    READ(@q);
    while (@q--) {
        READ(@x);
        WRITE(@p[@x]);
    }
}
""",
        _lookups,
        lambda lines, a, b, m: [sum(i * a % m for i in range(1, x + 1)) + b for x in lines[1]],
    ),
)
"""No problem of these is trained on."""
