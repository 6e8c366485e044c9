"""Precompiled headers save time and nothing else: the bytes are those of a build without them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import compiler, precompiled, process
from sim.limits import CompileLimits
from sim.program import Build, Language, Program
from sim.toolchain import Toolchain

EXAMPLE = Path(__file__).parents[3] / "examples" / "single" / "slow.cpp"
BODY = """
int main() {
    int n;
    std::cin >> n;
    std::cout << n + __LINE__ << __COUNTER__ << __FILE__ << __func__ << std::endl;
}
"""
PROGRAMS = {
    "plain": "#include <iostream>\n" + BODY,
    "everything": "#include <bits/stdc++.h>\nusing namespace std;\n" + BODY,
    "comments first": "// one\n/* two\n#include <vector>\n*/ #include <iostream>\n" + BODY,
    "pragmas after": '#include <bits/stdc++.h>\n#pragma GCC optimize("O2")\n'
    '#pragma GCC target("avx2")\n' + BODY,
    "assertions and templates": "#include <bits/stdc++.h>\n#include <cassert>\n"
    "template <class T> T twice(T x) { assert(x); static int calls; return x + x + calls++; }\n"
    'static std::map<std::string, std::vector<int>> table{{"a", {twice(1)}}};\n'
    "int main() { auto f = [](auto x) { return twice(x); };\n"
    "std::cout << f(2.5) << table.size(); }\n",
    "an example": EXAMPLE.read_text(),
}


def built(source: str, headers: bool, flags: tuple[str, ...] = ()) -> Build:
    toolchain = Toolchain(flags=flags) if flags else Toolchain()
    made = compiler.build(
        Program(Language.CPP, source), toolchain, CompileLimits(), headers=headers
    )
    assert made.verdict is None, made.detail
    return made


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_executable_is_the_same_with_and_without(cache: Path, name: str) -> None:
    source = PROGRAMS[name]
    assert precompiled.header_of(source)
    assert built(source, True).digest == built(source, False).digest


@pytest.mark.parametrize("flags", [("-O1", "-std=c++20"), ("-O3", "-g")])
def test_the_executable_is_the_same_under_other_flags(cache: Path, flags: tuple[str, ...]) -> None:
    source = PROGRAMS["plain"]
    assert built(source, True, flags).digest == built(source, False, flags).digest


@pytest.mark.parametrize("headers", [True, False])
def test_an_error_is_reported_at_the_same_place(cache: Path, headers: bool) -> None:
    program = Program(Language.CPP, "#include <iostream>\n\nint main() { retrun 0; }\n")
    made = compiler.build(program, Toolchain(), CompileLimits(), headers=headers)
    assert made.detail.startswith("main.cpp:3:14: error")


@pytest.mark.parametrize(
    ("source", "header"),
    [
        ("#include <iostream>\n", "iostream"),
        ("#include<bits/stdc++.h>\n", "bits/stdc++.h"),
        ("\n  \t#  include <iostream>", "iostream"),
        ("// words\n/* more */\n#include <iostream>\n", "iostream"),
        ("/* #include <iostream> */\n#include <bits/stdc++.h>\n", "bits/stdc++.h"),
        ("#define _GLIBCXX_DEBUG\n#include <iostream>\n", ""),
        ("#define int long long\n#include <bits/stdc++.h>\n", ""),
        ('#pragma GCC optimize("Ofast")\n#include <bits/stdc++.h>\n', ""),
        ('#pragma GCC target("avx2")\n#include <iostream>\n', ""),
        ("#include <cstdio>\n#include <iostream>\n", ""),
        ("using namespace std;\n#include <iostream>\n", ""),
        ("#if 0\n#include <iostream>\n#endif\n", ""),
        ("// a comment that goes on \\\n#include <iostream>\n", ""),
        ('#include "iostream"\n', ""),
        ("#include <iostream.h>\n", ""),
        ("", ""),
    ],
)
def test_only_a_header_that_comes_first_is_taken_from_the_precompiled_ones(
    source: str, header: str
) -> None:
    assert precompiled.header_of(source) == header


def test_a_macro_before_the_header_still_takes_effect(cache: Path) -> None:
    source = "#define NDEBUG\n#include <bits/stdc++.h>\nint main() { assert(false); }\n"
    plain = source.replace("#define NDEBUG\n", "")
    assert built(source, True).digest != built(plain, True).digest


def test_the_user_environment_cannot_change_the_precompiled_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = tmp_path / "include"
    poison.mkdir()
    (poison / "iostream").write_text("#error poisoned\n")
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CPLUS_INCLUDE_PATH", str(poison))
    folder = precompiled.folder_for("iostream", Toolchain())
    assert folder is not None
    assert (folder / "iostream.gch").is_file()


def test_where_the_header_cannot_be_made_programs_are_compiled_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(precompiled, "_make", lambda *_: False)
    assert precompiled.folder_for("iostream", Toolchain()) is None
    monkeypatch.undo()
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    assert precompiled.folder_for("iostream", Toolchain()) is None  # not tried for each program
    assert built(PROGRAMS["plain"], True).size > 0


def full_disk(*_: object) -> bool:
    raise OSError(28, "No space left on device")


def test_a_full_disk_is_no_reason_to_compile_without_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    with monkeypatch.context() as full:
        full.setattr(precompiled, "_make", full_disk)
        assert precompiled.folder_for("iostream", Toolchain()) is None
    made = []
    monkeypatch.setattr(precompiled, "_make", lambda *_: made.append(1) or True)
    assert precompiled.folder_for("iostream", Toolchain()) is None
    assert made == []  # not for each program anew
    monkeypatch.setattr(precompiled, "_PAUSE_SECONDS", 0.0)
    assert precompiled.folder_for("iostream", Toolchain()) is not None
    assert made == [1]


@pytest.mark.parametrize(
    ("code", "said", "refused"),
    [
        (1, b"fatal error: error writing to /tmp/cc.s: No space left on device", False),
        (1, b"g++: fatal error: Killed signal terminated program cc1plus", False),
        (-9, b"", False),
        (1, b"error: unknown value for -std", True),
    ],
)
def test_only_the_compilers_own_refusal_is_remembered_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: bytes, refused: bool
) -> None:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    Toolchain().fingerprint(Language.CPP)
    ended = process.Finished(code, b"", said, False, False, 0.0, {})
    monkeypatch.setattr(precompiled.process, "run", lambda *_, **__: ended)
    assert precompiled.folder_for("iostream", Toolchain()) is None
    assert bool(list(tmp_path.rglob("failed"))) is refused
    assert bool(list(tmp_path.rglob("interrupted"))) is not refused


@pytest.mark.parametrize("header", precompiled.HEADERS)
def test_a_header_that_is_included_again_is_found_and_gives_the_same_bytes(
    header: str, cache: Path
) -> None:
    source = f"#include <{header}>\n#include <string>\n#include <{header}>\nint main() {{}}\n"
    program = Program(Language.CPP, source)
    quick = compiler.build(program, Toolchain(), CompileLimits())
    plain = compiler.build(program, Toolchain(), CompileLimits(), headers=False)
    assert quick.verdict is None
    assert quick.digest == plain.digest
