"""Who drives the jobs of a session: a runner of its own process, or this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusionflow_lab.config import Config
from fusionflow_lab.execution.loop_thread import LoopThread
from fusionflow_lab.execution.stores import Stores
from fusionflow_lab.jobs.detached import DetachedManager
from fusionflow_lab.jobs.manager import JobManager
from fusionflow_lab.lazily import Lazy
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner

if TYPE_CHECKING:
    from fusionflow_lab.jobs import inprocess
else:
    # Dask, the driver and all below: a client of a runner needs none of it.
    inprocess = Lazy("fusionflow_lab.jobs.inprocess")


def open_manager(
    config: Config,
    cluster: str,
    *,
    stores: Stores,
    thread: LoopThread,
    catalog: Catalog,
    planner: Planner,
    workers: int | None,
) -> JobManager:
    """Return the jobs of a cluster, driven as the settings say.

    Parameters
    ----------
    config, cluster, workers
        See ``Session``.
    stores, thread
        See ``JobManager``.
    catalog, planner
        What jobs are planned with that are driven here.
    """
    if config.runner == "detached" and not cluster.startswith("inproc:"):
        return DetachedManager(stores=stores, thread=thread, cluster=cluster, config=config, workers=workers)
    return inprocess.open_inprocess(
        config, cluster, stores=stores, thread=thread, catalog=catalog, planner=planner
    )
