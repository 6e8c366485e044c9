"""The scripted machine, for all tests of refinement runs."""

from tests.unit.flows.refinement.scripted_run import machine

__all__ = ["machine"]
