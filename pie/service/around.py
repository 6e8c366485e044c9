"""What lies around every request, as ASGI middleware: a bound of its size, and its count.

Starlette's middleware with a `call_next` would hide that a client has left.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from pie.service.counts import Counts

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


class _TooLarge(HTTPException):
    """More came than is taken; an HTTPException, since readers of bodies hide all others."""


class BodyLimit:
    """Answers 413 to a body above a number of bytes, told in its header or not."""

    def __init__(self, app: Application, most: int) -> None:
        self._app = app
        self._most = most
        self._sentence = f"the request is larger than {most} bytes; send it in parts"

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if told.isdigit() and int(told) > self._most:
            await self._refuse(scope, receive, send)
            return
        seen, begun = 0, False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._most:
                raise _TooLarge(413, self._sentence)
            return message

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, counted, noted)
        except _TooLarge:
            if not begun:
                await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Message, receive: Receive, send: Send) -> None:
        answer = JSONResponse({"error": self._sentence}, status_code=413)
        await answer(scope, receive, send)


class Counted:
    """Counts every request by route and status."""

    def __init__(self, app: Application, counts: Counts) -> None:
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "unknown")
                self._counts.requests.labels(route, str(message["status"])).inc()
            await send(message)

        await self._app(scope, receive, noted if scope["type"] == "http" else send)
