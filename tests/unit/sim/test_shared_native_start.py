"""What a program holds of the runner that serves several native tests of it: nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pie.core.test_cases import text_case
from sim import comparison, compiler, judge
from sim.limits import CompileLimits, Limits
from sim.program import Language, Program
from sim.toolchain import Toolchain
from sim.verdict import Verdict

OPEN = {
    Language.CPP: """#include <cstdio>
#include <fcntl.h>
int main() {
    for (int i = 3; i < 1024; i++) if (fcntl(i, F_GETFD) >= 0) printf("%d ", i);
    puts("none besides");
}
""",
    Language.PYTHON: """import os
for i in range(3, 1024):
    try:
        os.fstat(i)
        print(i)
    except OSError:
        pass
print("none besides")
""",
}


@pytest.mark.parametrize("language", list(OPEN))
def test_no_descriptor_of_the_runner_is_open_in_a_program(cache: Path, language: Language) -> None:
    """Flags of an open file are the same for all who share it, so tests could speak by them."""
    toolchain = Toolchain()
    build = compiler.build(Program(language, OPEN[language]), toolchain, CompileLimits())
    tests = [text_case(name, name.encode(), b"none besides\n") for name in "abc"]
    found = judge.judge(build, tests, comparison.named("exact"), Limits(), toolchain)
    assert [(one.verdict, one.detail) for one in found] == [(Verdict.ACCEPTED, "")] * 3
