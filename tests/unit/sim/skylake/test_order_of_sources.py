"""The timing tool's sources that have an order: none of them calls another in a circle."""

from __future__ import annotations

import graphlib
import re

import pytest

from sim.skylake.build import sources

ORDERED = {
    "decoders": (
        *("decoder", "encoding", "integer", "loops", "extended", "vector", "x87", "vex", "ways"),
        *("three_byte", "bits"),
    ),
    "predictor": ("branch", "tage", "randomness"),
    "wrong path": ("wrong_path", "ghosts", "emulate", "parting", "effects"),
    "back end": ("back_end", "issue_queue", "ports"),
    "one start": ("forks", "common_calls"),
}
_DEFINITION = re.compile(r"^(?!static|extern|typedef)[A-Za-z][\w ]*[ *](\w+)\([^;]*\) \{", re.M)


def calls(names: tuple[str, ...]) -> dict[str, set[str]]:
    """Return which of the sources each of them calls."""
    texts = {name: sources()[f"{name}.c"].decode() for name in names}
    defined = {name: set(_DEFINITION.findall(text)) for name, text in texts.items()}
    assert all(defined.values())
    return {
        name: {
            other
            for other in names
            if other != name and any(re.search(rf"\b{one}\(", text) for one in defined[other])
        }
        for name, text in texts.items()
    }


@pytest.mark.parametrize("group", ORDERED)
def test_no_two_of_a_group_call_each_other_in_a_circle(group: str) -> None:
    called = calls(ORDERED[group])
    assert any(called.values())
    assert list(graphlib.TopologicalSorter(called).static_order())
