"""Profiles as values: C++ on both machines, functions that are called, and what the store keeps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim import compiler
from sim.calls import call_test
from sim.errors import InputError
from sim.line_costs import FunctionLines, LineCost, joined, read_functions
from sim.machine import Machine
from sim.machines.counts import Counts
from sim.machines.native import Native
from sim.machines.skylake import Skylake
from sim.profile import WHOLE_FILE, Profile, ProfileJob, profile
from sim.program import Language, Program, TestCase
from sim.setting import Setting
from sim.verdict import Verdict

CPP = """#include <cstdio>
#include <vector>
#include <cstdlib>
std::vector<int> filled(int n) {
    std::vector<int> v;
    for (int i = 0; i < n; i++)
        v.push_back(i % 7);
    return v;
}
int main() {
    unsigned x = 1;
    for (int i = 0; i < 20000; i++)
        x = 1000003u / (x % 7 + 1) + i;
    char *block = (char *)std::calloc(1000, 3);
    block = (char *)std::realloc(block, 5000);
    std::printf("%u %zu %d\\n", x, filled(1000).size(), block[x % 3000]);
    int *none = (int *)std::realloc(nullptr, 64);
    std::printf("%d\\n", none != nullptr);
}
"""


@pytest.fixture(params=[Counts(), Skylake()], ids=["counts", "skylake"])
def machine(request: pytest.FixtureRequest) -> Machine:
    found = Counts().check()
    if not found.ok:
        pytest.skip(f"{found.problem}; {found.remedy}")
    machine: Machine = request.param
    return machine


@pytest.fixture
def empty(tmp_path: Path) -> TestCase:
    path = tmp_path / "empty"
    path.write_bytes(b"")
    return TestCase("empty input", path, None, "0", "")


def made(program: Program, tests: list[TestCase], setting: Setting) -> Profile:
    build = compiler.build(program, setting.toolchain, setting.compile_limits)
    return profile(program, build, tests, setting)


def test_lines_of_cpp_have_cost_executions_and_what_they_asked_for(
    machine: Machine, empty: TestCase
) -> None:
    setting = Setting(machine)
    program = Program(Language.CPP, CPP)
    found = made(program, [empty], setting)
    assert (found.verdict, found.detail) == (Verdict.ACCEPTED, "")
    (whole,) = found.functions
    assert whole.name == WHOLE_FILE
    lines = whole.lines
    assert max(lines, key=lambda one: lines[one].cycles) == 13
    assert lines[13].hits == 20000
    assert whole.cycles + sum(cycles for _name, cycles in found.elsewhere) <= found.cycles
    # A vector that grows by doubling asks for 1, 2, 4, ... 1024 numbers.
    assert (lines[7].allocations, lines[7].allocated_bytes) == (11, 4 * 2047)
    assert (lines[14].allocations, lines[14].allocated_bytes) == (1, 3000)
    assert (lines[15].allocations, lines[15].allocated_bytes) == (1, 5000)
    assert (lines[17].allocations, lines[17].allocated_bytes) == (1, 64)  # not also its malloc
    assert lines[13].allocations == 0
    assert made(program, [empty], setting) == found


def test_a_profile_of_two_tests_is_the_sum_of_both(empty: TestCase, tmp_path: Path) -> None:
    found = Counts().check()
    if not found.ok:
        pytest.skip(f"{found.problem}; {found.remedy}")
    setting = Setting(Counts())
    source = """\
#include <cstdio>
int main() {
    int n = 0;
    scanf("%d", &n);
    volatile int s = 0;
    while (n--) s = s + 1;
}
"""
    program = Program(Language.CPP, source)
    path = tmp_path / "five"
    path.write_text("500")
    five = TestCase("five", path, None, "1", "")
    both = made(program, [empty, five], setting)
    apart = [made(program, [one], setting) for one in (empty, five)]
    assert both.cycles == sum(one.cycles for one in apart)
    summed = joined(function for one in apart for function in one.functions)
    for number in (3, 4, 6):
        assert both.functions[0].lines[number].cycles == summed[0].lines[number].cycles


def test_a_function_that_a_test_calls_is_profiled(machine: Machine, tmp_path: Path) -> None:
    setting = Setting(machine)
    source = """\
class Solution:
    def total(self, n):
        s = 0
        for i in range(n):
            s += i
        return s
"""
    program = Program(Language.PYTHON, source, "Solution().total")
    test = call_test("call", tmp_path, [300], 44850)
    version = setting.toolchain.fingerprint(Language.PYTHON)["interpreter"]
    if not version.startswith("Python 3.11."):
        pytest.skip(f"lines are read from CPython 3.11, here is {version}")
    found = made(program, [test], setting)
    assert (found.verdict, found.detail) == (Verdict.ACCEPTED, "")
    own = next(one for one in found.functions if one.name == "Solution.total")
    assert {number: cost.hits for number, cost in own.lines.items()} == {3: 1, 4: 301, 5: 300, 6: 1}
    assert max(own.lines, key=lambda one: own.lines[one].own_cycles) == 5
    assert [one.name for one in found.functions] == ["<module>", "Solution.total"]


def test_a_machine_that_does_not_see_lines_says_so(empty: TestCase) -> None:
    program = Program(Language.PYTHON, "pass\n")
    with pytest.raises(InputError, match="does not tell what lines cost"):
        made(program, [empty], Setting(Native()))


def test_a_kept_profile_is_the_one_that_was_made(empty: TestCase) -> None:
    lines = {3: LineCost(4, 50, 20, 4096, -4096, 2, 64)}
    found = Profile(
        Language.PYTHON,
        "counts",
        (FunctionLines(1, 9, "f", lines, 8192),),
        70,
        Verdict.RUNTIME_ERROR,
        "why",
        "a test",
        (("malloc", 3),),
    )
    kept = json.loads(json.dumps(ProfileJob.dump(found)))
    assert ProfileJob.load(kept) == found


def test_other_lines_of_equal_code_are_another_job(empty: TestCase) -> None:
    """With -g a line more changes the profile, though not the executable without."""
    setting = Setting(Counts())
    first, second = (
        Program(Language.CPP, "int main() {}\n"),
        Program(Language.CPP, "\nint main() {}\n"),
    )
    build = compiler.build(first, setting.toolchain, setting.compile_limits)
    keys = {ProfileJob(one, build, (empty,), setting).key for one in (first, second)}
    assert len(keys) == 2


def test_what_the_tool_tells_of_threads_and_equal_functions_is_summed() -> None:
    log = (
        b"==2== PIE-LINES 1 5 4096 f 2,1,10,5,8192,4096 3,2,20,20,8192,0\n"
        b"x ==2== PIE-LINES 1 5 4096 f 2,1,10,5,8192,4096\n"
        b"==2== PIE-LINES 1 5 9999 f 2,1,7,7,12288,-4096\n"
    )
    (found,) = read_functions(log)
    assert found.lines[2] == LineCost(2, 17, 12, 12288, 0)
    assert found.entered_bytes == 4096
