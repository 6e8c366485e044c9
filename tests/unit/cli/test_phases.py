import io
import sys
import time

import pytest

from pie.cli import phases
from pie.cli.phases import Phases


class _Terminal(io.StringIO):
    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


KINDS = pytest.mark.parametrize("terminal", [True, False])


def standard_error(monkeypatch: pytest.MonkeyPatch, terminal: bool, wanted: str) -> _Terminal:
    made = _Terminal(terminal)
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.setattr(phases, "_FIRST_SECONDS", 0.01)
    monkeypatch.setattr(phases, "_LINE_SECONDS", 0.02)
    monkeypatch.setenv("PIE_PROGRESS", wanted)
    return made


def wait_for(stderr: _Terminal, text: str) -> None:
    end = time.monotonic() + 60
    while text not in stderr.getvalue():
        assert time.monotonic() < end
        time.sleep(0.01)


@KINDS
def test_each_phase_is_named_while_it_lasts(
    terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr = standard_error(monkeypatch, terminal, "always")
    with Phases() as shown:
        for phase in ("compiling", "measuring"):
            shown.show(phase)
            wait_for(stderr, f"pie: {phase}")
    text = stderr.getvalue()
    if stderr.isatty():
        assert text.endswith("\r\x1b[K")  # nothing of it stays
    else:
        assert text == "pie: compiling\npie: measuring\n"


@KINDS
def test_who_wants_no_progress_sees_none(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = standard_error(monkeypatch, terminal, "never")
    with Phases() as shown:
        shown.show("compiling")
        time.sleep(0.1)
    assert stderr.getvalue() == ""
