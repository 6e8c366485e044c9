"""`pie equal`: does one program print what another prints, on inputs made of given ones?"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pie.core.problem import InputError
from pie.core.testing.fuzzing import (
    Difference,
    Fuzzed,
    agreed,
    fuzz,
    shrunk,
    valid_inputs,
)
from pie.core.testing.mutation import Mutant, Mutator
from pie.core.wording import count
from pie.flows import measure_files
from sim.jobs import Answer, Job
from sim.paths import cache_directory
from sim.procedure import Outcome
from sim.program import Program
from sim.scheduler import Scheduler
from sim.setting import Setting
from sim.store import Store
from sim.verdict import Verdict


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    source: Path
    answer: Path
    inputs: tuple[Path, ...]
    setting: Setting
    wanted: int = 200
    """Made inputs that count, at most."""
    seed: int = 0
    witnesses: tuple[Path, ...] = ()
    """Further programs that print the right thing; they decide whether an input is one."""
    use_cache: bool = True


@dataclass(frozen=True)
class Compared(Outcome):
    """What came of it."""

    given: int = 0
    """Inputs that were given; both programs were run on them, too."""
    fuzzed: Fuzzed | None = None
    """None: one of the programs could not be built or run."""
    smallest: Difference | None = None
    on_given: bool = False
    """The difference is on an input that was given."""
    has_grammar: bool = False

    @property
    def differ(self) -> bool:
        """Whether a difference was found."""
        return self.smallest is not None


def compare(request: Request) -> Compared:
    """Compare two programs; InputError for what cannot be read or run."""
    source, answer = measure_files.program(request.source), measure_files.program(request.answer)
    witnesses = [source, *(measure_files.program(one) for one in request.witnesses)]
    texts = [_text(path) for path in request.inputs]
    if not texts:
        raise InputError("no input is given to make others of", "give one or more with -i")
    with tempfile.TemporaryDirectory(prefix="pie-equal-") as scratch:
        folder = cache_directory() if request.use_cache else Path(scratch)
        store = Store(folder / "results.sqlite")
        try:
            with Scheduler(store, len(os.sched_getaffinity(0))) as scheduler:
                ((found,),) = scheduler.run([_way(request, witnesses, answer, texts)])
        finally:
            store.close()
    assert isinstance(found, Compared)
    if found.verdict is not Verdict.ACCEPTED:
        raise InputError(f"the programs cannot be compared: {found.detail}", "mend it first")
    return found


def _way(
    request: Request, witnesses: Sequence[Program], answer: Program, texts: Sequence[bytes]
) -> Generator[Sequence[Job], Sequence[Answer], list[Outcome]]:
    setting, rule = request.setting, request.setting.comparison
    given = [Mutant(text, number, "given") for number, text in enumerate(texts)]
    made = yield from agreed(witnesses, given, setting, rule)
    if len(made) < len(texts):
        of_all = " and its witnesses do" if request.witnesses else " does"
        detail = f"{request.source}{of_all} not end well, and alike, on all given inputs"
        return [Compared(Verdict.RUNTIME_ERROR, detail)]
    (fuzzed,) = yield from fuzz([answer], made, setting, rule)
    if fuzzed is None:
        return [Compared(Verdict.COMPILE_ERROR, f"{request.answer} cannot be built or run")]
    mutator = Mutator(list(dict.fromkeys(texts)), request.seed)
    has_grammar = mutator.grammar is not None
    if fuzzed.smallest is not None:
        return [
            Compared(
                Verdict.ACCEPTED, given=len(texts), fuzzed=fuzzed, smallest=fuzzed.smallest,
                on_given=True, has_grammar=has_grammar,
            )
        ]  # fmt: skip
    made = yield from valid_inputs(witnesses, mutator, request.wanted, setting, rule)
    (fuzzed,) = yield from fuzz([answer], made, setting, rule)
    smallest = None if fuzzed is None else fuzzed.smallest
    if smallest is not None:
        smallest = yield from shrunk(witnesses, answer, smallest, mutator, setting, rule)
    return [
        Compared(
            Verdict.ACCEPTED, given=len(texts), fuzzed=fuzzed, smallest=smallest,
            has_grammar=has_grammar,
        )
    ]  # fmt: skip


def sentence(request: Request, compared: Compared) -> str:
    """Say whether the two print the same, on what, or where they first differ."""
    names = f"{request.source} and {request.answer}"
    fuzzed = compared.fuzzed
    assert fuzzed is not None
    given = count(compared.given, "given input")
    if compared.on_given:
        return f"differs: {names} print different things on {fuzzed.differing} of {given}."
    how = "in the grammar of" if compared.has_grammar else "by changing tokens of"
    made = f"{count(fuzzed.inputs, 'made input')} ({how} the {given})"
    if compared.differ:
        return f"differs: {names} print different things on {fuzzed.differing} of {made}."
    if not fuzzed.inputs:
        return f"Nothing can be said: {request.source} ends well on none of the inputs made."
    return f"No difference found: {names} print the same on {given} and {made}."


def _text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"the input {path} cannot be read ({error.strerror})", "check the path"
        ) from error
