from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError
from tornado.websocket import WebSocketClientConnection

from fusionflow_lab.jobs.events import NoticeEvent
from fusionflow_lab.jobs.store import JobStore
from fusionflow_lab.query import Query
from tests.server.conftest import API, Site, pairs

CUTS = 20


async def open_stream(site: Site, **query: str | int) -> WebSocketClientConnection:
    return await site.socket(API, "events", params=pairs(query))


async def test_a_stream_cut_twenty_times_loses_and_doubles_nothing(site: Site) -> None:
    await site.json("GET", "health")
    surface = site.extension.surface
    assert surface is not None
    owner = surface.sessions.config.user
    notices = 60
    with JobStore(surface.sessions.config.job_database) as store:
        job = store.create(Query(text="SELECT 1"), owner=owner).id
        theirs = store.create(Query(text="SELECT 1"), owner="another").id

        def write() -> None:
            for one in (job, theirs):
                epoch = store.claim(one, "me", seconds=600)
                for number in range(notices):
                    notice = NoticeEvent(job=one, seq=0, time=0.0, code="test", text=f"<b>{number}</b>")
                    assert store.append_event(notice, epoch=epoch)

        writing = asyncio.get_running_loop().run_in_executor(None, write)
        cursor, cuts, seen = 0, 0, list[dict[str, Any]]()
        while sum(event["job"] == job for event in seen) < notices + 1 or cuts < CUTS:
            socket = await open_stream(site, since=cursor)
            for _ in range(3):
                if sum(event["job"] == job for event in seen) == notices + 1:
                    break
                frame = json.loads(await socket.read_message() or "{}")
                cursor = frame["cursor"]
                seen.append(frame["event"])
            socket.close()
            cuts += 1
        await writing

    assert cuts >= CUTS
    assert {event["job"] for event in seen} == {job}
    assert [event["seq"] for event in seen] == list(range(1, notices + 2))
    assert [event["text"] for event in seen[1:]] == [f"<b>{number}</b>" for number in range(notices)]


async def test_one_job_and_what_comes_from_now_on(site: Site) -> None:
    first, second = await site.run("SELECT 1 AS one"), await site.run("SELECT 2 AS two")
    socket = await open_stream(site, since=0, job=second)
    fresh = await open_stream(site)
    seen = [json.loads(await socket.read_message() or "{}")["event"] for _ in range(3)]
    # Whoever gives no cursor is told what comes after he came.
    page = await site.json("GET", "jobs")
    third = await site.run("SELECT 3 AS three")
    told = json.loads(await fresh.read_message() or "{}")

    assert Counter(event["job"] for event in seen) == {second: 3}
    assert [job["id"] for job in page["jobs"]] == [second, first]
    assert told["event"]["job"] == third
    assert told["cursor"] > page["cursor"]
    socket.close()
    fresh.close()


@pytest.mark.parametrize(
    ("query", "headers", "code"),
    [
        ({}, {"Authorization": ""}, 403),
        ({}, {"Authorization": "token wrong"}, 403),
        ({"job": "nope"}, {}, 404),
        ({"since": "-1"}, {}, 400),
        ({"since": "now"}, {}, 400),
    ],
)
async def test_streams_that_are_refused(
    site: Site, query: dict[str, str], headers: dict[str, str], code: int
) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await site.socket(API, "events", params=query, headers=headers)

    assert refused.value.code == code


async def test_other_sites_open_no_stream(site: Site) -> None:
    token = {"Cookie": "", "Origin": "https://evil.example", "Authorization": ""}
    with pytest.raises(HTTPClientError) as refused:
        await site.socket(API, "events", headers=token)

    assert refused.value.code == 403


async def test_another_users_stream_is_unknown(site: Site) -> None:
    await site.json("GET", "health")
    surface = site.extension.surface
    assert surface is not None
    with JobStore(surface.sessions.config.job_database) as store:
        theirs = store.create(Query(text="SELECT 1"), owner="another").id
    with pytest.raises(HTTPClientError) as refused:
        await open_stream(site, job=theirs)

    assert refused.value.code == 404
