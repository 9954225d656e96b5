"""Run a job to its end before a reader: submit, take in every event, paint, and stop when interrupted.

The cell and the command line only differ in the ``Screen`` they bring. The reader of events never waits
for the painter, so a slow screen holds nothing up and nothing queues. Nothing here blocks the event loop:
what may take time runs in a thread, and an interrupt that comes meanwhile stops the job as soon as there is
one.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from typing import Protocol, TypeVar

from fusionflow_lab.errors import JobLeftError, JobStoppedError
from fusionflow_lab.jobs.abandoned import stopped_early, submitting
from fusionflow_lab.jobs.events import Event
from fusionflow_lab.results.interrupt import interrupt_cancels
from fusionflow_lab.results.result import Result
from fusionflow_lab.results.view import JobView

PAINT_EVERY = 0.25
STOP_WAIT = 0.5


class Followed(Protocol):
    """The part of a job that is needed to follow it."""

    id: str

    def events(self, since: int = 0) -> AsyncIterator[Event]:
        """Iterate over the events after number ``since``, to the end."""

    def result(self, timeout: float | None = None) -> Result:
        """Wait for the result, or raise what the job failed of."""

    def stop(self) -> None:
        """Stop the job; return at once."""


class Screen(Protocol):
    """Shows one job from start to end."""

    def paint(self, view: JobView) -> None:
        """Show the job as it is now."""

    def finish(self, view: JobView, result: Result) -> None:
        """Show what the job gave."""

    def leave(self, view: JobView) -> None:
        """Show a job that gave nothing: failed, stopped or never begun."""


J = TypeVar("J", bound=Followed)


class Follower:
    """Reads a job's events into a view, which stays readable when the following is cut short.

    Parameters
    ----------
    view
        What is known before the first event.
    paint
        Called with the newest view when it changed, at most once each ``every`` seconds.
    every
        Seconds between two paintings.

    Examples
    --------
    >>> from fusionflow_lab.jobs.events import StatusEvent
    >>> async def events():
    ...     yield StatusEvent(job="ab12", seq=1, time=0.0, status="COMPLETED")
    >>> follower = Follower(JobView(), paint=lambda view: None)
    >>> asyncio.run(follower.follow(events())).status
    'COMPLETED'
    """

    def __init__(
        self, view: JobView, *, paint: Callable[[JobView], None], every: float = PAINT_EVERY
    ) -> None:
        self.view = view
        self._paint = paint
        self._every = every

    async def follow(self, events: AsyncIterator[Event]) -> JobView:
        """Take in events until they end; return the last view."""
        painted = self.view
        reader = asyncio.ensure_future(self._read(events))
        try:
            while not (await asyncio.wait({reader}, timeout=self._every))[0]:
                if painted is not self.view:
                    painted = self.view
                    self._paint(painted)
            await reader
        finally:
            reader.cancel()
        return self.view

    async def _read(self, events: AsyncIterator[Event]) -> None:
        async for event in events:
            self.view = self.view.after(event)


async def run_job(
    submit: Callable[[], Followed],
    screen: Screen,
    *,
    name: str = "",
    leave: bool = False,
    ends: Callable[[], Awaitable[bool]] | None = None,
) -> Result:
    """Submit or find a job, show it to its end and return its result.

    Parameters
    ----------
    submit
        Makes the job; called in a thread.
    screen
        Where the job is shown.
    name
        The job's name, as shown.
    leave
        Whether an interrupt leaves the job running: it belongs to somebody else.
    ends
        Tells of an interrupt whether this whole program ends with it; the job goes on then.

    Raises
    ------
    JobStoppedError
        When this task is interrupted or the job is stopped from elsewhere. Its work is kept.
    JobLeftError
        When this task is interrupted and the job goes on.
    """
    follower = Follower(JobView(name=name, message="planning"), paint=screen.paint)
    # Planning may take its time and is shown; a job that is looked up is not at 0 %.
    later = (lambda: None) if leave else (lambda: screen.paint(follower.view))
    waiting = asyncio.get_running_loop().call_later(PAINT_EVERY, later)
    try:
        with interrupt_cancels():
            job = await submitted(submit)
            follower.view = replace(follower.view, job=job.id, message="")
            result = await _result(job, follower, leave=leave, ends=ends)
    except BaseException:
        screen.leave(follower.view)
        raise
    finally:
        waiting.cancel()
    screen.finish(follower.view, result)
    return result


async def submitted(submit: Callable[[], J]) -> J:
    """Submit in a thread; when interrupted meanwhile, make no job, or stop it as soon as there is one."""
    pending: Future[J] = Future()
    abandoned = threading.Event()

    def work() -> None:
        try:
            with submitting(abandoned):
                pending.set_result(submit())
        except BaseException as error:  # noqa: BLE001 - whoever waits is told, whatever it is
            pending.set_exception(error)

    threading.Thread(target=contextvars.copy_context().run, args=(work,), name="fusionflow-submit").start()
    waited = asyncio.wrap_future(pending)
    try:
        return await asyncio.shield(waited)
    except asyncio.CancelledError:
        abandoned.set()
        waited.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody else asks
        # In that thread: what runs next here may hold up the loop.
        pending.add_done_callback(_stop_late)
        raise stopped_early() from None


async def _result(
    job: Followed, follower: Follower, *, leave: bool, ends: Callable[[], Awaitable[bool]] | None
) -> Result:
    try:
        await follower.follow(job.events())
        return await asyncio.to_thread(job.result)
    except asyncio.CancelledError:
        with suppress(asyncio.CancelledError):  # interrupted again
            leave = leave or (ends is not None and await ends())
        if leave:
            raise _left(job) from None
        with suppress(asyncio.CancelledError):  # it is asked all the same
            await asyncio.to_thread(job.stop)
        await _settle(job, follower)
    except JobStoppedError:
        pass
    error = JobStoppedError(follower.view.stopped())
    error.job_id = follower.view.job
    raise error


def _left(job: Followed) -> JobLeftError:
    error = JobLeftError(
        "no longer watched; the job goes on", hint="stop it, or attach to it again, by its id"
    )
    error.job_id = job.id
    return error


async def _settle(job: Followed, follower: Follower) -> None:
    """Give a stopped job a moment to say what it kept, but never hold its reader."""
    try:
        await asyncio.wait_for(follower.follow(job.events(since=follower.view.seq)), STOP_WAIT)
    except (TimeoutError, asyncio.CancelledError):
        follower.view = replace(follower.view, status="STOPPING")


def _stop_late(pending: Future[J]) -> None:
    if pending.exception() is None:
        pending.result().stop()
