from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from fusionflow_lab.jobs.events import Event, ProgressEvent, StatusEvent
from fusionflow_lab.results.follow import Follower
from fusionflow_lab.results.view import JobView


async def many_events(seconds: float) -> AsyncIterator[Event]:
    """Yield progress as fast as the loop allows, then the end."""
    begun, done = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        done += 1
        yield ProgressEvent(
            job="ab12", seq=1, time=0.0, chunks_done=done, chunks_total=0, bytes_done=done, bytes_total=10**9
        )
        await asyncio.sleep(0)
    yield StatusEvent(job="ab12", seq=2, time=0.0, status="COMPLETED")


def test_paints_at_the_given_pace_and_takes_in_everything() -> None:
    painted: list[JobView] = []
    follower = Follower(JobView(), paint=painted.append, every=0.1)
    view = asyncio.run(follower.follow(many_events(0.55)))
    assert view.status == "COMPLETED"
    assert 2 <= len(painted) <= 6
    fractions = [shot.fraction for shot in painted]
    assert fractions == sorted(fractions)


def test_a_slow_painter_does_not_queue_events() -> None:
    painted: list[JobView] = []

    def paint(view: JobView) -> None:
        painted.append(view)
        time.sleep(0.2)

    asyncio.run(Follower(JobView(), paint=paint, every=0.01).follow(many_events(0.5)))
    assert len(painted) <= 4


def test_nothing_is_painted_twice() -> None:
    async def quiet() -> AsyncIterator[Event]:
        yield StatusEvent(job="ab12", seq=1, time=0.0, status="IN_PROGRESS")
        await asyncio.sleep(0.2)
        yield StatusEvent(job="ab12", seq=2, time=0.0, status="COMPLETED")

    painted: list[JobView] = []
    asyncio.run(Follower(JobView(), paint=painted.append, every=0.02).follow(quiet()))
    assert len(painted) == 1


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
