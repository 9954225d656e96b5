"""The command line: ``fusionflow run`` does from a shell what a cell does.

stdout carries data only; progress and messages go to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage,
3 more rejects than allowed, 130 stopped. Thin: it reads arguments, calls the session, and hands the job to a
screen of lines.
"""

from __future__ import annotations

import asyncio
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusionflow_lab.cli_cache import cache
from fusionflow_lab.cli_config import configs
from fusionflow_lab.cli_db import databases
from fusionflow_lab.cli_doctor import doctor
from fusionflow_lab.cli_jobs import jobs
from fusionflow_lab.cli_parts import (
    ROWS_SHOWN,
    AsJson,
    Cluster,
    Command,
    File,
    Format,
    Limit,
    LineScreen,
    OutFormat,
    OutPath,
    Params,
    Workers,
    exit_codes,
    say,
    target_of,
    write,
)
from fusionflow_lab.cli_runner import runners
from fusionflow_lab.lazily import Lazy
from fusionflow_lab.samples import write_samples

if TYPE_CHECKING:
    from fusionflow_lab import api, sample_jobs
    from fusionflow_lab.api import Job
    from fusionflow_lab.planning import parameters, statement
    from fusionflow_lab.results import follow, jobs_table
else:
    api = Lazy("fusionflow_lab.api")
    parameters = Lazy("fusionflow_lab.planning.parameters")
    statement = Lazy("fusionflow_lab.planning.statement")
    follow = Lazy("fusionflow_lab.results.follow")
    jobs_table = Lazy("fusionflow_lab.results.jobs_table")
    sample_jobs = Lazy("fusionflow_lab.sample_jobs")


app = typer.Typer(
    name="fusionflow",
    help="SQL over files too many, too big or too dirty for one machine's patience, on a Dask cluster.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(jobs, name="jobs")
app.add_typer(runners, name="runner")
app.add_typer(cache, name="cache")
app.add_typer(configs, name="config")
app.add_typer(databases, name="db")
app.command()(doctor)


@app.callback(invoke_without_command=True)
def root(
    *,
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True)
    ] = False,
) -> None:
    """Run SQL over files on a Dask cluster."""
    if show_version:
        typer.echo(f"fusionflow {version('fusionflow_lab')}")
        raise typer.Exit


@app.command()
def run(  # noqa: PLR0913 - each is an option of the command
    file: File = None,
    *,
    command: Command = None,
    out: OutPath = None,
    out_format: OutFormat = Format.TABLE,
    limit: Limit = ROWS_SHOWN,
    name: Annotated[str, typer.Option("-n", "--name", help="A name for the job.")] = "",
    workers: Workers = None,
    cluster: Cluster = "local",
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Scan everything again.")] = False,
    allow_failed_chunks: Annotated[
        bool, typer.Option("--allow-failed-chunks", help="Finish without chunks that cannot be read.")
    ] = False,
    max_errors: Annotated[
        str,
        typer.Option("--max-errors", metavar="N|N%", help="Records that may be rejected. Default 1%."),
    ] = "",
    param: Params = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and run nothing.")] = False,
    priority: Annotated[int, typer.Option("--priority", help="Jobs of a higher one go first.")] = 0,
    key: Annotated[
        str, typer.Option("--key", help="Submit once under this name, however often it is asked for.")
    ] = "",
    detach: Annotated[
        bool, typer.Option("--detach", help="Print the job's id and leave; fusionflow jobs watch ID.")
    ] = False,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Nothing on stderr but errors.")] = False,
) -> None:
    """Run one query and write its rows to stdout or a file."""
    text = _text(file, command)
    target = target_of(out, out_format, limit, as_json=as_json)
    with exit_codes(), api.connect(cluster, workers=workers) as session:
        query, params = statement.explained(text), parameters.spelled(param or ())
        if query is not None or dry_run:
            typer.echo(session.sql(text if query is None else query, params=params).explain())
            return
        relation = session.sql(
            text,
            params=params,
            name=name,
            use_cache=not no_cache,
            allow_failed_chunks=allow_failed_chunks,
            max_errors=max_errors,
        )
        screen = LineScreen(quiet=quiet)

        def submit() -> Job:
            return relation.submit(priority=priority, reuse=True, key=key)

        if detach:
            job = submit()
            say(job.id, jobs_table.job_facts(job.record), as_json=as_json)
            return
        write(asyncio.run(follow.run_job(submit, screen, name=name)), target)


@app.command()
def explain(file: File = None, *, command: Command = None, param: Params = None) -> None:
    """Print the plan of a query: stages, their SQL, what is read."""
    text = _text(file, command)
    with exit_codes(), api.connect() as session:
        query, params = statement.explained(text), parameters.spelled(param or ())
        typer.echo(session.sql(text if query is None else query, params=params).explain())


@app.command()
def sniff(pattern: Annotated[str, typer.Argument(metavar="FILE", help="A CSV file or pattern.")]) -> None:
    """Print how CSV files are read: dialect, columns, types."""
    with exit_codes(), api.connect() as session:
        typer.echo(session.sniff(pattern))


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Where to write the files.")],
    *,
    megabytes: Annotated[int, typer.Option(min=1, help="About how much to write.")] = 64,
    run_jobs: Annotated[bool, typer.Option("--jobs/--no-jobs", help="Run sample jobs over it.")] = True,
) -> None:
    """Write sample data, nasty rows included (the same bytes every time), and run sample jobs over it."""
    with exit_codes():
        write_samples(folder, megabytes=megabytes)
        typer.echo(f"sample data is in {folder}", err=True)
        if not run_jobs:
            return
        with api.connect() as session:
            for job in sample_jobs.run_sample_jobs(session, folder):
                typer.echo(f"job {job.id}: {job.record.query.name}, {job.status}", err=True)
        typer.echo("look at them: fusionflow jobs list", err=True)


def main() -> None:
    """Run the command line."""
    app()


def _text(file: Path | None, command: str | None) -> str:
    if (file is None) == (command is None):
        raise typer.BadParameter("give either a FILE of SQL or -c SQL")
    if command is not None:
        return command
    if str(file) == "-":
        return sys.stdin.read()
    try:
        return Path(str(file)).read_text(encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"cannot read {file}: {error.strerror}") from None
