"""Events of running jobs, handed from the thread that drives them to whoever watches.

Durable events come from the job store, numbered; live ones (progress, preview, chunks) keep only the
latest. A watcher that is slow loses intermediate live events and nothing else.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

from fusionflow_lab.jobs.events import Event, PreviewEvent, ProgressEvent, StatusEvent
from fusionflow_lab.jobs.lifecycle import has_ended

E = TypeVar("E", bound=Event)


class JobFeed:
    """The events of one job: kept, waited for and watched from any thread and any event loop.

    Parameters
    ----------
    history
        Durable events so far, in order.
    """

    def __init__(self, history: Sequence[Event] = ()) -> None:
        self._changed = threading.Condition()
        self._durable = list(history)
        self._live: dict[str, tuple[int, Event]] = {}
        self._version = len(self._durable)
        self._wakers: set[Callable[[], None]] = set()
        self._closed = False

    def publish(self, event: Event) -> None:
        """Add an event and wake every watcher; a durable one that is known already is left out."""
        with self._changed:
            if event.durable and self._durable and event.seq <= self._durable[-1].seq:
                return
            self._version += 1
            if event.durable:
                self._durable.append(event)
            else:
                self._live[event.type] = (self._version, event)
            self._changed.notify_all()
            wakers = list(self._wakers)
        for wake in wakers:
            wake()

    def close(self) -> None:
        """Say that nothing more comes from here, though the job may not have ended; watches end."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            wakers = list(self._wakers)
        for wake in wakers:
            wake()

    @property
    def seq(self) -> int:
        """Number of the newest durable event."""
        with self._changed:
            return self._durable[-1].seq if self._durable else 0

    @property
    def status(self) -> StatusEvent | None:
        """The newest status."""
        with self._changed:
            return next((event for event in reversed(self._durable) if isinstance(event, StatusEvent)), None)

    @property
    def progress(self) -> ProgressEvent | None:
        """The newest progress."""
        return self.newest(ProgressEvent)

    @property
    def preview(self) -> PreviewEvent | None:
        """The newest preview."""
        return self.newest(PreviewEvent)

    @property
    def live(self) -> tuple[Event, ...]:
        """The newest event of each live type."""
        with self._changed:
            return tuple(event for _, event in self._live.values())

    def newest(self, kind: type[E]) -> E | None:
        """Return the newest event of a live type; None of a durable one, or before the first."""
        _, event = self._live.get(kind.type, (0, None))
        return event if isinstance(event, kind) else None

    @property
    def ended(self) -> bool:
        """Whether the job has reached a terminal status."""
        status = self.status
        return status is not None and has_ended(status.status)

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the job has ended; False where the time or the feed ran out first."""
        with self._changed:
            self._changed.wait_for(lambda: self.ended or self._closed, timeout)
            return self.ended

    async def watch(self, since: int = 0) -> AsyncIterator[Event]:
        """Yield durable events after number ``since`` and the newest live ones, to the end of job or feed."""
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()

        def wake() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(changed.set)

        with self._changed:
            self._wakers.add(wake)
        try:
            durable, version = 0, 0
            while True:
                changed.clear()
                with self._changed:
                    fresh = [event for event in self._durable[durable:] if event.seq > since]
                    durable = len(self._durable)
                    live = sorted(
                        ((at, event) for at, event in self._live.values() if at > version),
                        key=lambda item: item[0],
                    )
                    version = self._version
                    ended = self.ended or self._closed
                # The end comes last, so that a reader has seen everything when it stops there.
                for event in [*fresh[:-1], *(event for _, event in live), *fresh[-1:]]:
                    yield event
                if ended:
                    return
                await changed.wait()
        finally:
            with self._changed:
                self._wakers.discard(wake)
