"""One job whole in a cell: its plan, the map of its chunks, its timeline, logs, rejects and files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import traitlets

from fusionflow_lab.api import Job, Session, attach
from fusionflow_lab.errors import JobError
from fusionflow_lab.notebook.output import drawn_job, view_of
from fusionflow_lab.notebook.widgets.base import ServiceWidget
from fusionflow_lab.service.service import Service


class JobDetails(ServiceWidget):
    """A job as it is now, with all that is known of it.

    Parameters
    ----------
    job
        The job.

    Attributes
    ----------
    job_id
        The job that is shown; set it to show another one.
    """

    bundle_name: ClassVar[str] = "details"

    job_id = traitlets.Unicode("").tag(sync=True)

    def __init__(self, job: Job) -> None:
        if not isinstance(job.session, Session):
            raise JobError("the job belongs to no session", hint="take it from one: session.job(id)")
        self._session = job.session
        super().__init__(Service.of(job.session), job_id=job.id)

    def still(self) -> Mapping[str, object]:
        """Return the job as its card shows it."""
        job = self._session.job(self.job_id)
        return {**drawn_job(job, view_of(job))}


def details(job: Job | str) -> JobDetails:
    """Show a job whole: SQL, plan, the fate of each chunk, timeline, logs, rejects, files written.

    Parameters
    ----------
    job
        A job, or the id of one of any process.

    Raises
    ------
    JobError
        There is none of this id.
    ConfigError
        The widgets are not built.

    Examples
    --------
    >>> from fusionflow_lab.api import connect
    >>> with connect(workers=1) as session:
    ...     job = session.sql("SELECT 42 AS n").submit()
    ...     _ = job.wait()
    ...     details(job).job_id == job.id
    True
    """
    return JobDetails(attach(job) if isinstance(job, str) else job)
