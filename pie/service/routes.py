"""The routes: who asks, what is asked, what is answered. The work itself is elsewhere."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import JSONResponse

from pie import __version__
from pie.service import openrlhf, run_code
from pie.service.book import Job
from pie.service.faults import Refused
from pie.service.schema import (
    MeasureRequest,
    OpenRlhfRequest,
    RewardRequest,
    RunCodeRequest,
    Ticket,
)
from pie.service.state import Caller, Service

router = APIRouter()


def _service(request: Request) -> Service:
    found = request.app.state.service
    assert isinstance(found, Service)
    return found


def _caller(
    request: Request,
    authorization: Annotated[str | None, Header()] = None,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Caller:
    address = request.client.host if request.client else ""
    name = _service(request).clients.name(authorization, address)
    return Caller(name, idempotency_key or "")


Asking = Annotated[Caller, Depends(_caller)]


@router.post("/measure", response_model=Ticket)
async def measure(
    asked: MeasureRequest, who: Asking, request: Request, response: Response
) -> dict[str, Any]:
    """Measure programs on the same tests; speedups are against the first."""
    service = _service(request)
    body = await request.body()
    make = partial(service.workshop.measure, asked)
    job = await service.begin(who, "measure", make, asked.deadline, body)
    await service.wait(job, request, asked.wait)
    return _ticket(job, response)


@router.post("/reward", response_model=Ticket)
async def reward(
    asked: RewardRequest, who: Asking, request: Request, response: Response
) -> dict[str, Any]:
    """Reward a batch of completions, each against its own row."""
    service = _service(request)
    body = await request.body()
    make = partial(service.workshop.reward, asked.items)
    job = await service.begin(who, "reward", make, asked.deadline, body)
    await service.wait(job, request, asked.wait)
    return _ticket(job, response)


@router.post("/reward/openrlhf")
async def remote_reward(asked: OpenRlhfRequest, who: Asking, request: Request) -> dict[str, Any]:
    """Reward a batch in the form of OpenRLHF's remote reward model."""
    service = _service(request)
    items = openrlhf.items(asked)
    make = partial(service.workshop.reward, items)
    job = await service.begin(who, "reward", make, None, await request.body())
    await service.wait(job, request, service.options.longest)
    return openrlhf.answer(_result(job))


@router.post("/run_code")
async def run(asked: RunCodeRequest, who: Asking, request: Request) -> dict[str, Any]:
    """Run a program on one input, in SandboxFusion's form."""
    service = _service(request)
    make = partial(run_code.work_of, asked, service.options.setting)
    try:
        job = await service.begin(who, "run_code", make, None, await request.body())
    except run_code.NotRunnable as reason:
        return run_code.refusal(str(reason))
    await service.wait(job, request, service.options.longest)
    return job.result if job.result is not None else run_code.refusal(job.message)


@router.get("/jobs/{name}", response_model=Ticket)
async def job(
    name: str, who: Asking, request: Request, response: Response, wait: float = 0.0
) -> dict[str, Any]:
    """Tell of a job, once it is done or after `wait` seconds."""
    service = _service(request)
    found = service.book.of(who.name, name)
    await service.wait_only(found, wait)
    return _ticket(found, response)


@router.delete("/jobs/{name}", response_model=Ticket)
async def cancel(name: str, who: Asking, request: Request, response: Response) -> dict[str, Any]:
    """Give a job up."""
    service = _service(request)
    found = service.book.of(who.name, name)
    service.book.cancel(found)
    await service.wait_only(found, 1.0)
    return _ticket(found, response)


@router.get("/health")
async def health() -> dict[str, str]:
    """Tell that the process answers."""
    return {"status": "ok", "version": __version__}


@router.get("/ready")
async def ready(request: Request) -> JSONResponse:
    """Tell whether work is taken."""
    service = _service(request)
    check = await asyncio.to_thread(service.options.setting.machine.check)
    good = check.ok and not service.engine.closed
    machine = service.options.setting.machine.name
    reason = "" if good else check.problem or "the service is ending"
    return JSONResponse(
        {"ready": good, "machine": machine, "reason": reason}, status_code=200 if good else 503
    )


@router.get("/metrics")
async def metrics(_who: Asking, request: Request) -> Response:
    """Counts in Prometheus's text form."""
    service = _service(request)
    return Response(service.counts.text(), media_type="text/plain; version=0.0.4")


def _ticket(job: Job, response: Response) -> dict[str, Any]:
    if not job.done.is_set():
        response.status_code = 202
        response.headers["Location"] = f"/jobs/{job.id}"
        response.headers["Retry-After"] = "1"
    return job.ticket()


def _result(job: Job) -> dict[str, Any]:
    if job.result is None:
        raise Refused(503, job.message or "the work was not done in time; ask again", 1)
    return job.result
