"""Why an instrument computes something else than the processor, as far as that can be told."""

from __future__ import annotations

import re

from sim.program import Build, Language, Program
from sim.verdict import Verdict

# Extended precision in the words of a source: the type, its functions (sqrtl, powl), its constants,
# and the option that makes all arithmetic extended.
_EXTENDED = re.compile(
    r"\blong\s+double\b|\bdouble\s+long\b|__float80|_Float64x|fpmath\s*=\s*387"
    r"|\b(?:sqrt|cbrt|pow|exp|log|log2|log10|sin|cos|tan|atan2?|floor|ceil|round|fabs|fmod)l\s*\("
    r"|numeric_limits\s*<\s*long\s+double|\bLDBL_\w+"
)
_LIMITS = re.compile(r"\b(?:[gs]et|p)rlimit(?:64)?\b|\bRLIMIT_\w+|\bresource\.[gs]etrlimit\b")
_BREAK = re.compile(r"\bs?brk\s*\(")
_MAPPINGS = re.compile(r"\bm(?:map|remap|protect)\s*\(|/proc/self")
_VALGRINDS = frozenset({"skylake", "cachegrind", "counts"})


def cause(program: Program, build: Build, verdict: Verdict, machine: str) -> str:
    """Return the likeliest reason, in words that stand behind a semicolon.

    `verdict` is the measured run's own. What is looked for stands in the source, so it is the
    likeliest reason and no proof.
    """
    if machine == "judge0":
        return "its compiler or interpreter there is another version"
    name = "Valgrind" if machine in _VALGRINDS else machine
    if verdict in (Verdict.MEMORY_LIMIT, Verdict.OUTPUT_LIMIT):
        return f"its memory and files are laid out otherwise under {name}"
    source = program.source
    if program.language is Language.CPP and _EXTENDED.search(source):
        return f"long double has 64 bits under {name}, and 80 on the processor"
    if _LIMITS.search(source):
        return f"the limits of a process are {name}'s own"
    if program.language is Language.CPP and (_BREAK.search(source) or _MAPPINGS.search(source)):
        return f"memory lies elsewhere under {name}"
    if build.clock_dependent:
        return f"time and chance are the same in each run under {name}"
    return f"the simulation under {name} is not faithful for this program"
