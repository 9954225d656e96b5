"""The job card: a job in a cell, live, with what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import traitlets

from fusionflow_lab.api import Job, Session, attach
from fusionflow_lab.errors import JobError
from fusionflow_lab.notebook.output import JOB_MIME, drawn_job, job_data, view_of
from fusionflow_lab.notebook.widgets.base import ServiceWidget
from fusionflow_lab.notebook.widgets.telling import JobTelling
from fusionflow_lab.service.models import EventFrame, ProgressEvent, StatusEvent
from fusionflow_lab.service.service import Service


def card(job: Job | str) -> JobCard:
    """Return the live card of a job, a widget that can stand in boxes beside others.

    Parameters
    ----------
    job
        A job, or the id of one of any process.

    Raises
    ------
    JobError
        There is none of this id.

    Examples
    --------
    >>> card("nope")
    Traceback (most recent call last):
    fusionflow_lab.errors.JobError: ...
    """
    return JobCard(attach(job) if isinstance(job, str) else job)


class JobCard(ServiceWidget):
    """A job as it is now: its status, how far it is, what it has so far.

    The traits follow the job and can be observed, as those of any widget; observers are called on a thread
    of the card, so they set other widgets and do not print.

    Attributes
    ----------
    job_id
        The job that is shown.
    status
        ``CREATED``, ``QUEUED``, ``IN_PROGRESS``, ``STOPPING``, ``COMPLETED``, ``FAILED`` or ``STOPPED``.
    fraction
        How much is done, from 0 to 1; it never goes back.
    rows, rejected
        Rows that were read so far, and those of them that were rejected.
    """

    bundle_name: ClassVar[str] = "card"

    job_id = traitlets.Unicode(read_only=True).tag(sync=True)
    status = traitlets.Unicode("CREATED", read_only=True).tag(sync=True)
    fraction = traitlets.Float(0.0, read_only=True).tag(sync=True)
    rows = traitlets.Int(0, read_only=True).tag(sync=True)
    rejected = traitlets.Int(0, read_only=True).tag(sync=True)

    def __init__(self, job: Job) -> None:
        self._telling = JobTelling(Service.of(_session(job)))
        self.job, self._seq = job, 0
        super().__init__(self._telling)
        self.show(job)

    def show(self, job: Job) -> None:
        """Go on with another job of the same session."""
        view = view_of(job)
        self.job, self._seq = job, view.seq
        counters = view.counters
        self._set(
            job_id=job.id,
            status=view.status,
            fraction=view.fraction,
            rows=counters.rows_read,
            rejected=counters.rows_rejected,
        )
        self._telling.begin(job.id, self._heard)

    def close(self) -> None:
        """Take the card out of the page; the job goes on."""
        telling: JobTelling | None = getattr(self, "_telling", None)
        if telling is not None:
            telling.close()
        super().close()

    def still(self) -> Mapping[str, object]:
        """Return what the card shows now."""
        job, view = self.job, view_of(self.job)
        said = job_data(job.id, status=view.status, name=view.name, text=job.text, card=True)
        return {**drawn_job(job, view), JOB_MIME: said}

    def _heard(self, frame: EventFrame) -> None:
        match frame.event:
            case StatusEvent() as event if event.seq > self._seq:
                fraction = 1.0 if event.status == "COMPLETED" else self.fraction
                self._set(status=event.status, fraction=fraction)
            case ProgressEvent() as event:
                done, total = event.bytes_done, event.bytes_total
                if not total:
                    done, total = event.chunks_done, event.chunks_total
                part = min(done / total, 1.0) if total else 0.0
                counters = event.counters
                self._set(
                    fraction=max(self.fraction, part),
                    rows=counters.rows_read,
                    rejected=counters.rows_rejected,
                )

    def _set(self, **values: object) -> None:
        with self.hold_sync():
            for name, value in values.items():
                self.set_trait(name, value)


def _session(job: Job) -> Session:
    if not isinstance(job.session, Session):
        raise JobError("the job belongs to no session", hint="take it from one: session.job(id)")
    return job.session
