"""``fusionflow runner``: the process that drives jobs, and how to look at it and end it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from fusionflow_lab.cli_parts import AsJson, Workers, exit_codes, say
from fusionflow_lab.config import Config
from fusionflow_lab.errors import ClusterError
from fusionflow_lab.lazily import Lazy

if TYPE_CHECKING:
    from fusionflow_lab import api
    from fusionflow_lab.execution import process
    from fusionflow_lab.jobs import link
    from fusionflow_lab.results import words
else:
    api = Lazy("fusionflow_lab.api")
    process = Lazy("fusionflow_lab.execution.process")
    link = Lazy("fusionflow_lab.jobs.link")
    words = Lazy("fusionflow_lab.results.words")


runners = typer.Typer(help="Drive jobs in a process of its own.", rich_markup_mode=None)


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
) -> None:
    """Drive jobs until interrupted. Several on one database are each other's hot standby.

    Without one, the first job starts one by itself, which ends when there is nothing to do.
    """
    if context.invoked_subcommand is None:
        with exit_codes():
            config = Config.load(workers=workers)
            process.run_runner(config, process.RunnerOptions(cluster=scheduler, idle_seconds=idle))


@runners.command("status")
def status(*, as_json: AsJson = False) -> None:
    """Print the runners at work: process, cluster, workers, and the jobs they drive."""
    with exit_codes(), api.connect(runner="inprocess") as session:
        live = [record for record in session.jobs() if record.lease_holder]
        found = session.runners()
        for record in found:
            mine = [job.id for job in live if job.lease_holder == record.id]
            where = f"{record.scheduler or 'no cluster yet'}, {words.count_text(record.workers, 'worker')}"
            at_work = f", drives {' '.join(mine)}" if mine else ", idle"
            log = session.config.runner_log(record.cluster)
            text = f"runner {record.pid} on {record.host}: {record.cluster} ({where}){at_work}; log {log}"
            say(text, {**asdict(record), "jobs": mine, "log": log}, as_json=as_json)
        if not found and not as_json:
            typer.echo("no runner is at work; the next job starts one")


@runners.command("stop")
def stop() -> None:
    """End the runners of this machine; their jobs wait for the next one, and go on where they were."""
    with exit_codes(), api.connect(runner="inprocess") as session:
        for record in session.runners():
            connection = link.connected(record)
            if connection is None:
                raise ClusterError(
                    f"runner {record.pid} on {record.host} does not answer",
                    where=str(session.config.runner_log(record.cluster)),
                    hint=f"end it there: kill {record.pid}; its jobs are taken over after some seconds",
                )
            link.end_runner(connection)
            typer.echo(f"runner {record.pid} has ended")
