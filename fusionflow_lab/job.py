"""A job in the hands of its user: watched, stopped, resumed, and asked for its result from anywhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from dataclasses import replace
from importlib import import_module

import pyarrow as pa

from fusionflow_lab.jobs.events import Event, PreviewEvent, ProgressEvent, Status
from fusionflow_lab.jobs.manager import JobManager
from fusionflow_lab.jobs.records import JobRecord
from fusionflow_lab.query import Parameter
from fusionflow_lab.results.result import Result


class Job:
    """A submitted query: its status, progress, events and, in the end, its result.

    ``reused`` says that it was completed before, and that submitting found it instead of making another.
    ``session`` is the one it came from, which lives as long as the job is held.
    """

    def __init__(
        self,
        manager: JobManager,
        job_id: str,
        text: str,
        *,
        reused: bool = False,
        session: object = None,
    ) -> None:
        self._manager = manager
        self.session = session
        self.id = job_id
        self.text = text
        self.reused = reused

    def __repr__(self) -> str:
        """Name the job and its status."""
        return f"<Job {self.id}: {self.status}>"

    def __await__(self) -> Generator[object, None, Result]:
        """Wait for the result without blocking the event loop."""
        return self._ended().__await__()

    def __aiter__(self) -> AsyncIterator[Event]:
        """Iterate over the events from the first on."""
        return self.events()

    @property
    def name(self) -> str:
        """The job's name, empty where it has none."""
        return self._manager.record(self.id).query.name

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The values of ``$x`` that the job was given."""
        return self._manager.record(self.id).query.parameters

    @property
    def status(self) -> Status:
        """The job's status."""
        status = self._manager.feed(self.id).status
        return status.status if status is not None else "CREATED"

    @property
    def progress(self) -> ProgressEvent | None:
        """The newest progress."""
        return self._manager.feed(self.id).progress

    def preview(self) -> PreviewEvent | None:
        """Return the newest preview."""
        return self._manager.feed(self.id).preview

    def done(self) -> bool:
        """Tell whether the job has ended, well or not."""
        return self._manager.feed(self.id).ended

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the job has ended; False where ``timeout`` seconds were not enough."""
        return self._manager.feed(self.id).wait(timeout)

    def result(self, timeout: float | None = None) -> Result:
        """Wait for the result.

        Raises
        ------
        JobStoppedError
            The job was stopped.
        TimeoutError
            It did not end within ``timeout`` seconds.
        FusionflowError, OSError
            What the job failed of.
        """
        result = self._manager.result(self.id, timeout)
        return result.again() if self.reused else result

    @property
    def record(self) -> JobRecord:
        """The job as the database has it."""
        return self._manager.record(self.id)

    def stop(self) -> None:
        """Stop the job; returns at once. What it has scanned is kept."""
        self._manager.stop(self.id)

    def resume(self) -> None:
        """Go on with a job that was stopped or has failed, under its id; returns at once.

        Raises
        ------
        JobError
            It is completed.
        """
        self._manager.resume(self.id)

    def retry(self) -> None:
        """Try again what failed, under the job's id; returns at once. What it has scanned is kept.

        For a job that has failed, and for one that completed without chunks that could not be read
        (``allow_failed_chunks``): only those are read.

        Raises
        ------
        JobError
            Nothing of it has failed.
        """
        self._manager.retry(self.id)

    def rerun(self, *, use_cache: bool = True) -> Job:
        """Submit the same query as a new job and return that; its files may have changed since."""
        query = replace(self._manager.record(self.id).query, use_cache=use_cache, moment="")
        return Job(self._manager, self._manager.rerun(query), self.text, session=self.session)

    def rejects(self) -> pa.Table:
        """Return the rejected records: file, byte, line, column, reason, raw."""
        return self._manager.rejects(self.id)

    def logs(self) -> str:
        """Return what its runner logged about the job, line by line: attempts, waits, what became of it."""
        return self._manager.logs(self.id)

    def log(self) -> tuple[Event, ...]:
        """Return all durable events so far, in order: every status, notice and failed chunk, of every run."""
        return self._manager.log(self.id)

    def view(self) -> object:
        """Show the job's card in a notebook, live; ``fusionflow_lab.card`` says more.

        Raises
        ------
        ConfigError
            The libraries of widgets are not installed.
        """
        return import_module("fusionflow_lab").card(self)

    def details(self) -> object:
        """Show the job whole in a notebook, live: plan, chunks, timeline, logs, rejects, files written.

        Raises
        ------
        ConfigError
            The libraries of widgets are not installed.
        """
        # The face of the package knows where widgets are; this layer does not.
        return import_module("fusionflow_lab").details(self)

    def events(self, since: int = 0) -> AsyncIterator[Event]:
        """Iterate over durable events after number ``since`` and the newest live ones, to the end."""
        return self._manager.feed(self.id).watch(since)

    async def _ended(self) -> Result:
        async for _ in self.events():
            pass
        return self.result()
