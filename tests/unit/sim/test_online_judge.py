"""What judges compile with: macros, flags, headers, and their part of the fingerprint."""

from pathlib import Path

import pytest

from pie.cli import options
from sim import compiler, online_judge
from sim.errors import InputError
from sim.limits import CompileLimits
from sim.program import Build, Language, Program
from sim.toolchain import Toolchain, parse_flags
from sim.verdict import Verdict

PLAIN = '#include <cstdio>\nint main() { puts("1"); }\n'
GUARDED = "#include <cstdio>\n#ifndef NAME\n#error it is missing\n#endif\nint main() {}\n"


def guarded(name: str) -> str:
    return GUARDED.replace("NAME", name)


def built(source: str, toolchain: Toolchain) -> Build:
    return compiler.build(Program(Language.CPP, source), toolchain, CompileLimits())


def toolchain_of(**more: object) -> Toolchain:
    return options.Programs(**more).setting("native").toolchain  # type: ignore[arg-type]


def test_the_macro_changes_no_program_that_does_not_use_it() -> None:
    assert built(PLAIN, Toolchain()).digest == built(PLAIN, Toolchain(defines=())).digest


@pytest.mark.parametrize("judge", ["none", *online_judge.ONLINE_JUDGES])
def test_every_judge_defines_that_it_is_one(judge: str) -> None:
    toolchain = toolchain_of(judge=judge)
    assert built(guarded("ONLINE_JUDGE"), toolchain).verdict is None
    atcoder = built(guarded("ATCODER"), toolchain).verdict
    assert atcoder is (None if judge == "atcoder" else Verdict.COMPILE_ERROR)
    gnu = built(guarded("linux"), toolchain).verdict  # a macro of the GNU dialects alone
    assert gnu is (Verdict.COMPILE_ERROR if judge == "none" else None)


def test_the_users_flags_have_the_last_word() -> None:
    toolchain = toolchain_of(judge="aizu", cxxflags="-O1 -UONLINE_JUDGE -std=c++20")
    assert toolchain.flags == ("-O1", "-UONLINE_JUDGE", "-std=c++20")
    assert built(guarded("ONLINE_JUDGE"), toolchain).verdict is Verdict.COMPILE_ERROR


def test_no_two_judges_share_a_fingerprint() -> None:
    prints = [
        repr(toolchain_of(judge=judge).fingerprint(Language.CPP))
        for judge in ("none", "atcoder", "codeforces")
    ]
    assert len(set(prints)) == 3
    without = Toolchain(defines=()).fingerprint(Language.CPP)
    assert without != Toolchain().fingerprint(Language.CPP)


def test_an_unknown_judge_is_one_sentence() -> None:
    with pytest.raises(InputError, match="choose none, atcoder, codeforces, aizu"):
        toolchain_of(judge="spoj")


def test_headers_of_the_user_are_found_and_are_in_the_fingerprint(tmp_path: Path) -> None:
    header = tmp_path / "acl" / "atcoder" / "all"
    header.parent.mkdir(parents=True)
    header.write_text("namespace atcoder { inline int three() { return 3; } }\n")
    program = "#include <atcoder/all>\nint main() { return atcoder::three() - 3; }\n"
    missing = built(program, Toolchain())
    assert missing.verdict is Verdict.COMPILE_ERROR
    assert "give the folder of the AtCoder Library with --include" in missing.detail
    toolchain = toolchain_of(include=[tmp_path / "acl"])
    assert built(program, toolchain).verdict is None
    earlier = toolchain.fingerprint(Language.CPP)
    header.write_text("namespace atcoder { inline int three() { return 4; } }\n")
    online_judge.digest_of_headers.cache_clear()
    assert toolchain.fingerprint(Language.CPP) != earlier


def test_a_header_of_the_users_own_is_taken_before_the_precompiled_one(tmp_path: Path) -> None:
    (tmp_path / "iostream").write_text("#include_next <iostream>\n#define MINE 1\n")
    program = "#include <iostream>\nint main() { return MINE - 1; }\n"
    assert built(program, toolchain_of(include=[tmp_path])).verdict is None


def test_a_folder_of_headers_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x" * 100)
    for folder, message in ((tmp_path / "nowhere", "does not exist"), (tmp_path / "file", "no")):
        with pytest.raises(InputError, match=message):
            toolchain_of(include=[folder])
    monkeypatch.setattr(online_judge, "_MOST_HEADER_BYTES", 10)
    with pytest.raises(InputError, match="give the folder of the headers alone"):
        toolchain_of(include=[tmp_path])


@pytest.mark.parametrize(
    "flags", ["-I/home/x", "-I acl", "-isystem /opt/acl", "-L/opt/lib", "-iquote.", "-I"]
)
def test_a_folder_that_the_compiler_cannot_see_is_refused(flags: str) -> None:
    with pytest.raises(InputError, match="--include DIR"):
        parse_flags(f"-O2 {flags}")


def test_a_folder_of_the_systems_headers_may_be_named() -> None:
    assert parse_flags("-I/usr/include/eigen3 -O2")[0] == "-I/usr/include/eigen3"


def test_libraries_are_linked_where_they_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    atcoder = toolchain_of(judge="atcoder")
    for library in online_judge.LIBRARIES.values():
        if library.linked:
            installed = library.installed("static")
            linked = f"-l{library.linked[0]}" in atcoder.linked_libraries()
            assert linked is installed
    monkeypatch.setattr(online_judge, "_SYSTEM_FOLDERS", ())
    assert atcoder.linked_libraries() == []
    assert not any(name.startswith("library") for name in atcoder.fingerprint(Language.CPP))


def test_bignums_of_gmp_can_be_used_as_on_atcoder() -> None:
    if not online_judge.LIBRARIES["gmp"].installed("static"):
        pytest.skip("needs libgmp-dev")
    program = '#include <gmpxx.h>\nint main() { return mpz_class("9") == 9 ? 0 : 1; }\n'
    assert built(program, toolchain_of(judge="atcoder")).verdict is None
