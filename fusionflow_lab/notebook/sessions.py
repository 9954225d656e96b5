"""The session of a kernel and the jobs begun in it: made on first use, closed when the kernel ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from fusionflow_lab.api import Job, Session, connect
from fusionflow_lab.config import Value
from fusionflow_lab.errors import FusionflowError, JobError

LOCAL = "local"


class Sessions:
    """Owns the session in use, and the ones before it while their jobs run.

    A cell that names another cluster or number of workers gets a new session, which then stays in use; so
    does the next cell where the settings of the Jupyter program were changed.

    Parameters
    ----------
    settings
        Tells the settings of the Jupyter program.
    """

    def __init__(self, settings: Callable[[], Mapping[str, Value]] = dict) -> None:
        self._settings = settings
        self._used: Mapping[str, Value] = {}
        self._open: list[Session] = []
        self._target: tuple[str, int | None] = (LOCAL, None)
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    @property
    def target(self) -> tuple[str, int | None]:
        """Cluster and number of workers of the session in use or to be made."""
        return self._target

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs begun here, in order."""
        return tuple(self._jobs.values())

    def get(self, cluster: str | None, workers: int | None) -> Session:
        """Return the session for a cell; what the cell leaves open stays as it was."""
        with self._lock:
            return self._get(cluster, workers)

    def prepare(self) -> None:
        """Open the session of the first cell in a thread, and have its runner start.

        What is wrong with it, the first cell says.
        """
        threading.Thread(target=self._prepare, name="fusionflow-prepare", daemon=True).start()

    def _prepare(self) -> None:
        with suppress(FusionflowError, OSError):
            self.get(None, None).prepare()

    def _get(self, cluster: str | None, workers: int | None) -> Session:
        target, settings = self._wanted(cluster, workers), self._settings()
        if not self._open or target != self._target or settings != self._used:
            session = connect(target[0], workers=target[1], traits=settings)
            self._used = settings
            if self._open:
                session.take_names(self._open[-1])
            if all(job.done() for job in self.jobs):
                self._close_all()
            self._open.append(session)
            self._target = target
        return self._open[-1]

    def add(self, job: Job) -> None:
        """Remember a job that was begun here."""
        self._jobs[job.id] = job

    def job(self, job_id: str = "") -> Job:
        """Return a job by its id, or by the start of the id if it was begun here; the last one without.

        Raises
        ------
        JobError
            Where there is no such job.
        """
        found = [job for key, job in self._jobs.items() if key.startswith(job_id)]
        if not found and job_id:
            return self.get(None, None).job(job_id)
        if not found:
            raise JobError("no job was begun in this session", hint="%fusionflow jobs lists earlier ones")
        if job_id and len(found) > 1:
            raise JobError(f"{job_id} begins the id of {len(found)} jobs", hint="write more of the id")
        return found[-1]

    def attach(self, job_id: str = "") -> Job:
        """Return a job of any process by its id, or the start of it; the newest of all without.

        Raises
        ------
        JobError
            Where there is no such job.
        """
        session = self.get(None, None)
        if not job_id:
            newest = session.jobs()[:1]
            if not newest:
                raise JobError("there is no job yet", hint="run a cell first")
            job_id = newest[0].id
        job = session.attach(job_id)
        self.add(job)
        return job

    def close(self) -> None:
        """Close every session: a runner's jobs go on, those driven in this process stop."""
        self._close_all()

    def _wanted(self, cluster: str | None, workers: int | None) -> tuple[str, int | None]:
        if cluster is None:
            return (self._target[0], self._target[1] if workers is None else workers)
        return (cluster, workers)

    def _close_all(self) -> None:
        while self._open:
            self._open.pop().close()
