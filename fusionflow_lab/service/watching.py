"""The events of a user's jobs as one stream that can be cut anywhere and goes on where it was.

Durable events come from the database in the one order of their cursors, so none is lost or told twice. Live
ones come from whoever drives the job and are coalesced: a job tells at most one each ``TICK_SECONDS``, the
newest, its types by turns.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final

from fusionflow_lab.api import Session
from fusionflow_lab.errors import DatabaseError
from fusionflow_lab.jobs.board import Board, UnknownJobError, Wanted
from fusionflow_lab.jobs.events import Event, Status, StatusEvent
from fusionflow_lab.jobs.feed import JobFeed
from fusionflow_lab.jobs.lifecycle import has_ended
from fusionflow_lab.service.models import EventFrame
from fusionflow_lab.service.shapes import frame_of

TICK_SECONDS: Final = 0.25
IDLE_SECONDS: Final = 1.0
PAGE: Final = 500
_AT_WORK: Final[tuple[Status, ...]] = ("IN_PROGRESS", "STOPPING")
# More jobs at work than that are read from the database, a little later.
_MOST_FEEDS: Final = 32


@dataclass(slots=True)
class _Live:
    """What was told of a job at work, and where its newest live events come from."""

    feed: JobFeed | None
    told: dict[str, float] = field(default_factory=dict)
    ended: bool = False


class Watcher:
    """Looks what is new, again and again; for one reader.

    Parameters
    ----------
    session
        Whose jobs.
    since
        The cursor after which events are told; None for what comes from now on.
    job
        One job; empty for all of the user's.

    Raises
    ------
    UnknownJobError
        The user has no such job.

    Examples
    --------
    >>> from fusionflow_lab.api import connect
    >>> with connect(workers=1) as session:
    ...     watcher = Watcher(session, since=0)
    ...     job = session.sql("SELECT 1 AS one").submit()
    ...     _ = job.wait()
    ...     [frame.event.status for frame in watcher.look() if frame.event.type == "status"][-1]
    'COMPLETED'
    """

    def __init__(self, session: Session, *, since: int | None, job: str = "") -> None:
        self._session = session
        self._board = Board(session.stores.jobs.engine)
        self._owner = session.config.user
        self._job = self._board.job(job, owner=self._owner).id if job else ""
        self.cursor = self._board.cursor() if since is None else since
        self.pause = TICK_SECONDS
        """Seconds to wait before the next look."""
        self._live: dict[str, _Live] = {}
        self._begun = False

    def look(self) -> list[EventFrame]:
        """Return what is new: durable events in order, then live ones. It may block."""
        try:
            return self._look()
        except DatabaseError:  # it comes back, and nothing is lost meanwhile
            self.pause = IDLE_SECONDS
            return []

    def _look(self) -> list[EventFrame]:
        if not self._begun:
            for job in self._board.ids(Wanted(owner=self._owner, statuses=_AT_WORK)):
                self._begin(job)
            self._begun = True
        found = self._board.events(owner=self._owner, since=self.cursor, job=self._job, limit=PAGE)
        frames = []
        for cursor, event in found:
            self.cursor = cursor
            self._take(event)
            frames.append(frame_of(cursor, event))
        if len(found) == PAGE:  # still far behind: live events would come too early
            self.pause = 0.0
            return frames
        newest = [self._newest(job) for job in list(self._live)]
        busy = bool(frames or self._live)
        self.pause = TICK_SECONDS if busy else min(2 * self.pause or TICK_SECONDS, IDLE_SECONDS)
        return frames + [frame_of(self.cursor, event) for event in newest if event is not None]

    def _take(self, event: Event) -> None:
        if isinstance(event, StatusEvent):
            if event.status in _AT_WORK:
                self._begin(event.job)
            elif has_ended(event.status) and event.job in self._live:
                self._live[event.job].ended = True
            else:
                self._live.pop(event.job, None)

    def _begin(self, job: str) -> None:
        if self._job in {"", job} and (job not in self._live or self._live[job].ended):
            few = sum(live.feed is not None for live in self._live.values()) < _MOST_FEEDS
            # A closed session follows no more; the database tells all the same.
            fed = few and not self._session.closed
            self._live[job] = _Live(self._session.feed(job) if fed else None)

    def _newest(self, job: str) -> Event | None:
        """Return the live event that is to be told now, that of the type told longest ago."""
        live = self._live[job]
        feed = None if live.ended else live.feed  # at the end the database has the last ones
        events = feed.live if feed is not None else self._session.stores.jobs.latest(job)
        fresh = [event for event in events if event.time > live.told.get(event.type, 0.0)]
        if not fresh:
            if live.ended:
                del self._live[job]
            return None
        event = min(fresh, key=lambda one: live.told.get(one.type, 0.0))
        live.told[event.type] = event.time
        return event


async def watch(session: Session, *, since: int | None, job: str = "") -> AsyncIterator[EventFrame]:
    """Yield events for as long as somebody reads; see ``Watcher``.

    Examples
    --------
    >>> from fusionflow_lab.api import connect
    >>> async def first(session: Session) -> str:
    ...     async for frame in watch(session, since=0):
    ...         return frame.event.type
    >>> with connect(workers=1) as session:
    ...     _ = session.sql("SELECT 1 AS one").submit()
    ...     asyncio.run(first(session))
    'status'
    """
    watcher = await asyncio.to_thread(Watcher, session, since=since, job=job)
    loop = asyncio.get_running_loop()
    while True:
        begun = loop.time()
        for frame in await asyncio.to_thread(watcher.look):
            yield frame
        await asyncio.sleep(max(0.0, begun + watcher.pause - loop.time()))


def follow(
    session: Session, tell: Callable[[EventFrame], None], *, since: int | None, job: str = ""
) -> Callable[[], None]:
    """Tell events from a thread of its own, where no event loop may be waited for; see ``Watcher``.

    Parameters
    ----------
    session, since, job
        As of ``Watcher``.
    tell
        Called with each event.

    Returns
    -------
    Callable
        Ends it, at once or after the event that is being told.
    """
    ended = threading.Event()
    # Who asks hears of what happens from then on, however late the thread begins.
    begin = Board(session.stores.jobs.engine).cursor() if since is None else since

    def run() -> None:
        try:
            watcher = Watcher(session, since=begin, job=job)
        except UnknownJobError:  # of a job that the user does not have nothing is told
            return
        while not ended.is_set():
            for frame in watcher.look():
                if ended.is_set():
                    return
                tell(frame)
            ended.wait(watcher.pause)

    threading.Thread(target=run, name="fusionflow-watch", daemon=True).start()
    return ended.set
