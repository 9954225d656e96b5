from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from fusionflow_lab.notebook.widgets.comm import MOST_BYTES, Bridge
from fusionflow_lab.service.models import EventFrame
from fusionflow_lab.service.wire import Reply, Request

EVENT = {"type": "notice", "job": "ab12", "seq": 1, "time": 0.0, "code": "hot", "text": "it is hot"}


class Table:
    """Answers from a table; its events go on until they are ended."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.threads: set[str] = set()
        self.ended = threading.Event()

    def answer(self, request: Request) -> Reply:
        self.asked.append(request)
        self.threads.add(threading.current_thread().name)
        size = MOST_BYTES + 1 if request.path == "large" else 2
        return Reply(body=b"x" * size, type="text/plain", headers={"etag": "1"})

    def follow(
        self, tell: Callable[[EventFrame], None], *, since: int | None, job: str = ""
    ) -> Callable[[], None]:
        event = {**EVENT, "job": job or "every"}
        tell(EventFrame.model_validate({"cursor": (since or 0) + 1, "event": event}))
        return self.ended.set


Sent = queue.Queue[tuple[dict[str, object], list[bytes]]]


@contextmanager
def bridge(table: Table) -> Iterator[tuple[Bridge, Sent]]:
    sent: Sent = queue.Queue()
    made = Bridge(table, lambda content, buffers: sent.put((content, buffers)))
    yield made, sent
    made.close()


def request(path: str, **more: object) -> dict[str, object]:
    return {"kind": "request", "id": 7, "method": "GET", "path": path, "query": {}, "body": None, **more}


def test_a_request_becomes_what_the_service_takes() -> None:
    table = Table()
    query = {"q": "a", "limit": 5, "status": ["A", "B"]}
    with bridge(table) as (made, sent):
        made.take(request("jobs", method="POST", query=query, body={"sql": "é"}))
        content, buffers = sent.get(timeout=10)
    assert content == {
        "kind": "reply",
        "id": 7,
        "status": 200,
        "type": "text/plain",
        "headers": {"etag": "1"},
    }
    assert buffers == [b"xx"]
    asked = table.asked[0]
    assert (asked.method, asked.path) == ("POST", "jobs")
    assert dict(asked.query) == {"q": ["a"], "limit": ["5"], "status": ["A", "B"]}
    assert json.loads(asked.body) == {"sql": "é"}
    assert threading.main_thread().name not in table.threads


def test_a_reply_that_no_message_can_carry_is_refused() -> None:
    with bridge(Table()) as (made, sent):
        made.take(request("large"))
        content, buffers = sent.get(timeout=10)
    assert content["status"] == 413
    assert "fewer rows" in json.loads(buffers[0])["hint"]


def test_events_come_until_they_are_watched_no_more() -> None:
    table = Table()
    with bridge(table) as (made, sent):
        made.take({"kind": "watch", "id": 3, "since": 8, "job": "ab12"})
        content, _ = sent.get(timeout=10)
        assert (content["kind"], content["watch"]) == ("event", 3)
        assert content["frame"] == {"cursor": 9, "event": EVENT}
        made.take({"kind": "unwatch", "id": 3})
        assert table.ended.wait(10)


def test_what_a_closed_page_watched_ends_when_another_speaks() -> None:
    table = Table()
    made = Bridge(table, lambda *_: None, silent=0.0)
    made.take({"kind": "hello", "front": 1})
    made.take({"kind": "watch", "id": 5, "front": 1})
    assert not table.ended.is_set()
    made.take({"kind": "hello", "front": 2})
    assert table.ended.is_set()
    assert made.fronts == 2
    made.close()


def test_the_end_of_the_bridge_ends_all_that_works_for_it() -> None:
    table = Table()
    with bridge(table) as (made, sent):
        made.take({"kind": "watch", "id": 1, "since": 0, "job": None})
        made.take(request("jobs"))
        for _ in range(2):
            sent.get(timeout=10)
        made.close()
        assert table.ended.wait(10)
        made.take(request("jobs"))
    assert len(table.asked) == 1


@pytest.mark.parametrize("content", [None, "x", {}, {"kind": "reply"}, {"kind": "request", "id": "x"}])
def test_what_is_no_message_is_left_alone(content: object) -> None:
    table = Table()
    with bridge(table) as (made, _):
        made.take(content)
    assert table.asked == []
