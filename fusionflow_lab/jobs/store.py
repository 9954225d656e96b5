"""The job store: durable jobs and their events in one database, read and written as frozen records.

Users create jobs and say what they desire; whoever holds the lease drives a job and writes to it
under the epoch he was given. A holder that was overtaken (the epoch moved on) is *fenced*: his writes
change nothing, and the methods tell him so. Safe from several threads and processes.
"""

from __future__ import annotations

import difflib
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar, Unpack, cast

from sqlalchemy import Engine, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fusionflow_lab.jobs.codec import encode_query
from fusionflow_lab.jobs.database import open_database, writing
from fusionflow_lab.jobs.events import (
    ChunkErrorEvent,
    Event,
    LiveEvent,
    NoticeEvent,
    Status,
    StatusEvent,
)
from fusionflow_lab.jobs.lifecycle import ENDED, Action, has_ended
from fusionflow_lab.jobs.models import ChunkErrorRow, EventRow, JobRow, LatestRow
from fusionflow_lab.jobs.moves import (
    append,
    change,
    free,
    held_row,
    hold,
    is_held,
    job_error,
    keep,
    move,
    refuse_retry,
    row_of,
    start,
    stop_abandoned,
)
from fusionflow_lab.jobs.records import ChunkFailure, Desired, JobRecord, KnownKeyError
from fusionflow_lab.jobs.rows import JobChanges, chunk_error_row, event_of, failure_of, record_of
from fusionflow_lab.query import Query

LEASE_SECONDS: Final = 6.0
_NEAR: Final = 1000

_Durable = TypeVar("_Durable", bound=NoticeEvent | ChunkErrorEvent)
_Live = TypeVar("_Live", bound=LiveEvent)


class JobStore:
    """Jobs and their events in a SQLite file (or any SQLAlchemy URL), made on first use.

    Parameters
    ----------
    place
        Path of the SQLite file, or a database URL.
    clock
        Where the time comes from: seconds since the epoch.

    Examples
    --------
    >>> import tempfile
    >>> with JobStore(f"{tempfile.mkdtemp()}/jobs.sqlite") as store:
    ...     job = store.create(Query(text="SELECT 1")).id
    ...     epoch = store.claim(job, "me")
    ...     for action in ("queue", "start"):
    ...         event = store.advance(job, epoch, action)
    ...     store.get(job).status, [event.seq for event in store.events(job)]
    ('IN_PROGRESS', [1, 2, 3])
    """

    def __init__(self, place: str | Path, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._engine = open_database(place)
        self._writer = writing(self._engine)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. A later call opens new ones."""
        self._engine.dispose()

    @property
    def engine(self) -> Engine:
        """The database, for what else is kept in it: claims and runners."""
        return self._engine

    # Jobs, for their users.

    def create(
        self,
        query: Query,
        *,
        owner: str = "",
        cluster: str = "",
        priority: int = 0,
        reuse_key: str = "",
        submit_key: str = "",
        holder: str = "",
    ) -> JobRecord:
        """Store a new job; that it is CREATED is its event number 1.

        ``holder`` has its lease from the start; ``reuse_key`` names what the answer depends on; under
        ``submit_key`` an owner has one job.

        Raises
        ------
        KnownKeyError
            The owner has a job of this ``submit_key``.
        """
        now = self._clock()
        row = JobRow(
            id=secrets.token_hex(6),
            owner=owner,
            name=query.name,
            text=query.text,
            use_cache=query.use_cache,
            cluster=cluster,
            priority=priority,
            status="CREATED",
            desired="run",
            created=now,
            query=encode_query(query),
            reuse_key=reuse_key,
            submit_key=submit_key,
        )
        with Session(self._writer) as session, session.begin():
            session.add(row)
            try:
                session.flush()
            except IntegrityError:
                raise KnownKeyError(submit_key) from None
            if holder:
                hold(row, holder, now + LEASE_SECONDS)
            append(session, row, StatusEvent(job=row.id, seq=0, time=now, status="CREATED"))
            return record_of(row)

    def get(self, job: str) -> JobRecord:
        """Return the job as it is now.

        Raises
        ------
        JobError
            When there is none of this id.
        """
        with Session(self._engine) as session:
            return record_of(row_of(session, job, lock=False))

    def find(self, start: str) -> JobRecord:
        """Return the job whose id is ``start``, or begins with it.

        Raises
        ------
        JobError
            When there is none, or more than one; the message names the nearest.
        """
        begins = select(JobRow).where(JobRow.id.startswith(start, autoescape=True)).limit(2)
        newest = select(JobRow.id).order_by(JobRow.created.desc()).limit(_NEAR)
        with Session(self._engine) as session:
            rows = session.scalars(begins).all() if start else []
            exact = [row for row in rows if row.id == start or len(rows) == 1]
            if exact:
                return record_of(exact[0])
            if rows:
                raise job_error(start, "several jobs have an id that begins so", hint="write more of the id")
            near = difflib.get_close_matches(start, session.scalars(newest).all(), n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else "fusionflow jobs list, or %fusionflow jobs, lists them"
        raise job_error(start, "no job has this id", hint=hint)

    def same(self, reuse_key: str, *, name: str = "", owner: str = "") -> JobRecord | None:
        """Return the newest job of this key and name that is wanted, or completed; None without one."""
        query = (
            select(JobRow)
            .where(JobRow.reuse_key == reuse_key, JobRow.owner == owner, JobRow.name == name)
            .where(JobRow.desired == "run")
            .where(JobRow.status.not_in(ENDED - {"COMPLETED"}))
            .order_by(JobRow.created.desc(), JobRow.id)
            .limit(1)
        )
        with Session(self._engine) as session:
            row = session.scalars(query).one_or_none() if reuse_key else None
            return record_of(row) if row is not None else None

    def keyed(self, submit_key: str, *, owner: str) -> JobRecord | None:
        """Return the job that an owner submitted under a key; None without one."""
        query = select(JobRow).where(JobRow.owner == owner, JobRow.submit_key == submit_key)
        with Session(self._engine) as session:
            row = session.scalars(query).one_or_none() if submit_key else None
            return record_of(row) if row is not None else None

    def list(
        self, *, owner: str | None = None, statuses: Sequence[Status] = (), limit: int = 100
    ) -> tuple[JobRecord, ...]:
        """Return the newest jobs, newest first: of one owner, of some statuses, or all."""
        query = select(JobRow).order_by(JobRow.created.desc(), JobRow.id).limit(limit)
        if owner is not None:
            query = query.where(JobRow.owner == owner)
        if statuses:
            query = query.where(JobRow.status.in_(statuses))
        with Session(self._engine) as session:
            return tuple(map(record_of, session.scalars(query)))

    def set_desired(self, job: str, desired: Desired) -> JobRecord:
        """Say what the user wants of a job. Its holder sees to it; without one it is done here.

        ``stop`` ends a job that nobody drives; ``run`` queues one again that was stopped or failed.
        """
        with Session(self._writer) as session, session.begin():
            row = row_of(session, job)
            now, status = self._clock(), record_of(row).status
            row.desired = desired
            if not is_held(row, now):
                if desired == "stop" and not has_ended(status):
                    stop_abandoned(session, row, now)
                elif desired == "run" and status in {"STOPPED", "FAILED"}:
                    move(session, row, "queue", now)
            return record_of(row)

    def retry(self, job: str) -> JobRecord:
        """Queue a job again that has failed, or completed without chunks that could not be read.

        Raises
        ------
        JobError
            Nothing of it has failed.
        """
        with Session(self._writer) as session, session.begin():
            row = row_of(session, job)
            refuse_retry(record_of(row))
            move(session, row, "queue", self._clock())
            return record_of(row)

    def delete(self, job: str) -> None:
        """Forget a job and its events. States belong to nobody, and stay.

        Raises
        ------
        JobError
            When somebody drives it, or there is none of this id.
        """
        with Session(self._writer) as session, session.begin():
            row = row_of(session, job)
            if is_held(row, self._clock()):
                raise job_error(job, f"the job is driven by {row.lease_holder}", hint="stop it first")
            session.delete(row)

    # The lease, and what only its holder may write.

    def claim(self, job: str, holder: str, *, seconds: float = LEASE_SECONDS) -> int:
        """Take the lease of a job for some seconds and return the epoch to write under.

        Raises
        ------
        JobError
            When another holds it, or the job has ended.
        """
        with Session(self._writer) as session, session.begin():
            row, now = row_of(session, job), self._clock()
            if is_held(row, now) and row.lease_holder != holder:
                raise job_error(
                    job, f"the job is driven by {row.lease_holder}", hint="wait for it, or stop it"
                )
            if has_ended(record_of(row).status):
                raise job_error(job, f"the job is {row.status}", hint="queue it again first")
            hold(row, holder, now + seconds)
            return row.epoch

    def renew(self, job: str, epoch: int, *, seconds: float = LEASE_SECONDS) -> Desired | None:
        """Keep the lease for some more seconds; return what the user desires, None when fenced."""
        with Session(self._writer) as session, session.begin():
            row = held_row(session, job, epoch)
            if row is None:
                return None
            row.lease_until = self._clock() + seconds
            return cast("Desired", row.desired)

    def release(self, job: str, epoch: int) -> bool:
        """Give the lease back, so that another may claim the job at once; False when fenced.

        A job in progress is QUEUED again.
        """
        with Session(self._writer) as session, session.begin():
            row = held_row(session, job, epoch)
            if row is not None:
                if record_of(row).status == "IN_PROGRESS":
                    move(session, row, "release", self._clock(), message="its runner ended")
                free(row)
                row.retry_at = 0.0
            return row is not None

    def begin(self, job: str, epoch: int) -> tuple[StatusEvent, ...]:
        """Start a claimed job, which is queued before where it is new; no events when fenced."""
        with Session(self._writer) as session, session.begin():
            row = held_row(session, job, epoch)
            if row is None:
                return ()
            return start(session, row, self._clock())

    def advance(
        self,
        job: str,
        epoch: int,
        action: Action,
        *,
        message: str = "",
        live: Iterable[LiveEvent] = (),
        **changes: Unpack[JobChanges],
    ) -> StatusEvent | None:
        """Change the status as ``action`` says, with facts, and append the event: all or nothing.

        ``live`` are the newest live events before it. Returns None when fenced. A job that has ended has no
        holder any more.

        Raises
        ------
        JobError
            When a job of this status cannot do that.
        """
        with Session(self._writer) as session, session.begin():
            row = held_row(session, job, epoch)
            if row is None:
                return None
            for told in live:
                keep(session, row, told)
            event = move(session, row, action, self._clock(), message=message)
            change(row, changes)
            return event

    def append_event(self, event: _Durable, *, epoch: int) -> _Durable | None:
        """Store a notice or a chunk's error under the job's next number; return it numbered.

        ``event.seq`` is ignored: the numbers of a job have no gaps, whoever appends. None when fenced.
        Statuses are changed by ``advance``.
        """
        with Session(self._writer) as session, session.begin():
            row = held_row(session, event.job, epoch)
            if row is None:
                return None
            if isinstance(event, ChunkErrorEvent):
                session.merge(chunk_error_row(event))
            return append(session, row, event)

    def put_latest(self, event: _Live, *, epoch: int) -> _Live | None:
        """Keep a live event in place of the one before it; return it numbered.

        None when fenced, and when the job has ended: what was held up on its way here, by a database that
        was away, must not take the place of what ``advance`` wrote last.
        """
        with Session(self._writer) as session, session.begin():
            row = held_row(session, event.job, epoch)
            if row is None or has_ended(record_of(row).status):
                return None
            return keep(session, row, event)

    def prune(self, *, ended_before: float) -> int:
        """Drop the latest live events of jobs that ended before then; return how many. Durable ones stay."""
        old = select(JobRow.id).where(JobRow.status.in_(ENDED), JobRow.finished < ended_before)
        with Session(self._writer) as session, session.begin():
            gone = session.execute(
                delete(LatestRow).where(LatestRow.job_id.in_(old)).returning(LatestRow.type)
            )
            return len(gone.all())

    # Events, for everybody.

    def events(self, job: str, *, since: int = 0) -> tuple[Event, ...]:
        """Return the durable events after number ``since``, in order."""
        query = select(EventRow).where(EventRow.job_id == job, EventRow.seq > since).order_by(EventRow.seq)
        with Session(self._engine) as session:
            return tuple(map(event_of, session.scalars(query)))

    def latest(self, job: str) -> tuple[Event, ...]:
        """Return the latest live events: progress, then preview, as far as there are any."""
        query = select(LatestRow).where(LatestRow.job_id == job).order_by(LatestRow.type.desc())
        with Session(self._engine) as session:
            return tuple(map(event_of, session.scalars(query)))

    def chunk_failures(self, job: str) -> tuple[ChunkFailure, ...]:
        """Return the chunks that failed, each with its last attempt, by file and place."""
        query = select(ChunkErrorRow).where(ChunkErrorRow.job_id == job)
        with Session(self._engine) as session:
            rows = session.scalars(query.order_by(ChunkErrorRow.file, ChunkErrorRow.start))
            return tuple(map(failure_of, rows))
