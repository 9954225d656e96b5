"""The runners at work: each says where it is reached and, every other second, that it lives.

So does a process that drives jobs itself; it cannot be reached, and has no address.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Final

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from fusionflow_lab.jobs.database import writing
from fusionflow_lab.jobs.models import RunnerRow
from fusionflow_lab.jobs.records import RunnerRecord

SILENT_SECONDS: Final = 10.0
_FORGOTTEN_SECONDS: Final = 86_400.0


class Registry:
    """The table of runners.

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

    def enter(self, runner: RunnerRecord) -> None:
        """Write down a runner that begins; long silent ones are forgotten."""
        now = self._clock()
        with Session(self._writer) as session, session.begin():
            session.execute(delete(RunnerRow).where(RunnerRow.heartbeat < now - _FORGOTTEN_SECONDS))
            session.merge(RunnerRow(**{**asdict(runner), "started": now, "heartbeat": now}))

    def beat(self, runner: str, *, scheduler: str, workers: int) -> None:
        """Say that a runner lives, and what cluster it has now."""
        with Session(self._writer) as session, session.begin():
            session.execute(
                update(RunnerRow)
                .where(RunnerRow.id == runner)
                .values(heartbeat=self._clock(), scheduler=scheduler, workers=workers)
            )

    def leave(self, runner: str) -> None:
        """Take a runner out that ends."""
        with Session(self._writer) as session, session.begin():
            session.execute(delete(RunnerRow).where(RunnerRow.id == runner))

    def get(self, runner: str) -> RunnerRecord | None:
        """Return a runner, silent or not."""
        with Session(self._engine) as session:
            row = session.get(RunnerRow, runner)
            return _record(row) if row is not None else None

    def alive(self, cluster: str | None = None, *, reached: bool = True) -> tuple[RunnerRecord, ...]:
        """Return the runners that were heard of lately, newest first: of one cluster, or all.

        ``reached`` false adds the processes that drive their own jobs and no others'.
        """
        query = select(RunnerRow).where(RunnerRow.heartbeat > self._clock() - SILENT_SECONDS)
        if reached:
            query = query.where(RunnerRow.address != "")
        if cluster is not None:
            query = query.where(RunnerRow.cluster == cluster)
        with Session(self._engine) as session:
            return tuple(map(_record, session.scalars(query.order_by(RunnerRow.started.desc()))))


def _record(row: RunnerRow) -> RunnerRecord:
    return RunnerRecord(
        id=row.id,
        host=row.host,
        pid=row.pid,
        cluster=row.cluster,
        version=row.version,
        address=row.address,
        scheduler=row.scheduler,
        workers=row.workers,
        started=row.started,
        heartbeat=row.heartbeat,
    )
