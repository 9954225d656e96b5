"""Jobs as their users see them: submit, watch, stop, go on, and what they left behind.

What is common to both ways a job can be driven: by a runner in a process of its own (``jobs.detached``),
or by this process (``jobs.inprocess``).
"""

from __future__ import annotations

import glob
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from fusionflow_lab.errors import JobError, JobStoppedError
from fusionflow_lab.execution.loop_thread import LoopThread
from fusionflow_lab.execution.stores import Stores
from fusionflow_lab.jobs.abandoned import refuse_abandoned
from fusionflow_lab.jobs.events import Event
from fusionflow_lab.jobs.feed import JobFeed
from fusionflow_lab.jobs.lifecycle import has_ended
from fusionflow_lab.jobs.mirror import Mirrors
from fusionflow_lab.jobs.records import JobRecord, KnownKeyError, RunnerRecord
from fusionflow_lab.jobs.registry import Registry
from fusionflow_lab.logs import job_log
from fusionflow_lab.planning.identity import reuse_key
from fusionflow_lab.planning.rejected import rejects_file
from fusionflow_lab.query import Plan, Query
from fusionflow_lab.results.kept import kept_result
from fusionflow_lab.results.result import Result
from fusionflow_lab.states.kept_rows import kept_rows

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Submitted:
    """A job that answers a query; ``reused`` where it was completed before."""

    job: str
    reused: bool = False


class JobManager(ABC):
    """The jobs of one job store.

    Parameters
    ----------
    stores
        Jobs, states and results.
    thread
        Where jobs are followed.
    cluster
        What new jobs are to run on.
    owner
        Whose they are.
    logs
        Folder of the logs of jobs.
    """

    def __init__(self, *, stores: Stores, thread: LoopThread, cluster: str, owner: str, logs: Path) -> None:
        self._owner = owner
        self._logs = logs
        self._stores = stores
        self._thread = thread
        self._cluster = cluster
        self._registry = Registry(stores.jobs.engine)
        self._mirrors = Mirrors(
            store=stores.jobs,
            registry=self._registry,
            thread=thread,
            nearest=self._nearest,
            restart=self._restart,
        )

    # What the two ways differ in.

    @abstractmethod
    def prepare(self) -> None:
        """Start what the first job will need, where that goes on without this process."""

    @abstractmethod
    def announce(self, query: Query) -> None:
        """Say that a job of a query is about to come, so that who will drive it may plan it meanwhile."""

    @abstractmethod
    def start(self) -> str:
        """Have a cluster, and return its scheduler's address."""

    @abstractmethod
    def _create(
        self, query: Query, plan: Plan | None, *, priority: int, reuse_key: str, submit_key: str = ""
    ) -> str:
        """Store a new job and see that it is driven."""

    @abstractmethod
    def _drive(self, record: JobRecord) -> None:
        """See that a job which is there, and which nobody drives, is driven."""

    @abstractmethod
    def _nearest(self) -> RunnerRecord | None:
        """Return the runner that will take new jobs, as far as that is known."""

    @abstractmethod
    def _restart(self) -> None:
        """Start a runner in place of a lost one."""

    # What they share.

    def submit(
        self, query: Query, plan: Plan, *, priority: int = 0, reuse: bool = True, submit_key: str = ""
    ) -> Submitted:
        """Store a job and see that it is driven; or return one that answers the same already.

        That is the one submitted under the same ``submit_key``, or one of the same name, at work or
        completed, whose plan and files are the same.

        Raises
        ------
        JobError
            Another query was submitted under the key.
        JobStoppedError
            Who asked for it has left meanwhile.
        """
        refuse_abandoned()
        if submit_key:
            return self._submit_once(query, plan, priority, submit_key)
        key = reuse_key(plan)
        if reuse and query.use_cache:
            same = self._stores.jobs.same(key, name=query.name, owner=self._owner)
            if same is not None and self._answers(same):
                return Submitted(job=same.id, reused=same.status == "COMPLETED")
        return Submitted(job=self._create(query, plan, priority=priority, reuse_key=key))

    def _submit_once(self, query: Query, plan: Plan, priority: int, submit_key: str) -> Submitted:
        known = self._stores.jobs.keyed(submit_key, owner=self._owner)
        if known is None:
            with suppress(KnownKeyError):  # somebody was faster
                job = self._create(
                    query, plan, priority=priority, reuse_key=reuse_key(plan), submit_key=submit_key
                )
                return Submitted(job=job)
            return self._submit_once(query, plan, priority, submit_key)
        if known.query.text != query.text or known.query.parameters != query.parameters:
            what = f"another query was submitted under the key {submit_key}"
            raise JobError(what, hint=f"take another key; fusionflow jobs show {known.id} shows that query")
        return Submitted(job=known.id, reused=known.status == "COMPLETED")

    def record(self, job: str) -> JobRecord:
        """Return the job whose id is this, or begins so, as the store has it."""
        return self._stores.jobs.find(job)

    def jobs(self) -> tuple[JobRecord, ...]:
        """Return the newest jobs, newest first."""
        return self._stores.jobs.list()

    def logs(self, job: str) -> str:
        """Return what was logged about a job; empty where nothing was, or not here."""
        try:
            return job_log(self._logs, job).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def log(self, job: str) -> tuple[Event, ...]:
        """Return all durable events of a job so far, in order."""
        return self._stores.jobs.events(job)

    def feed(self, job: str) -> JobFeed:
        """Return the job's events, whoever drives it."""
        return self._mirrors.feed(job)

    def stop(self, job: str) -> None:
        """Ask the job to stop; what it has finished is kept. Nothing happens when it has ended."""
        self._stores.jobs.set_desired(job, "stop")
        self._mirrors.look(job)

    def rerun(self, query: Query) -> str:
        """Store a new job of a query that may no longer be planned as it was; return its id."""
        return self._create(query, None, priority=0, reuse_key="")

    def resume(self, job: str) -> None:
        """Queue a stopped or failed job again, under its id; what it has scanned is kept.

        Raises
        ------
        JobError
            It is completed: there is nothing to go on with.
        """
        record = self._stores.jobs.set_desired(job, "run")
        if record.status == "COMPLETED":
            error = JobError("the job is completed", hint="run it again: rerun")
            error.job_id = job
            raise error
        self._drive(record)

    def retry(self, job: str) -> None:
        """Try again what failed of a job, under its id; what it has scanned is kept.

        Raises
        ------
        JobError
            Nothing of it has failed.
        """
        self._drive(self._stores.jobs.retry(job))

    def attach(self, job: str) -> None:
        """See that a job which is still wanted, and which nobody drives, is driven."""
        record = self._stores.jobs.get(job)
        if not has_ended(record.status) and record.desired == "run":
            self._drive(record)

    def forget(self, job: str) -> None:
        """Delete a job that nobody drives: its row, events, result, rejects and log. States stay.

        Raises
        ------
        JobError
            It is at work, or there is none of this id.
        """
        self._stores.jobs.delete(job)
        for path in Path(self._stores.results.root).glob(f"{glob.escape(job)}.*"):
            path.unlink(missing_ok=True)
        job_log(self._logs, job).unlink(missing_ok=True)

    def result(self, job: str, timeout: float | None = None) -> Result:
        """Wait for the job and return its result.

        Raises
        ------
        JobStoppedError
            It was stopped.
        TimeoutError
            It has not ended in time.
        """
        if not self.feed(job).wait(timeout) and not has_ended(self._stores.jobs.get(job).status):
            if timeout is not None:
                message = f"job {job} has not ended within {timeout} s"
                raise TimeoutError(message)
            what = "the job is followed no more: the session is closed, or no runner can be started"
            raise _error(job, what)
        return self._stored_result(job)

    def rejects(self, job: str) -> pa.Table:
        """Return the rejected records of a job that has read all its files, even if it failed then.

        Raises
        ------
        JobError
            The job has not come so far.
        """
        record, results = self._stores.jobs.get(job), self._stores.results
        try:
            return kept_rows(results, rejects_file(results.root, record.id).name)
        except LookupError:
            what = f"the job has not read all its files: it is {record.status}"
            raise _error(record.id, what) from None

    def close(self) -> None:
        """Follow no more; who drives here stops."""
        self._mirrors.close()

    def _stored_result(self, job: str) -> Result:
        record = self._stores.jobs.get(job)
        if record.status == "STOPPED":
            raise stopped(job)
        if record.error is not None:
            raise record.error.exception(job)
        result = self._read(record, lambda name: kept_result(self._stores.results, name))
        seconds = (record.finished or 0.0) - (record.started or 0.0)
        return replace(result, counters=record.counters, seconds=seconds, job_id=job)

    def _read(self, record: JobRecord, read: Callable[[str], T]) -> T:
        try:
            return read(record.result_ref or f"{record.id}.arrow")
        except FileNotFoundError:
            what = f"the job has no result: it is {record.status}"
            if record.status == "COMPLETED":
                what = "the result of the job is no longer kept (result_max_age says how long results are)"
            raise _error(record.id, what) from None

    def _answers(self, record: JobRecord) -> bool:
        if record.status == "COMPLETED":
            if record.query.sink is not None:
                return False  # it wrote what was there then; asked again, rows are written again
            whole = not record.counters.bytes_unread
            return whole and self._stores.results.path(record.result_ref).is_file()
        return record.cluster == self._cluster


def stopped(job: str) -> JobStoppedError:
    """Return the error of a job that was stopped."""
    error = JobStoppedError("the job was stopped; its work is kept", hint="run the query again to go on")
    error.job_id = job
    return error


def _error(job: str, what: str) -> JobError:
    error = JobError(what, hint="run the query again")
    error.job_id = job
    return error
