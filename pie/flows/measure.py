"""`pie measure`: programs in files, no data set; which is faster, and by how much."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pie.core.problem import InputError
from pie.core.report.explanation import Explanation, explain
from pie.core.report.startup import Net, Startup, net_speedup, startup_procedure
from pie.core.test_cases import text_case
from sim.errors import MissingTool
from sim.machines.counts import Counts
from sim.paths import cache_directory
from sim.procedure import Outcome, Procedure, examine
from sim.program import Language, Program, TestCase
from sim.scheduler import Scheduler
from sim.setting import Setting
from sim.store import Store
from sim.verdict import Verdict

_SUFFIXES = {
    ".c": Language.CPP,  # as in rows: C is compiled as C++
    ".cpp": Language.CPP,
    ".cc": Language.CPP,
    ".cxx": Language.CPP,
    ".py": Language.PYTHON,
}


@dataclass(frozen=True)
class Compared:
    """Programs measured on the same inputs."""

    names: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    startup: Startup
    languages: tuple[Language, ...]
    tests: int
    machine: str
    outputs_agree: bool
    expected_given: bool
    programs: tuple[Program, ...] = ()
    cases: tuple[TestCase, ...] = ()

    @property
    def all_accepted(self) -> bool:
        return all(one.verdict is Verdict.ACCEPTED for one in self.outcomes)

    @property
    def nets(self) -> tuple[Net | None, ...]:
        """Each program's cost without the start of the process, as far as it is known."""
        return tuple(
            self.startup.net(language, one, self.tests)
            for language, one in zip(self.languages, self.outcomes, strict=True)
        )

    @property
    def comparable(self) -> bool:
        """Whether a speedup may be claimed: all programs end well and print the same."""
        return self.all_accepted and (self.expected_given or self.outputs_agree)


def compare(
    files: Sequence[Path],
    inputs: Sequence[Path],
    expected: Sequence[Path],
    setting: Setting,
    *,
    use_cache: bool = True,
) -> Compared:
    """Measure programs on inputs. InputError for a file that cannot be used."""
    missing = setting.machine.check()
    if not missing.ok:
        raise MissingTool(missing.problem, missing.remedy)
    if expected and len(expected) != len(inputs):
        raise InputError(
            f"{len(inputs)} inputs but {len(expected)} expected outputs",
            "give one -e for each -i, in the same order",
        )
    programs = [program_of(file) for file in files]
    cases = _cases(inputs, expected)
    languages = tuple(program.language for program in programs)
    distinct = list(dict.fromkeys(languages))

    def procedures() -> Iterator[Procedure]:
        for language in distinct:
            yield startup_procedure(language, setting)
        yield examine(programs, cases, setting)

    jobs = 1 if setting.machine.interleaved else len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="pie-measure-") as scratch:
        folder = cache_directory() if use_cache else Path(scratch)
        store = Store(folder / "results.sqlite")
        try:
            with Scheduler(store, jobs) as scheduler:
                *starts, outcomes = scheduler.run(procedures())
        finally:
            store.close()
    return Compared(
        names=tuple(str(file) for file in files),
        outcomes=tuple(outcomes),
        startup=Startup(
            {language: start[0] for language, start in zip(distinct, starts, strict=True)}
        ),
        languages=languages,
        tests=len(cases),
        machine=setting.machine.name,
        outputs_agree=len({_outputs(one) for one in outcomes}) == 1,
        expected_given=bool(expected),
        programs=tuple(programs),
        cases=tuple(cases),
    )


def explanations(compared: Compared) -> list[Explanation]:
    """Explain each program's cycles; InputError where that is not possible."""
    told = []
    for name, one in zip(compared.names, compared.outcomes, strict=True):
        if one.cycles is None:
            raise InputError(f"{name} cannot be explained: {one.verdict}", "mend it first")
        split = explain([test.run.counters for test in one.tests if test.run], one.cycles)
        if split is None:
            raise InputError(
                f"the machine '{compared.machine}' does not tell where cycles went",
                "measure with --machine skylake",
            )
        told.append(split)
    return told


def sentence(compared: Compared) -> str:
    """Say which program is faster, by how much, on what, and the start-up's part."""
    failed = [
        f"{name}: {one.verdict}{f' ({one.detail})' if one.detail else ''}"
        for name, one in zip(compared.names, compared.outcomes, strict=True)
        if one.verdict is not Verdict.ACCEPTED
    ]
    if failed:
        return "No speedup can be stated: " + "; ".join(failed) + "."
    if not compared.comparable:
        return (
            "No speedup can be stated: the programs print different things "
            "(give the right output with -e to see which is wrong)."
        )
    costs = [one.seconds or 0.0 for one in compared.outcomes]
    if len(costs) == 1:
        return f"{compared.names[0]} takes {_cost(compared, 0)} {_on(compared)}."
    best = min(range(len(costs)), key=costs.__getitem__)
    if len(set(costs)) == 1:
        verb = "is exactly as fast as" if len(costs) == 2 else "cost exactly the same as"
        others = " and ".join(compared.names[1:])
        return f"{compared.names[0]} {verb} {others}: {_cost(compared, 0)} {_on(compared)}."
    others = ", ".join(
        f"exactly as fast as {compared.names[index]}"
        if costs[index] == costs[best]
        else f"{costs[index] / costs[best]:.3f} times faster than {compared.names[index]} "
        f"({_cost(compared, index)})"
        for index in range(len(costs))
        if index != best
    )
    return (
        f"{compared.names[best]} ({_cost(compared, best)}) is {others} {_on(compared)}"
        f"{_startup_clause(compared, best)}{_noise_clause(compared)}."
    )


def _startup_clause(compared: Compared, best: int) -> str:
    share = compared.startup.share(
        compared.languages[best], compared.outcomes[best].seconds, compared.tests
    )
    if share is None:
        return ""
    clause = f"; {share:.0%} of the faster one's time is the start of the process"
    nets = compared.nets
    net = nets[best]
    if net is not None and net.below_start:
        return f"{clause} (below_start: it costs no more than an empty program, so no net speedup)"
    ratio = net_speedup(nets[1 - best], net) if len(nets) == 2 else None
    return clause if ratio is None else f"{clause}, and without it that is {ratio:.3f} times"


def _noise_clause(compared: Compared) -> str:
    """On the real CPU: what the same program differed by against itself."""
    ratios = [
        one.run.counters["aa_ratio"]
        for outcome in compared.outcomes
        for one in outcome.tests
        if one.run is not None and "aa_ratio" in one.run.counters
    ]
    if not ratios:
        return ""
    noise = max(abs(ratio - 1) for ratio in ratios)
    return f"; the same program differed from itself by up to {noise:.1%} meanwhile"


def _on(compared: Compared) -> str:
    inputs = "1 input" if compared.tests == 1 else f"{compared.tests} inputs"
    return f"on the machine '{compared.machine}' over {inputs}"


def _cost(compared: Compared, index: int) -> str:
    """Return a program's cost in the unit of the machine: a count of instructions is no time."""
    outcome = compared.outcomes[index]
    if compared.machine == Counts.name:
        return f"{outcome.cycles or 0:,} instructions"
    return _time(outcome.seconds or 0.0)


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.4g} {unit}"
    return f"{seconds / 1e-9:.4g} ns"


def program_of(file: Path) -> Program:
    """Return the program in a file, its language by the name; InputError for what is none."""
    language = _SUFFIXES.get(file.suffix.lower())
    if language is None:
        known = ", ".join(_SUFFIXES)
        raise InputError(f"the language of {file} is not known", f"its name must end in {known}")
    try:
        return Program(language, file.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"the program {file} is not UTF-8", "convert it") from error
    except OSError as error:
        raise InputError(
            f"the program {file} cannot be read ({error.strerror})", "check the path"
        ) from error


def _cases(inputs: Sequence[Path], expected: Sequence[Path]) -> list[TestCase]:
    if not inputs:
        return [text_case("empty input", b"", None)]
    texts = [_bytes(path) for path in inputs]
    outputs = [_bytes(path) for path in expected] if expected else [None] * len(texts)
    return [
        text_case(str(path), text, output)
        for path, text, output in zip(inputs, texts, outputs, strict=True)
    ]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"the file {path} cannot be read ({error.strerror})", "check the path"
        ) from error


def _outputs(outcome: Outcome) -> tuple[str, ...]:
    return tuple(one.run.tokens_sha256 if one.run else "" for one in outcome.tests)
