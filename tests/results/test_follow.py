from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence

import pytest

from fusionflow_lab.errors import JobStoppedError
from fusionflow_lab.jobs.events import Event, ProgressEvent, StatusEvent
from fusionflow_lab.results.follow import Follower, run_job, submitted
from fusionflow_lab.results.result import Result
from fusionflow_lab.results.view import JobView


async def many_events(painted: Sequence[JobView], count: int) -> AsyncIterator[Event]:
    """Yield progress as fast as the loop allows until so much was painted, then the end."""
    done = 0
    while len(painted) < count:
        done += 1
        yield ProgressEvent(
            job="ab12", seq=1, time=0.0, chunks_done=done, chunks_total=0, bytes_done=done, bytes_total=10**9
        )
        await asyncio.sleep(0)
    yield StatusEvent(job="ab12", seq=2, time=0.0, status="COMPLETED")


def test_paints_at_the_given_pace_and_takes_in_everything() -> None:
    painted: list[JobView] = []
    begun = time.monotonic()
    follower = Follower(JobView(), paint=painted.append, every=0.05)
    view = asyncio.run(follower.follow(many_events(painted, 4)))
    assert view.status == "COMPLETED"
    assert time.monotonic() - begun > len(painted) * 0.05 * 0.9
    fractions = [shot.fraction for shot in painted]
    assert fractions == sorted(fractions)


def test_a_slow_painter_does_not_queue_events() -> None:
    painted: list[JobView] = []
    newest: list[int] = []

    async def counted() -> AsyncIterator[Event]:
        async for event in many_events(painted, 3):
            newest.append(event.bytes_done if isinstance(event, ProgressEvent) else 0)
            yield event

    def paint(view: JobView) -> None:
        assert view.progress is not None
        assert view.progress.bytes_done >= newest[-1] - 1
        painted.append(view)
        time.sleep(0.1)

    asyncio.run(Follower(JobView(), paint=paint, every=0.01).follow(counted()))
    assert len(painted) == 3


def test_nothing_is_painted_twice() -> None:
    painted: list[JobView] = []
    once = asyncio.Event()

    def paint(view: JobView) -> None:
        painted.append(view)
        once.set()

    async def quiet() -> AsyncIterator[Event]:
        yield StatusEvent(job="ab12", seq=1, time=0.0, status="IN_PROGRESS")
        await once.wait()
        await asyncio.sleep(0.1)
        yield StatusEvent(job="ab12", seq=2, time=0.0, status="COMPLETED")

    asyncio.run(Follower(JobView(), paint=paint, every=0.02).follow(quiet()))
    assert len(painted) == 1


class Late:
    """A job of a submitter who takes his time."""

    id = "ab12"

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.asked = threading.Event()
        self.may_stop = threading.Event()
        self.may_stop.set()

    async def events(self, since: int = 0) -> AsyncIterator[Event]:
        yield StatusEvent(job=self.id, seq=since + 1, time=0.0, status="IN_PROGRESS")
        await asyncio.to_thread(self.stopped.wait, 60)

    def result(self, timeout: float | None = None) -> Result:
        raise NotImplementedError(timeout)

    def stop(self) -> None:
        self.asked.set()
        self.may_stop.wait(60)
        self.stopped.set()


class Dark:
    """A screen that shows nothing."""

    def __init__(self) -> None:
        self.painted = asyncio.Event()
        self.left = JobView()

    def paint(self, view: JobView) -> None:
        if view.status == "IN_PROGRESS":
            self.painted.set()

    def finish(self, view: JobView, result: Result) -> None:
        raise NotImplementedError(view, result)

    def leave(self, view: JobView) -> None:
        self.left = view


def test_a_stop_before_the_job_began_waits_for_no_event_loop() -> None:
    begun, go_on, job = threading.Event(), threading.Event(), Late()

    def submit() -> Late:
        begun.set()
        go_on.wait(60)
        return job

    async def main() -> None:
        task = asyncio.create_task(submitted(submit))
        await asyncio.to_thread(begun.wait, 60)
        task.cancel()
        with pytest.raises(JobStoppedError, match="before the job began"):
            await task
        go_on.set()
        assert job.stopped.wait(60)  # which holds up this loop

    asyncio.run(main())


def test_who_interrupts_again_while_the_job_is_asked_to_stop_is_told_the_same() -> None:
    job = Late()
    job.may_stop.clear()

    async def main() -> None:
        screen = Dark()
        following = asyncio.create_task(run_job(lambda: job, screen))
        await screen.painted.wait()
        following.cancel()
        assert await asyncio.to_thread(job.asked.wait, 60)
        following.cancel()
        with pytest.raises(JobStoppedError, match="stopped"):
            await following
        assert screen.left.status == "STOPPING"
        job.may_stop.set()
        assert await asyncio.to_thread(job.stopped.wait, 60)

    asyncio.run(main())


def test_an_error_of_the_stream_is_raised() -> None:
    async def broken() -> AsyncIterator[Event]:
        yield StatusEvent(job="ab12", seq=1, time=0.0, status="IN_PROGRESS")
        raise ConnectionError("gone")

    follower = Follower(JobView(), paint=lambda _: None)
    try:
        asyncio.run(follower.follow(broken()))
    except ConnectionError:
        assert follower.view.status == "IN_PROGRESS"
    else:
        raise AssertionError("not raised")
