"""The client of a Judge0 server, against a local one with its API; nothing leaves this host."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pie.cli.app import app
from sim.errors import InputError, MachineFailure
from sim.limits import MIB, Limits
from sim.machine import Measurement
from sim.machines import MACHINES, Judge0Options, machine
from sim.machines import judge0 as module
from sim.machines.judge0 import Judge0, address_of, options_of
from sim.machines.judge0_client import Patience
from sim.program import Language, Program
from sim.toolchain import Toolchain
from sim.verdict import Verdict
from tests.judge0_server import Judge0Server, Record, executed, result

# No test waits: pauses are milliseconds, and what never ends is given up soon.
HASTE = Patience(busy=2.0, first_pause=0.001, longest_pause=0.002, result=2.0)
ADD = Program(Language.PYTHON, "print(int(input()) + 1)\n")
TWICE = Program(Language.PYTHON, "print(2 * int(input()))\n")
SECRET = "a-token-that-nobody-may-see"


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What one server said of itself is not believed of the next."""
    monkeypatch.delenv("PIE_JUDGE0", raising=False)
    monkeypatch.delenv("PIE_JUDGE0_TOKEN", raising=False)
    for kept in (module._server, module._described):
        kept.cache_clear()
    yield
    for kept in (module._server, module._described):
        kept.cache_clear()


def measured(
    server: Judge0Server,
    tmp_path: Path,
    *programs: Program,
    limits: Limits | None = None,
    patience: Patience = HASTE,
    stdin: bytes = b"41\n",
) -> list[Measurement]:
    path = tmp_path / "input.txt"
    path.write_bytes(stdin)
    judge0 = Judge0(server.url, patience=patience)
    return judge0.measure_sources(programs or [ADD], path, limits or Limits(), Toolchain())


def test_programs_of_a_row_go_in_one_batch_the_first_twice(tmp_path: Path) -> None:
    times = iter(["0.030", "0.010", "0.020"])
    with Judge0Server(run=lambda one: {**executed(one), "time": next(times)}) as server:
        first, second = measured(server, tmp_path, ADD, TWICE)
        assert server.batches == [3]
    assert (first.stdout, second.stdout) == (b"42\n", b"82\n")
    assert (first.seconds, second.seconds) == (0.03, 0.01)
    assert first.counters["aa_ratio"] == pytest.approx(1.5)
    assert first.counters["memory_peak_bytes"] == 3456 * 1024
    assert "aa_ratio" not in second.counters
    assert first.verdict is second.verdict is Verdict.ACCEPTED


def test_limits_are_sent_whole_and_within_what_the_server_allows(tmp_path: Path) -> None:
    with Judge0Server() as server:
        measured(server, tmp_path, limits=Limits(memory_bytes=64 * MIB))
        (sent, _again) = server.submissions
    assert sent["source_code"] == ADD.source.encode()
    assert sent["stdin"] == b"41\n"
    limits = {name: sent[name] for name in sent if name.endswith("limit") and "enable" not in name}
    assert limits == {
        "cpu_time_limit": 10,
        "wall_time_limit": 20,
        "memory_limit": 65536,
        "stack_limit": 128000,
    }
    assert (sent["number_of_runs"], sent["max_file_size"]) == (3, 4096)
    assert sent["language_id"] == 71
    assert not sent["enable_per_process_and_thread_time_limit"]
    assert not sent["enable_per_process_and_thread_memory_limit"]
    assert "expected_output" not in sent
    assert "compiler_options" not in sent


def test_cpp_is_sent_with_its_flags_to_the_newest_compiler(tmp_path: Path) -> None:
    with Judge0Server(run=lambda _one: result(3, b"1\n")) as server:
        measured(server, tmp_path, Program(Language.CPP, "int main() {}"))
        assert server.submissions[0]["language_id"] == 54
        assert server.submissions[0]["compiler_options"] == "-DONLINE_JUDGE -O3 -std=c++17"


def test_bytes_that_are_no_text_come_back_as_they_are(tmp_path: Path) -> None:
    odd = bytes(range(256)) * 3
    with Judge0Server(run=lambda one: result(3, one["stdin"])) as server:
        (one,) = measured(server, tmp_path, stdin=odd)
    assert one.stdout == odd


@pytest.mark.parametrize(
    ("ended", "verdict", "words"),
    [
        (result(5), Verdict.TIME_LIMIT, "Time Limit Exceeded"),
        (result(6, compile_output=b"main.cpp: error: no"), Verdict.COMPILE_ERROR, "error: no"),
        (result(7), Verdict.RUNTIME_ERROR, "SIGSEGV"),
        (result(8), Verdict.OUTPUT_LIMIT, "SIGXFSZ"),
        (result(9), Verdict.RUNTIME_ERROR, "SIGFPE"),
        (result(10), Verdict.RUNTIME_ERROR, "SIGABRT"),
        (result(11, stderr=b"KeyError: 3"), Verdict.RUNTIME_ERROR, "KeyError: 3"),
        (result(12), Verdict.RUNTIME_ERROR, "Other"),
        (result(11, memory=511_000), Verdict.MEMORY_LIMIT, "NZEC"),
    ],
)
def test_each_end_of_a_run_has_its_verdict_and_no_time(
    tmp_path: Path, ended: Record, verdict: Verdict, words: str
) -> None:
    with Judge0Server(run=lambda _one: ended) as server:
        (one,) = measured(server, tmp_path)
    assert one.verdict is verdict
    assert words in one.detail
    assert (one.seconds, dict(one.counters)) == (0.0, {})


def test_output_beyond_our_limit_is_the_programs_own(tmp_path: Path) -> None:
    with Judge0Server(run=lambda _one: result(3, b"x" * 2000)) as server:
        (one,) = measured(server, tmp_path, limits=Limits(output_bytes=1000))
    assert one.verdict is Verdict.OUTPUT_LIMIT


@pytest.mark.parametrize("time", ["0.0", "0", 0, None, "nan", ""])
def test_a_time_of_zero_is_never_a_measurement(tmp_path: Path, time: object) -> None:
    with (
        Judge0Server(run=lambda _one: result(3, b"1", time=time)) as server,
        pytest.raises(MachineFailure, match="a time of 0 s, which is no measurement"),
    ):
        measured(server, tmp_path)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_full_queue_is_waited_for(tmp_path: Path, status: int) -> None:
    def fault(name: str, earlier: int) -> tuple[int, dict[str, str]] | None:
        return (status, {}) if name.startswith("POST") and earlier < 3 else None

    with Judge0Server(fault=fault) as server:
        (one,) = measured(server, tmp_path)
        assert server.requests.count("POST /submissions/batch") == 4
    assert one.stdout == b"42\n"


def test_a_queue_that_stays_full_is_our_failure_and_told(tmp_path: Path) -> None:
    def fault(name: str, _earlier: int) -> tuple[int, dict[str, str]] | None:
        return (503, {}) if name.startswith("POST") else None

    soon = Patience(busy=0.05, first_pause=0.01, longest_pause=0.01)
    with (
        Judge0Server(fault=fault) as server,
        pytest.raises(MachineFailure, match=r"is busy \(503\)"),
    ):
        measured(server, tmp_path, patience=soon)


def test_as_long_as_the_server_asks_is_waited(tmp_path: Path) -> None:
    def fault(name: str, _earlier: int) -> tuple[int, dict[str, str]] | None:
        return (429, {"Retry-After": "3600"}) if name.startswith("POST") else None

    with Judge0Server(fault=fault) as server, pytest.raises(MachineFailure, match="is busy"):
        measured(server, tmp_path)
    # An hour is longer than it is waited for, so it was not asked again.
    assert server.requests.count("POST /submissions/batch") == 1


@pytest.mark.parametrize("status", [13, 14])
def test_an_internal_error_is_submitted_again_and_never_scored(tmp_path: Path, status: int) -> None:
    ends = iter([result(status, message=b"no cgroups"), result(3, b"8\n")])
    ended = {ADD.source.encode(): ends, TWICE.source.encode(): iter([result(3, b"9\n")])}
    again = iter([result(3, b"8\n")])

    def run(one: Record) -> Record:
        return next(ended[one["source_code"]], None) or next(again)

    with Judge0Server(run=run) as server:
        first, second = measured(server, tmp_path, ADD, TWICE)
        assert server.batches == [3, 1]
    assert (first.stdout, second.stdout) == (b"8\n", b"9\n")


def test_a_server_that_always_fails_scores_nobody(tmp_path: Path) -> None:
    broken = result(13, message=b"Failed to create control group")
    with (
        Judge0Server(run=lambda _one: broken) as server,
        pytest.raises(MachineFailure, match=r"failed on a run 4 times .*Failed to create control"),
    ):
        measured(server, tmp_path)


def test_a_broken_connection_is_tried_again(tmp_path: Path) -> None:
    def fault(name: str, earlier: int) -> tuple[int, dict[str, str]] | None:
        return (0, {}) if name == "GET /submissions/batch" and earlier < 2 else None

    with Judge0Server(fault=fault) as server:
        (one,) = measured(server, tmp_path)
    assert one.stdout == b"42\n"


def test_a_server_that_is_not_there_is_our_failure() -> None:
    with Judge0Server() as server:
        url = server.url
    gone = Judge0(url, patience=Patience(busy=0.02, first_pause=0.01, longest_pause=0.01))
    check = gone.check()
    assert not check.ok
    assert "cannot be reached" in check.problem


def test_a_result_that_never_comes_is_given_up(tmp_path: Path) -> None:
    soon = Patience(busy=1.0, first_pause=0.001, longest_pause=0.002, result=0.05)
    with (
        Judge0Server(polls=10**9) as server,
        pytest.raises(MachineFailure, match=r"gave no result for 0\.05 s"),
    ):
        measured(server, tmp_path, patience=soon)


def test_a_batch_is_no_larger_than_the_server_takes(tmp_path: Path) -> None:
    with Judge0Server() as server:
        server.configuration["max_submission_batch_size"] = 2
        runs = measured(server, tmp_path, ADD, TWICE, ADD)
        assert server.batches == [2, 2]
    assert [one.stdout for one in runs] == [b"42\n", b"82\n", b"42\n"]


def test_what_the_server_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    with Judge0Server() as server:
        judge0 = Judge0(server.url, patience=HASTE)
        assert judge0.check().ok
        server.languages.clear()
        with pytest.raises(MachineFailure, match="language with id 71 doesn't exist"):
            measured(server, tmp_path)


def test_a_server_without_the_language_is_said(tmp_path: Path) -> None:
    only = [{"id": 54, "name": "C++ (GCC 9.2.0)"}]
    with (
        Judge0Server(languages=only) as server,
        pytest.raises(MachineFailure, match="has no python"),
    ):
        measured(server, tmp_path)


def test_the_fingerprint_is_what_the_server_says_of_itself() -> None:
    with Judge0Server() as server:
        told = Judge0(server.url, patience=HASTE).fingerprint()
        assert told["server"] == server.url
        assert told["version"] == "1.13.1"
        assert told["processor"].startswith("Intel(R) Xeon")
        assert told["languages"] == "54 C++ (GCC 9.2.0), 71 Python (3.8.1)"
        assert told["runs"] == "3"
        module._server.cache_clear()
        module._described.cache_clear()
        server.configuration["cpu_time_limit"] = 7
        other = Judge0(server.url, patience=HASTE).fingerprint()
    assert {name for name in told if told[name] != other[name]} == {"configuration"}


def test_more_runs_than_the_server_allows_are_refused_at_once() -> None:
    with Judge0Server() as server:
        check = Judge0(server.url, runs=21, patience=HASTE).check()
    assert not check.ok
    assert "runs a program 20 times at most" in check.problem


def test_the_token_goes_to_the_server_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", SECRET)
    with Judge0Server(token=SECRET) as server:
        judge0 = Judge0(server.url, "MY_TOKEN", patience=HASTE)
        assert judge0.check().ok
        assert server.tokens_seen == {SECRET}
        assert SECRET not in repr(judge0) + json.dumps(judge0.fingerprint())
        assert SECRET.encode() not in pickle.dumps(judge0)
        module._server.cache_clear()
        module._described.cache_clear()
        monkeypatch.setenv("MY_TOKEN", "wrong-" + SECRET)
        check = judge0.check()
        assert not check.ok
        assert "does not let us in (401)" in check.problem
        assert "--judge0-token" in check.remedy
        assert SECRET not in check.problem + check.remedy


def test_a_redirect_is_not_followed_since_it_would_carry_the_token_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIE_JUDGE0_TOKEN", SECRET)
    with Judge0Server() as thief:

        def fault(_name: str, _earlier: int) -> tuple[int, dict[str, str]]:
            return 302, {"Location": f"{thief.url}/config_info"}

        with Judge0Server(fault=fault) as server:
            check = Judge0(server.url, patience=HASTE).check()
        assert "sends elsewhere (302)" in check.problem
        assert thief.requests == []


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "no Judge0 server is named"),
        ("ftp://host", "is no address of a Judge0 server"),
        ("host:2358", "is no address of a Judge0 server"),
        ("http://user:word@host", "holds more than scheme, host, port and path"),
        ("http://host?token=x", "holds more than scheme, host, port and path"),
    ],
)
def test_an_address_that_cannot_be_used(url: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        address_of(url)


def test_flags_beyond_what_a_server_takes_are_refused() -> None:
    with pytest.raises(InputError, match="and Judge0 takes 128"):
        options_of(Toolchain(flags=("-DX=" + "1" * 130,)))


def test_the_machine_has_its_name_and_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MACHINES["judge0"] is Judge0
    made = machine("judge0", judge0=Judge0Options("http://host", "X", 5))
    assert (made.url, made.token_variable, made.runs) == ("http://host", "X", 5)  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="add -m judge0"):
        machine("counts", judge0=Judge0Options("http://host"))
    assert "no Judge0 server is named" in machine("judge0").check().problem
    with Judge0Server() as server:
        monkeypatch.setenv("PIE_JUDGE0", server.url)
        assert machine("judge0").check().ok


# The way of a whole run, from the command line to the files.

PAIR: dict[str, Any] = {
    "problem_id": "p",
    "language": "python",
    "src_code": "n = int(input())\nprint(sum(range(n + 1)))\n",
    "tgt_code": "n = int(input())\nprint(n * (n + 1) // 2)\n",
    "tests": [{"input": "9\n", "output": "45\n"}],
}


def simulate(
    tmp_path: Path, server: Judge0Server, rows: list[dict[str, Any]], *words: str
) -> tuple[int, str, Path]:
    pairs, out = tmp_path / "pairs.jsonl", tmp_path / "run"
    pairs.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("--judge0", server.url, "--out", str(out), "--no-cache", *words)
    told = CliRunner().invoke(
        app, ["simulate", "--pairs", str(pairs), "-m", "judge0", *words], catch_exceptions=False
    )
    return told.exit_code, told.output, out


@pytest.mark.xdist_group("sandbox")
def test_a_run_of_pairs_is_measured_there_and_judged_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    monkeypatch.setenv("PIE_JUDGE0_TOKEN", SECRET)
    answers = ["n = int(input())\nprint(45)\n", "print(input('')\n", "print(44)\n"]
    row = {**PAIR, "generated_answers": answers}

    def run(one: Record) -> Record:
        slow = b"range" in one["source_code"]
        return {**executed(one), "time": "0.4" if slow else "0.1"}

    with Judge0Server(token=SECRET, run=run) as server:
        code, said, out = simulate(tmp_path, server, [row])
        assert code == 0, said
        # What is wrong here is not sent there, and what is expected is sent nowhere.
        sent = {one["source_code"].decode() for one in server.submissions}
        assert "print(44)\n" not in sent
        assert all(b"45" not in one["stdin"] for one in server.submissions)
    (found,) = map(json.loads, (out / "pairs.jsonl").open())
    assert found["speedup"] == 4
    verdicts = [one["verdict"] for one in found["generations"]]
    assert verdicts == ["accepted", "compile_error", "wrong_answer"]
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["machine"]["name"] == "judge0"
    assert manifest["setting"]["machine"]["server"] == server.url
    for file in out.rglob("*"):
        if file.is_file():
            assert SECRET.encode() not in file.read_bytes(), file
    assert SECRET not in said
    report = CliRunner().invoke(app, ["report", str(out), "--style", "ecco", "--json"])
    (line,) = json.loads(report.stdout)["parts"][0]["lines"]
    cells = {name: line["cells"][name]["value"] for name in ("pass_at_1", "speedup", "memory")}
    assert cells == {"pass_at_1": pytest.approx(1 / 3), "speedup": 4, "memory": 1}


@pytest.mark.xdist_group("sandbox")
def test_what_the_server_fails_on_is_not_measured_and_the_same_command_tries_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    broken = True

    def run(one: Record) -> Record:
        return result(13, message=b"no workers") if broken else executed(one)

    with Judge0Server(run=run) as server:
        monkeypatch.setattr(
            "sim.machines.Judge0",
            lambda *given: Judge0(*given, patience=HASTE),
        )
        code, said, out = simulate(tmp_path, server, [PAIR])
        assert code == 4, said
        assert "no workers" in said
        (found,) = map(json.loads, (out / "pairs.jsonl").open())
        assert found["src_verdict"] == "not_measured"
        broken = False
        code, said, out = simulate(tmp_path, server, [PAIR])
        assert code == 0, said
    (found,) = map(json.loads, (out / "pairs.jsonl").open())
    assert found["src_verdict"] == "accepted"


@pytest.mark.xdist_group("sandbox")
def test_another_version_there_is_no_fault_of_the_program(tmp_path: Path, cache: Path) -> None:
    def run(one: Record) -> Record:
        if b"range" in one["source_code"]:
            return result(11, stderr=b"SyntaxError: invalid syntax")
        return executed(one)

    with Judge0Server(run=run) as server:
        _code, said, out = simulate(tmp_path, server, [PAIR])
    (found,) = map(json.loads, (out / "pairs.jsonl").open())
    assert found["src_verdict"] == "unsupported", said
    assert "its compiler or interpreter there is another version" in found["src_detail"]
    assert "SyntaxError" in found["src_detail"]


def test_functions_have_nobody_there_to_call_them(tmp_path: Path) -> None:
    tasks = tmp_path / "tasks.jsonl"
    row = {
        "task_id": "f",
        "entry_point": "f",
        "references": ["def f(): return 1"],
        "private_tests": [{"args": [], "expected": 1}],
    }
    tasks.write_text(json.dumps(row) + "\n")
    with Judge0Server() as server:
        told = CliRunner().invoke(
            app, ["simulate", "--tasks", str(tasks), "-m", "judge0", "--judge0", server.url]
        )
    assert told.exit_code == 1
    assert "1 test of" in told.output
    assert "judge0 runs programs on standard input alone" in told.output
