"""A job as the data of an output: what is saved of it, and what names it to our JupyterLab extension."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Final

from fusionflow_lab.job import Job
from fusionflow_lab.jobs.events import Status
from fusionflow_lab.notebook.card import Bundle, final, live
from fusionflow_lab.results.result import ROWS_SHOWN
from fusionflow_lab.results.view import JobView

JOB_MIME: Final = "application/vnd.fusionflow.job+json"
"""Beside HTML and text: the extension shows the job it names, live, wherever the notebook is opened."""

_TITLE: Final = 200


def job_data(
    job_id: str, *, status: Status, name: str, text: str, card: bool = False
) -> Mapping[str, str | bool]:
    """Return what the output says of a job to the extension.

    Parameters
    ----------
    job_id, status, name, text
        The job as it is when this is written.
    card
        Whether the output was made to be a card, and stays one when the job has ended.

    Examples
    --------
    >>> job_data("ab12", status="COMPLETED", name="daily", text="SELECT 1")["title"]
    'daily'
    """
    title = name or text.strip().partition("\n")[0]
    return {"job": job_id, "status": status, "title": title[:_TITLE], "sql": text, "card": card}


def view_of(job: Job) -> JobView:
    """Return a job as it is now, from its events."""
    live = [event for event in (job.progress, job.preview()) if event is not None]
    durable = job.log()
    return reduce(JobView.after, [*durable[:-1], *live, *durable[-1:]], JobView(job=job.id, name=job.name))


def drawn_job(job: Job, view: JobView) -> Bundle:
    """Return a job as HTML and text: its rows where it is completed, else how far it is."""
    done = view.status == "COMPLETED"
    return final(view, job.result(), rows=ROWS_SHOWN) if done else live(view, rows=ROWS_SHOWN)
