"""Events and queries as JSON and back: one form for the database and for everything that leaves the process.

``job``, ``seq`` and ``time`` are columns of their own, and bytes never go into JSON: a preview's
Arrow stream travels beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, Final

from fusionflow_lab.errors import JobError
from fusionflow_lab.jobs.events import (
    ChunkErrorEvent,
    ChunkRow,
    ChunksEvent,
    Event,
    NoticeEvent,
    PreviewEvent,
    ProgressEvent,
    StatusEvent,
)
from fusionflow_lab.query import Access, Counters, Frame, Parameter, ParameterValue, Query, View
from fusionflow_lab.sink import Sink

_KINDS: Final[Mapping[str, type[Event]]] = MappingProxyType(
    {
        kind.type: kind
        for kind in (StatusEvent, NoticeEvent, ChunkErrorEvent, ProgressEvent, PreviewEvent, ChunksEvent)
    }
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
    if kind == ChunksEvent.type:
        values["rows"] = tuple(ChunkRow(**{**row, "names": tuple(row["names"])}) for row in values["rows"])
    return _KINDS[kind](job=job, seq=seq, time=time, **values)


def encode_query(query: Query) -> str:
    """Return a query as JSON: all that a job needs to run elsewhere.

    Examples
    --------
    >>> encode_query(Query(text="SELECT 1", name="one"))
    '{"text":"SELECT 1","name":"one"}'
    """
    default = asdict(Query(text=""))
    values = {key: value for key, value in asdict(query).items() if key == "text" or value != default[key]}
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False)


def decode_query(body: str) -> Query:
    """Read what ``encode_query`` wrote, in this or an older version.

    Raises
    ------
    JobError
        When it holds what this version does not know.

    Examples
    --------
    >>> decode_query('{"text":"FROM t","frames":[{"name":"t","path":"t.arrow"}]}').frames
    (Frame(name='t', path='t.arrow'),)
    """
    values = json.loads(body)
    try:
        parameters = (
            Parameter(**{**entry, "value": _frozen(entry["value"])}) for entry in values.get("parameters", ())
        )
        views = (
            View(**{**entry, "columns": tuple(entry.get("columns", ()))}) for entry in values.get("views", ())
        )
        frames = (Frame(**entry) for entry in values.get("frames", ()))
        settings = tuple((str(key), str(value)) for key, value in values.get("settings", ()))
        parts = {"parameters": tuple(parameters), "views": tuple(views), "frames": tuple(frames)}
        access = values.get("access", {})
        lists = {name: tuple(access.get(name, ())) for name in ("http_hosts", "roots")}
        values["access"] = Access(**{**access, **lists})
        if values.get("sink") is not None:
            values["sink"] = _sink(values["sink"])
        values["settings"] = settings
        return Query(**{**values, **parts})
    except TypeError as error:
        raise JobError(
            f"the job's query holds what this version does not know: {error}",
            hint="it was written by a newer version: upgrade fusionflow_lab",
        ) from None


def _sink(values: dict[str, Any]) -> Sink:
    lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
    return Sink(**{name: value for name, value in {**values, **lists}.items() if name != "access"})


def _frozen(value: object) -> ParameterValue:
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return None if value is None else str(value)
