"""What PIE's arguments mean here, and what is said about those that mean nothing."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sim.errors import InputError
from sim.limits import NATIVE_FLOOR
from sim.machine import Machine
from sim.paths import configuration
from sim.toolchain import parse_flags

INSTRUCTIONS_PER_SECOND = 1_000_000
"""What a second of PIE's clock allows in the simulator: no gem5 of such a core is faster, so that
whatever ended in time there may end here."""
FOLDERS = ("test_cases", "merged_test_cases")

_WITHOUT_EFFECT = {
    "working_dir": "/home/working_dir",
    "use_logical_cpus": False,
    "threaded": False,
    "port": 4000,
    "api_key": None,
    "do_run_without_container": False,
}


def notices(given: Mapping[str, Any], machine: Machine) -> Iterator[str]:
    """Yield a sentence for each thing that is not as a script written for PIE may expect."""
    idle = [
        f"{name}={'...' if name == 'api_key' else repr(given[name])}"
        for name, default in _WITHOUT_EFFECT.items()
        if given[name] != default
    ]
    if idle:
        verb = "has" if len(idle) == 1 else "have"
        yield (
            f"there is no container and no server here, so {' and '.join(idle)} {verb} no effect"
        )
    if machine.name != "gem5":
        why = "no gem5 is configured" if given["machine"] == "auto" else "so it was asked"
        yield (
            f"the times are those of the machine '{machine.name}', not gem5's ({why}); for PIE's "
            "numbers name a gem5 with make(gem5=PATH) or PIE_GEM5"
        )
        if given["cpu_type"] != "Verbatim":
            yield f"cpu_type={given['cpu_type']!r} has no effect on the machine '{machine.name}'"
    elif given["link"] is None:
        yield (
            "programs are linked statically, so that their times lack the start of PIE's dynamic "
            "loader (1 ms with iostream); make(link='dynamic') measures as PIE did, "
            "make(link='static') says that this is meant"
        )
    if given["max_instructions"] is None and given["timeout_seconds_gem5"] != 60:
        yield (
            f"timeout_seconds_gem5={given['timeout_seconds_gem5']} is a budget of "
            f"{simulated_budget(given['timeout_seconds_gem5']):,} simulated instructions here, so "
            "that no result depends on how busy this host is"
        )
    if given["timeout_seconds_binary"] != 10:
        yield (
            f"timeout_seconds_binary={given['timeout_seconds_binary']} bounds the CPU time of runs "
            "timed with 'binary' only; before a simulation the simulator's budget bounds them"
        )


def simulated_budget(seconds: float) -> int:
    """Return the instructions that stand for a time limit of PIE's simulator."""
    return _at_least_one(seconds * INSTRUCTIONS_PER_SECOND, "timeout_seconds_gem5", seconds)


def native_budget(seconds: float) -> int:
    """Return the instructions whose native time limit is so many seconds of CPU time."""
    return _at_least_one(seconds * NATIVE_FLOOR, "timeout_seconds_binary", seconds)


def _at_least_one(budget: float, name: str, seconds: float) -> int:
    if not 1 <= budget < 1e18:
        raise InputError(f"{name}={seconds} is no time limit", "give a number of seconds above 0")
    return int(budget)


def flags(optimization: str, standard: str, override: str | None) -> tuple[str, ...]:
    """Return the compiler's flags: PIE's two, then those of the submission.

    They are in the order of `pie simulate`, so that both share what they build.
    """
    text = " ".join(part for part in (optimization, standard, override) if part)
    try:
        parsed = parse_flags(text)
    except ValueError as error:
        raise InputError(
            f"the flags {text!r} cannot be split ({error})", "check their quotes"
        ) from error
    return tuple(flag.replace("--std=", "-std=", 1) for flag in parsed)


def processors(cpuset: str | None) -> frozenset[int]:
    """Return the processors that a text such as `0-3,8` names; none when there is no text."""
    if not cpuset:
        return frozenset()
    named: set[int] = set()
    try:
        for part in str(cpuset).split(","):
            first, _, last = part.partition("-")
            named.update(range(int(first), int(last or first) + 1))
    except ValueError as error:
        raise InputError(f"cpuset_cpus={cpuset!r} names no processors", "write 0-3,8") from error
    usable = named & os.sched_getaffinity(0)
    if not usable:
        raise InputError(
            f"none of the processors cpuset_cpus={cpuset!r} can be used here",
            f"choose from {sorted(os.sched_getaffinity(0))}",
        )
    return frozenset(usable)


def testcases_folder(given: str | os.PathLike[str] | None) -> Path:
    """Return the folder of test cases: PIE's image has them inside, here they must be named.

    As given, else `PIE_TESTCASES`, else `testcases` in the user's configuration file, else
    `test_cases` or `merged_test_cases` in the working directory.
    """
    named = given or os.environ.get("PIE_TESTCASES") or configuration().get("testcases")
    for folder in [named] if named else FOLDERS:
        if Path(folder).is_dir():
            return Path(folder).absolute()
    what = f"the folder of test cases {named} does not exist" if named else "no test cases here"
    raise InputError(
        what,
        "unpack PIE's merged_test_cases and name the folder with make(testcases_dir=FOLDER) or "
        "PIE_TESTCASES",
    )


def test_numbers(tests: Iterable[Any]) -> list[int]:
    """Return the tests as numbers, each once; PIE takes numbers and their texts."""
    if isinstance(tests, str):
        raise InputError(f"testcases={tests!r} is no list", "give a list such as [0, 1]")
    try:
        numbers = [int(one) if isinstance(one, str) else operator.index(one) for one in tests]
    except (TypeError, ValueError) as error:
        raise InputError(
            f"testcases={str(tests)[:80]} are no numbers of tests", "give a list such as [0, 1]"
        ) from error
    if not numbers:
        raise InputError("a submission has no test", "give a list such as [0, 1]")
    return list(dict.fromkeys(numbers))


testcases_folder.__test__ = test_numbers.__test__ = False  # type: ignore[attr-defined]


def at_least(value: object, least: int, name: str, unit: str) -> None:
    """InputError unless `value` is None or a whole number from `least` on."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(
            f"{name}={value!r} is no limit", f"give {least:,} {unit} or more, or leave it out"
        )
