"""The model in a thread of its own: requests go in by waves, what arrives comes out at once.

So the model answers one wave while the machine measures what the one before brought. The thread
touches no file: the driver keeps an answer on the disk before it uses it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pie.core.models import Model, Request, Sampling
from pie.core.models.model import Event


@dataclass(frozen=True)
class WaveDone:
    """All requests of a wave have their answer or their failure."""


@dataclass(frozen=True)
class WaveFailed:
    """The model can answer nothing more."""

    error: BaseException


Came = Sequence[Event] | WaveDone | WaveFailed


class Exchange:
    """Asks a model beside the caller; use it as a context manager."""

    def __init__(self, model: Model, sampling: Sampling) -> None:
        self._model, self._sampling = model, sampling
        self._waves: queue.SimpleQueue[list[Request] | None] = queue.SimpleQueue()
        self._came: queue.SimpleQueue[Came] = queue.SimpleQueue()
        self._ended = threading.Event()
        # A daemon: a server that never answers must not keep an interrupted run alive.
        self._thread = threading.Thread(target=self._work, name="model", daemon=True)
        self.busy = False

    def __enter__(self) -> Exchange:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._ended.set()
        self._waves.put(None)
        self._thread.join(timeout=None if kind is None else 2.0)

    def send(self, wave: list[Request]) -> None:
        """Ask a wave; one at a time."""
        assert not self.busy
        self.busy = True
        self._waves.put(wave)

    def arrived(self, wait_seconds: float) -> Iterator[Came]:
        """Yield what has come, waiting so long for the first."""
        try:
            yield self._taken(self._came.get(timeout=wait_seconds) if wait_seconds else None)
            while True:
                yield self._taken(None)
        except queue.Empty:
            return

    def _taken(self, came: Came | None) -> Came:
        came = self._came.get_nowait() if came is None else came
        if isinstance(came, WaveDone | WaveFailed):
            self.busy = False
        return came

    def _work(self) -> None:
        while (wave := self._waves.get()) is not None:
            try:
                events = self._model.answers(wave, self._sampling)
                try:
                    for batch in events:
                        self._came.put(batch)
                        if self._ended.is_set():
                            return
                finally:
                    close = getattr(events, "close", None)
                    if close is not None:
                        close()
            except BaseException as error:  # the driver raises it
                self._came.put(WaveFailed(error))
            else:
                self._came.put(WaveDone())
