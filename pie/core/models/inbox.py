"""Events that a thread's event loop hands over, for an iterator in another thread."""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence

from pie.core.models.model import Answer, Event, Failure

Inbox = queue.SimpleQueue[Event | BaseException | None]
"""Events as they come; at the end None, or the error that ended it."""

_MOST_AT_ONCE = 256
"""Events handed over together, at most."""


def batches(inbox: Inbox) -> Iterator[Sequence[Event]]:
    """Yield what is in the inbox, together what arrived together; raise the error that ends it."""
    while True:
        batch: list[Event] = []
        last = inbox.get()
        while isinstance(last, Answer | Failure):
            batch.append(last)
            if len(batch) == _MOST_AT_ONCE or inbox.empty():
                break
            last = inbox.get()
        if batch:
            yield batch
        if isinstance(last, BaseException):
            raise last
        if last is None:
            return
