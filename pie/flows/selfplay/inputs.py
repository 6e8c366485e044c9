"""Which inputs the proposals are run on, and what the known programs print on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice

from pie.core.problem import InputError, RowProblem
from pie.core.selfplay.behaviour import Behaviour, Behaviours
from pie.core.selfplay.seeds import Seed
from pie.core.test_cases import TestCases, test_folder, text_case
from pie.core.testing.mutation import mutations
from pie.flows.dataset.measuring import outcomes
from pie.flows.selfplay.request import Request, Told
from sim.observation import Observation, observe
from sim.printed import Asked
from sim.procedure import Procedure
from sim.program import Program, TestCase, digest_of
from sim.verdict import Verdict

_MUTATED_FOR_ONE = 4
"""So many mutations are tried for each that is wanted."""


@dataclass
class Base:
    """A problem whose inputs proposals read."""

    seed: Seed
    own: tuple[TestCase, ...]
    mutated: tuple[TestCase, ...]
    known: Behaviours = field(default_factory=Behaviours)
    """What the known programs do that end well on all of its own inputs."""

    @property
    def inputs(self) -> tuple[TestCase, ...]:
        """All inputs, its own first."""
        return self.own + self.mutated


@dataclass
class Bases:
    """The bases, and what became of problems and known programs on the way to them."""

    chosen: list[Base] = field(default_factory=list)
    left_out: list[dict[str, str]] = field(default_factory=list)
    known_runs: Counter[str] = field(default_factory=Counter)
    """Known programs on the inputs of a base, by verdict."""


def behaviour_of(base: Base, seen: Observation) -> Behaviour:
    """Return what an accepted observation showed."""
    own = len(base.own)
    printed = seen.printed
    return Behaviour(
        tuple(one.tokens_sha256 for one in printed[:own]),
        tuple(
            one.tokens_sha256 if one.verdict is Verdict.ACCEPTED else None for one in printed[own:]
        ),
    )


def choose_bases(request: Request, seeds: Sequence[Seed], told: Told) -> Bases:
    """Return the bases with their inputs; InputError when there is none.

    Problems with enough different inputs are taken in an order that depends on the seed and their
    names only. One whose own program does not end well on them, each time with the same output,
    is passed over. A mutated input stays if that program ends well on it too, and the witnesses
    print the same: where a program's constraints are broken, right programs differ.
    """
    tests = TestCases(test_folder(request.testcases, request.seeds))
    order = sorted(seeds, key=lambda one: digest_of("base", request.seed, one.problem_id))
    found = Bases()
    source = _with_inputs(request, order, tests, found)
    while len(found.chosen) < request.bases:
        batch = list(islice(source, request.bases - len(found.chosen)))
        if not batch:
            break
        for base, seen in _observed(request, batch, told):
            verdict = seen[0].verdict
            if verdict is Verdict.ACCEPTED:
                found.chosen.append(_with_valid(base, seen, request.mutate))
                continue
            about = {"problem_id": base.seed.problem_id, "detail": seen[0].detail}
            found.left_out.append({**about, "reason": f"its own program: {verdict}"})
    if not found.chosen:
        first = found.left_out[0]
        raise InputError(
            f"no problem of {request.seeds} has {request.inputs} different inputs on which its "
            f"own program ends well ({first['problem_id']}: {first['reason']})",
            "give fewer with --inputs, or the test cases with --testcases",
        )
    return found


def _with_inputs(
    request: Request, order: Sequence[Seed], tests: TestCases, found: Bases
) -> Iterator[Base]:
    """Yield the problems that have enough inputs, with as many mutations as are to be tried."""
    for seed in order:
        try:
            # The highest-numbered ones, as PIE's code takes them.
            tests.check(seed.problem_id, seed.tests)
            cases = tests.resolve(seed.problem_id, seed.tests)[::-1]
        except RowProblem as problem:
            found.left_out.append({"problem_id": seed.problem_id, "reason": str(problem)})
            continue
        different: dict[str, TestCase] = {}
        for case in cases:
            different.setdefault(case.input_digest, case)
        own = tuple(different.values())[: request.inputs]
        if len(own) < request.inputs:
            reason = f"{len(own)} different inputs"
            found.left_out.append({"problem_id": seed.problem_id, "reason": reason})
            continue
        texts = [one.input_path.read_bytes() for one in own]
        wanted = request.mutate * _MUTATED_FOR_ONE
        mutated = tuple(
            text_case(f"mutated.{number}", text, None)
            for number, text in enumerate(mutations(texts, wanted, request.seed))
        )
        yield Base(seed, own, mutated)


def _observed(
    request: Request, batch: Sequence[Base], told: Told
) -> Iterator[tuple[Base, list[Observation]]]:
    """Yield each base with what its program, and the witnesses of its mutations, printed."""

    def work() -> Iterator[tuple[Base, Procedure | None]]:
        for base in batch:
            witnesses = base.seed.witnesses if base.mutated else ()
            for program in (base.seed.program, *witnesses):
                asked = Asked(required=len(base.own), times=2)
                yield base, observe(program, base.inputs, asked, request.measuring.setting)

    results = outcomes(request.measuring, work(), request.out / "store", told.ran)
    for _id, group in groupby(results, key=lambda one: id(one[0])):
        of_one = list(group)
        seen = [one for _base, (one,) in of_one if isinstance(one, Observation)]
        yield of_one[0][0], seen


def _with_valid(base: Base, seen: Sequence[Observation], wanted: int) -> Base:
    """Return a base with those mutated inputs that are inputs, for all that can be told.

    A witness that already prints something else on the problem's own inputs (some problems have
    several right answers) says nothing.
    """
    first, *others = (behaviour_of(base, one) for one in seen if one.verdict is Verdict.ACCEPTED)
    witnesses = [one for one in others if one.required == first.required]
    mutated = [
        case
        for number, case in enumerate(base.mutated)
        if first.further[number] is not None
        and all(one.further[number] == first.further[number] for one in witnesses)
    ]
    return Base(base.seed, base.own, tuple(mutated[:wanted]))


def run_known(request: Request, bases: Bases, known: Sequence[Seed], told: Told) -> None:
    """Run every known program on the inputs of every base and take note of what it does.

    A program that fails on one of a base's own inputs cannot do what a proposal does, which
    survives all of them.
    """
    programs: dict[str, tuple[str, Program]] = {}
    for one in known:
        programs.setdefault(one.program.digest, (one.problem_id, one.program))

    def work() -> Iterator[tuple[tuple[Base, str], Procedure | None]]:
        for base in bases.chosen:
            asked = Asked(required=len(base.own))
            for name, program in programs.values():
                made = observe(program, base.inputs, asked, request.measuring.setting)
                yield (base, name), made

    scratch = request.out / "store"
    for (base, name), (seen,) in outcomes(request.measuring, work(), scratch, told.ran):
        assert isinstance(seen, Observation)
        bases.known_runs[seen.verdict.value] += 1
        if seen.verdict is Verdict.ACCEPTED:
            base.known.add(name, behaviour_of(base, seen))
