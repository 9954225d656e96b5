"""Feeds of jobs that somebody else drives: equal to what the runner says, or else to the database.

A runner of this machine sends events as they happen. Without one that answers, the database is read once
a second; it is the truth in either case, so nothing depends on which way an event came.
"""

from __future__ import annotations

import asyncio
import platform
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Final

from fusionflow_lab.errors import DatabaseError, FusionflowError
from fusionflow_lab.execution.loop_thread import LoopThread
from fusionflow_lab.jobs.events import Event, StatusEvent
from fusionflow_lab.jobs.feed import JobFeed
from fusionflow_lab.jobs.lifecycle import has_ended
from fusionflow_lab.jobs.link import watch_runner
from fusionflow_lab.jobs.records import JobRecord, RunnerRecord
from fusionflow_lab.jobs.registry import Registry
from fusionflow_lab.jobs.store import JobStore

READ_SECONDS: Final = 0.5


class Mirrors:
    """The feeds of one client, each kept up to date while its job lives.

    Parameters
    ----------
    store
        The database.
    registry
        Where runners are reached.
    thread
        Where the following is done.
    nearest
        The runner that will most likely take a job which nobody drives yet.
    restart
        Called for a job whose runner is lost: starts another one.
    """

    def __init__(
        self,
        *,
        store: JobStore,
        registry: Registry,
        thread: LoopThread,
        nearest: Callable[[], RunnerRecord | None],
        restart: Callable[[], None],
    ) -> None:
        self._store = store
        self._registry = registry
        self._thread = thread
        self._nearest = nearest
        self._restart = restart
        self._lock = threading.Lock()
        self._following: dict[str, tuple[JobFeed, Future[None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def feed(self, job: str) -> JobFeed:
        """Return the feed of a job, as new as the database; one that lives is followed."""
        with self._lock:
            found = self._following.get(job)
            # One that has ended may be of a job that was resumed since.
            if found is not None and not found[1].done() and not found[0].ended:
                return found[0]
            feed = JobFeed(self._store.events(job))
            for event in self._store.latest(job):
                feed.publish(event)
            if not feed.ended:
                self._following[job] = (feed, self._thread.submit(self._follow(job, feed)))
            return feed

    def begin(self, record: JobRecord) -> None:
        """Follow a job that was made just now, of which all is known."""
        made = StatusEvent(job=record.id, seq=1, time=record.created, status=record.status)
        with self._lock:
            feed = JobFeed((made,))
            self._following[record.id] = (feed, self._thread.submit(self._follow(record.id, feed, record)))

    def look(self, job: str) -> None:
        """Read what the database says of a job now."""
        with self._lock:
            found = self._following.get(job)
        if found is not None:
            self._catch_up(job, found[0])

    def close(self) -> None:
        """Follow no more."""
        with self._lock:
            following = list(self._following.values())
            self._following.clear()
        self._thread.submit(self._leave()).result()
        for feed, _ in following:
            feed.close()

    async def _leave(self) -> None:
        """Cancel what follows, and wait until its connections are closed."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, job: str, feed: JobFeed, made: JobRecord | None = None) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            while not feed.ended:
                with suppress(DatabaseError):
                    record = made
                    if record is None:
                        record = await asyncio.to_thread(self._store.get, job)
                    made = None
                    await self._listen(record, feed)
                    if feed.ended:  # who drives it has told everything
                        return
                    await asyncio.to_thread(self._catch_up, job, feed)
                    if feed.ended:
                        return
                    await asyncio.to_thread(self._recover, job)
                await asyncio.sleep(READ_SECONDS)
        except FusionflowError:  # the job was deleted, or no runner can be started: status says so
            feed.close()

    async def _listen(self, record: JobRecord, feed: JobFeed) -> None:
        """Take in what the runner of the job says, for as long as it says something."""
        holder = record.lease_holder
        runner = await asyncio.to_thread(self._registry.get, holder) if holder else self._nearest()
        if runner is None or not runner.address or runner.host != platform.node():
            return
        with suppress(OSError):
            async for event in watch_runner(runner, record.id, feed.seq):
                _take(feed, event)

    def _catch_up(self, job: str, feed: JobFeed) -> None:
        for event in self._store.latest(job):
            _take(feed, event)
        for event in self._store.events(job, since=feed.seq):
            _take(feed, event)

    def _recover(self, job: str) -> None:
        """See to a job whose runner was lost: stopped if that is wanted, else taken up by another."""
        record = self._store.get(job)
        if has_ended(record.status) or not record.lease_holder or time.time() < record.lease_until:
            return
        if record.desired == "stop":
            self._store.set_desired(job, "stop")
        else:
            self._restart()


def _take(feed: JobFeed, event: Event) -> None:
    """Take in an event that may be known: from the runner, from the database, or from both."""
    known = feed.newest(type(event))
    if known is None or event.time > known.time:
        feed.publish(event)
