"""The service as an ASGI application: routes, bounds, and faults as one sentence each."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from pie import __version__
from pie.service.around import BodyLimit, Counted
from pie.service.faults import Refused
from pie.service.routes import router
from pie.service.schema import Problem
from pie.service.state import Options, Service
from sim.errors import SimError

_FAULTS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem} for code in (400, 401, 404, 413, 422, 429, 503)
}


def application(options: Options) -> FastAPI:
    """Return the service as an ASGI application."""
    service = Service(options)

    @contextlib.asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(options.reward.close)

    app = FastAPI(
        title="pie serve",
        version=__version__,
        summary="Is this program really faster, and by how much?",
        lifespan=life,
        responses=_FAULTS,
    )
    app.add_middleware(BodyLimit, most=options.largest_body)
    app.add_middleware(Counted, counts=service.counts)
    app.state.service = service
    app.include_router(router)
    _tell_faults(app)

    return app


def _tell_faults(app: FastAPI) -> None:
    """Every fault is one sentence under `error`."""

    def said(status: int, sentence: str, retry_after: int | None = None) -> JSONResponse:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return JSONResponse({"error": sentence}, status_code=status, headers=headers)

    @app.exception_handler(Refused)
    async def refused(_request: Request, fault: Refused) -> JSONResponse:
        return said(fault.status, fault.sentence, fault.retry_after)

    @app.exception_handler(SimError)
    async def unusable(_request: Request, fault: SimError) -> JSONResponse:
        return said(400, str(fault))

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, fault: RequestValidationError) -> JSONResponse:
        first = fault.errors()[0]
        place = ".".join(str(one) for one in first["loc"] if one != "body")
        return said(400, f"{place or 'the body'}: {first['msg'].lower()}; see /openapi.json")

    @app.exception_handler(HTTPException)
    async def other(_request: Request, fault: HTTPException) -> JSONResponse:
        sentence = str(fault.detail)
        if fault.status_code in (404, 405):
            sentence = f"{sentence.lower()}; /openapi.json lists the routes"
        return said(fault.status_code, sentence)
