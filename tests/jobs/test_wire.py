from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from fusionflow_lab.jobs.events import Event, NoticeEvent, PreviewEvent, ProgressEvent
from fusionflow_lab.jobs.wire import ask, event_message, message_event, pack, receive
from fusionflow_lab.query import Counters

EVENTS = [
    NoticeEvent(job="j", seq=3, time=1.5, code="no_workers", text="łódź"),
    PreviewEvent(job="j", seq=3, time=1.5, fraction=0.5, rows=2, ipc=bytes(range(256))),
    ProgressEvent(
        job="j",
        seq=3,
        time=1.5,
        chunks_done=1,
        chunks_total=2,
        bytes_done=10,
        bytes_total=20,
        counters=Counters(rows_read=1, rows_used=1),
    ),
]


def sent(data: bytes) -> tuple[dict[str, object], bytes] | None:
    async def read() -> tuple[dict[str, object], bytes] | None:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        return await receive(reader)

    return asyncio.run(read())


@pytest.mark.parametrize("event", EVENTS)
def test_events_travel(event: Event) -> None:
    message = sent(event_message(event))
    assert message is not None
    assert message_event(*message) == event


@pytest.mark.parametrize("size", [0, 3, 8, 12])
def test_an_end_in_the_middle_is_an_end(size: int) -> None:
    assert sent(pack({"op": "hello"})[:size]) is None


def test_what_is_no_message_is_refused() -> None:
    with pytest.raises(ConnectionError, match="not a runner's message"):
        sent(b"GET / HTTP/1.1\r\n\r\n")


def test_asking_and_being_left() -> None:
    here, there = socket.socketpair()
    with here, there:

        def answer() -> None:
            there.recv(100)
            there.sendall(pack({"id": "x"}))

        answering = threading.Thread(target=answer)
        answering.start()
        assert ask(here, {"op": "hello"}) == {"id": "x"}
        answering.join()
        there.close()
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            ask(here, {"op": "hello"})
