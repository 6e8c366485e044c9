"""`pie doctor`: try what this host can do, rather than list what is installed."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from pie.flows import measure
from sim import cgroup, compiler, sandbox
from sim.comparison import SameOutput
from sim.errors import SimError
from sim.judge import judge
from sim.limits import CompileLimits, Limits
from sim.machines import DEFAULT, MACHINES, machine
from sim.performing import perform
from sim.procedure import Outcome, examine
from sim.program import Language, Program, TestCase
from sim.runner import COMPILER_REMEDY
from sim.scratch import ScratchFolder
from sim.setting import Setting
from sim.skylake import build as tool
from sim.toolchain import Toolchain
from sim.verdict import Verdict

_OPTIONAL = {
    "retrieval": ("faiss", "transformers", "torch", "code_bert_score"),
    "finetune": ("torch", "transformers", "trl", "peft", "accelerate", "datasets"),
    "plots": ("matplotlib",),
}

_NOTHING = TestCase("attack", Path("/dev/null"), None, "", "")
_ATTACKS_AT_ONCE = 2


@dataclass(frozen=True)
class Finding:
    """One thing that was tried."""

    name: str
    ok: bool
    text: str
    remedy: str = ""
    needed: bool = True
    """Whether the main job cannot be trusted without it."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def examine_host() -> list[Finding]:
    """Try everything; never raises for what is merely missing."""
    findings = [_compiler(), _sandbox(), _memory()]
    findings += _machines()
    if all(one.ok for one in findings if one.needed and one.name != "sandbox"):
        findings.append(_known_pair())
        findings += _attacks()
    findings += _extras()
    return findings


def built_tool() -> Finding:
    """Build the timing model's tool unless this cache has it; tell its place and its digests."""
    try:
        path = tool.tool_path()
    except SimError as error:
        return Finding("skylake tool", False, error.what, error.remedy)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return Finding(
        "skylake tool", True, f"{path} (model {tool.model_digest()}, executable {digest})"
    )


def _compiler() -> Finding:
    try:
        found = Toolchain().fingerprint(Language.CPP)
        built = compiler.build(
            Program(Language.CPP, "int main() { return 0; }\n"), Toolchain(), CompileLimits()
        )
    except SimError as error:
        return Finding("compiler", False, str(error), error.remedy or COMPILER_REMEDY)
    if built.verdict is not None:
        return Finding(
            "compiler", False, f"cannot link statically: {built.detail}", COMPILER_REMEDY
        )
    return Finding("compiler", True, f"{found['compiler']}, static linking works")


def _sandbox() -> Finding:
    try:
        if sandbox.level() == "full":
            return Finding("sandbox", True, "full (bubblewrap, limits, system-call filter)")
    except SimError as error:
        return Finding("sandbox", False, str(error), error.remedy)
    return Finding(
        "sandbox",
        False,
        f"partial (limits and system-call filter only): {sandbox.why_partial().partition('; ')[0]}",
        sandbox.remedy_for_partial(),
        needed=False,
    )


def _memory() -> Finding:
    """Tell what limits the memory of a program."""
    why = cgroup.why_address_space()
    text = f"limited as address space: {why}" if why else "limited by a control group"
    return Finding("memory", not why, text, "delegate a control group", needed=False)


def _machines() -> Iterator[Finding]:
    for name in MACHINES:
        check = machine(name).check()
        default = " (the default)" if name == DEFAULT else ""
        text = f"ready{default}" if check.ok else check.problem
        yield Finding(f"machine {name}", check.ok, text, check.remedy, needed=name == DEFAULT)


def references() -> list[dict[str, Any]]:
    """Return the stored cycles of the known pair, each with the toolchain that it holds for."""
    text = resources.files("pie.flows").joinpath("doctor_reference.json").read_text("utf-8")
    value: list[dict[str, Any]] = json.loads(text)
    return value


def _known_pair() -> Finding:
    """Measure a pair whose cycles are stored, to the cycle, for some toolchains."""
    folder = Path(str(resources.files("pie.flows").joinpath("doctor_pair")))
    setting = Setting(machine(DEFAULT))
    try:
        compared = measure.compare(
            [folder / "slow.cpp", folder / "fast.cpp"],
            [folder / "input.txt"],
            [folder / "expected.txt"],
            setting,
            use_cache=False,
        )
    except SimError as error:
        return Finding("known pair", False, str(error), error.remedy)
    cycles = [one.cycles for one in compared.outcomes]
    if cycles[0] is None or cycles[1] is None:
        return Finding("known pair", False, measure.sentence(compared), "pie measure shows more")
    text = f"{cycles[0]} and {cycles[1]} cycles, speedup {cycles[0] / cycles[1]:.4f}"
    here = {**setting.toolchain.fingerprint(Language.CPP), **setting.machine.fingerprint()}
    stored = next(
        (
            one["cycles"]
            for one in references()
            if all(here.get(key) == value for key, value in one["holds_for"].items())
        ),
        None,
    )
    if stored is None:
        # Another compiler, C library or Valgrind: the cycles differ, the order must not.
        return Finding(
            "known pair",
            cycles[0] > 2 * cycles[1],
            f"{text}; no value is stored for this toolchain ({here['compiler']})",
            "report this with the output of: pie doctor --json",
        )
    if stored == cycles:
        return Finding("known pair", True, f"{text}: as stored, to the cycle")
    return Finding(
        "known pair",
        False,
        f"{text}; stored for this very toolchain: {stored[0]} and {stored[1]}",
        "report this with the output of: pie doctor --json",
    )


def _attacks() -> Iterator[Finding]:
    """Run small hostile programs; each prints HELD when the wall that it tries holds."""
    folder = Path(str(resources.files("pie.flows").joinpath("doctor_attacks")))
    with ThreadPoolExecutor(_ATTACKS_AT_ONCE) as pool:
        yield from pool.map(attack, sorted(folder.glob("*.cpp")))


def attack(file: Path) -> Finding:
    """Try one hostile program: its first lines say what it tries and with which verdict it ends.

    Files named `measured_...` go the whole way on the default machine, the others run natively.
    """
    source = file.read_text("utf-8")
    first, second, *_ = source.splitlines()
    level, _, what = first.removeprefix("// ").partition(": ")
    wanted = second.removeprefix("// ends: ") if second.startswith("// ends: ") else "accepted"
    name = f"wall {file.stem}"
    if level == "full" and sandbox.level() != "full":
        return Finding(
            name, False, f"not tried: {what}", sandbox.remedy_for_partial(), needed=False
        )
    try:
        program = Program(Language.CPP, source)
        verdict, detail = (_measured if file.stem.startswith("measured_") else _judged)(program)
    except SimError as error:
        return Finding(name, False, str(error), error.remedy)
    # A wall that refuses the call itself ends the program there, by the call's name.
    if verdict in (wanted, Verdict.UNSUPPORTED):
        return Finding(name, True, what)
    if verdict in (Verdict.COMPILE_ERROR, Verdict.NOT_MEASURED):
        return Finding(name, False, f"not tried: {detail}", COMPILER_REMEDY)
    return Finding(name, False, f"{what}: {verdict}, {detail}", "do not run hostile code here")


def _judged(program: Program) -> tuple[str, str]:
    """Return the verdict of a native run, and why."""
    toolchain, limits = Toolchain(), Limits(max_instructions=400_000_000)
    built = compiler.build(program, toolchain, CompileLimits())
    if built.verdict is not None:
        return built.verdict, built.detail
    result = judge(built, [_NOTHING], SameOutput(), limits, toolchain)[0]
    return result.verdict, result.detail


def _measured(program: Program) -> tuple[str, str]:
    """Return the verdict on the default machine within a small budget, and why."""
    with ScratchFolder("doctor") as folder:
        empty = Path(folder) / "empty"
        empty.touch()
        digest = hashlib.sha256(b"").hexdigest()
        test = TestCase("attack", empty, empty, digest, digest)
        setting = Setting(machine(DEFAULT), limits=Limits(max_instructions=20_000_000))
        procedure = examine([program], [test], setting)
        jobs = next(procedure)
        while True:
            try:
                jobs = procedure.send([perform(job)[0] for job in jobs])
            except StopIteration as stop:
                outcome: Outcome = stop.value[0]
                return outcome.verdict, outcome.detail


def _extras() -> Iterator[Finding]:
    for extra, modules in _OPTIONAL.items():
        missing = [name for name in modules if importlib.util.find_spec(name) is None]
        yield Finding(
            f"extra {extra}",
            not missing,
            "installed" if not missing else f"not installed: {', '.join(missing)}",
            f"pip install 'pie-perf-toolkit[{extra}]'",
            needed=False,
        )
