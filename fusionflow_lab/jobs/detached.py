"""Jobs driven by a runner in a process of its own: they outlive whoever submitted them."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

from fusionflow_lab.config import Config
from fusionflow_lab.errors import ClusterError
from fusionflow_lab.execution.loop_thread import LoopThread
from fusionflow_lab.execution.stores import Stores
from fusionflow_lab.jobs.link import RunnerLink
from fusionflow_lab.jobs.manager import JobManager
from fusionflow_lab.jobs.records import JobRecord, RunnerRecord
from fusionflow_lab.jobs.registry import Registry
from fusionflow_lab.query import Plan, Query

CLUSTER_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.05


class DetachedManager(JobManager):
    """Jobs of one job store; those submitted here are left to its runner.

    Parameters
    ----------
    stores, thread, cluster
        See ``JobManager``.
    config
        How to start a runner where there is none.
    workers
        How many workers a local cluster is to have; None: as it is.
    """

    def __init__(
        self, *, stores: Stores, thread: LoopThread, cluster: str, config: Config, workers: int | None
    ) -> None:
        registry = Registry(stores.jobs.engine)
        self._link = RunnerLink(config=config, cluster=cluster, registry=registry, workers=workers)
        super().__init__(stores=stores, thread=thread, cluster=cluster, owner=config.user, logs=config.logs)

    def prepare(self) -> None:
        """Have a runner, and leave it alone: one that nobody gives a job ends as it would without us."""
        with suppress(ClusterError):
            self._link.nudge()
            self._link.close()

    def announce(self, query: Query) -> None:
        """Have the runner plan a query while it is planned here; nothing where none was reached yet.

        Not where files elsewhere would be listed once more for it.
        """
        if not any("://" in text for text in (query.text, *(view.text for view in query.views))):
            self._link.announce(query)

    def start(self) -> str:
        """Have a runner with a cluster, and return its scheduler's address.

        Raises
        ------
        ClusterError
            There is none within a minute.
        """
        self._link.nudge()
        give_up = time.monotonic() + CLUSTER_SECONDS
        while time.monotonic() < give_up:
            runner = self._link.runner
            runner = self._registry.get(runner.id) if runner is not None else None
            if runner is not None and runner.workers:
                return runner.scheduler
            time.sleep(_LOOK_SECONDS)
        raise ClusterError("the runner has no workers", hint="fusionflow runner status names its log")

    def stop(self, job: str) -> None:
        """Ask the job to stop; what it has finished is kept."""
        self._stores.jobs.set_desired(job, "stop")
        self._link.poke()
        self._mirrors.look(job)

    def close(self) -> None:
        """Follow no more; the jobs go on."""
        super().close()
        self._link.close()

    def _create(
        self, query: Query, plan: Plan | None, *, priority: int, reuse_key: str, submit_key: str = ""
    ) -> str:
        _ = plan  # the runner makes its own: it may have to plan again anyway
        jobs = self._stores.jobs
        record = jobs.create(
            query,
            owner=self._owner,
            cluster=self._cluster,
            priority=priority,
            reuse_key=reuse_key,
            submit_key=submit_key,
        )
        self._link.nudge()
        self._mirrors.begin(record)
        return record.id

    def _drive(self, record: JobRecord) -> None:
        if record.cluster == self._cluster:
            self._link.nudge()

    def _nearest(self) -> RunnerRecord | None:
        return self._link.runner

    def _restart(self) -> None:
        self._link.nudge()
