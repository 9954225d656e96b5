"""``fusionflow jobs``: look at jobs, watch them, stop them, go on with them, from any terminal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from fusionflow_lab.cli_parts import (
    ROWS_SHOWN,
    AsJson,
    Format,
    Limit,
    LineScreen,
    OutFormat,
    OutPath,
    exit_codes,
    say,
    target_of,
    write,
)
from fusionflow_lab.errors import JobError
from fusionflow_lab.jobs.codec import encode_event
from fusionflow_lab.lazily import Lazy

if TYPE_CHECKING:
    from fusionflow_lab import api
    from fusionflow_lab.api import Job, Session
    from fusionflow_lab.results import follow, jobs_table
    from fusionflow_lab.results import result as results
    from fusionflow_lab.results.result import Result
else:
    api = Lazy("fusionflow_lab.api")
    follow = Lazy("fusionflow_lab.results.follow")
    jobs_table = Lazy("fusionflow_lab.results.jobs_table")
    results = Lazy("fusionflow_lab.results.result")


STOP_SECONDS = 10.0

jobs = typer.Typer(help="Look at jobs, watch and stop them.", no_args_is_help=True, rich_markup_mode=None)

JobId: TypeAlias = Annotated[
    str, typer.Argument(metavar="ID", help="The job's id, or the start of it.", show_default=False)
]


@jobs.command("list")
def list_jobs(
    *, out_format: OutFormat = Format.TABLE, limit: Limit = ROWS_SHOWN, as_json: AsJson = False
) -> None:
    """List the newest jobs, newest first."""
    with exit_codes(), api.connect() as session:
        write(
            results.Result(table=jobs_table.jobs_table(session.jobs())),
            target_of(None, out_format, limit, as_json=as_json),
        )


@jobs.command("show")
def show_job(job_id: JobId, *, as_json: AsJson = False) -> None:
    """Print what a job is: its status, how far it is, its parameters and its SQL."""
    with exit_codes(), api.connect() as session:
        job = session.job(job_id)
        progress = job.progress
        done = f", chunk {progress.chunks_done} of {progress.chunks_total}" if progress else ""
        given = jobs_table.parameters_text(job.parameters)
        lines = [f"job {job.id} · {job.status}{done}", *([given] if given else []), job.text.strip()]
        say("\n".join(lines), jobs_table.job_facts(job.record), as_json=as_json)


@jobs.command("watch")
def watch_job(
    job_id: JobId,
    *,
    out: OutPath = None,
    out_format: OutFormat = Format.TABLE,
    limit: Limit = ROWS_SHOWN,
    as_json: AsJson = False,
) -> None:
    """Show how a job goes, to its end, and write its rows; Ctrl-C leaves it running."""
    target = target_of(out, out_format, limit, as_json=as_json)
    with exit_codes(), api.connect() as session:
        write(_followed(lambda: session.attach(job_id), leave=True), target)


@jobs.command("result")
def job_result(
    job_id: JobId,
    *,
    out: OutPath = None,
    out_format: OutFormat = Format.TABLE,
    limit: Limit = ROWS_SHOWN,
    as_json: AsJson = False,
) -> None:
    """Write the rows of a job that has ended, or say why it has none."""
    target = target_of(out, out_format, limit, as_json=as_json)
    with exit_codes(), api.connect() as session:
        write(_ended_result(session, job_id), target)


@jobs.command("stop")
def stop_job(job_id: JobId, *, as_json: AsJson = False) -> None:
    """Stop a job; what it has scanned is kept."""
    with exit_codes(), api.connect() as session:
        job = session.job(job_id)
        job.stop()
        ended = job.wait(STOP_SECONDS)
        text = f"job {job.id} · {job.status}" + ("" if ended else ": it is told to stop")
        say(text, jobs_table.job_facts(job.record), as_json=as_json, err=True)


@jobs.command("resume")
def resume_job(job_id: JobId, *, as_json: AsJson = False) -> None:
    """Go on with a job that was stopped or has failed, under its id; jobs watch ID shows it."""
    with exit_codes(), api.connect() as session:
        job = session.job(job_id)
        job.resume()
        say(job.id, jobs_table.job_facts(job.record), as_json=as_json)


@jobs.command("retry")
def retry_job(job_id: JobId, *, as_json: AsJson = False) -> None:
    """Try again what failed of a job, under its id: all it has scanned is kept; jobs watch ID shows it."""
    with exit_codes(), api.connect() as session:
        job = session.job(job_id)
        job.retry()
        say(job.id, jobs_table.job_facts(job.record), as_json=as_json)


@jobs.command("rerun")
def rerun_job(
    job_id: JobId,
    *,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Scan everything again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Submit the query of a job as a new job, and print its id."""
    with exit_codes(), api.connect() as session:
        job = session.job(job_id).rerun(use_cache=not no_cache)
        say(job.id, jobs_table.job_facts(job.record), as_json=as_json)


@jobs.command("log")
def job_log(job_id: JobId, *, as_json: AsJson = False) -> None:
    """Print every durable event of a job: number, time, type, what happened."""
    with exit_codes(), api.connect() as session:
        for event in session.job(job_id).log():
            time = datetime.fromtimestamp(event.time).astimezone().isoformat(timespec="milliseconds")
            body = encode_event(event)[0]
            facts = {"seq": event.seq, "time": time, "type": event.type, **json.loads(body)}
            say(f"{event.seq}\t{time}\t{event.type}\t{body}", facts, as_json=as_json)


@jobs.command("logs")
def job_logs(job_id: JobId) -> None:
    """Print what the runner logged about a job, line by line."""
    with exit_codes(), api.connect() as session:
        typer.echo(session.job(job_id).logs(), nl=False)


@jobs.command("rejects")
def job_rejects(
    job_id: JobId,
    *,
    out_format: OutFormat = Format.TABLE,
    limit: Limit = ROWS_SHOWN,
    as_json: AsJson = False,
) -> None:
    """List the rows a job rejected: file, byte, line, column, reason, text."""
    with exit_codes(), api.connect() as session:
        write(
            results.Result(table=session.job(job_id).rejects()),
            target_of(None, out_format, limit, as_json=as_json),
        )


def _followed(find: Callable[[], Job], *, leave: bool) -> Result:
    return asyncio.run(follow.run_job(find, LineScreen(quiet=False), leave=leave))


def _ended_result(session: Session, job_id: str) -> Result:
    job = session.job(job_id)
    if not job.done():
        error = JobError(
            f"the job has no result yet: it is {job.status}", hint=f"fusionflow jobs watch {job.id}"
        )
        error.job_id = job.id
        raise error
    return job.result()
