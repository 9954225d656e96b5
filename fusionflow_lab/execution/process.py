"""A runner as a process of its own: ``fusionflow runner``.

One that was started for a user's first job is the only one of its home and cluster (it was handed a locked
file) and ends when idle. One that somebody started himself has no lock: two on one database are a hot
standby, for the leases of the jobs say who drives what.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import platform
import signal
import sys
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from logging import StreamHandler
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from fusionflow_lab.config import Config
from fusionflow_lab.errors import ClusterError
from fusionflow_lab.execution.build import VERSION
from fusionflow_lab.execution.channel import open_channel
from fusionflow_lab.execution.connection import ClusterConnection
from fusionflow_lab.execution.loop_thread import LoopThread
from fusionflow_lab.execution.service import Service
from fusionflow_lab.execution.stores import open_stores
from fusionflow_lab.execution.upkeep import keep_up
from fusionflow_lab.jobs.records import RunnerRecord
from fusionflow_lab.jobs.registry import Registry
from fusionflow_lab.jobs.wire import Message
from fusionflow_lab.logs import JobFiles, write_logs
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.results.message import USER_ERRORS, message_lines

LOG_BYTES: Final = 4 << 20

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunnerOptions:
    """How a runner is to run.

    Parameters
    ----------
    cluster
        ``"local"``, or the address of the scheduler it serves.
    idle_seconds
        When to end without work; None: never.
    ready
        File descriptor to say so on when clients can connect; -1 for none.
    lock
        File descriptor of the locked file of this home and cluster; -1 for none. Who has it logs to a file.
    """

    cluster: str = "local"
    idle_seconds: float | None = None
    ready: int = -1
    lock: int = -1


def main(given: str) -> None:
    """Run a runner as its client asked: options in JSON, and the number of workers."""
    options = json.loads(given)
    try:
        config = Config.load(workers=options.pop("workers"))
        run_runner(config, RunnerOptions(**options))
    except USER_ERRORS as error:
        sys.exit("\n".join(message_lines(error)))


def run_runner(config: Config, options: RunnerOptions) -> None:
    """Run a runner until it is told to end or idle."""
    config.home.mkdir(parents=True, exist_ok=True)
    options = replace(options, cluster=config.cluster_name(options.cluster))
    with ExitStack() as stack:
        if options.lock >= 0:
            os.set_inheritable(options.lock, False)  # noqa: FBT003 - os's
            stack.enter_context(os.fdopen(options.lock, "a"))
        _log_to(config, config.runner_log(options.cluster) if options.lock >= 0 else None)
        process = _Process(config, options)
        stack.callback(process.close)
        thread = stack.enter_context(LoopThread())
        work = thread.submit(process.serve())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: thread.submit(process.end()))
        work.result()


class _Process:
    """Puts the parts of a runner together and takes them apart again."""

    def __init__(self, config: Config, options: RunnerOptions) -> None:
        self._options = options
        self._stores = open_stores(config)
        catalog = Catalog(config.home / "sources")
        self._planner = Planner(catalog, results=self._stores.results.root, native=config.evaluator == "auto")
        self._connection = ClusterConnection(options.cluster, config)
        self._service = Service(
            stores=self._stores,
            catalog=catalog,
            planner=self._planner,
            connection=self._connection,
            idle_seconds=options.idle_seconds,
            home=config.home,
            upkeep=partial(keep_up, config, self._stores),
        )
        self._registry = Registry(self._stores.jobs.engine)

    async def serve(self) -> None:
        """Listen, drive jobs, and leave nothing behind."""
        service, facts = self._service, self._facts()
        opening = asyncio.create_task(self._open_cluster())
        try:
            async with open_channel(service, asdict(facts)) as address:
                await asyncio.to_thread(self._registry.enter, replace(facts, address=address))
                _log.info("runner %s serves %s at %s", facts.id, facts.cluster, address)
                _say(self._options.ready, {"runner": facts.id})
                await service.serve()
        finally:
            await asyncio.to_thread(self._registry.leave, facts.id)
            await asyncio.gather(opening, return_exceptions=True)
            await self._connection.close()
            _log.info("runner %s has ended", facts.id)

    async def end(self) -> None:
        """Give the jobs to the next runner and end."""
        self._service.end()

    def close(self) -> None:
        """Close planner and database."""
        self._planner.close()
        self._stores.jobs.close()
        gc.unfreeze()  # else DuckDB counts what is left at the end as leaks, in the log

    async def _open_cluster(self) -> None:
        """Open the cluster before the first job needs it; what is wrong with it, the first job says."""
        try:
            await asyncio.gather(self._connection.client(), self._service.prepare())
        except ClusterError as error:
            _log.warning("no cluster yet: %s", error)
        # What is there now stays: looking for garbage in it took a tenth of the time of a small job.
        gc.collect()
        gc.freeze()

    def _facts(self) -> RunnerRecord:
        return RunnerRecord(
            id=self._service.holder,
            host=platform.node(),
            pid=os.getpid(),
            cluster=self._options.cluster,
            version=VERSION,
            address="",
        )


def _say(descriptor: int, message: Message) -> None:
    """Tell whoever started this process how it went, and close the line."""
    if descriptor >= 0:
        with suppress(OSError), os.fdopen(descriptor, "w") as line:
            line.write(json.dumps(message))


def _log_to(config: Config, path: Path | None) -> None:
    own = StreamHandler() if path is None else RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=1)
    write_logs(own, JobFiles(config.logs), as_json=config.log_format == "json", level=config.log_level)
