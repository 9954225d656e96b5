from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from fusionflow_lab.api import connect
from fusionflow_lab.jobs.board import Board
from fusionflow_lab.jobs.events import LIVE_TYPES, NoticeEvent
from fusionflow_lab.jobs.store import JobStore
from fusionflow_lab.query import Query
from fusionflow_lab.service.models import EventFrame, PreviewEvent, StatusEvent
from fusionflow_lab.service.watching import TICK_SECONDS, Watcher, watch
from tests.held import Held
from tests.postgresql import Server
from tests.service.conftest import Asker

ENOUGH = 4


def test_a_job_is_told_from_its_first_event_to_its_last(asker: Asker, held: Held) -> None:
    frames: list[tuple[float, EventFrame]] = []
    moving, ended = threading.Event(), threading.Event()

    def tell(frame: EventFrame) -> None:
        frames.append((time.monotonic(), frame))
        if sum(frame.event.type in LIVE_TYPES for _, frame in frames) == ENOUGH:
            moving.set()
        if isinstance(frame.event, StatusEvent) and frame.event.status == "STOPPED":
            ended.set()

    end = asker.service.follow(tell, since=None)
    job = asker.json("POST", "jobs", body={"sql": held.sql("told")})["id"]
    assert moving.wait(60)
    asker.json("PATCH", f"jobs/{job}", body={"status": "STOPPED"})
    assert ended.wait(60)
    end()

    events = [frame.event for _, frame in frames]
    durable = [event for event in events if event.type not in LIVE_TYPES]
    assert [event.seq for event in durable] == list(range(1, len(durable) + 1))
    assert {event.job for event in events} == {job}
    live = [at for at, frame in frames if frame.event.type in LIVE_TYPES]
    assert all(after - before > TICK_SECONDS * 0.9 for before, after in pairwise(live))
    for event in events:
        if isinstance(event, PreviewEvent):
            assert len(event.ipc) <= (32 << 10) * 4 / 3 + 4


def test_a_stream_that_is_cut_goes_on(asker: Asker) -> None:
    jobs = [asker.json("POST", "jobs", body={"sql": f"SELECT {n} AS n"})["id"] for n in range(6)]
    seen: dict[str, list[int]] = defaultdict(list)

    async def read() -> None:
        cursor = 0
        while sum(map(len, seen.values())) < 4 * len(jobs):
            cut = 3
            async for frame in watch(asker.session, since=cursor):
                cursor = frame.cursor
                if frame.event.job in jobs and frame.event.type == "status":
                    seen[frame.event.job].append(frame.event.seq)
                cut -= 1
                if not cut or sum(map(len, seen.values())) == 4 * len(jobs):
                    break

    asyncio.run(asyncio.wait_for(read(), 60))
    assert seen == {job: [1, 2, 3, 4] for job in jobs}


def test_another_users_jobs_are_not_told(asker: Asker) -> None:
    with JobStore(asker.session.config.job_database) as store:
        theirs = store.create(Query(text="SELECT 1"), owner="another").id
    mine = asker.run("SELECT 1 AS mine")

    jobs = {frame.event.job for frame in Watcher(asker.session, since=0).look()}

    assert mine in jobs
    assert theirs not in jobs
    with pytest.raises(Exception, match="no job has this id"):
        Watcher(asker.session, since=0, job=theirs)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield str(tmp_path / "jobs.sqlite")
    else:
        server: Server = request.getfixturevalue("postgresql")
        yield server.database()


def test_no_event_is_lost_while_others_commit(place: str) -> None:
    writers, each = 6, 40
    with JobStore(place) as first:
        jobs = [first.create(Query(text="SELECT 1"), owner="ann").id for _ in range(writers)]

    def write(job: str) -> None:
        with JobStore(place) as store:
            epoch = store.claim(job, "me")
            for number in range(each):
                notice = NoticeEvent(job=job, seq=0, time=0.0, code="test", text=str(number))
                assert store.append_event(notice, epoch=epoch)

    threads = [threading.Thread(target=write, args=(job,)) for job in jobs]
    cursors: list[int] = []
    found: dict[str, list[int]] = defaultdict(list)
    with JobStore(place) as store:
        board = Board(store.engine)
        for thread in threads:
            thread.start()
        while True:
            writing = any(thread.is_alive() for thread in threads)
            events = board.events(owner="ann", since=cursors[-1] if cursors else 0, limit=7)
            for cursor, event in events:
                cursors.append(cursor)
                found[event.job].append(event.seq)
            if not events and not writing:
                break
        assert board.cursor() == cursors[-1]

    assert cursors == list(range(1, writers * (each + 1) + 1))
    assert found == {job: list(range(1, each + 2)) for job in jobs}


def test_a_closed_session_still_tells(tmp_path: Path) -> None:
    with connect(home=tmp_path, workers=1) as session:
        store, owner = session.stores.jobs, session.config.user
    job = store.create(Query(text="SELECT 1"), owner=owner).id
    epoch = store.claim(job, "another runner")
    watcher = Watcher(session, since=0)
    assert store.advance(job, epoch, "queue")
    assert store.advance(job, epoch, "start")

    told = [frame.event.seq for frame in watcher.look()]

    assert told == [1, 2, 3]
    store.close()
