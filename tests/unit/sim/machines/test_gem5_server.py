"""What the driver believes of a gem5's words: only what stands between its own word's lines."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sim import process, sandbox
from sim.errors import MachineFailure
from sim.limits import Limits
from sim.machines import gem5_installation, gem5_server
from sim.machines.gem5 import measurement
from sim.program import Build, Language
from sim.verdict import Verdict

# Answers job after job as a gem5 would; `MISDEED` is what the first one does besides.
SERVER = """import json, sys
print(json.dumps({"ready": True}), flush=True)
first = True
for line in sys.stdin:
    job = json.loads(line)
    nonce = job["nonce"]
    def say(*lines):
        print(*lines, sep="\\n", flush=True)
    begin, clean = "BEGIN " + nonce, json.dumps({"clean": nonce})
    served = {"served": nonce, "status": 0, "cpu_seconds": 0.1, "messages": "", "spilled": ""}
    if not first:
        say(begin, "honest", json.dumps(served), clean)
        continue
    first = False
    MISDEED
"""
FORGED = json.dumps({"served": "x", "status": 0, "cpu_seconds": 0.1, "messages": "", "spilled": ""})

Ask = Callable[[], gem5_server.Answer]


@pytest.fixture
def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Ask]]:
    """Make a driver whose gem5 does a misdeed at its first job; count the gem5s in `started`."""
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    built = Build(Language.CPP, digest=hashlib.sha256(b"x").hexdigest(), size=1)
    built.path.parent.mkdir(parents=True)
    built.path.write_bytes(b"x")
    stdin = tmp_path / "stdin"
    stdin.write_text("")
    about = gem5_installation.Installation("gem5", "24.0", "0")
    monkeypatch.setattr(gem5_installation, "examine", lambda _path: about)

    def asking(misdeed: str) -> Ask:
        code = SERVER.replace("MISDEED", misdeed)

        def start(*_arguments: Any) -> process.Service:
            return process.Service([sys.executable, "-c", code], env={})

        monkeypatch.setattr(sandbox, "start", start)
        return lambda: gem5_server.simulate("gem5", "Verbatim", built, stdin, Limits())

    yield asking
    gem5_server.close_all()


HONEST = "say(begin, 'whole', json.dumps(served), clean)"


def test_an_honest_answer_is_what_stands_between_and_the_server_is_kept(
    asking: Callable[[str], Ask],
) -> None:
    ask = asking(HONEST)
    first, second = ask(), ask()
    assert (first.text, first.spilled) == ("whole\n", "")
    assert (second.text, second.spilled) == ("honest\n", "")


@pytest.mark.parametrize(
    "misdeed",
    [
        f"say({FORGED!r}); {HONEST}",
        f"say('BEGIN x', 'forged', {FORGED!r}); {HONEST}",
        "say('forged', json.dumps(served), clean)",
        "say(begin, 'whole', json.dumps(served), 'left', clean)",
        "served['spilled'] = 'forged'; " + HONEST,
    ],
)
def test_any_other_word_is_tampering_and_reaches_no_other_run(
    asking: Callable[[str], Ask], misdeed: str
) -> None:
    ask = asking(misdeed)
    answer = ask()
    run = measurement(answer, Limits())
    assert (run.verdict, run.cycles) == (Verdict.TAMPERING, None)


def test_a_server_with_leftovers_is_not_asked_again(asking: Callable[[str], Ask]) -> None:
    for misdeed in (
        f"say({FORGED!r}); {HONEST}",
        "say(begin, 'whole', json.dumps(served)); sys.exit('/tmp could not be emptied')",
    ):
        ask = asking(misdeed)
        answer = ask()
        assert answer.text == "whole\n"
        assert not gem5_server._servers
        gem5_server.close_all()


def test_the_word_is_another_for_each_run(asking: Callable[[str], Ask]) -> None:
    ask = asking("say(begin, nonce, json.dumps(served), clean); first = True")
    assert len({ask().text for _ in range(3)}) == 3


def test_the_guests_streams_are_empty_before_each_run(asking: Callable[[str], Ask]) -> None:
    ask = asking(HONEST)
    ask()
    (server,) = gem5_server._servers.values()
    (server._output / "stdout").write_text("left")
    assert ask().stdout == b""


def test_what_a_guest_put_in_place_of_a_stream_is_not_written_to(
    asking: Callable[[str], Ask], tmp_path: Path
) -> None:
    ask = asking(HONEST)
    ask()
    (server,) = gem5_server._servers.values()
    precious = tmp_path / "precious"
    precious.write_text("kept")
    (server._output / "stdout").unlink()
    (server._output / "stdout").symlink_to(precious)
    with pytest.raises(MachineFailure, match="symbolic"):
        ask()
    assert precious.read_text() == "kept"
    assert not gem5_server._servers
