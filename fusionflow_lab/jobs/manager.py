"""Jobs as their users see them: submit, watch, stop, and what they left behind."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field

import pyarrow as pa

from fusionflow_lab.errors import JobError, JobStoppedError
from fusionflow_lab.execution.loop_thread import LoopThread
from fusionflow_lab.execution.runner import Runner, Stores
from fusionflow_lab.jobs.feed import JobFeed
from fusionflow_lab.jobs.records import JobRecord
from fusionflow_lab.query import Plan, Query
from fusionflow_lab.results.result import Result


@dataclass(frozen=True, slots=True)
class _Running:
    """A job that this process drives."""

    feed: JobFeed
    future: Future[Result] = field(default_factory=Future)


class JobManager:
    """The jobs of one job store; those submitted here are driven here.

    Parameters
    ----------
    stores
        Jobs, states and results.
    runner
        Drives the jobs.
    thread
        Where it drives them.
    cluster
        Written into the jobs' rows.
    """

    def __init__(self, *, stores: Stores, runner: Runner, thread: LoopThread, cluster: str) -> None:
        self._stores = stores
        self._runner = runner
        self._thread = thread
        self._cluster = cluster
        self._running: dict[str, _Running] = {}
        self._lock = threading.Lock()

    def submit(self, query: Query, plan: Plan) -> str:
        """Store a job, start to drive it, and return its id."""
        job = self._stores.jobs.create(query, cluster=self._cluster).id
        feed = JobFeed(self._stores.jobs.events(job))
        epoch = self._runner.claim(job)
        future = self._thread.submit(self._runner.drive(job, epoch, query, plan, feed))
        with self._lock:
            self._running[job] = _Running(feed, future)
        return job

    def record(self, job: str) -> JobRecord:
        """Return the job as the store has it."""
        return self._stores.jobs.get(job)

    def jobs(self) -> tuple[JobRecord, ...]:
        """Return the newest jobs, newest first."""
        return self._stores.jobs.list()

    def feed(self, job: str) -> JobFeed:
        """Return the job's events; those of a job that ended elsewhere come from the store."""
        with self._lock:
            running = self._running.get(job)
        if running is not None:
            return running.feed
        feed = JobFeed(self._stores.jobs.events(job))
        for event in self._stores.jobs.latest(job):
            feed.publish(event)
        return feed

    def stop(self, job: str) -> None:
        """Ask the job to stop; what it has finished is kept. Nothing happens when it has ended."""
        with self._lock:
            running = self._running.get(job)
        if running is not None:
            running.future.cancel()
        else:
            self._stores.jobs.set_desired(job, "stop")

    def result(self, job: str, timeout: float | None = None) -> Result:
        """Wait for the job and return its result.

        Raises
        ------
        JobStoppedError
            It was stopped.
        TimeoutError
            It has not ended in time.
        """
        with self._lock:
            running = self._running.get(job)
        if running is None:
            return self._stored_result(job)
        try:
            return running.future.result(timeout)
        except CancelledError:
            # The last chunk may have been faster than the stop.
            status = running.feed.status
            if status is not None and status.status == "COMPLETED":
                return self._stored_result(job)
            raise self._stopped(job) from None

    def rejects(self, job: str) -> pa.Table:
        """Return the rejected records of a completed job.

        Raises
        ------
        JobError
            The job has not completed.
        """
        return self._read(job, f"{job}.rejects.arrow")

    def stop_all(self) -> None:
        """Stop every job that is driven here and wait until it has ended."""
        with self._lock:
            running = list(self._running.values())
        for job in running:
            job.future.cancel()
        for job in running:
            job.feed.wait()

    def _stored_result(self, job: str) -> Result:
        record = self.record(job)
        if record.status == "STOPPED":
            raise self._stopped(job)
        if record.error is not None:
            raise record.error.exception(job)
        table = self._read(job, f"{job}.arrow")
        seconds = (record.finished or 0.0) - (record.started or 0.0)
        return Result(table=table, counters=record.counters, seconds=seconds, job_id=job)

    def _read(self, job: str, name: str) -> pa.Table:
        try:
            data = self._stores.results.get(name)
        except FileNotFoundError:
            record = self.record(job)
            error = JobError(f"the job has no result: it is {record.status}", hint="run the query again")
            error.job_id = job
            raise error from None
        with pa.ipc.open_file(pa.py_buffer(data)) as reader:
            return reader.read_all()

    def _stopped(self, job: str) -> JobStoppedError:
        error = JobStoppedError("the job was stopped; its work is kept", hint="run the query again to go on")
        error.job_id = job
        return error
