"""All routes of the service: the one list.

The handlers of the server, the comm of the widgets, the OpenAPI document and the tests of who may see what
are made from it, so that a new route is all of these by standing here.
"""

from __future__ import annotations

import json
from typing import Final

from fusionflow_lab.service import forms, jobs, models, place_models, places, plan_models, plans, rows
from fusionflow_lab.service.openapi import document
from fusionflow_lab.service.routing import Call, Route, route
from fusionflow_lab.service.wire import ARROW, TEXT, Reply


def openapi(_: Call, __: models.Nothing) -> Reply:
    """Return this document."""
    return Reply(body=json.dumps(document(ROUTES)).encode())


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
    route("GET", "jobs/{id}/result/file", rows.send_result, asks=models.FileQuery, media=rows.MEDIA),
    route("GET", "jobs/{id}/chart", rows.show_chart, asks=models.ChartQuery, media=(ARROW,)),
    route("GET", "jobs/{id}/rejects", rows.show_rejects, asks=models.RowsQuery, media=rows.MEDIA),
    route("GET", "jobs/{id}/rejects/file", rows.send_rejects, asks=models.FileQuery, media=rows.MEDIA),
    route("GET", "jobs/{id}/logs", rows.show_logs, asks=models.Nothing, media=(TEXT,)),
    route("POST", "form/sql", forms.write_form, asks=forms.FormAsked, gives=forms.FormWritten),
    route("POST", "form/parse", forms.read_form, asks=forms.FormText, gives=forms.FormRead),
    route("GET", "jobs/{id}/plan", plans.show_plan, asks=models.Nothing, gives=plan_models.JobPlan),
    route("POST", "validate", plans.validate, asks=plan_models.QueryText, gives=plan_models.QueryPlan),
    route("POST", "sniff", plans.sniff, asks=plan_models.SniffAsked, gives=plan_models.Sniffed),
    route("GET", "health", places.health, asks=models.Nothing, gives=place_models.Health),
    route("GET", "me", places.me, asks=models.Nothing, gives=place_models.Me),
    route("GET", "files", places.list_files, asks=place_models.FilesQuery, gives=place_models.FolderListing),
    route("GET", "tables", places.list_tables, asks=models.Nothing, gives=place_models.TableList),
    route("GET", "clusters", places.list_clusters, asks=models.Nothing, gives=place_models.ClusterList),
    route("GET", "cache", places.show_cache, asks=models.Nothing, gives=place_models.CacheUse),
    route("DELETE", "cache", places.clear_cache, asks=place_models.CacheQuery, gives=place_models.CacheGone),
    route("GET", "config", places.show_config, asks=models.Nothing, gives=place_models.Settings),
    route("GET", "openapi.json", openapi, asks=models.Nothing),
)
