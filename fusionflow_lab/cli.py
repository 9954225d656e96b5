"""The command line: ``fusionflow run`` does from a shell what a cell does.

stdout carries data only; progress and messages go to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage, 130
stopped. Thin: it reads arguments, calls the session, and hands the job to a screen of lines.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, TypeAlias

import pyarrow as pa
import typer

from fusionflow_lab.api import Relation, Session, connect
from fusionflow_lab.config import Config
from fusionflow_lab.errors import JobError, JobStoppedError
from fusionflow_lab.execution.process import RunnerOptions, run_runner
from fusionflow_lab.planning.parameters import spelled
from fusionflow_lab.planning.statement import explained
from fusionflow_lab.results.follow import run_job
from fusionflow_lab.results.jobs_table import jobs_table
from fusionflow_lab.results.lines import ProgressLines
from fusionflow_lab.results.message import USER_ERRORS, message_lines
from fusionflow_lab.results.render import shown, table_text
from fusionflow_lab.results.result import Result
from fusionflow_lab.results.view import JobView
from fusionflow_lab.results.words import count_text
from fusionflow_lab.results.write import FileFormat, write_file, write_stream
from fusionflow_lab.samples import write_samples

FAILED, USAGE, STOPPED = 1, 2, 130
ROWS_SHOWN = 40

app = typer.Typer(
    name="fusionflow",
    help="SQL over files too many, too big or too dirty for one machine's patience, on a Dask cluster.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
jobs = typer.Typer(help="Look at jobs, newest first.", no_args_is_help=True, rich_markup_mode=None)
runners = typer.Typer(help="Drive jobs in a process of its own.", rich_markup_mode=None)
app.add_typer(jobs, name="jobs")
app.add_typer(runners, name="runner")


class Format(StrEnum):
    """What stdout carries."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    ARROW = "arrow"


File: TypeAlias = Annotated[
    Path | None, typer.Argument(help="File of SQL; - for stdin.", show_default=False, allow_dash=True)
]
Command: TypeAlias = Annotated[
    str | None, typer.Option("-c", "--command", metavar="SQL", help="The SQL.", show_default=False)
]
Params: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "-p", "--param", metavar="NAME=VALUE", help="The value of $NAME: JSON, or a text.", show_default=False
    ),
]
Workers: TypeAlias = Annotated[
    int | None, typer.Option("-w", "--workers", min=1, help="Local workers; one a core if not given.")
]
Cluster: TypeAlias = Annotated[
    str, typer.Option("--cluster", metavar="ADDRESS", help="A Dask scheduler's address, or local.")
]
Limit: TypeAlias = Annotated[int, typer.Option("--limit", min=0, help="Rows that --format table shows.")]
OutFormat: TypeAlias = Annotated[Format, typer.Option("--format", help="What stdout carries.")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where the rows go: a file of a format, or stdout."""

    path: Path | None
    file_format: FileFormat
    format: Format
    limit: int


class LineScreen:
    """Progress on stderr: one line written over on a terminal, else one line each 10 %."""

    def __init__(self, *, quiet: bool) -> None:
        self._lines = None if quiet else ProgressLines(sys.stderr, rewrite=sys.stderr.isatty())

    def paint(self, view: JobView) -> None:
        """Write how far the job is."""
        if self._lines:
            self._lines.paint(view)

    def finish(self, view: JobView, result: Result) -> None:
        """Write the account of every row read."""
        if self._lines:
            self._lines.paint(view)
            self._lines.end(
                f"job {view.job} completed · {count_text(len(result), 'row')}\n{result.summary()}"
            )
            if result.counters.rows_rejected:
                rejected = count_text(result.counters.rows_rejected, "row")
                self._lines.end(f"! {rejected} rejected; fusionflow jobs rejects {view.job} lists them")

    def leave(self, view: JobView) -> None:
        """Clear the way for the error's message."""
        if self._lines:
            self._lines.paint(view)
            self._lines.clear()


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
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Write the rows to .csv, .json, .parquet or .arrow.")
    ] = None,
    out_format: OutFormat = Format.TABLE,
    limit: Limit = ROWS_SHOWN,
    name: Annotated[str, typer.Option("-n", "--name", help="A name for the job.")] = "",
    workers: Workers = None,
    cluster: Cluster = "local",
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Scan everything again.")] = False,
    param: Params = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and run nothing.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Nothing on stderr but errors.")] = False,
) -> None:
    """Run one query and write its rows to stdout or a file."""
    text = _text(file, command)
    target = _target(out, out_format, limit)
    with _exit_codes(), _session(cluster, workers) as session:
        query, params = explained(text), spelled(param or ())
        if query is not None or dry_run:
            typer.echo(session.sql(text if query is None else query, params=params).explain())
            return
        relation = session.sql(text, params=params, name=name, use_cache=not no_cache)
        _write(_run(relation, quiet=quiet), target)


@app.command()
def explain(file: File = None, *, command: Command = None, param: Params = None) -> None:
    """Print the plan of a query: stages, their SQL, what is read."""
    text = _text(file, command)
    with _exit_codes(), _session() as session:
        query = explained(text)
        typer.echo(session.sql(text if query is None else query, params=spelled(param or ())).explain())


@app.command()
def sniff(pattern: Annotated[str, typer.Argument(metavar="FILE", help="A CSV file or pattern.")]) -> None:
    """Print how CSV files are read: dialect, columns, types."""
    with _exit_codes(), _session() as session:
        typer.echo(session.sniff(pattern))


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Where to write the files.")],
    *,
    megabytes: Annotated[int, typer.Option(min=1, help="About how much to write.")] = 64,
) -> None:
    """Write sample data, nasty rows included: the same bytes every time."""
    with _exit_codes():
        write_samples(folder, megabytes=megabytes)
        typer.echo(f"sample data is in {folder}", err=True)


@jobs.command("list")
def list_jobs(*, out_format: OutFormat = Format.TABLE, limit: Limit = ROWS_SHOWN) -> None:
    """List the newest jobs."""
    with _exit_codes(), _session() as session:
        _write(Result(table=jobs_table(session.jobs())), _target(None, out_format, limit))


@jobs.command("show")
def show_job(
    job_id: Annotated[str, typer.Argument(metavar="ID", help="The job's id.")],
    *,
    out_format: OutFormat = Format.TABLE,
    limit: Limit = ROWS_SHOWN,
) -> None:
    """Print a job's result again, or why it has none."""
    with _exit_codes(), _session() as session:
        job = session.job(job_id)
        typer.echo(f"job {job.id} · {job.status}\n{job.text.strip()}", err=True)
        _write(_ended_result(session, job_id), _target(None, out_format, limit))


@jobs.command("rejects")
def job_rejects(
    job_id: Annotated[str, typer.Argument(metavar="ID", help="The job's id.")],
    *,
    out_format: OutFormat = Format.TABLE,
    limit: Limit = ROWS_SHOWN,
) -> None:
    """List the rows a job rejected: file, byte, line, column, reason, text."""
    with _exit_codes(), _session() as session:
        _write(Result(table=session.job(job_id).rejects()), _target(None, out_format, limit))


@runners.callback(invoke_without_command=True)
def runner(
    context: typer.Context,
    *,
    scheduler: Annotated[
        str, typer.Option("--scheduler", metavar="ADDRESS", help="The cluster it serves, or local.")
    ] = "local",
    workers: Workers = None,
    idle: Annotated[
        float | None, typer.Option("--idle", metavar="SECONDS", help="End after so long without work.")
    ] = None,
    home: Annotated[Path | None, typer.Option("--home", hidden=True)] = None,
    only: Annotated[bool, typer.Option("--only", hidden=True)] = False,
    ready: Annotated[int, typer.Option("--ready", hidden=True)] = -1,
) -> None:
    """Drive jobs until interrupted; several on one database are each other's hot standby."""
    if context.invoked_subcommand is None:
        with _exit_codes():
            config = Config.load(home=home, workers=workers)
            run_runner(config, RunnerOptions(cluster=scheduler, idle_seconds=idle, only=only, ready=ready))


def main() -> None:
    """Run the command line."""
    app()


def _session(cluster: str = "local", workers: int | None = None) -> Session:
    return connect(cluster, workers=workers)


def _run(relation: Relation, *, quiet: bool) -> Result:
    return asyncio.run(run_job(relation.submit, LineScreen(quiet=quiet), name=relation.query.name))


def _ended_result(session: Session, job_id: str) -> Result:
    job = session.job(job_id)
    if not job.done():
        error = JobError(f"the job has no result yet: it is {job.status}", hint="wait for it to end")
        error.job_id = job_id
        raise error
    return job.result()


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


def _target(out: Path | None, out_format: Format, limit: int) -> Target:
    by_suffix: dict[str, FileFormat] = {
        ".csv": "csv",
        ".json": "json",
        ".ndjson": "json",
        ".jsonl": "json",
        ".parquet": "parquet",
        ".arrow": "arrow",
    }
    stdout_formats: dict[Format, FileFormat] = {Format.CSV: "csv", Format.JSON: "json", Format.ARROW: "arrow"}
    file_format = stdout_formats.get(out_format, "csv")
    if out is not None:
        if out.suffix not in by_suffix:
            known = ", ".join(by_suffix)
            raise typer.BadParameter(f"{out.name} should end in one of {known}", param_hint="-o")
        if not out.absolute().parent.is_dir():
            raise typer.BadParameter(f"there is no folder {out.parent}", param_hint="-o")
        file_format = by_suffix[out.suffix]
    return Target(path=out, file_format=file_format, format=out_format, limit=limit)


def _write(result: Result, target: Target) -> None:
    table: pa.Table = result.arrow()
    if target.path is not None:
        write_file(table, target.path, target.file_format)
    elif target.format is Format.TABLE:
        typer.echo(table_text(shown(table, rows=target.limit, types=result.types)))
    else:
        write_stream(table, sys.stdout.buffer, target.file_format)


@contextmanager
def _exit_codes() -> Iterator[None]:
    """Turn what went wrong into a message on stderr and an exit code."""
    try:
        yield
    except BrokenPipeError:  # whoever read stdout has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(FAILED) from None
    except JobStoppedError as error:
        typer.echo("\n".join(message_lines(error)), err=True)
        raise typer.Exit(STOPPED) from None
    except USER_ERRORS as error:
        typer.echo("\n".join(message_lines(error)), err=True)
        raise typer.Exit(FAILED) from None
    except KeyboardInterrupt:
        raise typer.Exit(STOPPED) from None
