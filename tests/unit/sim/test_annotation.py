"""From addresses to lines: inlined library code, functions elsewhere, and hostile texts."""

from __future__ import annotations

from sim.annotation import Counts, read_addresses, summed

ONE = Counts(cycles=10, instructions=2)
ANSWER = """0x0000000000401000
std::vector<int>::push_back(int)
/usr/include/c++/12/bits/stl_vector.h:1278
main
/pie/work/main.cpp:7 (discriminator 3)
0x0000000000401010
main
/pie/work/main.cpp:7
0x0000000000401020
__memset_sse2
??:?
"""


def test_code_inlined_from_a_library_counts_for_the_line_that_called_it() -> None:
    found = summed(ANSWER, [0x401000, 0x401010], {0x401000: ONE, 0x401010: ONE}, 99)
    assert found.own == {7: Counts(cycles=20, instructions=4)}
    assert not found.elsewhere


def test_other_code_counts_for_its_function() -> None:
    found = summed(ANSWER, [0x401020], {0x401020: ONE}, 99)
    assert found.elsewhere == {"__memset_sse2": ONE}


def test_an_address_without_an_answer_is_not_lost() -> None:
    assert summed("", [0x401000], {0x401000: ONE}, 99).elsewhere == {"??": ONE}


def test_a_function_named_like_an_address_or_with_escapes_does_no_harm() -> None:
    text = "0x1000\n0x2000\nother.h:3\n0x2000\n\x1b[2Jx\nother.h:4\n"
    found = summed(text, [0x1000, 0x2000], {0x1000: ONE, 0x2000: ONE}, 99)
    assert sum((*found.own.values(), *found.elsewhere.values()), Counts()) == ONE + ONE
    assert all(name.isprintable() for name in found.elsewhere)


def test_addresses_are_read_from_the_tools_lines_alone() -> None:
    log = (
        b"==2== PIE-ADDRESSES 401000,5,2,1,0,0,1 401004,7,2,0,0,0,0\n"
        b"x ==2== PIE-ADDRESSES 401008,5,2,1,0,0,1\n"
        b"==2== PIE-ADDRESSES 401004,1,1,0,0,0,0\n"
    )
    assert read_addresses(log) == {
        0x401000: Counts(5, 2, 1, 0, 0, 1),
        0x401004: Counts(8, 3, 0, 0, 0, 0),
    }


def test_a_line_that_the_source_does_not_have_is_not_its_own() -> None:
    text = "0x1000\nstd::erase()\n/pie/work/main.cpp:1929\nmain\n/pie/work/main.cpp:6\n"
    text += "0x2000\nstd::erase()\n/pie/work/main.cpp:1929\n"
    found = summed(text, [0x1000, 0x2000], {0x1000: ONE, 0x2000: ONE}, 6)
    assert found.own == {6: ONE}
    assert found.elsewhere == {"std::erase()": ONE}
