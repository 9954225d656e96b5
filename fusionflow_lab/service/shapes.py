"""Records as the shapes that travel."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import asdict, fields

from fusionflow_lab.jobs.events import ChunksEvent, Event, PreviewEvent
from fusionflow_lab.jobs.records import JobRecord
from fusionflow_lab.planning.copying import written_place
from fusionflow_lab.query import Parameter as Bound
from fusionflow_lab.query import ParameterValue
from fusionflow_lab.service.models import Counters, EventFrame, Failure, Job, Parameter


def job_of(record: JobRecord) -> Job:
    """Return a job as it travels.

    Examples
    --------
    >>> from fusionflow_lab.query import Query
    >>> job_of(JobRecord(id="ab12", query=Query(text="FROM 'a.csv'"), status="QUEUED")).sql
    "FROM 'a.csv'"
    """
    error = record.error
    return Job(
        id=record.id,
        name=record.query.name,
        sql=record.query.text,
        owner=record.owner,
        status=record.status,
        desired=record.desired,
        cluster=record.cluster,
        priority=record.priority,
        chunks_done=record.chunks_done,
        chunks_total=record.chunks_total,
        bytes_done=record.bytes_done,
        bytes_total=record.bytes_total,
        counters=Counters(**asdict(record.counters)),
        error=None
        if error is None
        else Failure(kind=error.kind, what=error.what, where=error.where, hint=error.hint),
        parameters=[_parameter(one) for one in record.query.parameters],
        created=record.created,
        started=record.started,
        finished=record.finished,
        has_result=record.status == "COMPLETED" and bool(record.result_ref),
        written_to=written_place(record.query),
    )


def frame_of(cursor: int, event: Event) -> EventFrame:
    """Return an event as it travels.

    Examples
    --------
    >>> from fusionflow_lab.jobs.events import StatusEvent
    >>> frame_of(7, StatusEvent(job="ab12", seq=1, time=0.0, status="QUEUED")).event.type
    'status'
    """
    values: dict[str, object] = {each.name: getattr(event, each.name) for each in fields(event)}
    if isinstance(event, PreviewEvent):
        values["ipc"] = b64encode(event.ipc).decode()
    if "counters" in values:
        values["counters"] = asdict(values["counters"])  # type: ignore[call-overload]
    if isinstance(event, ChunksEvent):
        values["rows"] = [asdict(row) for row in event.rows]
    return EventFrame.model_validate({"cursor": cursor, "event": {"type": event.type, **values}})


def _parameter(bound: Bound) -> Parameter:
    return Parameter(name=bound.name, type=bound.type, value=_text(bound.value))


def _text(value: ParameterValue) -> str:
    if value is None:
        return "NULL"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
