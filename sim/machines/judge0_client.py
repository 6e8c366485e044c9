"""Talks to a Judge0 server: batches of submissions, base64, tokens, polling (Judge0 CE's API).

A full queue (503), too many requests (429) and a network that fails are waited for and tried again.
What stays broken is a MachineFailure, so that no program is scored by it. The token goes into a
header alone: no message holds it, and redirects, which would carry it elsewhere, are not followed.
"""

from __future__ import annotations

import base64
import binascii
import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sim.errors import MachineFailure

FINISHED = 3
"""The first status that is an end; 1 is in the queue, 2 is processing."""
INTERNAL_ERROR, EXEC_FORMAT_ERROR = 13, 14
"""The server's own failures, whatever the program."""
FIELDS = "token,status,stdout,stderr,compile_output,message,time,wall_time,memory,exit_code"
_BUSY = frozenset({429, 502, 503, 504})
_LARGEST_REPLY = 256 << 20
_HEADER = "X-Auth-Token"
_ENCODED = ("stdout", "stderr", "compile_output", "message")

Record = dict[str, Any]


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for, in seconds."""

    one_request: float = 60.0
    busy: float = 600.0
    """In all, while its queue is full or it cannot be reached."""
    first_pause: float = 0.25
    longest_pause: float = 5.0
    result: float = 900.0
    """For the results of a batch."""
    submissions: int = 4
    """How often a program is submitted that ends in an internal error."""


PATIENCE = Patience()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Lets a redirect be an error: the token belongs to one server."""

    def redirect_request(self, *_args: object, **_names: object) -> None:
        return None


@dataclass
class Client:
    """One server; the token is read by `token` at each request, and kept nowhere."""

    url: str
    token: Callable[[], str] = lambda: ""
    patience: Patience = PATIENCE
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _opener: urllib.request.OpenerDirector = field(
        default_factory=lambda: urllib.request.build_opener(_NoRedirect()), repr=False
    )

    @property
    def server(self) -> str:
        """The server's name, for messages."""
        return urllib.parse.urlsplit(self.url).netloc

    def get(self, path: str, **query: str) -> Any:
        """Return what a path holds, as JSON has it; MachineFailure when it cannot be had."""
        return self._ask("GET", path, query, None)

    def run(self, submissions: Sequence[Mapping[str, Any]], largest_batch: int) -> list[Record]:
        """Run submissions; return their results in the same order, texts decoded to bytes.

        `largest_batch`: so many go into one request. MachineFailure when one has no result, and
        when the server fails on one as often as it is tried.
        """
        results: list[Record | None] = [None] * len(submissions)
        waiting = list(range(len(submissions)))
        for _attempt in range(self.patience.submissions):
            for start in range(0, len(waiting), largest_batch):
                places = waiting[start : start + largest_batch]
                tokens = self._submit([submissions[place] for place in places])
                for place, result in zip(places, self._results(tokens), strict=True):
                    results[place] = result
            waiting = [place for place in waiting if _is_own_failure(results[place])]
            if not waiting:
                return [one for one in results if one is not None]
        last = results[waiting[0]] or {}
        why = _words(last.get("message")) or _words(last.get("stderr")) or "it says no more"
        raise MachineFailure(
            f"the Judge0 server {self.server} failed on a run {self.patience.submissions} times "
            f"({last.get('status', {}).get('description', 'Internal Error')}: {why})",
            "ask whoever runs it; the same command tries these again",
        )

    def _submit(self, submissions: Sequence[Mapping[str, Any]]) -> list[str]:
        reply = self._ask(
            "POST",
            "/submissions/batch",
            {"base64_encoded": "true"},
            {"submissions": [_encoded(one) for one in submissions]},
        )
        if not isinstance(reply, list) or len(reply) != len(submissions):
            raise self._odd("did not answer a batch with a token for each submission")
        tokens = []
        for one in reply:
            if not isinstance(one, dict) or not isinstance(one.get("token"), str):
                raise self._refused(422, one)
            tokens.append(one["token"])
        return tokens

    def _results(self, tokens: Sequence[str]) -> list[Record]:
        """Poll until each submission has come to an end."""
        found: dict[str, Record] = {}
        until = self.clock() + self.patience.result
        pause = self.patience.first_pause
        while True:
            left = [token for token in tokens if token not in found]
            reply = self._ask(
                "GET",
                "/submissions/batch",
                {"tokens": ",".join(left), "base64_encoded": "true", "fields": FIELDS},
                None,
            )
            submissions = reply.get("submissions") if isinstance(reply, dict) else None
            if not isinstance(submissions, list) or len(submissions) != len(left):
                raise self._odd("did not tell of each submission that was asked for")
            for token, one in zip(left, submissions, strict=True):
                if self._status(one) >= FINISHED:
                    found[token] = _decoded(one, self._odd)
            if len(found) == len(set(tokens)):
                return [found[token] for token in tokens]
            if self.clock() >= until:
                raise MachineFailure(
                    f"the Judge0 server {self.server} gave no result for "
                    f"{self.patience.result:g} s",
                    "see whether its workers run",
                )
            self.sleep(pause)
            pause = min(2 * pause, self.patience.longest_pause)

    def _status(self, one: object) -> int:
        status = one.get("status") if isinstance(one, dict) else None
        number = status.get("id") if isinstance(status, dict) else None
        if not isinstance(number, int):
            raise self._odd("knows a submission no more, or tells no status of it")
        return number

    def _ask(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Any:
        """Send one request until it is answered; a busy server and a broken network are waited for.

        MachineFailure for what waiting does not mend.
        """
        until = self.clock() + self.patience.busy
        pause = self.patience.first_pause
        while True:
            asked = pause
            try:
                return self._once(method, path, query, body)
            except urllib.error.HTTPError as error:
                with error:
                    told = error.read(1 << 16)
                if error.code not in _BUSY:
                    raise self._refused(error.code, _json(told)) from None
                asked = max(pause, _seconds(error.headers.get("Retry-After")))
                trouble = f"is busy ({error.code})"
            except (OSError, http.client.HTTPException) as error:
                reason = getattr(error, "reason", None) or error
                trouble = f"cannot be reached ({type(error).__name__}: {reason})"
            if self.clock() + asked >= until:
                raise MachineFailure(
                    f"the Judge0 server {self.server} {trouble}, for {self.patience.busy:g} s",
                    "see whether it runs, and run the same command again",
                )
            self.sleep(asked)
            pause = min(2 * pause, self.patience.longest_pause)

    def _once(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Any:
        address = self.url.rstrip("/") + path
        if query:
            address += "?" + urllib.parse.urlencode(query, safe=",")
        data = None if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if token := self.token():
            headers[_HEADER] = token
        request = urllib.request.Request(address, data, headers, method=method)
        with self._opener.open(request, timeout=self.patience.one_request) as reply:
            told = reply.read(_LARGEST_REPLY + 1)
        value = _json(told) if len(told) <= _LARGEST_REPLY else None
        if value is None:
            raise self._odd("answered with what is no JSON")
        return value

    def _refused(self, code: int, told: object) -> MachineFailure:
        if code in (401, 403):
            return MachineFailure(
                f"the Judge0 server {self.server} does not let us in ({code})",
                "put its token into the variable that --judge0-token names",
            )
        if 300 <= code < 400:
            return MachineFailure(
                f"the Judge0 server {self.server} sends elsewhere ({code})",
                "give the address that it sends to, if you trust it",
            )
        return MachineFailure(
            f"the Judge0 server {self.server} refuses the request ({code}: {_words(told)})",
            "see what it allows under /config_info",
        )

    def _odd(self, what: str) -> MachineFailure:
        return MachineFailure(f"{self.server} {what}", "is it a Judge0 server (CE 1.5 or later)?")


def _is_own_failure(result: Record | None) -> bool:
    """Tell whether a result is the server's failure and says nothing of the program."""
    if result is None:
        return True
    return result["status"]["id"] in (INTERNAL_ERROR, EXEC_FORMAT_ERROR)


def _encoded(submission: Mapping[str, Any]) -> Record:
    """Return a submission with its bytes in base64."""
    return {
        name: base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for name, value in submission.items()
    }


def _decoded(result: Record, odd: Callable[[str], MachineFailure]) -> Record:
    """Return a result with its texts as bytes; None where there is none."""
    made = dict(result)
    for name in _ENCODED:
        value = made.get(name)
        if value is not None:
            try:
                made[name] = base64.b64decode(value)  # it breaks lines, which are passed over
            except (binascii.Error, TypeError, ValueError):
                raise odd(f"sent a {name} that is no base64") from None
    return made


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _seconds(text: str | None) -> float:
    """Return the seconds of a Retry-After; a date counts as none."""
    return float(text) if text and text.strip().isdigit() else 0.0


def _words(told: object) -> str:
    """Return what a server said, on one line and not too long."""
    if isinstance(told, bytes):
        told = told.decode("utf-8", "replace")
    text = told if isinstance(told, str) else "" if told is None else json.dumps(told)
    return "".join(one if one.isprintable() else " " for one in text[:300]).strip()
