"""A headless Chromium, steered through its debugging pipe: no library, no port, no network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PATIENCE_SECONDS = 120


def program() -> str:
    """Return the browser's path; skips the test where there is none."""
    named = os.environ.get("PIE_CHROMIUM")
    found = named or next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if not found:
        pytest.skip("needs Chromium to look at the page: install it, or name one in PIE_CHROMIUM")
    return found


class Browser:
    """One page of one browser; use it as a context manager."""

    def __init__(self, width: int = 1280, height: int = 900) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="pie-chromium-")
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        # The browser reads commands from descriptor 3 and answers on 4.
        script = f'exec 3<&{to_browser} 4>&{from_browser}; exec "$@"'
        options = ["--headless=new", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run"]
        options += ["--disable-dev-shm-usage", f"--user-data-dir={self._folder.name}"]
        options += ["--no-sandbox"] if os.getuid() == 0 else []
        self._process = subprocess.Popen(
            ["bash", "-c", script, "bash", program(), *options, "about:blank"],
            pass_fds=(to_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._number = 0
        self._rest = b""
        self._session = ""
        self.complaints: list[str] = []
        """What the console was told as a warning or an error, and exceptions."""
        self.requests: list[str] = []
        """Addresses of everything that the page loaded."""
        pages = [
            one for one in self.ask("Target.getTargets")["targetInfos"] if one["type"] == "page"
        ]
        answer = self.ask("Target.attachToTarget", targetId=pages[0]["targetId"], flatten=True)
        self._session = answer["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        self.resize(width, height)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._write)
        os.close(self._read)
        for _again in range(20):  # children of the browser may still be writing there
            try:
                self._folder.cleanup()
                return
            except OSError:
                time.sleep(0.1)

    def ask(self, method: str, **parameters: Any) -> Any:
        """Send a command and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self._number:
                if "error" in told:
                    raise AssertionError(f"{method}: {told['error']}")
                return told["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            data = os.read(self._read, 1 << 20)
            if not data:
                raise AssertionError("the browser has ended")
            self._rest += data
        message, self._rest = self._rest.split(b"\0", 1)
        told: dict[str, Any] = json.loads(message)
        self._note(told)
        return told

    def _note(self, told: dict[str, Any]) -> None:
        method, what = told.get("method"), told.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = what["exceptionDetails"]
            text = details.get("exception", {}).get("description") or details["text"]
            self.complaints.append(str(text))
        elif method == "Runtime.consoleAPICalled" and what["type"] in ("error", "warning"):
            self.complaints.append(json.dumps(what["args"]))
        elif method == "Log.entryAdded" and what["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{what['entry']['text']} {what['entry'].get('url', '')}")
        elif method == "Network.requestWillBeSent":
            self.requests.append(what["request"]["url"])

    def run(self, script: str) -> Any:
        """Evaluate an expression in the page (a promise is awaited) and return its value."""
        answer = self.ask(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def open(self, file: Path, fragment: str = "") -> None:
        """Open a file and wait for what it shows."""
        self.ask("Page.navigate", url="about:blank")
        self.ask("Page.navigate", url=f"{file.resolve().as_uri()}{fragment}")
        self.until("document.querySelector('[data-view]')")

    def until(self, condition: str) -> None:
        """Wait until an expression holds; AssertionError when it never does."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while not self.run(f"Boolean({condition})"):
            assert time.monotonic() < end, f"never: {condition}; {self.complaints}"
            time.sleep(0.05)

    def settle(self) -> None:
        """Wait until the page has drawn what it was about to."""
        self.run(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
        )

    def go(self, fragment: str, condition: str) -> None:
        """Follow a link of the page."""
        self.run(f"void (location.hash = {json.dumps(fragment)})")
        self.until(condition)
        self.settle()

    def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        """Give the page another window, and another taste."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        taste = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.ask("Emulation.setEmulatedMedia", features=taste)

    def picture(self, file: Path) -> None:
        """Save what the window shows."""
        import base64

        data = self.ask("Page.captureScreenshot", format="png")["data"]
        file.write_bytes(base64.b64decode(data))


@contextmanager
def looking_at(file: Path, fragment: str = "") -> Iterator[Browser]:
    """Open a file in a browser of its own."""
    with Browser() as browser:
        browser.open(file, fragment)
        yield browser
