"""`pie view`: the page of a run, made anew for whoever asks for it while the run goes on."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pie.core.metrics.metrics import OPTIMISED_THRESHOLD
from pie.core.page.document import PageSource
from pie.core.page.page_file import write_page
from pie.core.problem import InputError
from pie.core.report.pair_rows import ReportError
from pie.core.report.report import read_report

HOST = "127.0.0.1"
_WATCHED = ("manifest.json", "pairs.jsonl", "measurements.jsonl")


class Page:
    """The newest page of a run; made when the run has grown since the last time."""

    def __init__(self, run: Path, threshold: float = OPTIMISED_THRESHOLD) -> None:
        """ReportError where it is no run folder."""
        self._run, self._threshold = run, threshold
        self._turn = threading.Lock()
        self._seen: tuple[tuple[int, int], ...] | None = None
        self._page = b""
        read_report(run)

    def newest(self) -> bytes:
        """Return the page; ReportError where the run has been damaged meanwhile."""
        with self._turn:
            seen = tuple(_state(self._run / name) for name in _WATCHED)
            if seen != self._seen:
                report = read_report(self._run)
                source = PageSource(self._run, report, self._threshold, report.unsupported)
                with tempfile.TemporaryDirectory(prefix="pie-view-") as scratch:
                    file = Path(scratch) / "page.html"
                    write_page(source, file)
                    self._page = file.read_bytes()
                self._seen = seen
            return self._page


def _state(path: Path) -> tuple[int, int]:
    """Return what changes with a file; nothing for one that is not there yet."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_size, found.st_mtime_ns


def serve(page: Page, port: int, started: Callable[[str], None]) -> None:
    """Serve the page to this host alone until interrupted; `started` is told the address.

    Port 0 is any that is free. InputError for one that is taken.
    """
    try:
        server = ThreadingHTTPServer((HOST, port), _handler(page))
    except OSError as error:
        raise InputError(
            f"port {port} cannot be used ({error.strerror})", "name another with --port"
        ) from error
    server.daemon_threads = True
    with server:
        started(f"http://{HOST}:{server.server_port}/")
        server.serve_forever()


def _handler(page: Page) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # A page of another name that a browser shows must not read this one.
            host = self.headers.get("Host", "").rpartition(":")[0]
            if host not in (HOST, "localhost"):
                self.send_error(HTTPStatus.FORBIDDEN, "not this host")
                return
            if self.path != "/":
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            try:
                body = page.newest()
            except (ReportError, InputError) as error:
                self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR, "no page", str(error))
                return
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: what is asked for is no news."""

    return Handler
