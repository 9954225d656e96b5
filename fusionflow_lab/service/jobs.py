"""Requests about jobs: list, count, submit, look, stop, resume, delete, and their events."""

from __future__ import annotations

from collections.abc import Iterable

from fusionflow_lab.errors import JobError
from fusionflow_lab.jobs.board import Wanted
from fusionflow_lab.jobs.lifecycle import has_ended
from fusionflow_lab.service.access import asked_query
from fusionflow_lab.service.models import (
    CountQuery,
    Deleted,
    DeleteQuery,
    EventPage,
    EventsQuery,
    Job,
    JobCounts,
    JobPage,
    JobsQuery,
    NewJob,
    Nothing,
    StatusWish,
    sort_of,
)
from fusionflow_lab.service.problems import RequestError
from fusionflow_lab.service.routing import Call, json_reply
from fusionflow_lab.service.shapes import frame_of, job_of
from fusionflow_lab.service.wire import Reply


def list_jobs(call: Call, asked: JobsQuery) -> JobPage:
    """List the user's jobs, the newest first."""
    sort, up = sort_of(asked.sort)
    wanted = Wanted(owner=call.user, statuses=asked.status, text=asked.q)
    cursor = call.board.cursor()  # before the page: an event between the two is told twice, never lost
    try:
        jobs, following = call.board.page(wanted, sort=sort, up=up, limit=asked.limit, cursor=asked.cursor)
    except ValueError as error:
        raise RequestError(str(error), where="query", hint="take next_cursor of the page before") from None
    return JobPage(jobs=[job_of(job) for job in jobs], next_cursor=following, cursor=cursor)


def count_jobs(call: Call, asked: CountQuery) -> JobCounts:
    """Count the user's jobs by status."""
    counts = dict(call.board.counts(Wanted(owner=call.user, text=asked.q)))
    return JobCounts(counts=counts, total=sum(counts.values()))


def submit_job(call: Call, asked: NewJob) -> Reply:
    """Run a query as a job; 200 with the job that is there where its idempotency key is known."""
    key = asked.idempotency_key
    known = call.session.stores.jobs.keyed(key, owner=call.user) if key else None
    query = asked_query(
        call.session,
        asked.sql,
        params=asked.params,
        folder=asked.folder,
        name=asked.name,
        use_cache=asked.use_cache,
        max_errors=asked.max_errors,
    )
    job = call.session.submit(query, priority=asked.priority, key=key)
    record = call.board.job(job.id, owner=call.user)
    return json_reply(job_of(record), status=200 if known is not None else 201)


def show_job(call: Call, _: Nothing) -> Job:
    """Return a job."""
    return job_of(call.job)


def change_job(call: Call, asked: StatusWish) -> Job:
    """Stop a job, or go on with one that ended or left chunks out; what it has scanned is kept."""
    job = call.session.job(call.job.id)
    if asked.status == "IN_PROGRESS":
        partly = call.job.status == "COMPLETED" and call.job.counters.bytes_unread > 0
        (job.retry if partly else job.resume)()
    elif has_ended(call.job.status):
        error = JobError(f"the job has ended: it is {call.job.status}", hint="there is nothing to stop")
        error.job_id = call.job.id
        raise error
    else:
        job.stop()
    return job_of(call.board.job(call.job.id, owner=call.user))


def rerun_job(call: Call, _: Nothing) -> Reply:
    """Run the query of a job again, as a new job over its files as they are now."""
    job = call.session.job(call.job.id).rerun()
    return json_reply(job_of(call.board.job(job.id, owner=call.user)), status=201)


def delete_job(call: Call, _: Nothing) -> Deleted:
    """Forget a job that is not at work: its row, its events, its result."""
    return _deleted(call, [call.job.id])


def delete_jobs(call: Call, asked: DeleteQuery) -> Deleted:
    """Forget several jobs; none of them where one is at work or unknown."""
    return _deleted(call, dict.fromkeys(asked.id))


def list_events(call: Call, asked: EventsQuery) -> EventPage:
    """List a job's durable events after a cursor, and its newest live ones."""
    job = call.job.id
    found = call.board.events(owner=call.user, since=asked.since, job=job, limit=asked.limit)
    cursor = found[-1][0] if found else asked.since
    frames = [frame_of(at, event) for at, event in found]
    if len(found) < asked.limit:
        frames += [frame_of(cursor, event) for event in call.session.stores.jobs.latest(job)]
    return EventPage(frames=frames, cursor=cursor)


def _deleted(call: Call, ids: Iterable[str]) -> Deleted:
    records = [call.board.job(one, owner=call.user) for one in ids]
    for record in records:
        if record.status in {"IN_PROGRESS", "STOPPING"}:
            error = JobError(f"the job is at work: it is {record.status}", hint="stop it first")
            error.job_id = record.id
            raise error
    for record in records:
        call.session.forget(record.id)
    return Deleted(deleted=[record.id for record in records])
