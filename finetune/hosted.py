"""Fine-tuning as a service: upload, start a job and wait for it, by OpenAI's interface.

What is known of a job lies in a file beside the rows, so that the same call goes on with the same
job and pays for none twice. The key is sent in a header and is in no file and no message.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from finetune.errors import FinetuneError

HOSTED = "https://api.openai.com/v1"
ENDED = ("succeeded", "failed", "cancelled")
_RETRIED = (408, 409, 425, 429, 500, 502, 503, 504)
_TRIES = 6


class Refused(FinetuneError):
    """The server refused, or did not answer: then `status` is 0."""

    def __init__(self, what: str, remedy: str, status: int) -> None:
        super().__init__(what, remedy)
        self.status = status


@dataclass(frozen=True)
class Asked:
    """What a job is to do; another one of these is another job."""

    model: str
    epochs: int | None = 1
    """None: the service chooses."""
    suffix: str = ""
    seed: int | None = None


@dataclass(frozen=True)
class Job:
    """How far a job is; written after each step."""

    asked: dict[str, Any]
    rows: str
    """SHA-256 of the files."""
    server: str
    files: dict[str, str] = field(default_factory=dict)
    """Ids of what was uploaded, by role."""
    id: str = ""
    status: str = "not started"
    model: str = ""
    """The trained one; empty until it succeeded."""
    error: str = ""
    starting: bool = False
    """The request that starts the job went out, and no answer has come."""


@dataclass(frozen=True)
class Service:
    """A server and the key for it."""

    url: str
    key: str = field(repr=False)
    pause_seconds: float = 2.0
    """Before the first retry; doubled each time."""

    def call(self, method: str, path: str, *, once: bool = False, **rest: Any) -> dict[str, Any]:
        """Return a reply's object; retry what may pass unless `once`; FinetuneError otherwise."""
        import httpx

        why, status = "", 0
        for attempt in range(1 if once else _TRIES):
            if attempt:
                time.sleep(self.pause_seconds * 2 ** (attempt - 1))
            try:
                reply = httpx.request(
                    method,
                    f"{self.url}{path}",
                    headers={"Authorization": f"Bearer {self.key}"},
                    timeout=httpx.Timeout(60.0, read=600.0, write=600.0),
                    **rest,
                )
            except httpx.HTTPError as error:
                why, status = type(error).__name__, 0
                continue
            status = reply.status_code
            if status < 300:
                return _object(reply.content, self.url)
            why = f"{status}: {self._said(reply.content)}"
            if status not in _RETRIED:
                break
        hint = "check OPENAI_API_KEY" if status in (401, 403) else "check it, then try again"
        raise Refused(f"the server {self.url} refused {path} ({why})", hint, status)

    def _said(self, content: bytes) -> str:
        """Return why a server refused."""
        try:
            told = json.loads(content)["error"]["message"]
        except (ValueError, KeyError, TypeError, RecursionError):
            told = content[:200].decode("utf-8", "replace")
        return self.line(told)

    def line(self, told: object) -> str:
        """Return what a server says as one line to show: without the key and control characters."""
        line = " ".join(str(told).split())
        if self.key:
            line = line.replace(self.key, "[key]")
        return "".join(one if one.isprintable() else "?" for one in line)[:200]


def submit(
    service: Service,
    asked: Asked,
    rows: Path,
    validation: Path | None = None,
    say: Callable[[str], None] = lambda text: None,
    limit: int | None = None,
) -> Job:
    """Upload the rows and start a job, or return the one that was started for them before.

    With a `limit` only the first lines of each file are meant, by the job's digest too.
    """
    files = {"training_file": rows} | ({"validation_file": validation} if validation else {})
    digest = _digest(files, limit)
    path = state_of(rows)
    job = read_job(path)
    if job is None or (job.rows, job.asked, job.server) != (digest, asdict(asked), service.url):
        if job is not None and job.id and job.status not in ENDED:
            raise FinetuneError(
                f"{path} belongs to another job, {job.id}, which is {job.status}",
                "wait for it with the options it was started with, or remove the file",
            )
        job = Job(asdict(asked), digest, service.url)
    if job.id:
        say(f"the job {job.id} was started before")
        return job
    if job.starting:
        raise FinetuneError(
            f"a job was asked for with the files of {path} and no answer came",
            "look in the service's list whether it runs; then remove the file to start another",
        )
    for role, file in files.items():
        if role not in job.files:
            form = {"purpose": "fine-tune"}
            content = {"file": (file.name, _first(file, limit), "application/jsonl")}
            reply = service.call("POST", "/files", data=form, files=content)
            job = replace(job, files={**job.files, role: _text(reply, "id")})
            _write(path, job)
            say(f"uploaded {file.name} as {job.files[role]}")
    body: dict[str, Any] = {"model": asked.model, **job.files}
    if asked.suffix:
        body["suffix"] = asked.suffix
    if asked.seed is not None:
        body["seed"] = asked.seed
    if asked.epochs is not None:
        parameters = {"hyperparameters": {"n_epochs": asked.epochs}}
        body["method"] = {"type": "supervised", "supervised": parameters}
    _write(path, replace(job, starting=True))
    try:
        # Not retried: a request whose answer is lost may have started a job that costs money.
        reply = service.call("POST", "/fine_tuning/jobs", once=True, json=body)
    except Refused as error:
        if 400 <= error.status < 500:  # the server itself said no: there is no job
            _write(path, job)
        raise
    job = replace(job, id=_text(reply, "id"), status=service.line(reply.get("status", "queued")))
    _write(path, job)
    say(f"started the job {job.id}")
    return job


def wait(
    service: Service,
    rows: Path,
    job: Job,
    seconds_between: float = 30.0,
    say: Callable[[str], None] = lambda text: None,
) -> Job:
    """Ask for a job's status until it has ended; FinetuneError when it failed."""
    while job.status not in ENDED:
        reply = service.call("GET", f"/fine_tuning/jobs/{quote(job.id, safe='')}")
        status = service.line(reply.get("status", job.status))
        if status != job.status:
            say(f"job {job.id}: {status}")
        error = reply.get("error")
        told = service.line(error.get("message") or "") if isinstance(error, Mapping) else ""
        model = service.line(reply.get("fine_tuned_model") or "")
        job = replace(job, status=status, model=model, error=told)
        _write(state_of(rows), job)
        if status not in ENDED:
            time.sleep(seconds_between)
    if job.status != "succeeded":
        raise FinetuneError(
            f"the job {job.id} {job.status} ({job.error or 'no reason given'})",
            f"mend that and remove {state_of(rows)} to start another",
        )
    return job


def state_of(rows: Path) -> Path:
    """Return the file beside the rows that tells of their job."""
    return rows.with_name(f"{rows.name}.job.json")


def _first(path: Path, limit: int | None) -> bytes:
    """Return the first lines of a file, or the whole."""
    with path.open("rb") as file:
        return file.read() if limit is None else b"".join(islice(file, limit))


def _digest(files: Mapping[str, Path], limit: int | None) -> str:
    digest = hashlib.sha256()
    for role, path in files.items():
        digest.update(f"{role}\0".encode())
        digest.update(_first(path, limit))
    return digest.hexdigest()


def read_job(path: Path) -> Job | None:
    """Return the job that a file tells of; None without a file, FinetuneError if it is damaged."""
    try:
        return Job(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise FinetuneError(
            f"{path} does not tell of a job", "remove it if no job is running"
        ) from error


def _write(path: Path, job: Job) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(json.dumps(asdict(job), indent=2) + "\n", encoding="utf-8")
    partial.replace(path)


def _object(content: bytes, url: str) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise FinetuneError(f"the reply of {url} is no JSON object", "check --base-url")
    return found


def _text(reply: Mapping[str, Any], name: str) -> str:
    value = reply.get(name)
    if not isinstance(value, str) or not value or not value.isprintable():
        raise FinetuneError(f"the server's reply has no {name}", "check --base-url")
    return value
