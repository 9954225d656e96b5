"""Between the tables and the records: rows never leave the store, records never enter the database."""

from __future__ import annotations

from dataclasses import asdict
from typing import TypedDict, cast

from fusionflow_lab.jobs.codec import decode_event, decode_query, encode_event
from fusionflow_lab.jobs.events import ChunkErrorEvent, Event, ProgressEvent, Status
from fusionflow_lab.jobs.models import ChunkErrorRow, EventRow, JobRow, LatestRow
from fusionflow_lab.jobs.records import ChunkFailure, Desired, JobFailure, JobRecord
from fusionflow_lab.query import Counters, Query


class JobChanges(TypedDict, total=False):
    """Facts that the holder of a job may write; progress and status have methods of their own."""

    plan_hash: str
    cluster: str
    chunks_total: int
    bytes_total: int
    counters: Counters
    result_ref: str
    error: JobFailure | None


def record_of(row: JobRow) -> JobRecord:
    """Return the job that a row holds."""
    return JobRecord(
        id=row.id,
        query=query_of(row),
        status=cast("Status", row.status),
        desired=cast("Desired", row.desired),
        owner=row.owner,
        cluster=row.cluster,
        priority=row.priority,
        plan_hash=row.plan_hash,
        lease_holder=row.lease_holder,
        lease_until=row.lease_until,
        epoch=row.epoch,
        attempts=row.attempts,
        chunks_total=row.chunks_total,
        chunks_done=row.chunks_done,
        bytes_total=row.bytes_total,
        bytes_done=row.bytes_done,
        counters=Counters(
            rows_read=row.rows_read,
            rows_used=row.rows_used,
            rows_filtered=row.rows_filtered,
            rows_rejected=row.rows_rejected,
            bytes_scanned=row.bytes_scanned,
            bytes_reused=row.bytes_reused,
            bytes_verified=row.bytes_verified,
            bytes_unread=row.bytes_unread,
        ),
        result_ref=row.result_ref,
        reuse_key=row.reuse_key,
        error=JobFailure.from_json(row.error) if row.error else None,
        created=row.created,
        started=row.started,
        finished=row.finished,
    )


def query_of(row: JobRow) -> Query:
    """Return what was asked; a row of the first version holds the text alone."""
    if row.query:
        return decode_query(row.query)
    return Query(text=row.text, name=row.name, use_cache=row.use_cache)


def columns_of(changes: JobChanges) -> dict[str, object]:
    """Return the values of columns that some changes come to."""
    columns: dict[str, object] = dict(changes)
    if "counters" in changes:
        del columns["counters"]
        columns |= asdict(changes["counters"])
    if "error" in changes:
        failure = changes["error"]
        columns["error"] = None if failure is None else failure.to_json()
    return columns


def take_progress(row: JobRow, event: ProgressEvent) -> None:
    """Write into a job how far it is."""
    columns = {
        "chunks_done": event.chunks_done,
        "chunks_total": event.chunks_total,
        "bytes_done": event.bytes_done,
        "bytes_total": event.bytes_total,
        **asdict(event.counters),
    }
    for column, value in columns.items():
        setattr(row, column, value)


def event_row(event: Event, *, cursor: int) -> EventRow:
    """Return the row of a durable event."""
    body, _ = encode_event(event)
    return EventRow(
        job_id=event.job, seq=event.seq, time=event.time, type=event.type, body=body, cursor=cursor
    )


def latest_values(event: Event) -> dict[str, str | int | float | bytes]:
    """Return the values of the row of a live event."""
    body, data = encode_event(event)
    return {
        "job_id": event.job,
        "seq": event.seq,
        "time": event.time,
        "type": event.type,
        "body": body,
        "data": data,
    }


def event_of(row: EventRow | LatestRow) -> Event:
    """Return the event that a row holds."""
    data = row.data if isinstance(row, LatestRow) else b""
    return decode_event(row.type, job=row.job_id, seq=row.seq, time=row.time, body=row.body, data=data)


def chunk_error_row(event: ChunkErrorEvent) -> ChunkErrorRow:
    """Return the row that says where a failed chunk stands."""
    return ChunkErrorRow(
        job_id=event.job,
        file=event.file,
        start=event.start,
        end=event.end,
        attempts=event.attempt,
        message=event.message,
        time=event.time,
    )


def failure_of(row: ChunkErrorRow) -> ChunkFailure:
    """Return the failed chunk that a row holds."""
    return ChunkFailure(
        file=row.file,
        start=row.start,
        end=row.end,
        attempts=row.attempts,
        message=row.message,
        time=row.time,
    )
