"""Jobs driven by this very process, where no other may run: they end with it, and can be resumed."""

from __future__ import annotations

import asyncio
import os
import platform
import threading
from concurrent.futures import CancelledError, Future, wait
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fusionflow_lab.config import Config
from fusionflow_lab.errors import DatabaseError, JobError
from fusionflow_lab.execution.build import VERSION
from fusionflow_lab.execution.cluster import scheduler_of
from fusionflow_lab.execution.connection import ClusterConnection
from fusionflow_lab.execution.drive import Drive
from fusionflow_lab.execution.loop_thread import LoopThread
from fusionflow_lab.execution.publisher import FencedError
from fusionflow_lab.execution.runner import Runner
from fusionflow_lab.execution.stores import Stores
from fusionflow_lab.jobs.feed import JobFeed
from fusionflow_lab.jobs.manager import JobManager, stopped
from fusionflow_lab.jobs.records import Claim, JobRecord, RunnerRecord
from fusionflow_lab.jobs.registry import Registry
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.query import Plan, Query
from fusionflow_lab.results.result import Result

_BEAT_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class _Running:
    """A job that this process drives, or has driven."""

    drive: Drive
    future: Future[Result] = field(default_factory=Future)


class InProcessManager(JobManager):
    """Jobs of one job store; those submitted here are driven here.

    Parameters
    ----------
    stores, thread, cluster, owner, logs
        See ``JobManager``.
    runner
        Makes the drives.
    connection
        The cluster.
    """

    def __init__(
        self,
        *,
        stores: Stores,
        thread: LoopThread,
        cluster: str,
        owner: str,
        logs: Path,
        runner: Runner,
        connection: ClusterConnection,
    ) -> None:
        super().__init__(stores=stores, thread=thread, cluster=cluster, owner=owner, logs=logs)
        self._runner = runner
        self._connection = connection
        self._running: dict[str, _Running] = {}
        self._stopping: set[str] = set()
        self._lock = threading.Lock()
        facts = RunnerRecord(
            id=runner.holder,
            host=platform.node(),
            pid=os.getpid(),
            cluster=cluster,
            version=VERSION,
            address="",
        )
        self._presence = _Presence(facts, self._registry, connection)
        self._shown = thread.submit(self._presence.show())

    def prepare(self) -> None:
        """Start nothing: the cluster would be this process's."""

    def announce(self, query: Query) -> None:
        """Do nothing: one planner serves who asks and who drives."""

    def start(self) -> str:
        """Open the cluster and return its scheduler's address."""
        return scheduler_of(self._thread.submit(self._connection.client()).result())

    def feed(self, job: str) -> JobFeed:
        """Return the job's events."""
        running = self._mine(job)
        return running.drive.feed if running is not None else super().feed(job)

    def stop(self, job: str) -> None:
        """Ask the job to stop; what it has finished is kept."""
        running = self._mine(job)
        if running is not None:
            with self._lock:
                self._stopping.add(job)
            self._thread.call(running.drive.stop)
        else:
            super().stop(job)

    def result(self, job: str, timeout: float | None = None) -> Result:
        """Wait for the job and return its result; raises as ``JobManager.result`` does."""
        running = self._mine(job)
        if running is None:
            return super().result(job, timeout)
        try:
            return running.future.result(timeout)
        except FencedError:
            return super().result(job, timeout)
        except CancelledError:
            # The job may have been faster than the stop.
            if running.drive.feed.ended:
                return self._stored_result(job)
            raise stopped(job) from None

    def close(self) -> None:
        """Stop every job that is driven here and wait until it has ended."""
        with self._lock:
            running = list(self._running.values())
        for job in running:
            self._thread.call(job.drive.stop)
        for job in running:
            job.drive.feed.wait()
        super().close()
        self._thread.submit(self._presence.end()).result()
        wait([self._shown])  # what went wrong with it is no fault of a job
        self._runner.close()
        self._thread.submit(self._connection.close()).result()

    def _create(
        self, query: Query, plan: Plan | None, *, priority: int, reuse_key: str, submit_key: str = ""
    ) -> str:
        record = self._stores.jobs.create(
            query,
            owner=self._owner,
            cluster=self._cluster,
            priority=priority,
            reuse_key=reuse_key,
            submit_key=submit_key,
            holder=self._runner.holder,
        )
        self._begin(record, record.epoch, plan)
        return record.id

    def _drive(self, record: JobRecord) -> None:
        running = self._mine(record.id)
        if running is not None:
            wait([running.future])  # its end has been written, but it may still be leaving
        try:
            epoch = self._stores.jobs.claim(record.id, self._runner.holder)
        except DatabaseError:
            raise
        except JobError:
            return  # somebody drives it
        self._begin(self._stores.jobs.get(record.id), epoch, None)

    def _answers(self, record: JobRecord) -> bool:
        with self._lock:
            stopping = record.id in self._stopping and record.status != "COMPLETED"
        return super()._answers(record) and not stopping

    def _nearest(self) -> RunnerRecord | None:
        """Return nothing: new jobs are driven here."""
        return None

    def _restart(self) -> None:
        """Leave a lost job alone: whoever resumes it drives it."""

    def _begin(self, record: JobRecord, epoch: int, plan: Plan | None) -> None:
        claim = Claim(
            job=record.id,
            epoch=epoch,
            query=record.query,
            status=record.status,
            priority=record.priority,
            owner=record.owner,
        )
        drive = self._runner.drive(claim, plan=plan)
        with self._lock:
            self._stopping.discard(record.id)
            self._running[record.id] = _Running(drive, self._thread.submit(drive.run()))

    def _mine(self, job: str) -> _Running | None:
        """Return the job if it is driven here, or was to its end."""
        with self._lock:
            running = self._running.get(job)
        if running is None or (running.future.done() and not running.drive.feed.ended):
            return None
        return running


def open_inprocess(
    config: Config,
    cluster: str,
    *,
    stores: Stores,
    thread: LoopThread,
    catalog: Catalog,
    planner: Planner,
) -> InProcessManager:
    """Return the jobs of a cluster, driven by this process; see ``open_manager``."""
    connection = ClusterConnection(cluster, config)
    runner = Runner(stores=stores, catalog=catalog, planner=planner, client=connection.client)
    return InProcessManager(
        stores=stores,
        thread=thread,
        cluster=cluster,
        owner=config.user,
        logs=config.logs,
        runner=runner,
        connection=connection,
    )


class _Presence:
    """Tells the job store what cluster this process has: other processes list it, and cannot reach it.

    Parameters
    ----------
    facts
        What it is told under; without an address.
    registry, connection
        Where it is told, and the cluster.
    """

    def __init__(self, facts: RunnerRecord, registry: Registry, connection: ClusterConnection) -> None:
        self._facts = facts
        self._registry = registry
        self._connection = connection
        self._ending = asyncio.Event()

    async def show(self) -> None:
        """Tell until the end; nothing before there is a cluster."""
        entered = False
        while not self._ending.is_set():
            client = self._connection.current
            with suppress(DatabaseError):  # it is away: what it does not know, nobody lists
                if client is not None:
                    if not entered:
                        await asyncio.to_thread(self._registry.enter, self._facts)
                        entered = True
                    address, workers = scheduler_of(client), 0
                    with suppress(OSError, TimeoutError):  # the client may be closed while it is asked
                        workers = len(await asyncio.wait_for(client.nthreads(), _BEAT_SECONDS))
                    await asyncio.to_thread(
                        self._registry.beat, self._facts.id, scheduler=address, workers=workers
                    )
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), _BEAT_SECONDS)
        with suppress(DatabaseError):
            if entered:
                await asyncio.to_thread(self._registry.leave, self._facts.id)

    async def end(self) -> None:
        """Tell no more."""
        self._ending.set()
