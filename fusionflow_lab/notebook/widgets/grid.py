"""The grid: the rows of a finished job in a cell, however many, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import pyarrow as pa
import traitlets

from fusionflow_lab.api import Job, Session, attach
from fusionflow_lab.errors import JobError
from fusionflow_lab.notebook.widgets.base import ServiceWidget
from fusionflow_lab.results.result import Result
from fusionflow_lab.service.service import Service

What = Literal["result", "rejects"]
HEIGHT = 340


class ResultGrid(ServiceWidget):
    """The rows of a job's result, or those it rejected: scrolled, sorted, filtered, drawn, downloaded.

    Only the rows in sight are in the browser; sort and filter are SQL over the result where it is kept. The
    traits can be set: the grid then shows another job.

    Attributes
    ----------
    job_id
        The job whose rows are shown; one of the same session.
    what
        ``result`` or ``rejects``.
    height
        Pixels of the header and the rows.
    """

    bundle_name: ClassVar[str] = "grid"

    job_id = traitlets.Unicode().tag(sync=True)
    what = traitlets.Enum(["result", "rejects"], "result").tag(sync=True)
    height = traitlets.Int(HEIGHT, min=120, max=4000).tag(sync=True)

    def __init__(self, job: Job, *, what: What = "result", height: int = HEIGHT) -> None:
        if not isinstance(job.session, Session):
            raise JobError("the job belongs to no session", hint="take it from one: session.job(id)")
        self._session = job.session
        super().__init__(Service.of(job.session), job_id=job.id, what=what, height=height)

    def still(self) -> Mapping[str, object]:
        """Return the first rows."""
        rows = self._first_rows()
        return {"text/html": rows.to_html(), "text/plain": rows.to_text()}

    def _first_rows(self) -> Result:
        job = self._session.job(self.job_id)
        if self.what == "rejects":
            return Result(table=job.rejects(), job_id=job.id)
        return job.result() if job.status == "COMPLETED" else Result(table=pa.table({}), job_id=job.id)


def grid(
    job: Job | Result | str, *, what: What = "result", height: int = HEIGHT, session: Session | None = None
) -> ResultGrid:
    """Return a grid of the rows of a finished job, a widget that can stand in boxes beside others.

    Parameters
    ----------
    job
        A job, its result, or its id.
    what
        ``result`` for the rows it gave, ``rejects`` for those it could not read.
    height
        Pixels of the header and the rows.
    session
        Where to look for the job of a result or an id; by default where cells keep theirs.

    Raises
    ------
    JobError
        There is no such job, or the result was not made by one.
    ConfigError
        The libraries of widgets are not installed.

    Examples
    --------
    >>> from fusionflow_lab.api import connect
    >>> with connect(workers=1) as session:
    ...     job = session.sql("SELECT 42 AS answer").submit()
    ...     result = job.result()
    ...     grid(result, session=session).job_id == job.id
    True
    """
    if isinstance(job, Job):
        return ResultGrid(job, what=what, height=height)
    job_id = job.job_id if isinstance(job, Result) else job
    if not job_id:
        raise JobError("no job made these rows", hint="show the grid of a job or of its result")
    found = session.job(job_id) if session is not None else attach(job_id)
    return ResultGrid(found, what=what, height=height)
