"""`pie measure`: programs in files, no data set; which is faster, and by how much."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pie.core.problem import InputError
from pie.core.report.explanation import Explanation, explain
from pie.core.report.ranking import Entry, InputCost, Ranking, against, listed
from pie.core.report.ranking_table import cost
from pie.core.report.startup import Net, Startup, net_speedup, startup_procedure
from pie.core.test_cases import text_case
from pie.flows import measure_files
from pie.flows.measure_files import Given
from sim.checker import Checker
from sim.errors import MissingTool
from sim.machines.counts import Counts
from sim.observation import Observation, observe
from sim.paths import cache_directory
from sim.printed import Asked
from sim.procedure import Outcome, Procedure, examine
from sim.program import Language, Program, TestCase
from sim.scheduler import Scheduler
from sim.setting import Setting
from sim.store import Store
from sim.verdict import Verdict

_KEPT_BYTES = 16 << 20
"""Outputs of the reference up to this size say what the others must print."""


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
    answers_from: str = ""
    """The program whose outputs the others had to print; empty where -e told what is right."""
    reference: int | None = None
    """Place of the program that the others are compared with, if one was named."""
    measured_on: tuple[str, ...] = ()
    """Machine and fingerprint of the numbers: a label for each language and setting."""

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
    def outputs_known(self) -> bool:
        """Whether each program's output was compared with what it should be."""
        return self.expected_given or bool(self.answers_from) or self.outputs_agree

    @property
    def comparable(self) -> bool:
        """Whether a speedup may be claimed: all programs end well and print the same."""
        return self.all_accepted and self.outputs_known

    @property
    def ranking(self) -> Ranking:
        """The programs side by side."""
        return Ranking(
            tuple(self._entry(index) for index in range(len(self.names))),
            self.machine,
            "instructions" if self.machine == Counts.name else "time",
            self.reference,
        )

    @property
    def own_noise(self) -> list[float]:
        """On the real CPU: ratios of the same program against itself, one for each run."""
        return [
            test.run.counters["aa_ratio"]
            for outcome in self.outcomes
            for test in outcome.tests
            if test.run is not None and "aa_ratio" in test.run.counters
        ]

    def _entry(self, index: int) -> Entry:
        one = self.outcomes[index]
        runs = [test.run for test in one.tests if test.run is not None]
        counts = [run.instructions for run in runs if run.instructions is not None]
        whole = one.verdict is Verdict.ACCEPTED and len(counts) == len(runs)
        peaks = [test.peak_bytes for test in one.tests if one.seconds]
        return Entry(
            name=self.names[index],
            verdict=one.verdict,
            reason=self._reason(one),
            seconds=one.seconds,
            cycles=one.cycles,
            instructions=sum(counts) if whole and counts else None,
            peak_bytes=max(peaks, default=0) or None,
            startup_share=self.startup.share(self.languages[index], one.seconds, self.tests),
            inputs=tuple(
                InputCost(
                    test.test,
                    test.verdict,
                    test.run.seconds if test.run else None,
                    test.run.cycles if test.run else None,
                    test.run.instructions if test.run else None,
                )
                for test in one.tests
            ),
        )

    def _reason(self, one: Outcome) -> str:
        if self.answers_from and one.verdict is Verdict.WRONG_ANSWER:
            return f"it prints something else than {self.answers_from} ({one.detail})"
        return one.detail


def compare(
    files: Sequence[Path],
    inputs: Sequence[Path],
    expected: Sequence[Path],
    setting: Setting,
    *,
    use_cache: bool = True,
    folder: Path | None = None,
    reference: Path | None = None,
    variants: Sequence[tuple[str, Setting]] = (),
    checker: Path | None = None,
    show: Callable[[str], None] = lambda _phase: None,
) -> Compared:
    """Measure programs on inputs. InputError for a file that cannot be used.

    `folder`: more inputs with their outputs. `reference`: one of the programs, with which the
    others are compared. `variants`: each program is measured in each of these settings, whose words
    stand behind its name. `checker`: a program that decides what is right. Without expected outputs
    the reference says what is right, or the first program that ends well; the setting's rule
    compares.
    """
    show(f"preparing the machine {setting.machine.name}")
    missing = setting.machine.check()
    if not missing.ok:
        raise MissingTool(missing.problem, missing.remedy)
    given = measure_files.inputs(inputs, expected, folder)
    files = measure_files.program_files(files)
    base = _place(files, reference)
    sources = [measure_files.program(file) for file in files]
    order = [] if base is None else [base]
    order += [place for place in range(len(files)) if place != base]
    return compare_texts(
        [str(file) for file in files],
        sources,
        given,
        setting,
        use_cache=use_cache,
        reference=base,
        order=order,
        variants=variants,
        checker=_checker(checker, setting),
        show=show,
    )


def compare_texts(
    names: Sequence[str],
    sources: Sequence[Program],
    given: Sequence[Given],
    setting: Setting,
    *,
    use_cache: bool = True,
    reference: int | None = None,
    order: Sequence[int] = (),
    variants: Sequence[tuple[str, Setting]] = (),
    checker: Checker | None = None,
    show: Callable[[str], None] = lambda _phase: None,
) -> Compared:
    """Measure programs on texts; `order`: whom to ask first for the right output.

    `show` is told the phase now and then.
    """
    settings = variants or [("", setting)]
    programs = [program for _words, _setting in settings for program in sources]
    shown = [f"{name} {words}".rstrip() for words, _setting in settings for name in names]
    cases = [text_case(one.name, one.text, one.expected) for one in given]
    if checker is not None:
        cases = [replace(case, comparison=checker) for case in cases]
    known = checker is not None or all(one.expected is not None for one in given)
    unknown = not known and len(set(programs)) > 1
    languages = list(dict.fromkeys(program.language for program in sources))
    answers = _Answers(tuple(cases))

    def first() -> Iterator[Procedure]:
        for language in languages:
            yield startup_procedure(language, settings[0][1])
        if unknown:
            asked = [sources[place] for place in order or range(len(sources))]
            yield _right_outputs(asked, cases, settings[0][1], answers)

    def second() -> Iterator[Procedure]:
        for _words, one in settings:
            yield examine(sources, answers.cases, one)

    jobs = 1 if setting.machine.interleaved else len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="pie-measure-") as scratch:
        root = cache_directory() if use_cache else Path(scratch)
        store = Store(root / "results.sqlite")
        try:
            with Scheduler(store, jobs) as scheduler:

                def tick() -> None:
                    show(_phase(scheduler.under_way))

                show("compiling")
                starts = list(scheduler.run(first(), tick))
                outcomes = [one for group in scheduler.run(second(), tick) for one in group]
        finally:
            store.close()
    return Compared(
        names=tuple(shown),
        outcomes=tuple(outcomes),
        startup=Startup({name: start[0] for name, start in zip(languages, starts, strict=False)}),
        languages=tuple(program.language for program in programs),
        tests=len(cases),
        machine=setting.machine.name,
        outputs_agree=len({_outputs(one) for one in outcomes}) == 1,
        expected_given=known,
        programs=tuple(programs),
        cases=tuple(answers.cases),
        answers_from=names[sources.index(answers.whose)] if answers.whose else "",
        reference=reference,
        measured_on=tuple(
            sorted({one.label(language) for _words, one in settings for language in languages})
        ),
    )


def _phase(kinds: set[str]) -> str:
    """Name what is done for these kinds of jobs, the earliest first."""
    names = {"build": "compiling", "outputs": "judging", "judge": "judging", "confirm": "judging"}
    return next((name for kind, name in names.items() if kind in kinds), "measuring")


def _checker(file: Path | None, setting: Setting) -> Checker | None:
    return None if file is None else Checker(measure_files.program(file), setting.toolchain)


@dataclass
class _Answers:
    """The tests, and who said what is right where nobody else did."""

    cases: tuple[TestCase, ...]
    whose: Program | None = None


def _right_outputs(
    programs: Sequence[Program], cases: Sequence[TestCase], setting: Setting, answers: _Answers
) -> Procedure:
    """Let the first program that ends well on all inputs say what the others must print."""
    asked = Asked(required=len(cases), keep_bytes=_KEPT_BYTES)
    seen: list[Outcome] = []
    for program in programs:
        (one,) = yield from observe(program, cases, asked, setting)
        seen.append(one)
        assert isinstance(one, Observation)
        outputs = [printed.stdout for printed in one.printed]
        if one.verdict is not Verdict.ACCEPTED or len(outputs) < len(cases):
            continue
        if all(output is not None for output in outputs):
            answers.whose = program
            answers.cases = tuple(
                _expecting(case, output) for case, output in zip(cases, outputs, strict=True)
            )
        break
    return seen


def _expecting(case: TestCase, output: bytes | None) -> TestCase:
    if case.expected_path is not None:
        return case
    right = text_case(case.name, b"", output)
    return replace(case, expected_path=right.expected_path, expected_digest=right.expected_digest)


def _place(files: Sequence[Path], reference: Path | None) -> int | None:
    if reference is None:
        return None
    if reference not in files:
        raise InputError(
            f"--reference {reference} is none of the programs", "name one as it stands there"
        )
    return list(files).index(reference)


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
    """Say which program is faster, by how much, on what, and the start-up's part.

    Of several programs those with a number are compared, and the others named with their reason.
    """
    ranking = compared.ranking
    failed = [f"{one.name}: {_why(compared, one)}" for one in ranking.failed]
    measured = ranking.measured
    if failed and len(measured) < 2:
        return "No speedup can be stated: " + "; ".join(failed) + "."
    if not compared.outputs_known:
        return (
            "No speedup can be stated: the programs print different things "
            "(give the right output with -e to see which is wrong)."
        )
    left_out = f" Left out: {listed([one.name for one in ranking.failed])}." if failed else ""
    if len(ranking.entries) == 1:
        return f"{measured[0].name} takes {_cost(ranking, measured[0])} {_on(compared)}."
    best, *others = measured
    if all(one.seconds == best.seconds for one in others):
        verb = "is exactly as fast as" if len(others) == 1 else "cost exactly the same as"
        names = listed([one.name for one in others])
        return f"{best.name} {verb} {names}: {_cost(ranking, best)} {_on(compared)}.{left_out}"
    if ranking.reference is not None and ranking.base is not None and len(others) > 1:
        others = [ranking.base] if ranking.base is not best else others
    told = ", ".join(
        against(best, one, f"{one.name} ({_cost(ranking, one)})")
        for one in sorted(others, key=ranking.entries.index)
    )
    return (
        f"{best.name} ({_cost(ranking, best)}) is {told} {_on(compared)}"
        f"{_startup_clause(compared, best)}{_noise_clause(compared)}.{left_out}"
    )


def _startup_clause(compared: Compared, best: Entry) -> str:
    if best.startup_share is None:
        return ""
    clause = f"; {best.startup_share:.0%} of the faster one's time is the start of the process"
    nets = compared.nets
    place = compared.ranking.entries.index(best)
    net = nets[place]
    if net is not None and net.below_start:
        return f"{clause} (below_start: it costs no more than an empty program, so no net speedup)"
    ratio = net_speedup(nets[1 - place], net) if len(nets) == 2 else None
    return clause if ratio is None else f"{clause}, and without it that is {ratio:.3f} times"


def _why(compared: Compared, one: Entry) -> str:
    """Say why an entry has no number: the verdict with its reason."""
    if compared.answers_from and one.verdict is Verdict.WRONG_ANSWER:
        return f"{one.reason}; give the right output with -e to see which is wrong"
    return f"{one.verdict}{f' ({one.reason})' if one.reason else ''}"


def _noise_clause(compared: Compared) -> str:
    """On the real CPU: what the same program differed by against itself."""
    ratios = compared.own_noise
    if not ratios:
        return ""
    noise = max(abs(ratio - 1) for ratio in ratios)
    return f"; the same program differed from itself by up to {noise:.1%} meanwhile"


def _on(compared: Compared) -> str:
    inputs = "1 input" if compared.tests == 1 else f"{compared.tests} inputs"
    return f"on the machine '{compared.machine}' over {inputs}"


def _cost(ranking: Ranking, one: Entry) -> str:
    """Return a program's cost in the unit of the machine: a count of instructions is no time."""
    unit = " instructions" if ranking.unit == "instructions" else ""
    return f"{cost(ranking, one.seconds, one.cycles)}{unit}"


def _outputs(outcome: Outcome) -> tuple[str, ...]:
    return tuple(one.run.tokens_sha256 if one.run else "" for one in outcome.tests)
