"""The steps of `pie selfplay`, one after the other.

The folder:

    manifest.json        what was asked of which models; status
    proposing/           prompts.jsonl and answers.jsonl of the proposer
    optimising/          the same of the optimiser
    bases.jsonl          the problems whose inputs are read; those passed over, with the reason
    proposals.jsonl      each answer of the proposer and its fate
    pairs.jsonl          each new program with its optimised versions and their fate
    synthetic.jsonl      PIE's rows of the pairs that are kept
    test_cases/          their tests
    summary.json         counts that add up

Answers are kept as they arrive, runs as they end; everything else is worked out again from these,
so a killed run loses what was under way and no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pie import __version__
from pie.core.answers.generation_folder import GenerationFolder
from pie.core.dataset.manifest import Counts
from pie.core.plan import LeftOut
from pie.core.problem import InputError
from pie.core.run_folder import encode, save_json
from pie.core.selfplay.description import Descriptions
from pie.core.selfplay.seeds import Seed, read_seeds
from pie.core.wording import count
from pie.flows.selfplay import inputs, optimising, proposals, rows
from pie.flows.selfplay.asking import Answers, tokens_of
from pie.flows.selfplay.optimising import Pair
from pie.flows.selfplay.proposals import UNANSWERED, Proposal
from pie.flows.selfplay.request import Request, Told
from sim.scheduler import interrupt_on_sigterm
from sim.verdict import Verdict

KIND = "selfplay"
SCHEMA_VERSION = 1


@dataclass
class _Found:
    """What the steps found, for the summary."""

    left_out: list[LeftOut]
    known: int
    bases: inputs.Bases
    proposals: list[Proposal]
    classes: int
    pairs: list[Pair]
    verdicts: Counter[str]
    failures: dict[str, dict[str, int]]


def run(request: Request, told: Told) -> dict[str, Any]:
    """Do every step that is not done, and return the summary.

    InputError and MissingTool when it cannot begin; ModelError when a model answers nothing;
    KeyboardInterrupt passes through with everything kept.
    """
    request.check()
    seeds, known, lost = _read(request)
    most = max(len(one.tests) for one in seeds)
    if most < request.inputs:
        raise InputError(
            f"no problem of {request.seeds} has {request.inputs} tests; the most of one is {most}",
            "give fewer with --inputs (and more of them by --mutate)",
        )
    languages = sorted({one.program.language for one in known})
    manifest = {
        "toolkit_version": __version__,
        "seeds_file": str(request.seeds),
        "proposer": request.proposer.model.name,
        "optimiser": request.optimiser.model.name,
        "proposals": request.proposals,
        "answers_a_program": request.optimiser.samples,
        "at_least": request.at_least,
        "per_class": request.per_class,
        "setting": request.setting(languages),
    }
    with GenerationFolder(request.out, manifest, KIND) as folder, interrupt_on_sigterm():
        try:
            found = _steps(request, seeds, known, lost, folder, told)
        except BaseException as error:
            interrupted = isinstance(error, KeyboardInterrupt)
            folder.save_manifest("interrupted" if interrupted else "failed")
            raise
        summary = _summary(request, found)
        save_json(folder.path / "summary.json", summary)
        folder.save_manifest("unfinished" if summary["missing"] else "finished")
    return summary


def _read(request: Request) -> tuple[list[Seed], list[Seed], list[LeftOut]]:
    """Return the seeds, all known programs (the seeds among them), and the lines left out."""
    descriptions = Descriptions(request.descriptions)
    seeds, lost = read_seeds(request.seeds, descriptions, limit=request.limit)
    known = list(seeds)
    for path in request.known:
        more, broken = read_seeds(path, descriptions, "--known")
        known += more
        lost += broken
    return seeds, known, lost


def _steps(
    request: Request,
    seeds: Sequence[Seed],
    known: Sequence[Seed],
    lost: list[LeftOut],
    folder: GenerationFolder,
    told: Told,
) -> _Found:
    told.step(
        f"{count(len(seeds), 'problem')}; choosing the inputs of {request.bases}", request.bases
    )
    bases = inputs.choose_bases(request, seeds, told)
    used = [
        {
            "problem_id": one.seed.problem_id,
            "program_id": one.seed.program_id,
            "described": bool(one.seed.description),
            "inputs": len(one.own),
            "mutated": len(one.mutated),
        }
        for one in bases.chosen
    ]
    folder.write_lines("bases.jsonl", [*used, *bases.left_out])
    told.step(
        f"running {count(len(known), 'known program')} on the inputs of "
        f"{count(len(bases.chosen), 'problem')}",
        len(known) * len(bases.chosen),
    )
    inputs.run_known(request, bases, known, told)
    planned = proposals.plan_calls(request, seeds, bases)
    told.step(
        f"asking {request.proposer.model.name} for {request.proposals} programs "
        f"({count(len(planned), 'prompt')})",
        request.proposals,
    )
    with Answers(folder.path / "proposing", request.proposer) as answers:
        proposed, failed = proposals.ask_for_proposals(request, planned, bases, answers, told)
    texts = proposals.drop_equal_texts(proposed, known)
    told.step(f"running {count(len(texts), 'program')} of different text, twice", len(texts))
    behaviours = proposals.run_proposals(request, proposed, told)
    classes = proposals.group(request, proposed, behaviours, texts)
    folder.write_lines("proposals.jsonl", [one.line() for one in proposed])
    new = [one for one in proposed if not one.fate]
    told.step(
        f"{count(len(new), 'new program')}, {len(classes)} different; asking "
        f"{request.optimiser.model.name} for faster versions",
        len(new) * request.optimiser.samples,
    )
    with Answers(folder.path / "optimising", request.optimiser) as answers:
        pairs, unanswered = optimising.ask_for_versions(request, new, answers, told)
    told.step(f"measuring {count(len(pairs), 'program')} with their versions", len(pairs))
    verdicts = optimising.measure(request, pairs, told)
    optimising.select(request, pairs)
    folder.write_lines("pairs.jsonl", [one.line() for one in pairs])
    kept = [one for one in pairs if not one.fate]
    rows.write_tests(folder.path / "test_cases", kept)
    with folder.rewriting("synthetic.jsonl") as file:
        file.writelines(encode(row) for row in rows.rows(request, pairs, kept))
    failures = {"proposer": failed, "optimiser": unanswered}
    return _Found(lost, len(known), bases, proposed, len(classes), pairs, verdicts, failures)


def _summary(request: Request, found: _Found) -> dict[str, Any]:
    answers, pairs = Counts("answers"), Counts("programs")
    answers.rows_in, pairs.rows_in = len(found.proposals), len(found.pairs)
    answers.left_out.update(one.fate for one in found.proposals if one.fate)
    pairs.left_out.update(one.fate for one in found.pairs if one.fate)
    answers.rows_out = sum(not one.fate for one in found.proposals)
    pairs.rows_out = sum(not one.fate for one in found.pairs)
    waiting = {UNANSWERED, Verdict.NOT_MEASURED.value, f"source_{Verdict.NOT_MEASURED}"}
    missing = sum(
        number
        for counts in (answers, pairs)
        for reason, number in counts.left_out.items()
        if reason in waiting
    )
    not_run = found.bases.known_runs[Verdict.NOT_MEASURED.value]
    tokens = {
        name: dict(zip(("in", "out"), tokens_of(request.out / name / "answers.jsonl"), strict=True))
        for name in ("proposing", "optimising")
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "rows": str(request.out / "synthetic.jsonl"),
        "lines_left_out": len(found.left_out),
        "known_programs": found.known,
        "bases": len(found.bases.chosen),
        "bases_described": sum(bool(one.seed.description) for one in found.bases.chosen),
        "known_runs": dict(sorted(found.bases.known_runs.items())),
        "counts": [answers.as_dict(), pairs.as_dict()],
        "new_programs": answers.rows_out,
        "classes": found.classes,
        "versions": dict(sorted(found.verdicts.items())),
        "kept": pairs.rows_out,
        "kept_classes": len({one.source.class_name for one in found.pairs if not one.fate}),
        "failures": found.failures,
        "tokens": tokens,
        "missing": missing + not_run,
    }
