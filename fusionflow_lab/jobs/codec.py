"""Events as JSON and back: one form for the database and for everything that leaves the process.

``job``, ``seq`` and ``time`` are columns of their own, and bytes never go into JSON: a preview's
Arrow stream travels beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Final

from fusionflow_lab.errors import JobError
from fusionflow_lab.jobs.events import (
    ChunkErrorEvent,
    Event,
    NoticeEvent,
    PreviewEvent,
    ProgressEvent,
    StatusEvent,
)
from fusionflow_lab.query import Counters

_KINDS: Final[Mapping[str, type[Event]]] = MappingProxyType(
    {kind.type: kind for kind in (StatusEvent, NoticeEvent, ChunkErrorEvent, ProgressEvent, PreviewEvent)}
)
_COLUMNS = ("job", "seq", "time")


def encode_event(event: Event) -> tuple[str, bytes]:
    """Return what is special to the event's type as JSON, and its bytes where it has some.

    Examples
    --------
    >>> encode_event(NoticeEvent(job="j1", seq=3, time=0.0, code="no_workers", text="waiting"))
    ('{"code":"no_workers","text":"waiting"}', b'')
    """
    body = asdict(event)
    data = body.pop("ipc", b"")
    for column in _COLUMNS:
        del body[column]
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False), data


def decode_event(kind: str, *, job: str, seq: int, time: float, body: str, data: bytes = b"") -> Event:
    """Read what ``encode_event`` wrote.

    Raises
    ------
    JobError
        When the type is one that this version does not know.

    Examples
    --------
    >>> decode_event("notice", job="j1", seq=3, time=0.0, body='{"code":"c","text":"t"}').code
    'c'
    """
    if kind not in _KINDS:
        raise JobError(
            f"the job has an event of unknown type {kind!r}",
            hint="it was written by a newer version: upgrade fusionflow_lab",
        )
    values = json.loads(body)
    if "counters" in values:
        values["counters"] = Counters(**values["counters"])
    if kind == PreviewEvent.type:
        values["ipc"] = data
    return _KINDS[kind](job=job, seq=seq, time=time, **values)
