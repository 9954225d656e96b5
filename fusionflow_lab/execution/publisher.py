"""Tell the world how a job goes: events to those who watch here, and to the job store.

Watchers in this process get every event at once. The database gets durable events as they happen and
the newest live ones about once a second, from a task of its own: a slow disk never slows the driver.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import TypeVar

import pyarrow as pa

from fusionflow_lab.errors import DatabaseError, JobError
from fusionflow_lab.execution.progress import Progress
from fusionflow_lab.execution.stage_run import Leaf
from fusionflow_lab.jobs.events import (
    ChunkErrorEvent,
    ChunkRow,
    ChunksEvent,
    Event,
    LiveEvent,
    NoticeEvent,
    PreviewEvent,
    ProgressEvent,
    StatusEvent,
)
from fusionflow_lab.jobs.feed import JobFeed
from fusionflow_lab.jobs.lifecycle import Action
from fusionflow_lab.jobs.rows import JobChanges
from fusionflow_lab.jobs.store import JobStore
from fusionflow_lab.results.preview import encode_preview

LIVE_WRITE_SECONDS = 1.0
WRITE_SECONDS = 60.0
WRITE_AGAIN_SECONDS = 0.5

T = TypeVar("T")

_log = logging.getLogger(__name__)


class FencedError(Exception):
    """Another holder has taken the job: write nothing more, stop."""


class Publisher:
    """Events of one job under one epoch; the driver's listener.

    Parameters
    ----------
    job
        The job's id.
    epoch
        What the store lets us write under.
    store
        Where durable events go.
    feed
        Who watches in this process.
    """

    def __init__(self, *, job: str, epoch: int, store: JobStore, feed: JobFeed) -> None:
        self._job = job
        self._epoch = epoch
        self._store = store
        self._feed = feed
        self._live: dict[str, LiveEvent] = {}
        self._pending: set[asyncio.Task[None]] = set()

    def progress(self, progress: Progress) -> None:
        """Publish the newest progress."""
        self._publish_live(
            ProgressEvent(
                job=self._job,
                seq=self._feed.seq,
                time=time.time(),
                chunks_done=progress.chunks_done,
                chunks_total=progress.chunks_total,
                bytes_done=progress.bytes_done,
                bytes_total=progress.bytes_total,
                counters=progress.counters,
                bytes_per_second=progress.bytes_per_second,
                eta=progress.eta,
                workers=progress.workers,
            )
        )

    def preview(self, fraction: float, table: pa.Table) -> None:
        """Publish the newest preview."""
        self._publish_live(
            PreviewEvent(
                job=self._job,
                seq=self._feed.seq,
                time=time.time(),
                fraction=fraction,
                rows=table.num_rows,
                ipc=encode_preview(table),
            )
        )

    def chunks(self, rows: tuple[ChunkRow, ...]) -> None:
        """Publish what became of each chunk so far."""
        self._publish_live(ChunksEvent(job=self._job, seq=self._feed.seq, time=time.time(), rows=rows))

    def chunk_error(self, leaf: Leaf, attempt: int, message: str) -> None:
        """Publish the failure of a chunk."""
        _log.warning("attempt %d failed at %s: %s", attempt, leaf.where, message)
        path = leaf.chunks[0].file.path
        blocks = [block for chunk in leaf.chunks if chunk.file.path == path for block in chunk.blocks]
        event = ChunkErrorEvent(
            job=self._job,
            seq=0,
            time=time.time(),
            file=path,
            start=min(block.offset for block in blocks),
            end=max(block.end for block in blocks),
            attempt=attempt,
            message=message,
        )
        self._later(event)

    def unread(self, leaf: Leaf, message: str) -> None:
        """Publish that the job goes on without a chunk."""
        self.notice("unread", f"not read: {leaf.where} ({message})")

    def notice(self, code: str, text: str) -> None:
        """Publish something that the user should know."""
        _log.warning("%s: %s", code, text)
        self._later(NoticeEvent(job=self._job, seq=0, time=time.time(), code=code, text=text))

    async def begin(self) -> None:
        """Say that the job is at work.

        Raises
        ------
        FencedError
            Another holder has taken the job.
        """
        await _whole(self._begin())

    async def _begin(self) -> None:
        begun = await _persistent(partial(self._store.begin, self._job, self._epoch))
        if not begun:
            raise FencedError(self._job)
        self.begun(begun)

    def begun(self, events: Sequence[StatusEvent]) -> None:
        """Tell that the job was started."""
        for event in events:
            _log.info("%s", event.status)
            self._feed.publish(event)

    async def advance(self, action: Action, *, message: str = "", changes: JobChanges | None = None) -> None:
        """Change the job's status, after everything that was published before.

        Raises
        ------
        FencedError
            Another holder has taken the job.
        """
        await _whole(self._advance(action, message, changes or JobChanges()))

    async def release(self) -> None:
        """Give the job back to whoever comes next, after everything that was published before.

        Raises
        ------
        FencedError
            Another holder has taken the job.
        """
        await self.flush()
        if not await _persistent(partial(self._store.release, self._job, self._epoch)):
            raise FencedError(self._job)

    async def _advance(self, action: Action, message: str, changes: JobChanges) -> None:
        await self._written()
        live, self._live = self._live, {}
        event = await _persistent(
            lambda: self._store.advance(
                self._job, self._epoch, action, message=message, live=live.values(), **changes
            )
        )
        if event is None:
            raise FencedError(self._job)
        _log.info("%s", f"{event.status} {message}".strip())
        self._feed.publish(event)

    async def write_live(self) -> None:
        """Keep the newest live events in the database, until cancelled."""
        while True:
            await asyncio.sleep(LIVE_WRITE_SECONDS)
            await self._write_live()

    async def flush(self) -> None:
        """Wait until everything published is in the database."""
        await self._written()
        await self._write_live()

    async def _written(self) -> None:
        """Wait until every durable event is in the database."""
        if self._pending:
            await asyncio.gather(*self._pending)

    async def _write_live(self) -> None:
        live, self._live = self._live, {}
        try:
            for event in live.values():
                await asyncio.to_thread(self._store.put_latest, event, epoch=self._epoch)
        except DatabaseError as error:  # the next one says more anyway
            _log.warning("progress is not written: %s", error.what)

    def _publish_live(self, event: LiveEvent) -> None:
        self._live[event.type] = event
        self._feed.publish(event)

    def _later(self, event: NoticeEvent | ChunkErrorEvent) -> None:
        task = asyncio.create_task(self._append(event))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _append(self, event: NoticeEvent | ChunkErrorEvent) -> None:
        numbered: Event | None
        if isinstance(event, NoticeEvent):
            numbered = await _persistent(partial(self._store.append_event, event, epoch=self._epoch))
        else:
            numbered = await _persistent(partial(self._store.append_event, event, epoch=self._epoch))
        if numbered is not None:
            self._feed.publish(numbered)


async def _whole(writing: Coroutine[object, object, None]) -> None:
    """Write to the end even where this is cancelled: a thread cannot be, and must not be overtaken."""
    task = asyncio.create_task(writing)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


async def _persistent(write: Callable[[], T]) -> T:
    """Write in a thread, again and again for a while where the database is locked or full."""
    give_up = time.monotonic() + WRITE_SECONDS
    while True:
        try:
            return await asyncio.to_thread(write)
        except DatabaseError as error:
            if time.monotonic() > give_up:
                raise JobError(
                    error.what, where=error.where, hint=f"{error.hint}; then resume the job"
                ) from error
            _log.warning("written again soon: %s", error.what)
            await asyncio.sleep(WRITE_AGAIN_SECONDS)
