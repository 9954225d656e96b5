"""What happens to a job's row within one transaction: found, held, moved on, its event appended.

``jobs.store`` and ``jobs.claims`` open the transactions; the rules of the status are ``jobs.lifecycle``'s.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar, cast

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.orm import Session

from fusionflow_lab.errors import JobError
from fusionflow_lab.jobs.events import Event, LiveEvent, ProgressEvent, Status, StatusEvent
from fusionflow_lab.jobs.lifecycle import Action, has_ended, next_status
from fusionflow_lab.jobs.models import EventCounterRow, JobRow, LatestRow, table_of
from fusionflow_lab.jobs.records import JobRecord
from fusionflow_lab.jobs.rows import JobChanges, columns_of, event_row, latest_values, take_progress

_COUNTER = table_of(EventCounterRow)
_LATEST = table_of(LatestRow)
_RAISED = update(_COUNTER).values(last=_COUNTER.c.last + 1).returning(_COUNTER.c.last)

_Any = TypeVar("_Any", bound=Event)
_Live = TypeVar("_Live", bound=LiveEvent)


def job_error(job: str, what: str, *, hint: str) -> JobError:
    """Return an error that names the job."""
    error = JobError(what, hint=hint)
    error.job_id = job
    return error


def row_of(session: Session, job: str, *, lock: bool = True) -> JobRow:
    """Return a job's row.

    Raises
    ------
    JobError
        When there is none of this id.
    """
    row = session.get(JobRow, job, with_for_update=lock)
    if row is None:
        raise job_error(job, "no job has this id", hint="look for the id in what the submitting cell printed")
    return row


def held_row(session: Session, job: str, epoch: int) -> JobRow | None:
    """Return the job if nobody claimed it since ``epoch`` was handed out, locked until the commit."""
    query = select(JobRow).where(JobRow.id == job, JobRow.epoch == epoch).with_for_update()
    return session.scalars(query).one_or_none()


def is_held(row: JobRow, now: float) -> bool:
    """Tell whether somebody drives the job."""
    return bool(row.lease_holder) and now < row.lease_until


def hold(row: JobRow, holder: str, until: float) -> None:
    """Give the job to a holder, who fences the one before him."""
    row.epoch += 1
    row.lease_holder = holder
    row.lease_until = until


def free(row: JobRow) -> None:
    """Take the lease back."""
    row.lease_holder = ""
    row.lease_until = 0.0


def change(row: JobRow, changes: JobChanges) -> None:
    """Write facts about the job."""
    for column, value in columns_of(changes).items():
        setattr(row, column, value)


def append(session: Session, row: JobRow, event: _Any) -> _Any:
    """Store an event under the job's next number, and the next of all, and return it numbered.

    The lock on the counter is held to the commit, so this comes after every other lock of a transaction.
    """
    row.last_seq += 1
    numbered = replace(event, seq=row.last_seq)
    # By the table and the connection: by the class and the session it took as long as all the rest.
    cursor = session.connection().execute(_RAISED).scalar_one()
    session.add(event_row(numbered, cursor=cursor))
    return numbered


def keep(session: Session, row: JobRow, event: _Live) -> _Live:
    """Keep a live event in place of the one before it, and return it numbered."""
    if isinstance(event, ProgressEvent):
        take_progress(row, event)
    numbered = replace(event, seq=row.last_seq)
    connection = session.connection()
    before = and_(_LATEST.c.job_id == row.id, _LATEST.c.type == event.type)
    connection.execute(delete(_LATEST).where(before))
    connection.execute(insert(_LATEST), latest_values(numbered))
    return numbered


def move(session: Session, row: JobRow, action: Action, now: float, *, message: str = "") -> StatusEvent:
    """Change the status, and what follows from it."""
    status = next_status(cast("Status", row.status), action)
    if action == "queue":
        row.desired, row.error, row.started, row.finished = "run", None, None, None
        row.losses, row.retry_at, row.chunks_claimed = 0, 0.0, 0
    elif action == "start":
        row.attempts += 1
        row.started = row.started or now
    if has_ended(status):
        row.finished = now
        free(row)
    row.status = status
    return append(session, row, StatusEvent(job=row.id, seq=0, time=now, status=status, message=message))


def start(session: Session, row: JobRow, now: float) -> tuple[StatusEvent, ...]:
    """Start a claimed job, which is queued before where it is new."""
    actions: tuple[Action, ...] = ("queue", "start") if row.status == "CREATED" else ("start",)
    return tuple(move(session, row, action, now) for action in actions)


def refuse_retry(record: JobRecord) -> None:
    """Refuse to try again what has not failed.

    Raises
    ------
    JobError
        The job is at work, was stopped, or completed whole.
    """
    if record.status == "FAILED" or (record.status == "COMPLETED" and record.counters.bytes_unread):
        return
    if record.status == "COMPLETED":
        raise job_error(record.id, "nothing of the job has failed", hint="run it again: rerun")
    if record.status == "STOPPED":
        raise job_error(record.id, "the job has not failed, it was stopped", hint="go on with it: resume")
    what = f"the job has not failed: it is {record.status}"
    raise job_error(record.id, what, hint="wait for it, or stop it")


def stop_abandoned(session: Session, row: JobRow, now: float) -> None:
    """Stop a job that nobody drives; a holder that went silent is fenced first."""
    row.epoch += 1
    if row.status == "IN_PROGRESS":
        move(session, row, "stop", now)
    action: Action = "finish_stop" if row.status == "STOPPING" else "stop"
    move(session, row, action, now)
