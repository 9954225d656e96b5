"""Which job a runner may take next, and what becomes of one whose runners keep dying of it.

A job is free when nobody holds its lease. A job in progress that is free was *lost*: its runner died, or
was cut off. A job that is lost again and again without having come further is not taken at once but after
ever longer pauses, and fails in the end: it may be what kills its runners.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from fusionflow_lab.jobs.database import writing
from fusionflow_lab.jobs.events import NoticeEvent
from fusionflow_lab.jobs.lifecycle import ENDED
from fusionflow_lab.jobs.models import JobRow, table_of
from fusionflow_lab.jobs.moves import append, change, hold, move, start, stop_abandoned
from fusionflow_lab.jobs.records import Claim, JobFailure
from fusionflow_lab.jobs.rows import record_of
from fusionflow_lab.jobs.store import LEASE_SECONDS

MOST_LOSSES: Final = 6
LONGEST_PAUSE: Final = 60.0

_JOBS = table_of(JobRow)


class Claims:
    """Hands free jobs to runners.

    Parameters
    ----------
    engine
        The job database.
    clock
        Where the time comes from: seconds since the epoch.
    """

    def __init__(self, engine: Engine, *, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._writer = writing(engine)
        self._clock = clock

    def take(
        self, holder: str, cluster: str, *, seconds: float = LEASE_SECONDS, begin: bool = False
    ) -> Claim | None:
        """Take the lease of the free job that comes first: highest priority, then oldest.

        Parameters
        ----------
        holder
            The runner.
        cluster
            What it serves; jobs of other clusters are left alone.
        seconds
            How long the lease lasts.
        begin
            Whether to start the job in the same transaction.
        """
        while True:
            free = self._first_free(cluster)
            if free is None:
                return None
            claim = self._take(free, holder, seconds, begin=begin)
            if claim is not None:
                return claim

    def live(self, cluster: str) -> int:
        """Count the jobs of a cluster that have not ended."""
        with Session(self._engine) as session:
            query = select(JobRow.id).where(JobRow.cluster == cluster, JobRow.status.not_in(ENDED))
            return len(session.scalars(query).all())

    def _first_free(self, cluster: str) -> str | None:
        now = self._clock()
        query = (
            select(_JOBS.c.id)
            .where(
                _JOBS.c.cluster == cluster,
                _JOBS.c.status.not_in(ENDED),
                _JOBS.c.lease_until <= now,
                _JOBS.c.retry_at <= now,
            )
            .order_by(_JOBS.c.priority.desc(), _JOBS.c.created, _JOBS.c.id)
            .limit(1)
        )
        with self._engine.connect() as connection:
            found: str | None = connection.scalars(query).one_or_none()
            return found

    def _take(self, job: str, holder: str, seconds: float, *, begin: bool) -> Claim | None:
        """Take one job; None where another was faster, or where it ended instead."""
        with Session(self._writer) as session, session.begin():
            row, now = session.get(JobRow, job, with_for_update=True), self._clock()
            if row is None or row.status in ENDED or row.lease_until > now or row.retry_at > now:
                return None
            if row.desired == "stop":
                stop_abandoned(session, row, now)
                return None
            if row.lease_holder and not self._survives(session, row, now, seconds):
                return None
            hold(row, holder, now + seconds)
            begun = start(session, row, now) if begin else ()
            record = record_of(row)
            return Claim(
                job=job,
                epoch=row.epoch,
                query=record.query,
                status=record.status,
                desired=record.desired,
                priority=record.priority,
                owner=record.owner,
                begun=begun,
            )

    def _survives(self, session: Session, row: JobRow, now: float, seconds: float) -> bool:
        """Count a lost lease; False where it was one too many, and the job has failed."""
        row.losses = 1 if row.chunks_done > row.chunks_claimed else row.losses + 1
        row.chunks_claimed = row.chunks_done
        if row.losses > MOST_LOSSES:
            row.epoch += 1
            what = (
                f"the job lost its runner {row.losses} times without coming further, last {row.lease_holder}"
            )
            failure = JobFailure(
                kind="JobError",
                what=what,
                hint="look into the runner's log, then resume the job; what it has scanned is kept",
            )
            move(session, row, "fail", now, message=what)
            change(row, {"error": failure})
            return False
        pause = min(2.0**row.losses, LONGEST_PAUSE) if row.losses > 1 else 0.0
        row.retry_at = now + seconds + pause
        text = f"{row.lease_holder} was lost; what it had finished is kept"
        append(session, row, NoticeEvent(job=row.id, seq=0, time=now, code="taken_over", text=text))
        return True
