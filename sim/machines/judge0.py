"""A Judge0 server as a machine (as ECCO has it): CPU seconds of a computer that we do not know.

It is sent the source and one test's input, never what is expected, and compiles and runs it there
`runs` times. What it prints is compared here. The programs of a row go in one batch, the first of
them twice: the ratio of its two times is the noise to hold against any speedup. The server's clock
ticks in milliseconds, and a time of zero is none.
"""

from __future__ import annotations

import functools
import math
import os
import re
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.errors import InputError, MachineFailure, SimError
from sim.last_words import with_last_words
from sim.limits import Limits
from sim.machine import Check, Measurement
from sim.machines.judge0_client import PATIENCE, Client, Patience
from sim.program import Build, Language, Program, digest_of
from sim.toolchain import Toolchain
from sim.verdict import Verdict

URL_VARIABLE = "PIE_JUDGE0"
TOKEN_VARIABLE = "PIE_JUDGE0_TOKEN"
RUNS = 3
"""As ECCO asks; the server gives their mean."""
PROTOCOL = "1"
"""Raised when a change here could give another number for the same run."""
_LARGEST_BATCH = 20
"""The server's own default; `max_submission_batch_size` of its configuration says otherwise."""
_LONGEST_OPTIONS = 128
_NAMES = {
    Language.CPP: re.compile(r"C\+\+ \(GCC (\d+(?:\.\d+)*)"),
    Language.PYTHON: re.compile(r"Python \((3(?:\.\d+)*)"),
}
_VERDICTS = {
    5: Verdict.TIME_LIMIT,
    6: Verdict.COMPILE_ERROR,
    7: Verdict.RUNTIME_ERROR,
    8: Verdict.OUTPUT_LIMIT,
    9: Verdict.RUNTIME_ERROR,
    10: Verdict.RUNTIME_ERROR,
    11: Verdict.RUNTIME_ERROR,
    12: Verdict.RUNTIME_ERROR,
}
"""Of Judge0's statuses; 3 is a run that ended well, 13 and 14 are the server's own failures."""


@dataclass(frozen=True)
class Judge0:
    """Measures CPU seconds on a Judge0 server."""

    url: str = ""
    """Empty: what the environment variable PIE_JUDGE0 says."""
    token_variable: str = TOKEN_VARIABLE
    """Environment variable that holds the token; the token itself is kept nowhere."""
    runs: int = RUNS
    patience: Patience = PATIENCE

    name: str = "judge0"
    deterministic: bool = False
    interleaved: bool = True
    stops_at_count: bool = False
    may_compute_otherwise: bool = True

    def check(self) -> Check:
        """Ask the server about itself."""
        try:
            self.fingerprint()
        except SimError as error:
            return Check(False, error.what, error.remedy)
        return Check(True)

    def fingerprint(self) -> dict[str, str]:
        """Return what the server says of itself. InputError without a server, MachineFailure."""
        return dict(_described(self._address(), self.token_variable, self.runs, self.patience))

    def measure(
        self, build: Build, stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> Measurement:
        """MachineFailure: it compiles sources by itself."""
        raise MachineFailure("judge0 compiles programs itself, and was given a built one")

    def measure_together(
        self, builds: Sequence[Build], stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> list[Measurement]:
        """MachineFailure, as `measure`."""
        raise MachineFailure("judge0 compiles programs itself, and was given built ones")

    def measure_sources(
        self, programs: Sequence[Program], stdin: Path, limits: Limits, toolchain: Toolchain
    ) -> list[Measurement]:
        """Cost several programs on one input in one batch, the first of them twice."""
        about = _server(self._address(), self.token_variable, self.patience)
        given = stdin.read_bytes()
        order = [*programs, programs[0]]
        bounds = about.limits(limits, self.runs)
        submissions = [about.submission(one, given, bounds, toolchain) for one in order]
        results = about.client.run(submissions, about.largest_batch)
        read = [_measurement(one, limits, bounds) for one in results]
        again = read.pop()
        if read[0].seconds and again.seconds:
            counters = {**read[0].counters, "aa_ratio": read[0].seconds / again.seconds}
            first = read[0]
            read[0] = Measurement(
                first.verdict, first.detail, first.stdout, seconds=first.seconds, counters=counters
            )
        return read

    def _address(self) -> str:
        return address_of(self.url or os.environ.get(URL_VARIABLE, ""))


@dataclass(frozen=True)
class _Server:
    """What a server said of itself, and how to talk to it."""

    client: Client
    version: str
    processor: str
    languages: dict[Language, tuple[int, str]]
    configuration: dict[str, Any]

    @property
    def largest_batch(self) -> int:
        value = self.configuration.get("max_submission_batch_size", _LARGEST_BATCH)
        return value if isinstance(value, int) and value > 0 else _LARGEST_BATCH

    def limits(self, limits: Limits, runs: int) -> dict[str, Any]:
        """Return the limits of a run as they are sent: ours, or the server's largest."""
        asked = {
            "number_of_runs": runs,
            "cpu_time_limit": float(limits.cpu_seconds),
            "cpu_extra_time": 1.0,
            "wall_time_limit": 4.0 * limits.cpu_seconds,
            "memory_limit": limits.memory_bytes >> 10,
            "stack_limit": limits.stack_bytes >> 10,
            "max_processes_and_or_threads": 60,
            "max_file_size": limits.file_bytes >> 10,
        }
        made = {name: min(value, self._most(f"max_{name}", value)) for name, value in asked.items()}
        return {
            **made,
            "enable_per_process_and_thread_time_limit": False,
            "enable_per_process_and_thread_memory_limit": False,
        }

    def _most(self, name: str, otherwise: float) -> float:
        value = self.configuration.get(name)
        return value if isinstance(value, int | float) and value > 0 else otherwise

    def submission(
        self, program: Program, stdin: bytes, bounds: dict[str, Any], toolchain: Toolchain
    ) -> dict[str, Any]:
        """Return one run as it is sent. The expected output never is."""
        if program.language not in self.languages:
            raise MachineFailure(
                f"the Judge0 server {self.client.server} has no {program.language}",
                "see its /languages",
            )
        made = {
            **bounds,
            "source_code": program.source.encode(),
            "language_id": self.languages[program.language][0],
            "stdin": stdin,
        }
        if program.language is Language.CPP and self.configuration.get(
            "enable_compiler_options", True
        ):
            made["compiler_options"] = options_of(toolchain)
        return made


def address_of(url: str) -> str:
    """Return a server's address; InputError for none, and for one that names a secret."""
    if not url:
        raise InputError(
            "no Judge0 server is named", f"give --judge0 URL, or set {URL_VARIABLE} to it"
        )
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(
            f"{url[:80]!r} is no address of a Judge0 server", "give one such as http://host:2358"
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise InputError(
            "the address of the Judge0 server holds more than scheme, host, port and path",
            "give a token by the environment variable that --judge0-token names",
        )
    return url.rstrip("/")


def options_of(toolchain: Toolchain) -> str:
    """Return the compiler's flags as they are sent; InputError for more than a server takes."""
    words = [*(f"-D{name}" for name in toolchain.defines), *toolchain.flags]
    text = " ".join(words)
    if len(text) > _LONGEST_OPTIONS:
        raise InputError(
            f"the compiler's flags have {len(text)} characters, and Judge0 takes "
            f"{_LONGEST_OPTIONS}",
            "give fewer with --cxxflags",
        )
    return text


@functools.lru_cache(maxsize=8)
def _server(url: str, token_variable: str, patience: Patience) -> _Server:
    """Ask a server about itself, once in each process."""
    client = Client(url, lambda: os.environ.get(token_variable, ""), patience)
    configuration = client.get("/config_info")
    about, system = client.get("/about"), client.get("/system_info")
    listed = client.get("/languages")
    if not isinstance(configuration, dict) or not isinstance(listed, list):
        raise MachineFailure(
            f"{client.server} tells neither configuration nor languages", "is it a Judge0 server?"
        )
    if configuration.get("enable_batched_submissions") is False:
        raise MachineFailure(
            f"the Judge0 server {client.server} takes no batches",
            "set ENABLE_BATCHED_SUBMISSIONS in its configuration",
        )
    return _Server(
        client,
        _field(about, "version"),
        _field(system, "Model name"),
        {language: found for language in Language if (found := _newest(language, listed))},
        configuration,
    )


@functools.lru_cache(maxsize=8)
def _described(
    url: str, token_variable: str, runs: int, patience: Patience
) -> tuple[tuple[str, str], ...]:
    about = _server(url, token_variable, patience)
    if runs > about._most("max_number_of_runs", runs):
        raise InputError(
            f"the Judge0 server runs a program {about._most('max_number_of_runs', 1):g} times at "
            "most",
            "give fewer with --judge0-runs",
        )
    names = ", ".join(f"{number} {name}" for number, name in about.languages.values())
    return tuple(
        {
            "machine": "judge0",
            "protocol": PROTOCOL,
            "server": url,
            "version": about.version,
            "processor": about.processor,
            "languages": names,
            "configuration": digest_of(about.configuration)[:16],
            "runs": str(runs),
        }.items()
    )


def _newest(language: Language, listed: Sequence[Any]) -> tuple[int, str] | None:
    """Return number and name of the newest version of a language that a server has."""
    found = []
    for one in listed:
        name = one.get("name") if isinstance(one, dict) else None
        if isinstance(name, str) and isinstance(one.get("id"), int):
            version = _NAMES[language].match(name)
            if version:
                found.append((tuple(map(int, version[1].split("."))), one["id"], name))
    if not found:
        return None
    _version, number, name = max(found)
    return number, name


def _field(told: object, name: str) -> str:
    value = told.get(name) if isinstance(told, dict) else None
    return str(value)[:120] if value else "unknown"


def _measurement(result: dict[str, Any], limits: Limits, bounds: dict[str, Any]) -> Measurement:
    """Read one result; MachineFailure for a time that is none."""
    status = result["status"]
    number = status["id"]
    stdout = result.get("stdout") or b""
    memory = _number(result.get("memory"))
    detail = f"Judge0: {str(status.get('description', number))[:80]}"
    if number != 3:
        verdict = _VERDICTS.get(number)
        if verdict is None:
            raise MachineFailure(f"Judge0 ended a run with the unknown status {number}")
        told = result.get("compile_output") if number == 6 else result.get("stderr")
        if verdict is Verdict.RUNTIME_ERROR and memory >= 0.9 * bounds["memory_limit"]:
            verdict = Verdict.MEMORY_LIMIT
        return Measurement(verdict, with_last_words(detail, told or b""))
    if len(stdout) > limits.output_bytes:
        return Measurement(Verdict.OUTPUT_LIMIT, f"more than {limits.output_bytes} bytes of output")
    seconds = _number(result.get("time"))
    if not seconds > 0:
        raise MachineFailure(
            "Judge0 reported a time of 0 s, which is no measurement: its clock ticks in "
            "milliseconds",
            "give the program more work, or measure on another machine",
        )
    counters = {"cpu_seconds": seconds, "number_of_runs": float(bounds["number_of_runs"])}
    if memory > 0:
        counters["memory_peak_bytes"] = memory * 1024
    wall = _number(result.get("wall_time"))
    if wall > 0:
        counters["wall_seconds"] = wall
    return Measurement(
        Verdict.ACCEPTED,
        stdout=stdout,
        seconds=seconds,
        counters=counters,
        host_seconds=max(wall, seconds),
    )


def _number(value: object) -> float:
    """Return a number that may stand as a text, as Judge0 writes decimals; else 0."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0.0
    return number if math.isfinite(number) else 0.0
