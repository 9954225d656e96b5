"""The events of one job, read once and told to all that listen: the pages of a card, and its traits."""

from __future__ import annotations

import threading
from collections.abc import Callable

from fusionflow_lab.jobs.events import LIVE_TYPES
from fusionflow_lab.notebook.widgets.comm import Answers
from fusionflow_lab.service.models import EventFrame
from fusionflow_lab.service.wire import Reply, Request

Tell = Callable[[EventFrame], None]


class JobTelling:
    """Answers as the service does, but reads the stream of its job only once.

    Parameters
    ----------
    answers
        The service.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._lock = threading.RLock()
        self._job = ""
        self._end: Callable[[], None] | None = None
        self._durable: list[EventFrame] = []
        self._live: dict[str, EventFrame] = {}
        self._listeners: list[Tell] = []

    def begin(self, job: str, tell: Tell) -> None:
        """Read the events of a job, and of no other any more, and tell them, from the first on."""
        with self._lock:
            self.close()
            self._job = job
            self._listeners = [tell]
            self._end = self._answers.follow(lambda frame: self._take(job, frame), since=0, job=job)

    def answer(self, request: Request) -> Reply:
        """Answer a request; see ``Service.answer``."""
        return self._answers.answer(request)

    def follow(self, tell: Tell, *, since: int | None, job: str = "") -> Callable[[], None]:
        """Tell events after a cursor; see ``Service.follow``."""
        with self._lock:
            if job != self._job:
                return self._answers.follow(tell, since=since, job=job)
            for frame in (*self._durable, *self._live.values()):
                if frame.cursor > (since or 0) or frame.event.type in self._live:
                    tell(frame)
            self._listeners.append(tell)
        return lambda: self._leave(tell)

    def close(self) -> None:
        """Read no more."""
        with self._lock:
            end, self._end = self._end, None
            self._durable.clear()
            self._live.clear()
            self._listeners.clear()
        if end is not None:
            end()

    def _leave(self, tell: Tell) -> None:
        with self._lock:
            if tell in self._listeners:
                self._listeners.remove(tell)

    def _take(self, job: str, frame: EventFrame) -> None:
        with self._lock:
            if job != self._job:
                return
            if frame.event.type in LIVE_TYPES:
                self._live[frame.event.type] = frame
            else:
                self._durable.append(frame)
            listeners = list(self._listeners)
        for tell in listeners:
            tell(frame)
