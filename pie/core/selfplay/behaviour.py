"""Which programs do the same: their outputs on the same inputs, compared by digest of the tokens.

PIE's own code keeps, for each output, the programs that printed it, and calls generated programs
equivalent that are always found together (data_augmentation.py); over inputs that all of them
survive, this is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Behaviour:
    """A program's outputs on a problem's inputs, as digests."""

    required: tuple[str, ...]
    """On the problem's own inputs."""
    further: tuple[str | None, ...] = ()
    """On mutated inputs; None where it did not end well, which says nothing."""

    def agrees(self, other: Behaviour) -> bool:
        """Whether no input tells the two apart."""
        return self.required == other.required and all(
            mine == theirs
            for mine, theirs in zip(self.further, other.further, strict=True)
            if mine is not None and theirs is not None
        )


@dataclass
class Behaviours:
    """Programs to be found by what they do."""

    _known: dict[tuple[str, ...], list[tuple[str, Behaviour]]] = field(default_factory=dict)

    def add(self, name: str, behaviour: Behaviour) -> None:
        """Make a program findable."""
        self._known.setdefault(behaviour.required, []).append((name, behaviour))

    def find(self, behaviour: Behaviour) -> str | None:
        """Return the first added program that does the same; None when there is none."""
        known = self._known.get(behaviour.required, ())
        return next((name for name, one in known if one.agrees(behaviour)), None)


def classes(behaviours: Mapping[str, Behaviour]) -> dict[str, str]:
    """Return for each program the first of its class, in the order of the mapping.

    A program joins the first class whose first program it agrees with, so two of one class always
    agree with the same third one, also where they ended well on different mutated inputs.
    """
    leaders = Behaviours()
    led: dict[str, str] = {}
    for name, behaviour in behaviours.items():
        leader = leaders.find(behaviour)
        led[name] = name if leader is None else leader
        if leader is None:
            leaders.add(name, behaviour)
    return led
