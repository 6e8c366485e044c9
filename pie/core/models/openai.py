"""Any OpenAI-compatible server: hosted, vLLM, llama.cpp. Concurrent, patient, and bounded.

Retried with growing pauses: cut connections, timeouts, replies that are no answer, 408, 409, 425,
429 and 5xx. A pause that the server asks for is kept by all requests. 401, 403 and 404 end the run
at once; any other refusal is that request's own failure. A server that fails request after request
ends the run; what was answered has been handed over by then.

The key is read from OPENAI_API_KEY, sent in a header and nowhere else: it is in no file and no
message of ours, also when a server repeats it (`pie.core.models.secret`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import random
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pie.core.extras import require
from pie.core.models import openai_wire as wire
from pie.core.models.inbox import Inbox, batches
from pie.core.models.model import (
    PROMPT_TOO_LONG,
    Answer,
    Event,
    Failure,
    ModelError,
    ModelOptions,
    Request,
    Sampling,
)
from pie.core.models.reply_body import ACCEPTED, read_body
from pie.core.models.secret import repeats_key, without_key
from pie.core.models.throttle import (
    LONGEST_WAIT_SECONDS,
    Throttle,
    asked_pause,
    backoff_seconds,
    exhausted_pause,
)
from pie.core.models.tokens import TokenizerCounter, trained_form
from pie.core.prompting.prompts import Form, Prompt
from pie.core.prompting.token_budget import BYTES_PER_TOKEN, estimate_tokens
from pie.core.wording import one_line

HOSTED = "https://api.openai.com/v1"
_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
_LARGEST_REPLY_BYTES = 16 << 20
_GIVE_UP_AFTER = 20
"""Failures in a row, each after all its retries, after which the server is taken to be gone."""
_RATE_LIMIT_PATIENCE = 10
"""How many times as often a request may be told to slow down as it may fail."""
_QUIET_ROUNDS = 5
"""Rounds of the event loop without a task after which none comes any more."""


@dataclass(frozen=True)
class _Retry:
    """An attempt that failed in a way that may pass."""

    reason: str
    wait_seconds: float | None = None
    rate_limited: bool = False
    overloaded: bool = False
    """A rate limit, a timeout, or a server that says it has too much to do."""
    unreachable: bool = False


class OpenAIModel:
    """A model behind an OpenAI-compatible server."""

    by_row = False

    def __init__(self, name: str, options: ModelOptions) -> None:
        wrong = [one for one in wire.FORBIDDEN_FIELDS if one in options.body]
        if wrong:
            raise ModelError(
                f"--body cannot set {wrong[0]!r}, which decides what is asked",
                "use the command's own options",
            )
        self.name = f"openai:{name}"
        self.context = options.context
        self.parallel = f"{options.concurrency} requests at once"
        self._model = name
        self._options = options
        self.base_url = wire.clean_url(
            options.base_url or os.environ.get("OPENAI_BASE_URL", "") or HOSTED
        )
        self._key = os.environ.get("OPENAI_API_KEY", "").strip()
        self._count = estimate_tokens
        self.counts = f"estimated: UTF-8 bytes / {BYTES_PER_TOKEN}"
        if options.tokenizer is not None:
            counter = TokenizerCounter(str(options.tokenizer))
            self._count, self.counts = counter.count, f"by the tokenizer {options.tokenizer}"
        self.only_form = self.base_url == HOSTED
        self._answered = 0
        self._lost_in_a_row = 0

    def best_form(self) -> Form:
        return self.trained_form() or Form.CHAT

    def trained_form(self) -> Form | None:
        """As the folder of the tokenizer tells, or the one that the model is named after.

        A server such as vLLM's calls the model that it serves by its folder.
        """
        for folder in (self._options.tokenizer, Path(self._model)):
            if folder is not None and folder.is_dir():
                told = trained_form(str(folder))
                if told is not None:
                    return told.form
        return None

    def fingerprint(self) -> dict[str, Any]:
        return {"backend": "openai", "model": self._model, "body": dict(self._options.body)}

    def count_tokens(self, prompt: Prompt) -> int:
        return self._count(prompt)

    def answers(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[Sequence[Event]]:
        require("httpx", "models")
        self._check_key()
        inbox: Inbox = queue.SimpleQueue()
        loop = asyncio.new_event_loop()
        task = loop.create_task(self._serve(iter(requests), sampling, inbox))
        thread = threading.Thread(target=_run, args=(loop, task, inbox), daemon=True)
        thread.start()
        try:
            yield from batches(inbox)
        finally:
            with contextlib.suppress(RuntimeError):  # it has just ended by itself
                loop.call_soon_threadsafe(task.cancel)
            thread.join()

    def _check_key(self) -> None:
        if not self._key and self.base_url == HOSTED:
            raise ModelError(
                f"the server {HOSTED} needs a key and OPENAI_API_KEY is not set",
                "export it, or give another server with --base-url",
            )
        if not (self._key.isascii() and self._key.isprintable()):
            raise ModelError(
                "OPENAI_API_KEY is no key: it holds characters that no header can carry",
                "export the key as the service gave it",
            )

    async def _serve(
        self,
        requests: Iterator[Request],
        sampling: Sampling,
        inbox: Inbox,
    ) -> None:
        import httpx

        options = self._options
        key = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        throttle = Throttle(options.concurrency)
        loopback = httpx.URL(self.base_url).host in ("localhost", "127.0.0.1", "::1")
        tls = httpx.create_ssl_context()

        async def worker() -> None:
            # A client each: one shared pool looks through all its connections for each request.
            async with httpx.AsyncClient(
                headers={**ACCEPTED, **key},
                timeout=httpx.Timeout(options.timeout_seconds, connect=30.0),
                limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
                verify=tls,
                trust_env=not loopback,  # a proxy is not for this machine itself
            ) as client:
                for request in requests:
                    inbox.put(await self._ask(client, throttle, request, sampling))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(options.concurrency):
                    group.create_task(worker())
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _ask(
        self, client: Any, throttle: Throttle, request: Request, sampling: Sampling
    ) -> Event:
        """Ask until there is an answer or the patience is at its end."""
        failed = limited = 0
        while True:
            async with throttle as began:
                got = await self._attempt(client, request, sampling, failed + limited + 1)
                if isinstance(got, _Retry) and got.overloaded:
                    throttle.slow_down(began, got.wait_seconds)
                elif isinstance(got, tuple):
                    throttle.went_well()
                    throttle.pause(got[1])
            if isinstance(got, tuple):
                self._answered += 1
                self._lost_in_a_row = 0
                return got[0]
            if isinstance(got, Failure):
                return self._lost(got)
            limited += got.rate_limited
            failed += not got.rate_limited
            most = self._options.max_retries
            if got.unreachable and not self._answered:
                most = min(most, 2)  # nobody is there: say so soon
            if failed > most or limited > max(1, most) * _RATE_LIMIT_PATIENCE:
                return self._lost(Failure(request.key, got.reason))
            if got.wait_seconds is None:
                tries = max(failed, min(limited, 6))
                await asyncio.sleep(
                    backoff_seconds(tries, self._options.backoff_seconds, random.random())
                )
            elif not got.overloaded:  # or else the throttle keeps the pause, for all
                await asyncio.sleep(got.wait_seconds)

    def _lost(self, failure: Failure) -> Failure:
        self._lost_in_a_row += 1
        if self._lost_in_a_row >= _GIVE_UP_AFTER:
            raise ModelError(
                f"the server {self.base_url} fails request after request ({failure.reason})",
                "mend that and run the same command again: what was answered is kept",
            )
        return failure

    async def _attempt(
        self, client: Any, request: Request, sampling: Sampling, attempt: int
    ) -> tuple[Answer, float | None] | Failure | _Retry:
        """Ask once: an answer with the pause that follows it, a failure, or a reason to retry."""
        import httpx

        body = wire.body_of(request, self._model, sampling, self._options.body)
        url = self.base_url + wire.path_of(request)
        seconds = self._options.timeout_seconds
        try:
            async with (
                asyncio.timeout(seconds),
                client.stream("POST", url, json=body) as response,
            ):
                data = await read_body(response, _LARGEST_REPLY_BYTES)
                status, headers = response.status_code, response.headers
        except (TimeoutError, httpx.TimeoutException):
            return _Retry(f"no answer within {seconds:g} s", overloaded=True)
        except httpx.ConnectError as error:
            return _Retry(self._told("no connection", error), unreachable=True)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return _Retry(self._told("the connection was cut", error))
        if data is None:
            return Failure(request.key, f"the reply exceeds {_LARGEST_REPLY_BYTES >> 20} MiB")
        if status == 200:
            refusal = wire.error_in(data, self._without_key)
            if refusal is not None:
                status, code, message = refusal
                told = "an error in a reply with HTTP 200" + (f": {message}" if message else "")
                return self._refused(request, status, code, message, told, headers, attempt)
            try:
                reply = wire.read_reply(data, self._without_key)
            except ValueError as error:
                return _Retry(str(error))
            if repeats_key(reply.text, self._key):
                return Failure(request.key, "the answer repeats OPENAI_API_KEY and is not kept")
            answer = Answer(
                request.key,
                reply.text,
                reply.finish_reason,
                reply.tokens_in,
                reply.tokens_out,
                attempt,
                reply.model,
            )
            return answer, exhausted_pause(headers)
        code, message = wire.error_message(data, self._without_key)
        told = f"HTTP {status}" + (f": {message}" if message else "")
        return self._refused(request, status, code, message, told, headers, attempt)

    def _refused(
        self,
        request: Request,
        status: int,
        code: str,
        message: str,
        told: str,
        headers: Any,
        attempt: int,
    ) -> tuple[Answer, float | None] | Failure | _Retry:
        """Return what becomes of a request that was refused, by the status, or end the run."""
        if status in (400, 413, 422) and wire.says_too_long(code, message):
            return Answer(request.key, "", PROMPT_TOO_LONG, attempts=attempt), None
        if status in (401, 402, 403) or "insufficient_quota" in code:
            raise ModelError(
                f"the server {self.base_url} refuses to answer ({told})",
                "check OPENAI_API_KEY and the account, then run the same command again",
            )
        if status in (404, 405) or 300 <= status < 400:
            raise ModelError(
                f"the server {self.base_url} has no model {one_line(self._model)!r} or no such "
                f"path ({told})",
                "check --model and --base-url, which mostly ends in /v1",
            )
        if status in _RETRIED or status >= 500:
            wait = asked_pause(headers, time.time())
            if wait is not None and wait > LONGEST_WAIT_SECONDS:
                raise ModelError(
                    f"the server {self.base_url} asks to be left alone for {wait:.0f} s ({told})",
                    "run the same command again then: what was answered is kept",
                )
            overloaded = status in (429, 503, 529)
            return _Retry(told, wait, rate_limited=status == 429, overloaded=overloaded)
        return Failure(request.key, told)

    def _told(self, what: str, error: Exception) -> str:
        text = self._without_key(str(error)) or type(error).__name__
        return f"{what}: {one_line(text, 120)}"

    def _without_key(self, text: str) -> str:
        return without_key(text, self._key)


def _run(
    loop: asyncio.AbstractEventLoop,
    task: asyncio.Task[None],
    inbox: Inbox,
) -> None:
    """Run a task to its end in this thread, and put what it ended with into the inbox."""
    try:
        loop.run_until_complete(task)
        inbox.put(None)
    except BaseException as error:
        inbox.put(error)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(_ended())
        loop.close()


async def _ended() -> None:
    """Cancel whatever else still runs in the loop, and wait for its end.

    A generator that is closed may leave one within it, closed by a task of its own a moment later:
    so this looks until nothing comes any more.
    """
    quiet = 0
    while quiet < _QUIET_ROUNDS:
        await asyncio.sleep(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        quiet = 0 if others else quiet + 1
        for one in others:
            one.cancel()
        await asyncio.gather(*others, return_exceptions=True)
