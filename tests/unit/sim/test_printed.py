"""What is kept of a program's outputs, and when its runs stop: with made-up ends of runs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from signal import SIGSEGV

import pytest

from sim import clock, devices, printed, sandbox
from sim.ended import Ended
from sim.limits import Limits
from sim.printed import Asked, Printed
from sim.program import Build, Language, TestCase
from sim.shared_start import TestServer
from sim.toolchain import Toolchain
from sim.verdict import Verdict

BUILD = Build(Language.CPP, digest="0" * 64)
Run = Callable[..., list[Printed]]


def ended(output: bytes | None) -> Ended:
    code, signal = (0, None) if output is not None else (None, SIGSEGV)
    return Ended(code, signal, output or b"", b"", b"", False, 0.1, 0.0, 0.1, 1)


@pytest.fixture(autouse=True)
def no_executable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The builds here have no file that could name its streams."""
    monkeypatch.setattr(devices, "names_its_streams", lambda *_: False)


@pytest.fixture
def run(case: Callable[..., TestCase], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run as many inputs as asked for on the given outputs, in order; None is a crash."""

    def run(
        outputs: list[bytes | None], inputs: int, asked: Asked, build: Build = BUILD
    ) -> list[Printed]:
        source: Iterator[bytes | None] = iter(outputs)
        monkeypatch.setattr(TestServer, "run", lambda *_: None)
        monkeypatch.setattr(sandbox, "run", lambda *_: ended(next(source)))
        cases = [case(str(number), None, str(number)) for number in range(inputs)]
        results = printed.printed(build, cases, asked, Limits(), Toolchain())
        assert list(source) == [], "each output was asked for"
        return results

    return run


def test_outputs_with_the_same_numbers_have_equal_token_digests(run: Run) -> None:
    one, other = run([b"1 2\n", b" 1\n2."], 2, Asked(2))
    assert one.tokens_sha256 == other.tokens_sha256 == hashlib.sha256(b"1 2").hexdigest()
    assert one.sha256 != other.sha256
    assert (one.stdout, one.size, one.blank) == (None, 4, False)


def test_an_output_is_kept_up_to_the_size_asked_for(run: Run) -> None:
    small, large, blank = run([b"1234", b"12345", b" \n"], 3, Asked(3, keep_bytes=4))
    assert (small.stdout, large.stdout, blank.stdout) == (b"1234", None, b" \n")
    assert blank.blank


def test_the_runs_stop_at_a_required_input_that_fails(run: Run) -> None:
    results = run([b"1", None], 3, Asked(2, times=2))
    assert [one.verdict for one in results] == [Verdict.ACCEPTED, Verdict.RUNTIME_ERROR]


def test_a_further_input_that_fails_is_not_run_again_and_stops_nothing(run: Run) -> None:
    results = run([b"1", None, b"3", b"1", b"3"], 3, Asked(1, times=2))
    assert [one.verdict for one in results] == [
        *(Verdict.ACCEPTED, Verdict.RUNTIME_ERROR, Verdict.ACCEPTED),
    ]


@pytest.mark.parametrize("again", [b"2", b"1 ", None])
def test_an_output_that_changes_by_one_byte_is_nondeterministic(
    run: Run, again: bytes | None
) -> None:
    results = run([b"0", b"1", b"0", again], 2, Asked(2, times=2))
    assert [one.verdict for one in results] == [Verdict.ACCEPTED, Verdict.NONDETERMINISTIC]


def test_a_program_that_asks_for_the_time_is_run_again_in_another_second(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[bool] = []
    monkeypatch.setattr(clock, "next_second", lambda: waited.append(True))
    run([b"1", b"1"], 1, Asked(1, times=2))
    assert not waited
    run([b"1", b"1"], 1, Asked(1, times=2), Build(Language.CPP, "0" * 64, clock_dependent=True))
    assert waited
