"""All routes of the service: the one list.

The handlers of the server, the comm of the widgets, the OpenAPI document and the tests of who may see what
are made from it, so that a new route is all of these by standing here.
"""

from __future__ import annotations

from typing import Final

from fusionflow_lab.service import forms, jobs, models, rows
from fusionflow_lab.service.routing import Route, route
from fusionflow_lab.service.wire import ARROW, TEXT

ROUTES: Final[tuple[Route, ...]] = (
    route("GET", "jobs", jobs.list_jobs, asks=models.JobsQuery, gives=models.JobPage),
    route("POST", "jobs", jobs.submit_job, asks=models.NewJob, gives=models.Job, statuses=(201, 200)),
    route("DELETE", "jobs", jobs.delete_jobs, asks=models.DeleteQuery, gives=models.Deleted),
    route("GET", "jobs/count", jobs.count_jobs, asks=models.CountQuery, gives=models.JobCounts),
    route("GET", "jobs/{id}", jobs.show_job, asks=models.Nothing, gives=models.Job),
    route("PATCH", "jobs/{id}", jobs.change_job, asks=models.StatusWish, gives=models.Job),
    route("POST", "jobs/{id}/rerun", jobs.rerun_job, asks=models.Nothing, gives=models.Job, statuses=(201,)),
    route("DELETE", "jobs/{id}", jobs.delete_job, asks=models.Nothing, gives=models.Deleted),
    route("GET", "jobs/{id}/events", jobs.list_events, asks=models.EventsQuery, gives=models.EventPage),
    route("GET", "jobs/{id}/preview", rows.show_preview, asks=models.Nothing, media=(ARROW,)),
    route("GET", "jobs/{id}/result", rows.show_result, asks=models.RowsQuery, media=rows.MEDIA),
    route("GET", "jobs/{id}/rejects", rows.show_rejects, asks=models.RowsQuery, media=rows.MEDIA),
    route("GET", "jobs/{id}/logs", rows.show_logs, asks=models.Nothing, media=(TEXT,)),
    route("POST", "form/sql", forms.write_form, asks=forms.FormAsked, gives=forms.FormWritten),
    route("POST", "form/parse", forms.read_form, asks=forms.FormText, gives=forms.FormRead),
)
