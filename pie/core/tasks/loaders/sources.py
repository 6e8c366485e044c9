"""The sources by name: how each is read, and how many tasks it has as published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pie.core.tasks.loaders.apps import apps
from pie.core.tasks.loaders.context import Context, Loaded
from pie.core.tasks.loaders.effibench import effibench
from pie.core.tasks.loaders.evalplus import evalperf, humaneval_plus, mbpp_plus
from pie.core.tasks.loaders.generated import coffe, enamel
from pie.core.tasks.loaders.improvements import ecco, pie_perf
from pie.core.tasks.loaders.openai_functions import humaneval, mbpp
from sim.errors import InputError

Load = Callable[[Mapping[str, Any], Context], Loaded]


@dataclass(frozen=True)
class Source:
    """One published data set."""

    load: Load
    published: tuple[int, ...]
    """How many rows its splits or releases have; empty: not known."""
    hub: str
    """Its name on Hugging Face; empty: there is none."""
    split: str = "test"
    merges: bool = False
    """Several rows can be of one task: the first with a task's id makes it, all give pairs."""


SOURCES: dict[str, Source] = {
    "humaneval": Source(humaneval, (164,), "openai/openai_humaneval"),
    "humaneval-plus": Source(humaneval_plus, (164,), "evalplus/humanevalplus"),
    "mbpp": Source(mbpp, (974, 500, 427, 257), "google-research-datasets/mbpp"),
    "mbpp-plus": Source(mbpp_plus, (378, 399), "evalplus/mbppplus"),
    "apps": Source(apps, (10_000, 5_000), "codeparrot/apps"),
    "effibench": Source(effibench, (1_000,), "DONG19/EffiBench", split="train"),
    "evalperf": Source(evalperf, (118,), "evalplus/evalperf"),
    "enamel": Source(enamel, (164, 142), "q-rz/enamel", split="train"),
    "coffe": Source(coffe, (398, 358), ""),
    "ecco": Source(ecco, (48_386, 2_359, 881, 56), "CodeEff/ECCO", merges=True),
    "pie-perf": Source(pie_perf, (), "", merges=True),
}


def source(name: str) -> Source:
    """Return a source by name; InputError names the known ones."""
    if name not in SOURCES:
        raise InputError(f"unknown source {name!r}", f"choose one of {', '.join(SOURCES)}")
    return SOURCES[name]
